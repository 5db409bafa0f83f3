from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_inspector.recording.index import Index
from realtime_inspector.tui.folding import Folding, Row
from tests.tui import sample

AUDIO = '< {"type":"response.output_audio.delta","item_id":"%s","delta":"AAAA"}'
WORDS = '< {"type":"response.output_audio_transcript.delta","item_id":"%s","delta":"hi"}'
APPEND = '> {"type":"input_audio_buffer.append","audio":"AAAAAAA="}'
OTHER = '< {"type":"rate_limits.updated"}'
OPENED: list[Index] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def fold(folder: Path, *lines: str) -> Folding:
    index = Index(sample.write(folder / "call.jsonl", "\n".join(lines)))
    OPENED.append(index)
    while not index.advance():
        pass
    folding = Folding(index)
    folding.grow()
    return folding


def shown(folding: Folding) -> list[tuple[int, int]]:
    return [(row.position, row.count) for row in map(folding.row, range(len(folding)))]


def test_the_pieces_of_a_stream_are_one_row(tmp_path: Path) -> None:
    assert shown(fold(tmp_path, OTHER, APPEND, APPEND, APPEND, OTHER)) == [(0, 1), (1, 3), (4, 1)]


def test_streams_that_run_through_each_other_are_a_row_each(tmp_path: Path) -> None:
    folding = fold(tmp_path, AUDIO % "a", WORDS % "a", AUDIO % "a", APPEND, WORDS % "a", AUDIO % "a")
    assert shown(folding) == [(0, 3), (1, 2), (3, 1)]


def test_streams_of_two_items_are_not_one(tmp_path: Path) -> None:
    assert shown(fold(tmp_path, AUDIO % "a", AUDIO % "b", AUDIO % "a")) == [(0, 2), (1, 1)]


def test_another_event_ends_a_stream(tmp_path: Path) -> None:
    assert shown(fold(tmp_path, APPEND, OTHER, APPEND, APPEND)) == [(0, 1), (1, 1), (2, 2)]


def test_a_fold_counts_its_bytes(tmp_path: Path) -> None:
    folding = fold(tmp_path, APPEND, APPEND)
    assert folding.bytes(0) == (2 * len(APPEND[2:]), 2 * 5)


def test_an_open_fold_shows_its_members_below_it(tmp_path: Path) -> None:
    folding = fold(tmp_path, OTHER, AUDIO % "a", APPEND, AUDIO % "a", OTHER)
    folding.open(1)
    assert [folding.row(y) for y in range(len(folding))] == [
        Row(0, 0, 1, 0),
        Row(1, 1, 2, 3, open=True),
        Row(1, 1, last=1, member=True),
        Row(3, 1, last=3, member=True),
        Row(2, 2, 1, 2),
        Row(4, 3, 1, 4),
    ]
    folding.close(1)
    assert len(folding) == 4


def test_a_single_line_does_not_open(tmp_path: Path) -> None:
    folding = fold(tmp_path, OTHER)
    folding.open(0)
    assert not folding.is_open(0)


def test_a_hidden_line_is_revealed(tmp_path: Path) -> None:
    folding = fold(tmp_path, OTHER, APPEND, APPEND, OTHER)
    assert folding.row(folding.reveal(2)) == Row(2, 1, last=2, member=True)
    assert folding.reveal(3) == 4


def test_an_open_fold_grows_with_the_recording(tmp_path: Path) -> None:
    folding = fold(tmp_path, APPEND, APPEND)
    folding.open(0)
    sample.add(tmp_path / "call.jsonl", f"{APPEND}\n{OTHER}")
    OPENED[0].advance()
    assert folding.grow()
    assert [folding.row(y).position for y in range(len(folding))] == [0, 0, 1, 2, 3]


LINES = st.lists(st.sampled_from([AUDIO % "a", AUDIO % "b", WORDS % "a", APPEND, OTHER]), min_size=1, max_size=25)


@given(lines=LINES, opened=st.sets(st.integers(0, 24)))
@settings(suppress_health_check=list(HealthCheck), max_examples=60)
def test_every_line_is_found_in_the_row_that_shows_it(tmp_path: Path, lines: list[str], opened: set[int]) -> None:
    folding = fold(tmp_path, *lines)
    for number in opened:
        if number < len(folding):
            folding.open(folding.row(number).fold)
    rows = [folding.row(y) for y in range(len(folding))]
    assert sum(row.count for row in rows if not row.member) == len(lines)
    for position in range(len(lines)):
        y = folding.y_of(position)
        row = rows[y]
        assert row.position == position or (row.folded and not row.open and position in folding.members(row.fold))
    assert [folding.y_of(row.position) for row in rows if not row.member] == [
        y for y, row in enumerate(rows) if not row.member
    ]
