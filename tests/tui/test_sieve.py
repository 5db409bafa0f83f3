from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_inspector.analysis import facts
from realtime_inspector.analysis import filter as filters
from realtime_inspector.protocol.event import Event
from realtime_inspector.tui.sieve import Sieve
from realtime_inspector.tui.study import Study
from tests.tui import sample


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    study = Study(sample.write(tmp_path / "call.jsonl"), sample.RULES)
    study.read_on(lambda: True)
    study.analyse(lambda: True)
    yield study
    study.close()


def sift(study: Study, text: str) -> list[int]:
    """Return what passes, looked at in the smallest slices there are."""
    sieve = Sieve(study.index, filters.compile(text))
    sieve.know(facts.Index(study.session, study.findings))
    while not sieve.step(lambda: False):
        pass
    return list(sieve.picked.positions)


@pytest.mark.parametrize(
    "text",
    [
        "type:response.*", "from:client not kind:message", "type:wire.* or type:error", "n:40..45", "t>1.5s",
        "bytes>1k", "turn:1", "latency>100ms", "severity>=warning", "rule:TST001 or type:*.done", "~sunny",
        "/call_[0-9]/",
    ],
)  # fmt: skip
def test_what_passes_is_what_the_filter_lets_through_of_the_whole_entries(study: Study, text: str) -> None:
    known = facts.Index(study.session, study.findings)
    chosen = filters.compile(text)
    events = [study.event(position) for position in range(len(study.index))]
    expected = [position for position, event in enumerate(events) if chosen(event, known[event.n])]
    assert sift(study, text) == expected
    assert 0 < len(expected) < len(events)


def test_a_filter_by_type_is_asked_once_for_all_streams_of_a_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f'< {{"type":"response.output_text.delta","item_id":"i{number}","delta":"x"}}' for number in range(50)]
    study = Study(sample.write(tmp_path / "call.jsonl", "\n".join(lines)), sample.RULES)
    study.read_on(lambda: True)
    asked: list[str] = []
    compiled = filters.compile("type:*.delta")

    def ask(_: filters.Filter, event: Event, *known: object) -> bool:
        asked.append(event.type)
        return True

    monkeypatch.setattr(filters.Filter, "__call__", ask)
    sieve = Sieve(study.index, compiled)
    assert sieve.step(lambda: True)
    assert sieve.picked.entries == 50
    assert asked == ["response.output_text.delta"]
    study.close()


def test_numbers_are_those_of_the_entries_also_where_some_are_missing(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], *lines[9:]]))
    study = Study(path, sample.RULES)
    study.read_on(lambda: True)
    assert [study.event(position).n for position in sift(study, "n:10..12")] == [10, 11, 12]
    study.close()


def test_a_line_that_is_no_entry_passes_no_filter(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", '> {"type":"x"}')
    path.write_bytes(path.read_bytes() + b"garbage\n")
    study = Study(path, sample.RULES)
    study.read_on(lambda: True)
    assert sift(study, "not type:y") == [0]
    study.close()


def test_a_filter_by_findings_waits_for_what_was_found(study: Study) -> None:
    sieve = Sieve(study.index, filters.compile("severity:error"))
    assert not sieve.step(lambda: True)
    assert sieve.done == 0


def test_the_rows_of_what_passes_have_the_positions_of_the_recording(study: Study) -> None:
    sieve = Sieve(study.index, filters.compile("type:input_audio_buffer.*"))
    sieve.step(lambda: True)
    picked = sieve.picked
    shown = [(row.position, row.count, row.last) for row in map(picked.row, range(len(picked)))]
    assert shown == [(5, 12, 16), (17, 1, 17), (18, 12, 29), (30, 1, 30), (31, 1, 31)]
    assert picked.has(6)
    assert not picked.has(4)
    assert [picked.y_of(position) for position in (0, 6, 17, 25, 60)] == [0, 0, 1, 2, 4]
    assert picked.row(picked.reveal(7)).position == 7
    assert picked.first(0) == 5
    picked.close(0)
    assert len(picked) == 5
