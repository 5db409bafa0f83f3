from __future__ import annotations

import errno
import itertools
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime_inspector.capture import sink as sink_module
from realtime_inspector.capture import writer as writer_module
from realtime_inspector.capture.sink import Sink
from realtime_inspector.capture.writer import Writer
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.files import open_recording
from tests.capture.wire import outline, wait_for

HEADER = jsonl.dump_header(Header("id", "2026-11-22T00:00:00.000000Z"))


class Disk:
    """The system's `write`, which fails on request."""

    def __init__(self) -> None:
        self.broken = 0
        """errno of a broken disk; 0 while it works."""
        self.room = 0
        """How many bytes a broken disk still takes."""
        self.failures = 0
        self.gate = threading.Event()
        self.gate.set()
        self._write = os.write

    def write(self, descriptor: int, data: bytes) -> int:
        self.gate.wait(60)
        if not self.broken:
            return self._write(descriptor, data)
        if self.room:
            taken, self.room = min(self.room, len(data)), 0
            return self._write(descriptor, data[:taken])
        self.failures += 1
        raise OSError(self.broken, os.strerror(self.broken))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    broken = Disk()
    monkeypatch.setattr(os, "write", broken.write)
    return broken


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def writer(said: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    monkeypatch.setattr(writer_module, "RETRY_S", 0.01)
    monkeypatch.setattr(sink_module, "LOOK_S", 0.0)
    thread = Writer(said.append, backlog_bytes=2000)
    yield thread
    thread.close()


def put(sink: Sink, *texts: str) -> None:
    for text in texts:
        sink.put(jsonl.dump(Entry(sink.next_number, 1.0, Side.SERVER, Kind.MESSAGE, text.encode())), 1, 1.0)


def done(sink: Sink) -> list[str]:
    """Finish a file and return what stands in it."""
    sink.finish()
    assert sink.done.wait(60)
    return lines(sink.path)


def lines(path: Path) -> list[str]:
    recording = open_recording(path)
    entries = list(recording)
    assert recording.problems == []
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    return outline(entries)


def test_lines_are_numbered_as_they_are_written(writer: Writer, tmp_path: Path) -> None:
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "one", "two")
    wait_for(lambda: sink.entries == 2)
    put(sink, "three")
    assert done(sink) == ["server message one", "server message two", "server message three"]


def test_a_sink_without_a_line_makes_no_file(writer: Writer, tmp_path: Path) -> None:
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    sink.finish()
    assert sink.done.wait(60)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_torn_line_and_loses_nothing_that_fits_the_backlog(
    writer: Writer, disk: Disk, said: list[str], tmp_path: Path
) -> None:
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "before")
    wait_for(lambda: sink.entries == 1)
    disk.broken, disk.room = errno.ENOSPC, 30
    put(sink, "while it is full")
    wait_for(lambda: disk.failures > 2)
    assert lines(sink.path) == ["server message before"]
    disk.broken = 0
    assert done(sink) == ["server message before", "server message while it is full"]
    assert said == [
        f"{sink.path}: cannot be written: no space left on device; the calls go on, what is lost is counted",
        f"{sink.path}: can be written again",
    ]


def test_what_does_not_fit_the_backlog_is_a_gap_where_it_was_lost(writer: Writer, disk: Disk, tmp_path: Path) -> None:
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "before")
    wait_for(lambda: sink.entries == 1)
    disk.broken = errno.ENOSPC
    put(sink, "x" * 1500, "y" * 1500, "z" * 1500, "fits again")
    wait_for(lambda: disk.failures > 0)
    disk.broken = 0
    wait_for(lambda: not sink.pending)
    put(sink, "after")
    assert done(sink) == [
        "server message before",
        f"server message {'x' * 40}",
        "proxy gap 2 no space left on device",
        "server message fits again",
        "server message after",
    ]
    assert sink.lost == 2


def test_a_slow_disk_delays_nobody_and_bounds_the_memory(writer: Writer, disk: Disk, tmp_path: Path) -> None:
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    disk.gate.clear()
    put(sink, *["x" * 500] * 100)
    disk.gate.set()
    entries = done(sink)
    assert entries[-1].startswith("proxy gap ")
    assert entries[-1].endswith("the disk was slower than the traffic")
    assert len(entries) - 1 + sink.lost == 100


def test_a_folder_that_vanished_and_a_deleted_file_are_made_again(
    writer: Writer, said: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "folder" / "a.jsonl"
    sink = writer.sink(path, HEADER)
    put(sink, "lost", "lost too")
    wait_for(lambda: sink.entries == 2)
    path.unlink()
    path.parent.rmdir()
    put(sink, "after")
    assert done(sink) == ["proxy gap 2 the file was deleted while it was written", "server message after"]
    assert said == [f"{path}: was deleted while it was written: 2 entries are a gap in the file begun anew"]


def test_a_file_that_was_deleted_just_before_its_end_is_begun_anew_too(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink_module, "LOOK_S", 1e9)
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "lost")
    wait_for(lambda: sink.entries == 1)
    sink.path.unlink()
    sink.put(jsonl.dump(Entry(sink.next_number, 1.0, Side.PROXY, Kind.END, members={"how": "closed"})), 1, 1.0)
    assert done(sink)[0] == "proxy gap 1 the file was deleted while it was written"


