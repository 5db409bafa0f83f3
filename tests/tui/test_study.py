from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.errors import RecordingError
from realtime_inspector.recording.files import open_recording
from realtime_inspector.tui import detail, rows, state
from realtime_inspector.tui.study import LAG_S, LIVE_S, Study
from tests.tui import sample

MakeStudy = Callable[..., Study]


class Clock:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.now = sample.STARTED_AT

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def study(tmp_path: Path, clock: Clock) -> Iterator[MakeStudy]:
    made: list[Study] = []

    def make(text: str = sample.CALL, path: Path | None = None) -> Study:
        path = path or sample.write(tmp_path / "call.jsonl", text)
        clock.now = path.stat().st_mtime + 10_000
        made.append(Study(path, sample.RULES, clock))
        read(made[-1])
        return made[-1]

    yield make
    for one in made:
        one.close()


def read(study: Study) -> None:
    while not study.read_on():
        pass
    while not study.analyse(lambda: False):
        pass
    study.let_time_pass()


def test_the_findings_are_those_of_the_linter(study: MakeStudy) -> None:
    made = study()
    expected = lint(open_recording(made.path), sample.RULES)
    assert sorted(made.findings, key=lambda finding: finding.entry) == expected
    assert [made.counts[severity] for severity in Severity] == [1, 1, 0]


def test_findings_are_found_from_any_place(study: MakeStudy) -> None:
    made = study()
    places = [finding.line - 2 for finding in made.findings]
    assert made.next_finding(0, 1) == places[0]
    assert made.next_finding(places[0], 1) == places[1]
    assert made.next_finding(places[1], 1) is None
    assert made.next_finding(places[1], -1) == places[0]
    assert made.next_finding(places[0], -1) is None


def test_a_fold_is_marked_with_the_worst_finding_in_it(study: MakeStudy) -> None:
    made = study()
    marked = [y for y in range(len(made.folding)) if made.worst(made.folding.row(y)) is not None]
    assert [made.folding.row(y).position for y in marked] == [finding.line - 2 for finding in made.findings]


CUT_OFF = "\n".join(sample.CALL.splitlines()[:-3])
"""Without the close, the end, and the wait before them."""


def test_a_recording_that_was_cut_off_is_judged_like_a_whole_one(study: MakeStudy) -> None:
    made = study(CUT_OFF + '\n> {"type":"response.create"}\n')
    assert made.findings == lint(open_recording(made.path), sample.RULES)
    assert made.session.ended is not None
    assert not made.live


def test_silence_at_the_end_of_a_live_recording_is_judged_by_the_clock(study: MakeStudy, clock: Clock) -> None:
    made = study("> {}")
    sample.write(made.path, '> {"type":"response.create"}')
    made = Study(made.path, sample.RULES, clock)
    clock.now = made.path.stat().st_mtime
    made._started = clock.now  # the recording began when the file was written
    read(made)
    assert made.live
    assert not made.findings
    clock.now += 2 + LAG_S + 0.1
    made.let_time_pass()
    assert [finding.rule for finding in made.findings] == ["TST002"]
    made.close()


def test_a_recording_held_for_cut_off_is_judged_anew_when_it_grows(study: MakeStudy, clock: Clock) -> None:
    made = study(CUT_OFF)
    assert made.session.ended is not None
    sample.add(made.path, '> {"type":"conversation.item.create","item":{"type":"function_call_output"}}')
    read(made)
    assert [finding.rule for finding in made.findings].count("TST001") == 2
    assert len({finding.entry for finding in made.findings}) == len(made.findings)


def test_a_recording_is_live_while_it_grows_and_has_no_end(study: MakeStudy, clock: Clock) -> None:
    made = study(CUT_OFF)
    clock.now = made.path.stat().st_mtime + LIVE_S - 1
    assert made.live
    clock.now += 2
    assert not made.live
    sample.add(made.path, "x")
    made.read_on()
    clock.now = made.path.stat().st_mtime
    assert not made.live


