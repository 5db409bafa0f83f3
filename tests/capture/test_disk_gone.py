"""Disks that fail under the whole relay: the call goes on, stderr says it once, the recording says what is missing."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from realtime_inspector.capture import sink, writer
from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.recording.files import find, open_recording
from tests.capture.wire import Peer, finished, outline, server_frame, upgraded, upstream, wait_for

FRAME = server_frame(b'{"type":"x"}')
SENT = 'server message {"type":"x"}'
HEAD = ["client request GET /v1/realtime?model=m", "server response 101"]


class Call:
    """A call under way, and what stderr was told."""

    def __init__(self, client: Peer, peer: Peer, folder: Path, said: list[str]) -> None:
        self.said = said
        self._client, self._peer, self._folder = client, peer, folder

    def message(self) -> None:
        """Send a message through."""
        self._peer.send(FRAME)
        assert self._client.read(len(FRAME)) == FRAME

    def end(self) -> list[str]:
        """End it, and return its recording."""
        self._client.close()
        assert self._peer.read(1) == b""
        self._peer.close()
        wait_for(lambda: any(self._folder.glob("*.jsonl")))
        (entries,) = finished(self._folder)
        assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
        return outline(entries)

    def troubles(self) -> list[str]:
        """Return what was said of the disk, without the names of files."""
        return [line.partition(".jsonl: ")[2] for line in self.said if "127.0.0.1:" not in line]

    def recorded(self, count: int) -> None:
        """Wait until so many entries are in the file."""

        def there() -> bool:
            begun = (path for path in self._folder.glob("*.jsonl") if path.stat().st_size)
            return any(len(list(open_recording(path))) == count for path in begun)

        wait_for(there)


@contextmanager
def call(folder: Path) -> Iterator[Call]:
    said: list[str] = []
    with upstream() as server, relay_in_thread(server.url, folder, say=said.append) as relay:
        yield Call(*upgraded(relay.port, server), folder, said)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "LOOK_S", 0.0)
    monkeypatch.setattr(writer, "RETRY_S", 0.01)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_was_deleted_is_begun_anew_and_said_once(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "rec"
    with call(folder) as made:
        for number in (3, 2):
            made.message()
            made.recorded(number)
            shutil.rmtree(folder) if what == "folder" else find(folder)[0].unlink()
        made.message()
        entries = made.end()
        told = "was deleted while it was written: 3 entries are a gap in the file begun anew"
        assert made.troubles() == [told]
    gap = "proxy gap 4 the file was deleted while it was written"
    assert entries == [gap, SENT, "proxy end closed by client"]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS], ids=["broken", "full", "read-only"])
def test_what_cannot_be_written_waits_and_is_said_once(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = []

    def fails(descriptor: int, data: bytes) -> int:
        failures.append(len(data))
        raise OSError(number, os.strerror(number))

    with call(tmp_path) as made:
        made.recorded(2)
        with monkeypatch.context() as broken:
            broken.setattr(os, "write", fails)
            for _ in range(3):
                made.message()
            wait_for(lambda: len(failures) > 3)
        made.message()
        wait_for(lambda: len(made.troubles()) == 2)
        assert made.end() == [*HEAD, *[SENT] * 4, "proxy end closed by client"]
        lost = "the calls go on, what is lost is counted"
        assert made.troubles() == [f"cannot be written: {os.strerror(number).lower()}; {lost}", "can be written again"]


def test_a_file_that_cannot_be_made_is_made_when_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "rec"
    said: list[str] = []
    with upstream() as server, relay_in_thread(server.url, folder, say=said.append) as relay:
        shutil.rmtree(folder)
        folder.touch()
        made = Call(*upgraded(relay.port, server), folder, said)
        wait_for(lambda: len(made.troubles()) == 1)
        folder.unlink()
        wait_for(lambda: len(made.troubles()) == 2)
        assert made.end() == [*HEAD, "proxy end closed by client"]
    assert [line.partition(":")[0] for line in made.troubles()] == ["cannot be written", "can be written again"]
