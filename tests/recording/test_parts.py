"""A recording in parts: every reader sees one, and a missing part is a hole that is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Entry, Header, Kind
from realtime_inspector.recording.files import Recording, find, find_parts, open_recording
from realtime_inspector.recording.follower import Follower
from realtime_inspector.recording.index import Index
from realtime_inspector.recording.jsonl import PartEnd
from realtime_inspector.recording.parts import Part, all_of, grouped, name_of
from realtime_inspector.recording.repair import repair

HEADER = jsonl.dump_header(Header("r1", "2026-11-22T11:10:03.000000Z"))
CALL = """
    > GET /v1/realtime?model=m
    < 101
    < {"type":"session.created"}
    +20ms > {"type":"one"}
    > {"type":"two"}
    +1s < {"type":"three"}
    < {"type":"four"}
    x
"""
ENTRIES = list(transcript.entries(CALL))
PARTS = [ENTRIES[:3], ENTRIES[3:5], ENTRIES[5:]]


def write(folder: Path, parts: Sequence[Sequence[Entry]] = PARTS, header: bytes = HEADER) -> list[Path]:
    """Write parts as the writer does and return their paths."""
    paths = [name_of(folder / "call.jsonl", number) for number in range(1, len(parts) + 1)]
    for number, (path, entries) in enumerate(zip(paths, parts, strict=True), 1):
        first = header if number == 1 else jsonl.part_header(header, number, entries[0].n)
        more = number < len(parts)
        last = jsonl.dump_part_end(PartEnd(number + 1, parts[number][0].n)) if more else b""
        path.write_bytes(first + b"".join(map(jsonl.dump, entries)) + last)
    return paths


def read(recording: Recording) -> list[str]:
    """Return what a recording gives: number, line and what it is of each entry."""
    return [told(entry) for entry in recording]


def told(entry: Entry) -> str:
    words = [str(entry.members.get(name, "")) for name in ("lost", "why")] if entry.kind is Kind.GAP else []
    return " ".join([str(entry.n), str(entry.line), entry.kind, *words])


def indexed(path: Path, slice_bytes: int = 4 << 20) -> tuple[list[str], str]:
    """Return the same from an index, and what it says is wrong."""
    index = Index(path)
    try:
        for _ in range(100):
            while not index.advance(slice_bytes):
                pass
        lines = list(index.lines(0, len(index)))
        assert lines == [index.line(position) for position in range(len(index))]
        return [told(jsonl.parse(line, place)) for place, line in enumerate(lines, 2)], index.problem
    finally:
        index.close()


WHOLE = [f"{entry.n} {entry.n + 1} {entry.kind}" for entry in ENTRIES]


def test_the_first_part_goes_on_into_the_next(tmp_path: Path) -> None:
    first = write(tmp_path)[0]
    recording = open_recording(first)
    assert read(recording) == WHOLE
    assert recording.problems == []
    assert [entry.t for entry in recording] == [entry.t for entry in ENTRIES]


@pytest.mark.parametrize("slice_bytes", [64, 200, 4 << 20])
def test_an_index_joins_the_parts(tmp_path: Path, slice_bytes: int) -> None:
    assert indexed(write(tmp_path)[0], slice_bytes) == (WHOLE, "")


@pytest.mark.parametrize("packed", [{1}, {2}, {3}, {1, 2, 3}])
def test_parts_may_be_compressed(tmp_path: Path, packed: set[int]) -> None:
    paths = write(tmp_path)
    for number in packed:
        path = paths[number - 1]
        path.with_name(path.name + ".zst").write_bytes(zstd.compress(path.read_bytes()))
        path.unlink()
    (path,) = find(tmp_path)
    assert read(open_recording(path)) == WHOLE
    assert indexed(path) == (WHOLE, "")


def test_a_folder_lists_one_recording_with_all_its_files(tmp_path: Path) -> None:
    paths = write(tmp_path)
    other = tmp_path / "other.2.jsonl"
    other.write_bytes(HEADER)
    assert find_parts(tmp_path) == {paths[0]: paths, other: [other]}
    assert all_of(paths[0]) == paths
    assert all_of(other) == [other]


def test_what_is_named_like_a_part_and_is_none_is_a_recording_by_itself(tmp_path: Path) -> None:
    first, second = write(tmp_path, PARTS[:2])
    second.write_bytes(jsonl.dump_header(Header("r2", "2026-11-22T11:10:03.000000Z")))
    assert find(tmp_path) == [second, first]
    recording = open_recording(first)
    assert read(recording)[-1] == "4 5 gap 1 part 2 of the recording is missing; how much it held is not known"
    assert [problem.message for problem in recording.problems] == [
        f"{first}:5: the recording goes on in part 2, which is missing"
    ]


def test_a_part_missing_between_others_is_a_gap_with_its_count(tmp_path: Path) -> None:
    first, second, third = write(tmp_path)
    second.unlink()
    recording = open_recording(first)
    hole = "4 5 gap 2 part 2 of the recording is missing"
    wanted = [*WHOLE[:3], hole, *(f"{entry.n} {entry.n} {entry.kind}" for entry in PARTS[2])]
    assert read(recording) == wanted
    message = f"{third}:1: part 2 of the recording, with entries 4 to 5, is missing"
    assert [problem.message for problem in recording.problems] == [message]
    assert indexed(first) == (wanted, message)
    assert find_parts(tmp_path) == {first: [first, third]}


def test_a_missing_last_part_is_told(tmp_path: Path) -> None:
    first, _, third = write(tmp_path)
    third.unlink()
    recording = open_recording(first)
    assert read(recording)[-1] == "6 7 gap 1 part 3 of the recording is missing; how much it held is not known"
    assert indexed(first) == (WHOLE[:5], "part 3 of the recording is missing")


def test_a_missing_first_part_is_told(tmp_path: Path) -> None:
    first, second, third = write(tmp_path)
    first.unlink()
    assert find_parts(tmp_path) == {second: [second, third]}
    recording = open_recording(second)
    wanted = ["1 2 gap 3 part 1 of the recording is missing", *(f"{e.n} {e.n - 1} {e.kind}" for e in ENTRIES[3:])]
    assert read(recording) == wanted
    message = f"{second}:1: part 1 of the recording, with entries 1 to 3, is missing"
    assert [problem.message for problem in recording.problems] == [message]
    assert indexed(second) == (wanted, message)


def test_a_part_that_is_opened_by_itself_says_what_is_before_it(tmp_path: Path) -> None:
    first, _, third = write(tmp_path)
    recording = open_recording(third)
    assert read(recording)[0] == "1 2 gap 5 what is before part 3 of the recording was not read"
    assert [problem.message for problem in recording.problems] == [
        f"{third}:1: this is part 3 of {first}: entries 1 to 5 stand before it; read that for all of it"
    ]


def test_one_part_alone_says_what_is_missing_on_both_sides(tmp_path: Path) -> None:
    second = write(tmp_path)[1]
    alone = tmp_path / "elsewhere" / "call.2.jsonl"
    alone.parent.mkdir()
    shutil.copy(second, alone)
    recording = open_recording(alone)
    assert [line.partition(" of")[0] for line in read(recording)] == [
        "1 2 gap 3 part 1", "4 3 message", "5 4 message", "6 5 gap 1 part 3",
    ]  # fmt: skip
    assert len(recording.problems) == 2


def test_a_recording_read_from_a_stream_has_no_parts_beside_it(tmp_path: Path) -> None:
    first = write(tmp_path)[0]
    recording = open_recording(Path("-"), first.read_bytes())
    assert read(recording)[3].startswith("4 5 gap 1 part 2 of the recording is missing")


def test_a_part_whose_end_is_torn_goes_on_in_the_next(tmp_path: Path) -> None:
    first, second, _ = write(tmp_path)
    whole = first.read_bytes().splitlines(keepends=True)
    first.write_bytes(b"".join(whole[:-2]) + whole[-2][:30])
    recording = open_recording(first)
    assert [line.split()[0] for line in read(recording)] == ["1", "2", "4", "5", "6", "7", "8"]
    assert [problem.message for problem in recording.problems] == [
        f"{first}:4: the last line is cut off; run `realtime-inspector repair {first}`"
    ]
    index = Index(first)
    while not index.advance():
        pass
    assert (len(index), index.entry(3).n, index.entry(3).line) == (8, 4, 5)
    index.close()
    assert [entry.line for entry in open_recording(first)] == [2, 3, 5, 6, 7, 8, 9]
    mended = repair(first)
    assert (mended.entries, mended.needed, mended.bad_lines) == (2, True, 0)
    assert second.exists()


def test_the_line_that_ends_a_part_is_nothing_to_mend(tmp_path: Path) -> None:
    first = write(tmp_path)[0]
    done = repair(first)
    assert (done.entries, done.needed, done.bad_lines) == (3, False, 0)
    first.write_bytes(first.read_bytes().rstrip(b"\n"))
    assert repair(first).unended
    assert read(open_recording(first)) == WHOLE


def follow(follower: Follower, polls: int) -> list[str]:
    return [told(entry) for _ in range(polls) for entry in follower.poll()]


def test_a_follower_goes_on_where_the_recording_does(tmp_path: Path) -> None:
    paths = write(tmp_path)
    texts = [path.read_bytes() for path in paths]
    for path in paths[1:]:
        path.unlink()
    paths[0].write_bytes(texts[0][:-10])
    follower = Follower(paths[0])
    seen = follow(follower, 2)
    paths[0].write_bytes(texts[0])
    seen += follow(follower, 3)
    assert seen == WHOLE[:3]
    paths[1].write_bytes(texts[1][: texts[1].index(b'"two"')])
    seen += follow(follower, 2)
    assert seen == WHOLE[:4]
    paths[1].write_bytes(texts[1])
    paths[2].write_bytes(texts[2])
    seen += follow(follower, 3)
    assert seen == WHOLE
    assert (follower.problems, follower.restarts) == ([], 0)
    assert follower.header == open_recording(paths[0]).header


def test_a_follower_says_that_a_part_does_not_come(tmp_path: Path) -> None:
    first, second, third = write(tmp_path)
    third.unlink()
    follower = Follower(first)
    assert follow(follower, 200) == WHOLE[:5]
    assert [problem.message for problem in follower.problems] == [
        f"{second}:4: the recording goes on in part 3, which is missing"
    ]


def test_a_follower_passes_over_a_part_that_is_missing(tmp_path: Path) -> None:
    first, second, _ = write(tmp_path)
    second.unlink()
    assert follow(Follower(first), 5) == read(open_recording(first))


def test_a_follower_begins_anew_when_a_later_part_is_replaced(tmp_path: Path) -> None:
    *_, third = write(tmp_path)
    follower = Follower(tmp_path / "call.jsonl")
    follow(follower, 3)
    fresh = third.with_suffix(".new")
    shutil.copy(third, fresh)
    fresh.replace(third)
    assert follow(follower, 9) == WHOLE
    assert follower.restarts == 1


def test_a_growing_recording_is_indexed_across_a_rotation(tmp_path: Path) -> None:
    paths = write(tmp_path)
    texts = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    paths[0].write_bytes(b"")
    index = Index(paths[0])
    for path, text in zip(paths, texts, strict=True):
        for end in range(0, len(text) + 1, 7):
            path.write_bytes(text[:end])
            index.advance()
        path.write_bytes(text)
        while not index.advance():
            pass
    assert [told(index.entry(position)) for position in range(len(index))] == WHOLE
    assert index.ended
    index.close()


@given(st.integers(2, 10**6), st.integers(1, 10**12))
def test_a_part_s_end_and_header_are_read_as_they_were_written(part: int, first: int) -> None:
    assert jsonl.part_end(jsonl.dump_part_end(PartEnd(part, first))) == PartEnd(part, first)
    header = jsonl.parse_header(jsonl.part_header(HEADER, part, first))
    assert (header.id, header.part, header.first) == ("r1", part, first)


@given(st.one_of(st.binary(), st.binary().map(jsonl.PART_END.__add__)))
def test_what_is_no_part_s_end_is_none(line: bytes) -> None:
    assert jsonl.part_end(line) is None or line.startswith(jsonl.PART_END)


@pytest.mark.parametrize("value", [0, -1, "2", None, 2.5, []])
def test_a_part_s_number_that_is_none_counts_as_the_first(value: object) -> None:
    header = Header("r", "2026-11-22T11:10:03.000000Z", extra={"part": value, "first": value})
    assert (header.part, header.first) == (1, 1)


def test_files_with_other_names_have_no_parts(tmp_path: Path) -> None:
    path = tmp_path / "call.log"
    path.write_bytes(HEADER)
    assert Part(path, Header("r1", "")).following(thorough=True) is None
    assert grouped([path]) == {path: [path]}


def test_parts_that_anybody_may_have_made_never_loop(tmp_path: Path) -> None:
    def files() -> Iterator[bytes]:
        for number, following in ((1, 2), (2, 2), (3, 1)):
            yield jsonl.part_header(HEADER, number, 1) + jsonl.dump_part_end(PartEnd(following, 1))

    for number, content in enumerate(files(), 1):
        name_of(tmp_path / "call.jsonl", number).write_bytes(content)
    assert [entry.kind for entry in open_recording(tmp_path / "call.jsonl")] == []
