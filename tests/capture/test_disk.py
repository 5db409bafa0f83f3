"""A disk that is really full, under the whole relay. Needs root for a small file system."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.recording.files import find, open_recording
from tests.capture.wire import finished, server_frame, upgraded, upstream, wait_for


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_never_touches_the_call_and_is_a_gap(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from realtime_inspector.capture import writer

    monkeypatch.setattr(writer, "RETRY_S", 0.02)
    monkeypatch.setattr(writer, "BACKLOG_BYTES", 100_000)
    filler = small_disk / "filler"
    said: list[str] = []
    frame = server_frame(b'{"type":"x","data":"' + b"d" * 5000 + b'"}')
    with upstream() as server, relay_in_thread(server.url, small_disk / "rec", say=said.append) as relay:
        client, peer = upgraded(relay.port, server)
        peer.send(frame)
        assert client.read(len(frame)) == frame
        wait_for(lambda: any(len(list(open_recording(path))) == 3 for path in find(small_disk)))
        fill(filler)
        for _ in range(100):
            peer.send(frame)
            assert client.read(len(frame)) == frame
        wait_for(lambda: any("cannot be written: no space left on device" in line for line in said))
        recording = open_recording(find(small_disk)[0])
        assert all(entry.n for entry in recording)
        assert recording.problems == []
        filler.unlink()
        wait_for(lambda: any("can be written again" in line for line in said))
        client.close()
        peer.close()
        entries = finished(small_disk)[0]
    gaps = [entry.members["lost"] for entry in entries if entry.kind == "gap"]
    assert gaps
    assert sum(gaps) + sum(entry.kind == "message" for entry in entries) == 101
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[-1].kind == "end"


def fill(path: Path) -> None:
    """Take all the room there is."""
    with path.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(4096))
        except OSError:
            pass
