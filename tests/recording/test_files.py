"""Recordings on disk, whole, torn, compressed, growing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_inspector.errors import RecordingError, UnknownVersion
from realtime_inspector.recording import files, jsonl, transcript
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.files import find, is_recording, open_recording
from realtime_inspector.recording.follower import Follower

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HEADER = jsonl.dump_header(Header("01TEST", "2026-11-22T11:10:03.123456Z"))
LINES = [
    jsonl.dump(entry)
    for entry in transcript.entries("""
        > GET /v1/realtime?model=m
        < 101
        < {"type": "session.created", "session": {"id": "s"}}
        > {"type": "response.create"}
        x> 1000
        x
    """)
]
WHOLE = HEADER + b"".join(LINES)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "call.jsonl"


def numbers(path: Path) -> list[int]:
    return [entry.n for entry in open_recording(path)]


def test_a_recording_gives_its_header_and_entries_as_often_as_asked(path: Path) -> None:
    recording = open_recording(write(path, WHOLE))
    assert recording.header.id == "01TEST"
    assert [entry.n for entry in recording] == [1, 2, 3, 4, 5, 6]
    assert [(entry.n, entry.line) for entry in recording][-1] == (6, 7)
    assert recording.problems == []


def test_a_header_alone_is_a_recording_without_entries(path: Path) -> None:
    assert numbers(write(path, HEADER)) == []


def test_a_recording_can_stand_in_memory() -> None:
    assert [entry.n for entry in open_recording(Path("-"), WHOLE)] == [1, 2, 3, 4, 5, 6]


def test_a_last_line_without_its_break_is_read_if_it_is_whole(path: Path) -> None:
    recording = open_recording(write(path, WHOLE[:-1]))
    assert len(list(recording)) == 6
    assert recording.problems == []


@pytest.mark.parametrize("cut", [2, 3, 10, len(LINES[-1]) - 1])
def test_a_torn_last_line_is_named_with_what_to_do(path: Path, cut: int) -> None:
    recording = open_recording(write(path, WHOLE[:-cut]))
    assert [entry.n for entry in recording] == [1, 2, 3, 4, 5]
    assert [(p.line, p.torn, p.message) for p in recording.problems] == [
        (7, True, f"{path}:7: the last line is cut off; run `realtime-inspector repair {path}`")
    ]


@pytest.mark.parametrize("bad", [b"\n", b"not json\n", b"{}\n", b'{"n":3}\n', b"\xff\xfe\n", LINES[0][:-9] + LINES[1]])
def test_a_bad_line_in_the_middle_is_named_and_passed_over(path: Path, bad: bytes) -> None:
    recording = open_recording(write(path, HEADER + LINES[0] + bad + b"".join(LINES[2:])))
    assert [entry.n for entry in recording] == [1, 3, 4, 5, 6]
    (problem,) = recording.problems
    assert (problem.line, problem.torn) == (3, False)
    assert problem.message.startswith(f"{path}:3: not an entry: ")


def test_a_hole_in_the_numbers_is_named(path: Path) -> None:
    recording = open_recording(write(path, HEADER + LINES[0] + LINES[3] + LINES[5]))
    assert [entry.n for entry in recording] == [1, 4, 6]
    assert [p.message for p in recording.problems] == [
        f"{path}:3: entry 4 follows 1: 2 to 3 are missing, so the file was edited",
        f"{path}:4: entry 6 follows 4: 5 is missing, so the file was edited",
    ]


def test_numbers_that_go_back_are_named(path: Path) -> None:
    recording = open_recording(write(path, HEADER + LINES[0] + LINES[1] + LINES[0]))
    assert len(list(recording)) == 3
    assert [p.message for p in recording.problems] == [f"{path}:4: entry 1 follows 2: the file was edited"]


def test_a_line_that_is_too_long_is_named_and_the_next_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 300)
    long = b'{"n":2,"t":0.000000,"from":"client","kind":"note","text":"' + b"x" * 1000 + b'"}\n'
    recording = open_recording(write(path, HEADER + LINES[0] + long + b"".join(LINES[2:])))
    assert [entry.n for entry in recording] == [1, 3, 4, 5, 6]
    assert [p.message for p in recording.problems] == [f"{path}:3: not an entry: longer than 300 bytes"]


@settings(suppress_health_check=list(HealthCheck), max_examples=50)
@given(cut=st.integers(0, len(WHOLE)), noise=st.binary(max_size=30))
def test_whatever_is_cut_or_written_over_reading_ends_well(tmp_path: Path, cut: int, noise: bytes) -> None:
    path = write(tmp_path / "any.jsonl", WHOLE[:cut] + noise + WHOLE[cut + len(noise) :])
    try:
        recording = open_recording(path)
    except RecordingError:
        assert cut <= len(HEADER)
        return
    entries = list(recording)
    untouched = sum(WHOLE[: cut + 1].startswith(HEADER + b"".join(LINES[:count])) for count in range(1, 7))
    assert len(entries) >= untouched - 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "call.jsonl: empty; a recording begins with a header line"),
        (b"hello\n", "call.jsonl:1: not a recording's header: "),
        (HEADER[:20], "(line is cut off)"),
        (LINES[0], 'no "id"'),
        (b"\xff" * 100, "not a recording's header"),
    ],
)
def test_what_is_no_recording_is_refused(path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(RecordingError) as caught:
        open_recording(write(path, content))
    assert problem in str(caught.value)
    assert not is_recording(path)


def test_a_newer_recording_is_refused_with_what_to_do(path: Path) -> None:
    write(path, HEADER.replace(b'"recording":1', b'"recording":2'))
    with pytest.raises(UnknownVersion, match=r"call.jsonl:1: recording format 2 is newer .* upgrade"):
        open_recording(path)


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(RecordingError, match=r"call.jsonl: No such file or directory"):
        open_recording(path)
    with pytest.raises(RecordingError, match="Is a directory"):
        open_recording(path.parent)


def test_a_file_that_went_away_is_named_when_it_is_read(path: Path) -> None:
    recording = open_recording(write(path, WHOLE))
    path.unlink()
    with pytest.raises(RecordingError, match="No such file"):
        list(recording)


# compressed


def frames(*parts: bytes) -> bytes:
    return b"".join(zstd.compress(part) for part in parts)


@pytest.mark.parametrize("name", ["call.jsonl.zst", "misnamed.jsonl"])
def test_several_frames_are_read_as_one_file_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, frames(HEADER, LINES[0] + LINES[1][:9], LINES[1][9:], b"", b"".join(LINES[2:])))
    recording = open_recording(path)
    assert [entry.n for entry in recording] == [1, 2, 3, 4, 5, 6]
    assert recording.problems == []


def test_a_torn_frame_gives_what_it_holds(path: Path) -> None:
    noise = b"".join(jsonl.dump(Entry(n, 0.0, e.side, e.kind, os.urandom(3000), True)) for n, e in numbered(400))
    content = frames(HEADER, noise)
    recording = open_recording(write(path, content[: len(content) // 2]))
    entries = list(recording)
    assert 100 < len(entries) < 400
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    assert [p.torn for p in recording.problems] == [True]


def numbered(count: int) -> Iterator[tuple[int, Entry]]:
    (like,) = transcript.entries('< {"type": "x"}')
    return ((n, like) for n in range(1, count + 1))


def test_a_frame_torn_after_a_whole_line_is_named_too(path: Path) -> None:
    stream = zstd.ZstdCompressor()
    flushed = stream.compress(WHOLE, zstd.ZstdCompressor.FLUSH_BLOCK)
    recording = open_recording(write(path, flushed))
    assert len(list(recording)) == 6
    (problem,) = recording.problems
    assert problem.torn
    assert "the last zstd frame is cut off; run `realtime-inspector repair" in problem.message


def test_a_broken_frame_ends_the_reading_and_is_named(path: Path) -> None:
    recording = open_recording(write(path, frames(WHOLE) + b"not zstd at all"))
    assert len(list(recording)) == 6
    assert "not readable any further as zstd" in recording.problems[0].message


def test_a_compressed_file_that_is_torn_at_once_is_refused(path: Path) -> None:
    with pytest.raises(RecordingError, match="the last zstd frame is cut off"):
        open_recording(write(path, frames(WHOLE)[:6]))


# folders


def test_a_folder_gives_its_recordings_by_name(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "folder.jsonl").mkdir()
    for name in ("b.jsonl", "a.jsonl.zst", "sub/c.jsonl", "d.txt", "e.jsonl.bak"):
        (tmp_path / name).touch()
    assert [str(path.relative_to(tmp_path)) for path in find(tmp_path)] == ["a.jsonl.zst", "b.jsonl", "sub/c.jsonl"]


def test_a_folder_without_rights_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").mkdir()
    scan = os.scandir

    def refuse(folder: Any) -> Any:
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(RecordingError, match=r"locked: Permission denied"):
        find(tmp_path)


# following


class Growing:
    """A file that is written piece by piece, followed."""

    def __init__(self, path: Path) -> None:
        self.path = write(path, b"")
        self.follower = Follower(path)

    def add(self, piece: bytes) -> list[int]:
        with self.path.open("ab") as stream:
            stream.write(piece)
        return [entry.n for entry in self.follower.poll()]


def test_a_growing_file_gives_each_entry_once_when_its_line_is_whole(path: Path) -> None:
    growing = Growing(path)
    assert growing.add(HEADER[:10]) == []
    assert growing.follower.header is None
    assert growing.add(HEADER[10:] + LINES[0][:5]) == []
    assert growing.follower.header is not None
    assert growing.add(LINES[0][5:] + LINES[1] + LINES[2][:-1]) == [1, 2]
    assert growing.add(b"") == []
    assert growing.add(b"\n") == [3]


@given(pieces=st.lists(st.integers(0, len(WHOLE)), max_size=8), limit=st.integers(40, 900), zipped=st.booleans())
@settings(suppress_health_check=list(HealthCheck), max_examples=50)
def test_however_it_grows_nothing_is_lost(tmp_path: Path, pieces: list[int], limit: int, zipped: bool) -> None:
    content = frames(WHOLE[:99], WHOLE[99:]) if zipped else WHOLE
    growing = Growing(tmp_path / "any.jsonl")
    cuts = [0, *sorted(min(piece, len(content)) for piece in pieces), len(content)]
    got = [n for start, end in pairwise(cuts) for n in growing.add(content[start:end])]
    for _ in range(len(content) // limit + 1):
        got += [entry.n for entry in growing.follower.poll(limit)]
    assert got == [1, 2, 3, 4, 5, 6]
    assert growing.follower.problems == []


def test_a_poll_reads_no_more_than_it_may(path: Path) -> None:
    follower = Follower(write(path, WHOLE))
    assert follower.poll(len(HEADER) + len(LINES[0])) != []
    assert [entry.n for entry in follower.poll(10)] == []
    assert [entry.n for entry in follower.poll()] == [2, 3, 4, 5, 6]


def test_a_file_that_was_cut_short_is_read_anew(path: Path) -> None:
    growing = Growing(path)
    growing.add(WHOLE)
    path.write_bytes(HEADER + LINES[0])
    assert [entry.n for entry in growing.follower.poll()] == [1]
    assert growing.follower.restarts == 1


def test_a_file_that_was_replaced_is_read_anew(path: Path, tmp_path: Path) -> None:
    growing = Growing(path)
    growing.add(HEADER + LINES[0])
    other = write(tmp_path / "other", WHOLE.replace(b"01TEST", b"02TEST"))
    other.replace(path)
    assert [entry.n for entry in growing.follower.poll()] == [1, 2, 3, 4, 5, 6]
    assert growing.follower.header is not None
    assert growing.follower.header.id == "02TEST"
    assert growing.follower.restarts == 1


def test_a_bad_line_in_a_growing_file_is_named(path: Path) -> None:
    growing = Growing(path)
    assert growing.add(HEADER + LINES[0] + b"rubbish\n" + LINES[2]) == [1, 3]
    assert [p.message.partition(": ")[0] for p in growing.follower.problems] == [f"{path}:3"]


def test_following_what_is_no_recording_is_refused(path: Path) -> None:
    with pytest.raises(RecordingError, match="not a recording's header"):
        Growing(path).add(b"hello\n")
    path.unlink()
    with pytest.raises(RecordingError, match="No such file"):
        Follower(path).poll()


def test_a_line_too_long_in_a_growing_file_is_passed_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 300)
    growing = Growing(path)
    assert growing.add(HEADER + LINES[0] + b"x" * 2000) == [1]
    assert growing.add(b"x" * 2000 + b"\n" + LINES[2]) == [3]
    assert [p.message for p in growing.follower.problems] == [f"{path}:3: not an entry: longer than 300 bytes"]


def test_the_bytes_of_a_recording_are_its_lines(path: Path) -> None:
    with files.open_bytes(write(path, frames(WHOLE))) as stream:
        assert stream.read() == WHOLE
        assert files.damage(stream) == ""