def test_an_entry_is_found_by_its_number_where_others_were_cut_out(study: MakeStudy, tmp_path: Path) -> None:
    whole = sample.write(tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)
    path = tmp_path / "edited.jsonl"
    path.write_bytes(b"".join(whole[:10] + whole[15:]))
    made = study(path=path)
    assert [made.event(made.position_of(n)).n for n in (1, 9, 20, 68)] == [1, 9, 20, 68]


def test_an_unreadable_line_keeps_its_row_and_says_why(study: MakeStudy, tmp_path: Path) -> None:
    path = sample.write(tmp_path / "bad.jsonl", '> {"type":"a"}')
    with path.open("ab") as file:
        file.write(b'{"n":2,\x1b"t":"no"}\n')
    made = study(path=path)
    shown = rows.line(made.cells(made.folding.row(1)), 80, 4).text
    assert "line 3 is not an entry" in shown


def test_an_update_is_shown_against_what_was_asked(study: MakeStudy) -> None:
    made = study()
    lines = [line.text for line in detail.of_event(made.event(4), made.known(made.event(4), 4))]
    assert '  audio.output.voice: asked "marin", in force "alloy"' in lines
    assert "  1 field as asked: type" in lines


def test_an_error_leads_to_what_it_answers(study: MakeStudy) -> None:
    made = study()
    position = made.position_of(42)
    lines = detail.of_event(made.event(position), made.known(made.event(position), position))
    assert [line.target for line in lines if "likely answers" in line.text] == [41]


def test_an_id_leads_to_where_its_item_began(study: MakeStudy) -> None:
    made = study()
    position = made.position_of(63)
    lines = detail.of_event(made.event(position), made.known(made.event(position), position))
    assert [line.target for line in lines if '"item_id"' in line.text] == [47]


def test_the_state_tells_who_said_what_and_what_was_heard(study: MakeStudy) -> None:
    made = study()
    told = [line.text for line in state.lines(made.session, made.length_s)]
    assert "  user “Weather in Ulm?”" in told
    assert '  call get_weather({"city":"Ulm"})' in told
    assert "  assistant “It is 18 degrees in Ulm and sunny.” [heard 480 ms of 600 ms]" in told
    assert "  closed: 1000" in told


def test_a_copy_for_time_travel_waits_until_the_user_does_nothing(
    study: MakeStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = study()
    touched = False

    def copy() -> Iterator[None]:
        copied.append(made.analysed)
        yield

    def offer(*_: object) -> Iterator[None]:
        nonlocal touched
        touched = True  # a key is pressed as soon as a copy is due
        return copy()

    copied: list[int] = []
    monkeypatch.setattr(made, "is_touched", lambda: touched)
    monkeypatch.setattr(type(made.travel), "offer", offer)
    made._begin_analysis()
    assert not made.analyse(lambda: True)
    at = made.analysed
    assert not made.analyse(lambda: True)
    assert made.analysed == at < len(made.index)
    assert not copied
    touched = False
    made.analyse(lambda: True)
    assert copied == [at]
    assert made.analysed > at


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        Study(tmp_path / "none.jsonl")


def test_the_project_says_which_rules_are_asked_and_what_is_suppressed_is_not_shown(
    study: MakeStudy, tmp_path: Path, clock: Clock
) -> None:
    path = study().path
    sidecar, policy = tmp_path / "call.jsonl.suppress.toml", Policy(sample.RULES)

    def found() -> list[str]:
        made = Study(path, policy, clock)
        try:
            read(made)
            return [finding.rule for finding in made.findings]
        finally:
            made.close()

    everything = found()
    assert everything == [finding.rule for finding in study().findings]
    gone = everything[0]
    sidecar.write_text(f'[[suppress]]\nrule = "{gone}"\nreason = "meant so"\n')
    assert found() == [rule for rule in everything if rule != gone]
    sidecar.write_text("[[suppress")
    assert found() == everything
