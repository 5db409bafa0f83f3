from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from backports import zstd

from realtime_inspector.analysis.cost import Bill
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.summary import Summary
from realtime_inspector.analysis.why import explain, waited_in
from realtime_inspector.recording.entry import Header
from realtime_inspector.recording.files import open_recording
from realtime_inspector.tui import table
from realtime_inspector.tui.shelf import Listed, Shelf
from tests.tui import sample

NOW = sample.STARTED_AT
UNFINISHED = "\n".join(sample.CALL.splitlines()[:-2])


class Library:
    """A folder with recordings, and a shelf on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shelf = Shelf([folder], sample.RULES, lambda: NOW)

    def put(self, name: str, text: str = sample.CALL, *, age_s: float = 10_000, started: str = sample.STARTED) -> Path:
        path = sample.write(self.folder / name, text, started=started)
        os.utime(path, (NOW - age_s, NOW - age_s))
        return path

    def read(self) -> list[Listed]:
        self.shelf.look()
        while self.shelf.step(lambda: False):
            pass
        return table.order(self.shelf.listed.values(), "name")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    made = Library(tmp_path)
    yield made
    made.shelf.close()


def test_a_recording_has_its_figures(library: Library) -> None:
    library.put("call.jsonl")
    (one,) = library.read()
    assert one.summary is not None
    assert (one.summary.model, one.summary.turns, one.length_s) == ("gpt-realtime", 1, 4.791)
    assert [one.summary.findings[severity] for severity in Severity] == [1, 1, 0]
    assert one.study is None


def test_the_length_is_known_before_the_rest(library: Library) -> None:
    library.put("call.jsonl")
    library.shelf.look()
    (one,) = library.shelf.listed.values()
    assert (one.summary, one.length_s, one.live) == (None, 4.791, False)


def test_a_recording_that_grows_is_live_and_stands_first(library: Library) -> None:
    library.put("a.jsonl")
    library.put("b.jsonl", UNFINISHED, age_s=5)
    library.put("c.jsonl", UNFINISHED)
    assert [(one.path.name, one.live) for one in library.read()] == [
        ("b.jsonl", True),
        ("a.jsonl", False),
        ("c.jsonl", False),
    ]


def test_a_recording_that_grows_is_read_on(library: Library) -> None:
    path = library.put("call.jsonl", UNFINISHED, age_s=5)
    (before,) = library.read()
    assert before.summary is not None
    sample.add(path, '> {"type":"conversation.item.create","item":{"type":"function_call_output"}}')
    os.utime(path, (NOW, NOW))
    (after,) = library.read()
    assert after.summary is not None
    assert after.summary.findings[Severity.ERROR] == 2


def test_a_file_that_is_no_recording_says_why(library: Library) -> None:
    (library.folder / "x.jsonl").write_text("hello\n")
    (one,) = library.read()
    assert "not a recording's header" in one.problem
    assert "not a recording's header" in table.row(one, 100).text


def test_a_compressed_recording_is_listed_too(library: Library) -> None:
    path = library.put("call.jsonl")
    (library.folder / "packed.jsonl.zst").write_bytes(zstd.compress(path.read_bytes()))
    path.unlink()
    (one,) = library.read()
    assert one.summary is not None
    assert one.summary.turns == 1


def test_a_recording_that_is_gone_is_listed_no_longer(library: Library) -> None:
    path = library.put("call.jsonl")
    assert len(library.read()) == 1
    path.unlink()
    assert library.read() == []


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    shelf = Shelf([tmp_path / "none"], sample.RULES, lambda: NOW)
    shelf.look()
    assert shelf.listed == {}


def listed(name: str, started: str) -> Listed:
    one = Listed(Path(name))
    one.header = Header(name, started)
    return one


def test_the_newest_stands_first_unless_the_order_is_turned_round() -> None:
    two = [listed("a", "2026-11-22T11:00:00Z"), listed("b", "2026-11-22T12:00:00Z")]
    assert [one.path.name for one in table.order(two, "start")] == ["b", "a"]
    assert [one.path.name for one in table.order(two, "start", reverse=True)] == ["a", "b"]
    assert [one.path.name for one in table.order(two, "name")] == ["a", "b"]


@pytest.mark.parametrize("sort", table.SORTS)
@pytest.mark.parametrize("reverse", [False, True])
def test_every_order_holds_for_what_is_not_read_yet(library: Library, sort: str, reverse: bool) -> None:
    library.put("a.jsonl")
    done = library.read()
    assert len(table.order([*done, Listed(Path("new"))], sort, reverse=reverse)) == 2


@pytest.mark.parametrize("width", [60, 78, 119, 120, 200])
def test_a_row_and_its_heading_fill_the_width(library: Library, width: int) -> None:
    library.put("call.jsonl")
    (one,) = library.read()
    assert table.row(one, width).width == width
    assert table.row(Listed(Path("new.jsonl")), width).width == width
    assert table.heading(width, "turns").width == width


@pytest.mark.parametrize("width", [78, 200])
def test_a_cell_of_the_heading_belongs_to_the_column_above_it(width: int) -> None:
    heading = table.heading(width, "name").text
    for name in table.sorts(width):
        assert table.column_at(heading.index(name), width) == name


def test_what_a_recording_cost_is_told_as_far_as_it_is_known() -> None:
    one = Listed(Path("call.jsonl"))
    for bill, shown in ((Bill(0.00431, 1), " $0.0043 "), (Bill(1.25, 1, 1), " $1.25+ "), (Bill(0, 0, 1), " ? ")):
        one.summary = Summary(findings=dict.fromkeys(Severity, 0), model="gpt-realtime", cost=bill)
        assert shown in table.row(one, 78).text


def test_a_file_that_lost_something_is_marked_and_says_what(library: Library) -> None:
    whole = library.put("a-whole.jsonl").read_bytes()
    lines = whole.splitlines(keepends=True)
    for name, damaged in (
        ("b-torn.jsonl", whole[:-40]),
        ("c-holed.jsonl", b"".join([*lines[:4], b"\x00\x00\n", *lines[5:]])),
    ):
        (library.folder / name).write_bytes(damaged)
        os.utime(library.folder / name, (NOW - 10_000, NOW - 10_000))
    library.put("d-no-end.jsonl", UNFINISHED)
    told = [(table.row(one, 78).text[0], table.damage(one)) for one in library.read()]
    assert told == [
        (" ", ""),
        ("!", "torn: run repair"),
        ("!", "damaged: 1 unreadable line"),
        ("○", "cut off: it has no end"),
    ]


def test_a_wide_row_says_what_its_file_lost(library: Library) -> None:
    library.put("call.jsonl", UNFINISHED)
    (one,) = library.read()
    assert "call.jsonl  cut off: it has no end" in table.row(one, 180).text
    assert table.row(one, 180).width == 180


def test_the_column_of_the_order_is_marked() -> None:
    assert "turns▼" in table.heading(100, "turns").text
    assert "name▲" in table.heading(100, "name").text
    assert "name▼" in table.heading(100, "name", reverse=True).text


def test_an_empty_folder_says_what_to_do_next() -> None:
    shown = "\n".join(line.text for line in table.nothing([Path("recordings")], ""))
    assert "no recordings yet in the folder recordings" in shown
    assert "realtime-inspector demo" in shown


def test_on_a_small_screen_a_name_keeps_its_end_without_the_time_that_has_a_column() -> None:
    one = Listed(Path("20261123T194023Z_01M84YRZ87WF75PERA1WMSRG9G.jsonl"))
    one.summary = Summary(findings=dict.fromkeys(Severity, 0), turns=1, model="gpt-realtime-2.1")
    assert table.row(one, 78).text.endswith(" 01M84YRZ87…ERA1WMSRG9G")
    assert "gpt-realtime-2.1 " in table.row(one, 160).text
    assert one.path.name in table.row(one, 180).text


def test_a_line_that_is_no_json_for_its_depth_is_damage_and_no_end(library: Library) -> None:
    path = library.put("call.jsonl", UNFINISHED)
    deep = (
        '{"n":99,"t":9.0,"from":"server","kind":"message","event":{"type":"x","a":' + "[" * 5000 + "]" * 5000 + "}}\n"
    )
    path.write_bytes(path.read_bytes() + deep.encode())
    os.utime(path, (NOW - 10_000, NOW - 10_000))
    (one,) = library.read()
    assert table.damage(one) == "damaged: 1 unreadable line"


def test_what_is_wrong_has_a_word_in_a_wide_row_and_a_sentence_for_the_cursor(library: Library) -> None:
    path = library.put("call.jsonl")
    (one,) = library.read()
    assert (table.wrong(one), " missing-call-id " in table.row(one, 160).text) == (("missing-call-id", "error"), True)
    assert library.shelf.unexplained() is one
    assert table.verdict_on(one).said.text.startswith("E TST001 ")
    recording = open_recording(path)
    one.reason, one.explained = waited_in(explain(recording, findings=one.found)), True
    assert library.shelf.unexplained() is None
    assert table.wrong(one) == ("create-unanswered", "warning")
    assert table.verdict_on(one).said.text.startswith("silent from 0:02.566 on: ")
    assert table.verdict_on(None).said.text == ""
    assert "wrong" in table.sorts(160)
    assert "wrong" not in table.sorts(78)