@pytest.mark.parametrize("old", ["gone", "kept"])
def test_a_file_that_was_replaced_goes_on_in_the_next_part(
    old: str, writer: Writer, said: list[str], tmp_path: Path
) -> None:
    """The rest of the call was lost ("file exists"), or went on where nobody looks for it, as behind a `repair`."""
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "one", "two")
    wait_for(lambda: sink.entries == 2)
    copy = tmp_path / "copy"
    copy.write_bytes(sink.path.read_bytes())
    if old == "kept":
        sink.path.rename(tmp_path / "a.jsonl.bak")
    copy.replace(sink.path)
    put(sink, "three")
    assert done(sink) == ["server message one", "server message two", "server message three"]
    assert said == [f"{sink.path}: was replaced or cut: its call goes on in a.2.jsonl"]


def test_a_file_that_was_cut_goes_on_in_the_next_part(writer: Writer, tmp_path: Path) -> None:
    """What came then stood behind no header, and could not be read."""
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "one")
    wait_for(lambda: sink.entries == 1)
    put(sink, "two")
    wait_for(lambda: sink.entries == 2)
    os.truncate(sink.path, 0)
    put(sink, "three")
    sink.finish()
    assert sink.done.wait(60)
    assert outline(list(open_recording(tmp_path / "a.2.jsonl"))) == [
        "proxy gap 2 part 1 of the recording is missing",
        "server message three",
    ]


def test_a_file_that_another_machine_deleted_is_begun_anew(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "lost")
    wait_for(lambda: sink.entries == 1)
    descriptor, fstat = sink._fd, os.fstat

    def stale(number: int) -> os.stat_result:
        if number == descriptor and not sink.path.exists():
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return fstat(number)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", stale)
        sink.path.unlink()
        put(sink, "after")
        wait_for(lambda: sink.entries == 2)
    assert done(sink) == ["proxy gap 1 the file was deleted while it was written", "server message after"]


def test_a_folder_that_cannot_be_made_is_tried_again(writer: Writer, said: list[str], tmp_path: Path) -> None:
    blocked = tmp_path / "folder"
    blocked.touch()
    sink = writer.sink(blocked / "a.jsonl", HEADER)
    put(sink, "one")
    wait_for(lambda: bool(said))
    blocked.unlink()
    assert done(sink) == ["server message one"]


def test_one_file_that_fails_does_not_stop_the_others(writer: Writer, tmp_path: Path) -> None:
    (tmp_path / "taken.jsonl").touch()
    failing, working = writer.sink(tmp_path / "taken.jsonl", HEADER), writer.sink(tmp_path / "b.jsonl", HEADER)
    put(failing, "one")
    put(working, "two")
    assert done(working) == ["server message two"]


def test_closing_with_a_broken_disk_says_how_many_entries_are_lost(disk: Disk, said: list[str], tmp_path: Path) -> None:
    thread = Writer(said.append)
    sink = thread.sink(tmp_path / "a.jsonl", HEADER)
    disk.broken = errno.EIO
    put(sink, "one", "two")
    thread.close(timeout_s=0.1)
    assert said[-1] == f"{sink.path}: 2 entries could not be written: input/output error"
    assert list(tmp_path.iterdir()) == []


def test_closing_writes_what_is_left(said: list[str], tmp_path: Path) -> None:
    thread = Writer(said.append)
    sink = thread.sink(tmp_path / "a.jsonl", HEADER)
    put(sink, *["x"] * 1000)
    thread.close()
    assert len(lines(sink.path)) == 1000
    assert said == []


