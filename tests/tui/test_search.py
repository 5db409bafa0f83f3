from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_inspector.recording.index import Index
from realtime_inspector.tui.search import Outcome, Search
from tests.tui import sample

LINES = r"""
> {"type":"a","text":"Grüße aus Ulm"}
> {"type":"b","text":"Gr\u00fc\u00dfe, \"quoted\""}
> {"type":"input_audio_buffer.append","audio":"abcdABCDabcdABCDabcdABCDabcdABCDabcdABCDabcdABCDabcdABCDabcdABCDabcd"}
< {"type":"d","text":"ulm"}
"""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = Index(sample.write(tmp_path / "call.jsonl", LINES))
    while not made.advance():
        pass
    yield made
    made.close()


def find(index: Index, needle: str, start: int = -1, *, forward: bool = True) -> Outcome:
    search = Search(index, needle, start, forward=forward)
    while (outcome := search.step(lambda: False)) is None:
        pass
    return outcome


def test_the_next_match_is_found_and_the_search_goes_once_around(index: Index) -> None:
    assert find(index, "ulm") == Outcome(0)
    assert find(index, "ulm", 0) == Outcome(3)
    assert find(index, "ulm", 3) == Outcome(0, wrapped=True)


def test_backward_it_goes_the_other_way(index: Index) -> None:
    assert find(index, "ulm", 3, forward=False) == Outcome(0)
    assert find(index, "ulm", 0, forward=False) == Outcome(3, wrapped=True)


def test_a_text_that_is_only_where_the_search_began_is_found_there(index: Index) -> None:
    assert find(index, "quoted", 1) == Outcome(1, wrapped=True)
    assert find(index, "quoted", 1, forward=False) == Outcome(1, wrapped=True)


def test_a_text_is_found_as_it_is_read_however_json_has_it(index: Index) -> None:
    assert find(index, "Grüße", 0) == Outcome(1)
    assert find(index, '"quoted"') == Outcome(1)


def test_a_capital_letter_makes_it_exact(index: Index) -> None:
    assert find(index, "Ulm", 0) == Outcome(0, wrapped=True)


def test_audio_is_no_text(index: Index) -> None:
    assert find(index, "abcd") == Outcome(None)
    assert find(index, "input_audio") == Outcome(2)


def test_a_text_that_is_nowhere_is_not_found(index: Index) -> None:
    assert find(index, "berlin") == Outcome(None)


def test_an_empty_recording_has_nothing(tmp_path: Path) -> None:
    made = Index(sample.write(tmp_path / "empty.jsonl", ""))
    made.advance()
    assert find(made, "x", 0) == Outcome(None)
    assert find(made, "x", 0, forward=False) == Outcome(None)
    made.close()
