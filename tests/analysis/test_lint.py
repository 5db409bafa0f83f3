"""One pass over a session: what is asked when, and that live and later give the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter, events, lint
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import Event, read
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Side
from tests.protocol.anything import SESSIONS, entries

CREATE = '> {"type": "response.create"}'


class Waiting(Rule):
    """Waits two seconds after every response.create, and once more."""

    id = "TST001"
    name = "waiting"
    severity = Severity.INFO
    on = ("response.create",)
    again = False
    at_end = False

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        yield Deadline(event.t + 2, event, at_end=self.at_end)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding | Deadline]:
        if self.again and deadline.step == 0:
            yield deadline.again(deadline.at + 2)
        else:
            yield self.finding(deadline.event, "late", t=deadline.moment(session))


class WaitingTwice(Waiting):
    """Waits again."""

    again = True


class WaitingToTheEnd(Waiting):
    """Asks at the end too."""

    at_end = True


class Looking(Rule):
    """Sees the session as it was, and flags everything."""

    id = "TST002"
    name = "looking"
    severity = Severity.INFO
    on: ClassVar[tuple[str, ...]] = ("*",)

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        yield self.finding(event, f"{before.events} before")


class Broken(Looking):
    """Finds one thing and raises at the next."""

    id = "TST003"
    name = "broken"

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        yield self.finding(event, "found")
        if before.events:
            raise KeyError("no\nsuch")


class BrokenLater(Waiting):
    """Raises when it is asked whether something came."""

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        raise RuntimeError("oh")


class Beta(Looking):
    """Holds in the beta only."""

    dialects = frozenset({"beta"})


class Delta(Looking):
    """Looks at audio under its GA name."""

    on = ("response.output_audio.delta",)


def found(text: str, *rules: Rule) -> list[tuple[int, float, str]]:
    return [(each.entry, each.t, each.message) for each in lint(transcript.entries(text), rules)]


# what is asked


def test_a_rule_sees_the_session_before_the_event() -> None:
    assert found(f"{CREATE}\n{CREATE}", Looking())[:2] == [(1, 0.001, "0 before"), (2, 0.002, "1 before")]


def test_an_event_is_offered_under_its_ga_name_to_a_rule_about_the_servers() -> None:
    text = '< {"type": "response.audio.delta", "delta": ""}\n> {"type": "response.audio.delta", "delta": ""}'
    assert [entry for entry, _, _ in found(text, Delta())] == [1]


def test_a_rule_is_asked_once_about_an_event_it_names_twice() -> None:
    class Twice(Looking):
        on = ("response.create", "*")

    assert [entry for entry, _, _ in found(CREATE, Twice())] == [1, 2]


def test_a_rule_of_another_dialect_is_not_asked() -> None:
    text = '< {"type": "session.created", "session": {"modalities": []}}\n' + CREATE
    assert [entry for entry, _, _ in found(text, Beta())] == [2, 3]


# time


def test_a_deadline_fires_when_a_later_event_passes_it() -> None:
    assert found(f"{CREATE}\n+3s {CREATE}\n+1s x", Waiting()) == [(1, 2.001, "late")]


def test_what_comes_at_the_very_moment_is_in_time() -> None:
    assert found(f"+0s {CREATE}\n+2s x", Waiting()) == []


def test_a_rule_can_wait_again() -> None:
    assert found(f"{CREATE}\n+3s .\n+5s x", WaitingTwice()) == [(1, 4.001, "late")]


def test_deadlines_fire_in_the_order_of_time() -> None:
    linter = Linter([Waiting(), WaitingTwice()])
    for event in map(read, transcript.entries(f"{CREATE}\n+1s {CREATE}")):
        linter.feed(event)
    assert [(each.entry, each.t) for each in linter.advance(10.0)] == [(1, 2.001), (2, 3.001), (1, 4.001), (2, 5.001)]
    assert linter.advance(20.0) == []


def test_nothing_fires_after_the_end() -> None:
    linter = Linter([Waiting()])
    for event in map(read, transcript.entries(f"{CREATE}\n+1s x")):
        linter.feed(event)
    assert linter.advance(100.0) == []


def test_a_rule_that_wants_to_is_asked_once_more_at_the_end() -> None:
    assert found(f"{CREATE}\n+1s x\n+9s x", WaitingToTheEnd()) == [(1, 1.001, "late")]


def test_a_deadline_of_a_rule_whose_dialect_has_passed_is_dropped() -> None:
    class Unknown(Waiting):
        dialects = frozenset({""})

    text = f'{CREATE}\n< {{"type": "session.created", "session": {{"audio": {{}}}}}}\n+5s x'
    assert found(text, Unknown()) == []


def test_a_log_without_times_makes_no_silence() -> None:
    text = f"+0s {CREATE}\n" * 5 + "+0s x"
    assert found(text, Waiting()) == []


# the end


def test_a_recording_that_is_cut_off_gets_an_end() -> None:
    *_, last = events(transcript.entries(CREATE))
    assert (last.type, last.n, last.t, last.get("how")) == ("wire.end", 2, 0.001, "cut off")


def test_a_recording_with_an_end_gets_no_other() -> None:
    assert [event.type for event in events(transcript.entries(f"{CREATE}\nx"))] == ["response.create", "wire.end"]


def test_an_empty_recording_has_no_end() -> None:
    assert list(events([])) == []


# a rule that is broken


def test_a_broken_rule_is_reported_once_and_left_out() -> None:
    findings = lint(transcript.entries(f"{CREATE}\n{CREATE}\n{CREATE}"), [Broken(), Looking()])
    assert [(each.rule, each.entry) for each in findings if each.rule == "TST003"] == [
        ("TST003", 1),
        ("TST003", 2),
        ("TST003", 2),
    ]
    assert [each.entry for each in findings if each.rule == "TST002"] == [1, 2, 3, 4]
    (report,) = (each for each in findings if each.severity is Severity.WARNING)
    assert "the rule TST003 itself is broken (KeyError: 'no\\nsuch', test_lint.py:" in report.message
    assert "--ignore TST003" in report.fix


def test_a_rule_that_breaks_when_the_time_comes_is_reported_at_its_event() -> None:
    linter = Linter([BrokenLater()])
    for event in map(read, transcript.entries(f"{CREATE}\n{CREATE}")):
        linter.feed(event)
    (report,) = linter.advance(9.0)
    assert (report.rule, report.entry) == ("TST001", 1)
    assert isinstance(linter.failed["TST001"], RuntimeError)


# whatever comes


def live(linter: Linter, recorded: list[Entry], looks: dict[int, float]) -> list[Finding]:
    """Return the findings of a view that follows: entry by entry, its clock looked at between some of them."""
    findings: list[Finding] = []
    before = 0.0
    for event in events(recorded):
        if event.n in looks:
            findings += linter.advance(before + looks[event.n] * (event.t - before))
        findings += linter.feed(event)
        before = event.t
    return sorted(findings, key=lambda each: (each.entry, each.t, each.severity.rank, each.rule))


@settings(deadline=None, max_examples=60)
@given(SESSIONS, st.dictionaries(st.integers(1, 25), st.floats(0, 1)))
def test_following_a_session_finds_what_reading_it_later_finds_and_no_rule_breaks(
    drawn: list[tuple[float, tuple[Side, bytes]]], looks: dict[int, float]
) -> None:
    recorded, linter = entries(drawn), Linter()
    assert live(linter, recorded, looks) == lint(recorded)
    assert linter.failed == {}