def test_a_slow_disk_has_the_time_that_it_needs_to_take_what_is_left(
    disk: Disk, said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it had not taken 3 s after the end was lost, and nobody was told."""
    clock = [0.0]
    monkeypatch.setattr(writer_module, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=time.sleep))
    monkeypatch.setattr(sink_module, "BLOCK_BYTES", 0)
    write = os.write

    def slow(descriptor: int, data: bytes) -> int:
        clock[0] += 1.0
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", slow)
    thread = Writer(said.append)
    sink = thread.sink(tmp_path / "a.jsonl", HEADER)
    disk.gate.clear()
    put(sink, *map(str, range(10)))
    closing = threading.Thread(target=thread.close)
    closing.start()
    wait_for(thread._stop.is_set)
    disk.gate.set()
    closing.join()
    assert len(lines(sink.path)) == 10
    assert clock[0] > 10
    assert said in ([], ["the disk is slow: what is left of the recordings is written, for 30 s at most"])


def test_a_disk_that_takes_nothing_at_the_end_is_told_of(disk: Disk, said: list[str], tmp_path: Path) -> None:
    """The thread was left behind with what it had, without a word."""
    thread = Writer(said.append)
    sinks = [thread.sink(tmp_path / name, HEADER) for name in ("a.jsonl", "b.jsonl")]
    disk.gate.clear()
    for sink in sinks:
        put(sink, "one", "two")
    thread.close(timeout_s=0.0)
    (told,) = (line for line in said if "the disk is slow" not in line)
    assert told.endswith(".jsonl: 4 entries, and of 1 more recordings are not written: the disk takes nothing")
    disk.gate.set()
    assert all(sink.done.wait(60) for sink in sinks)


def test_what_waits_for_a_disk_that_works_is_told(disk: Disk, tmp_path: Path) -> None:
    thread = Writer()
    sink = thread.sink(tmp_path / "a.jsonl", HEADER)
    disk.gate.clear()
    put(sink, "x" * 1000)
    assert thread.pressure > 1000
    disk.gate.set()
    wait_for(lambda: thread.pressure == 0)
    thread.close()
    assert len(lines(sink.path)) == 1


def test_nobody_waits_for_a_disk_that_fails(writer: Writer, disk: Disk, tmp_path: Path) -> None:
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    disk.broken = errno.EIO
    put(sink, "one")
    wait_for(lambda: disk.failures > 0)
    put(sink, "x" * 1000)
    wait_for(lambda: writer.pressure == 0)
    disk.broken = 0
    assert len(done(sink)) == 2


def test_nobody_waits_long_for_a_disk_that_is_stuck(
    writer: Writer, disk: Disk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(writer_module, "PATIENCE_S", 0.0)
    sink = writer.sink(tmp_path / "a.jsonl", HEADER)
    disk.gate.clear()
    put(sink, "x" * 1000)
    wait_for(lambda: writer.pressure == 0)
    disk.gate.set()
    assert len(done(sink)) == 1
    monkeypatch.setattr(writer_module, "PATIENCE_S", 60.0)
    again = writer.sink(tmp_path / "b.jsonl", HEADER)
    disk.gate.clear()
    put(again, "y" * 1000)
    assert writer.pressure > 1000
    disk.gate.set()
    assert len(done(again)) == 1


@pytest.mark.parametrize("taken", [0, 1, 30_000, 100_000])
def test_much_at_once_is_written_in_pieces_and_what_is_not_taken_is_written_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, taken: int
) -> None:
    given: list[int] = []

    def writev(descriptor: int, blocks: list[bytes]) -> int:
        given.append(len(blocks))
        return os.write(descriptor, b"".join(blocks)[:taken])

    monkeypatch.setattr(sink_module, "_writev", writev)
    thread = Writer()
    sink = thread.sink(tmp_path / "a.jsonl", HEADER)
    put(sink, *(letter * 20_000 for letter in "abcdef"))
    assert done(sink) == [f"server message {letter * 40}" for letter in "abcdef"]
    assert sum(given) == 6
    thread.close()


@pytest.mark.parametrize("flood_s", [60.0, 0.0])
def test_the_pages_of_a_flood_are_given_back_and_those_of_a_call_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flood_s: float
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(sink_module, "FLOOD_BYTES", 10_000)
    monkeypatch.setattr(sink_module, "ON_ITS_WAY_BYTES", 5_000)
    monkeypatch.setattr(sink_module, "FLOOD_S", flood_s)
    monkeypatch.setattr(sink_module, "_fadvise", lambda fd, start, size, advice: given.append((start, start + size)))
    thread = Writer()
    sink = thread.sink(tmp_path / "a.jsonl", HEADER)
    for letter in "abcdef":
        put(sink, letter * 20_000)
        wait_for(lambda: thread.backlog == 0)
    assert len(done(sink)) == 6
    thread.close()
    if flood_s:
        assert given[-1][1] > 100_000
        assert all(later[0] <= max(0, earlier[1] - 5_000) for earlier, later in itertools.pairwise(given))
    else:
        assert given == []


def test_advice_that_is_refused_and_a_listener_that_fails_cost_no_line(
    monkeypatch: pytest.MonkeyPatch, disk: Disk, tmp_path: Path
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EINVAL, "no")

    def gone(text: str) -> None:
        raise ValueError(text)

    monkeypatch.setattr(sink_module, "FLOOD_BYTES", 1_000)
    monkeypatch.setattr(sink_module, "_fadvise", refused)
    thread = Writer(warn=gone)
    sink = thread.sink(tmp_path / "a.jsonl", HEADER)
    put(sink, "x" * 20_000)
    wait_for(lambda: thread.backlog == 0)
    disk.broken = errno.ENOSPC
    put(sink, "y" * 20_000)
    wait_for(lambda: disk.failures > 0)
    disk.broken = 0
    assert len(done(sink)) == 2
    thread.close()
