"""A recording that goes on in another file: what the writer's thread leaves on the disk."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime_inspector.capture import sink as sink_module
from realtime_inspector.capture import writer as writer_module
from realtime_inspector.capture.held import is_held
from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.capture.sink import Rotation, Sink
from realtime_inspector.capture.writer import Writer
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.files import find_parts, open_recording
from realtime_inspector.recording.parts import all_of
from tests.capture.wire import finished, server_frame, upgraded, upstream, wait_for

HEADER = jsonl.dump_header(Header("id", "2026-11-22T00:00:00.000000Z"))
Make = Callable[[Rotation], Writer]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setattr(writer_module, "RETRY_S", 0.01)
    monkeypatch.setattr(sink_module, "LOOK_S", 0.0)
    with ExitStack() as stack:

        def started(rotation: Rotation) -> Writer:
            writer = Writer(rotation=rotation)
            stack.callback(writer.close)
            return writer

        yield started


def put(sink: Sink, *texts: str) -> None:
    """Hand lines over one by one, each when the one before is written."""
    for text in texts:
        sink.put(jsonl.dump(Entry(sink.next_number, 1.0, Side.SERVER, Kind.MESSAGE, text.encode())), 1, 1.0)
        wait_for(lambda: not sink.pending)


def whole(sink: Sink) -> list[str]:
    sink.finish()
    assert sink.done.wait(60)
    recording = open_recording(sink.path)
    entries = list(recording)
    assert recording.problems == []
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    return [entry.payload.decode() or str(entry.members["why"]) for entry in entries]


def test_a_part_is_no_larger_than_was_asked_for(make: Make, tmp_path: Path) -> None:
    sink = make(Rotation(max_bytes=1000)).sink(tmp_path / "a.jsonl", HEADER)
    texts = [f"{number:03}" + "x" * 100 for number in range(50)]
    put(sink, *texts)
    assert whole(sink) == texts
    (paths,) = find_parts(tmp_path).values()
    assert [path.name for path in paths[:3]] == ["a.jsonl", "a.2.jsonl", "a.3.jsonl"]
    assert 6 < len(paths) < 20
    assert max(path.stat().st_size for path in paths) <= 1000


def test_what_waited_together_is_parted_too(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "BATCH_S", 0.5)
    sink = make(Rotation(max_bytes=1000)).sink(tmp_path / "a.jsonl", HEADER)
    for number in range(50):
        sink.put(jsonl.dump(Entry(number + 1, 1.0, Side.SERVER, Kind.MESSAGE, b"x" * 100)), 1, 1.0)
    assert len(whole(sink)) == 50
    assert max(path.stat().st_size for path in all_of(sink.path)) <= 1000


def test_lines_larger_than_a_part_have_one_each(make: Make, tmp_path: Path) -> None:
    sink = make(Rotation(max_bytes=1000)).sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "a" * 3000, "b" * 3000, "c")
    assert whole(sink) == ["a" * 3000, "b" * 3000, "c"]
    assert len(all_of(sink.path)) == 3


def test_a_part_that_is_old_is_left_when_something_comes(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(writer_module, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=time.sleep))
    sink = make(Rotation(max_s=3600)).sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "one", "two")
    now[0] = 3601
    assert len(all_of(sink.path)) == 1
    put(sink, "three", "four")
    now[0] = 9000
    assert whole(sink) == ["one", "two", "three", "four"]
    assert [len(list(open_recording(path))) for path in all_of(sink.path)] == [4, 3]


def test_a_close_that_fails_is_not_tried_again_on_what_has_its_number_then(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next lines would have gone into whatever had been opened meanwhile: a socket, another recording."""
    closed: list[int] = []
    close = os.close

    def fails(descriptor: int) -> None:
        close(descriptor)
        if threading.current_thread().name == "recording-writer":
            closed.append(descriptor)
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "close", fails)
    sink = make(Rotation(max_bytes=1000)).sink(tmp_path / "a.jsonl", HEADER)
    texts = [f"{number}" + "x" * 400 for number in range(5)]
    put(sink, *texts)
    assert whole(sink) == texts
    assert len(closed) == len(all_of(sink.path)) > 1


def test_a_part_is_held_while_it_is_written_and_those_before_are_not(make: Make, tmp_path: Path) -> None:
    sink = make(Rotation(max_bytes=600)).sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "a" * 400, "b" * 400)
    assert [is_held(path) for path in all_of(sink.path)] == [False, True]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in all_of(sink.path))


def test_a_part_that_was_deleted_while_it_was_written_is_a_gap_of_its_own(make: Make, tmp_path: Path) -> None:
    sink = make(Rotation(max_bytes=600)).sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "a" * 400, "b" * 200, "c")
    all_of(sink.path)[1].unlink()
    put(sink, "d")
    assert whole(sink) == ["a" * 400, "the file was deleted while it was written", "d"]
    assert [entry.members.get("lost") for entry in open_recording(sink.path)] == [None, 2, None]


def test_a_disk_that_fails_at_the_turn_loses_nothing(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = make(Rotation(max_bytes=600)).sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "a" * 400)
    broken, opened, written = [True], os.open, os.write
    failures: list[str] = []

    def refuse(what: str) -> None:
        if broken[0]:
            failures.append(what)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write(descriptor: int, data: bytes) -> int:
        if b'"next_part"' in bytes(data) and failures.count("end") < 3:
            failures.append("end")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return written(descriptor, data)

    def open_(path: Path, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith(".2.jsonl") and flags & os.O_CREAT:
            refuse("open")
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(os, "open", open_)
    sink.put(jsonl.dump(Entry(2, 1.0, Side.SERVER, Kind.MESSAGE, b"b" * 400)), 1, 1.0)
    wait_for(lambda: failures.count("open") > 2)
    broken[0] = False
    assert whole(sink) == ["a" * 400, "b" * 400]


def test_without_rotation_a_recording_is_one_file(make: Make, tmp_path: Path) -> None:
    sink = make(Rotation()).sink(tmp_path / "a.jsonl", HEADER)
    put(sink, *["x" * 1000] * 5)
    assert len(whole(sink)) == 5
    assert len(list(tmp_path.iterdir())) == 1


def test_a_long_call_is_one_recording_in_parts(tmp_path: Path) -> None:
    frame = server_frame(b'{"type":"x","data":"' + b"d" * 3000 + b'"}')
    with upstream() as server, relay_in_thread(server.url, tmp_path, rotation=Rotation(10_000)) as relay:
        client, peer = upgraded(relay.port, server)
        for _ in range(20):
            peer.send(frame)
            assert client.read(len(frame)) == frame
        client.close()
        peer.close()
        (entries,) = finished(tmp_path)
    assert [entry.n for entry in entries] == list(range(1, 24))
    assert [entry.t for entry in entries] == sorted(entry.t for entry in entries)
    ((first, paths),) = find_parts(tmp_path).items()
    assert len(paths) > 3
    assert paths[1].name == first.name.replace(".jsonl", ".2.jsonl")
    headers = [open_recording(path).header for path in paths]
    assert [header.part for header in headers] == list(range(1, len(paths) + 1))
    assert len({(header.id, header.started, header.url) for header in headers}) == 1
