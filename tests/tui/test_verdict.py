from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.folding import Told
from realtime_inspector.analysis.why import Why, explain, last
from realtime_inspector.recording import files
from realtime_inspector.tui import verdict
from realtime_inspector.tui.text import Line
from realtime_inspector.tui.verdict import Verdict

RECORDINGS = Path(__file__).parents[2] / "recordings"


def finding(entry: int, severity: Severity = Severity.ERROR) -> Finding:
    return Finding("TOOL003", "missing-call-id", severity, entry, entry + 1, entry / 10, "no call\x1b[2J", "add it")


def reason(name: str) -> Why:
    recording = files.open_recording(RECORDINGS / f"{name}.jsonl")
    return last(explain(recording, recording.header))


def test_the_entry_under_the_cursor_tells_its_worst_finding() -> None:
    shown = verdict.of_entry([finding(4, Severity.INFO), replace(finding(4), cause=2)])
    assert shown is not None
    assert shown.said.text == "E TOOL003 no call\\e[2J (and 1 other)"
    assert shown.keys == "c cause  e explain  2 detail"
    assert verdict.of_entry([]) is None


def test_a_silence_that_nothing_ended_comes_before_what_rules_found() -> None:
    shown = verdict.of_call([Told([finding(4)], [])], reason("output-without-response"), checked=True)
    assert shown.said.text.startswith("silent from 0:00.002 on: the assistant is waiting: the output of get_weather")
    assert shown.keys == "8 why"


@pytest.mark.parametrize("known", ["slow", None])
def test_an_error_comes_before_a_silence_that_passed(known: str | None) -> None:
    silent = reason("output-without-response")
    answered = reason("voice-turn").silence.answer or reason("voice-turn").silence.before
    passed = replace(silent, silence=replace(silent.silence, answer=answered)) if known else None
    shown = verdict.of_call([Told([finding(4)], [])], passed, checked=True)
    assert shown.said.text == "E TOOL003 no call\\e[2J (#4)"
    assert shown.keys == "} goes there  3 findings"
    mild = verdict.of_call([Told([finding(4, Severity.INFO)], [])], passed, checked=True)
    assert mild.said.text.startswith("silent from" if known else "i TOOL003")


def test_a_call_without_a_mistake_says_so_once_all_of_it_was_looked_at() -> None:
    assert verdict.of_call([], None, checked=False).said.text == "checking …"
    assert verdict.of_call([], None, checked=True).said.text == "nothing found, and nobody waited in vain"


def test_it_takes_two_lines_with_the_keys_at_the_end_whatever_it_says() -> None:
    said = verdict.of_call([], reason("output-without-response"), checked=True)
    for width in (8, 20, 40, 80, 200):
        drawn = verdict.drawn(said, width)
        assert len(drawn) == verdict.ROWS
        assert all(line.width <= max(width, len(said.keys) + 2) for line in drawn)
        assert drawn[-1].text.endswith("8 why")
    assert "…" in verdict.drawn(said, 80)[1].text
    assert [line.text.strip() for line in verdict.drawn(Verdict(Line(), "q"), 20)] == ["", "q"]
