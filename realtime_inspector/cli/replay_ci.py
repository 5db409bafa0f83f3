"""A replay's report for continuous integration: a suite a connection, a case for each way to miss a recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.cli.ci.checked import Case, Check, Problem, Step, Suite
from realtime_inspector.cli.ci.places import from_root
from realtime_inspector.replay.mismatch import Mismatch, Why
from realtime_inspector.replay.report import Played, Report
from realtime_inspector.replay.script import Expected
from realtime_inspector.replay.script import Step as Answer

_Left = tuple[Expected | Answer, str]

_WHATS = {
    Why.DIFFERS: "A client event says something else than the recorded one.",
    Why.UNEXPECTED: "The client sends an event that the recording does not have.",
    Why.EARLY: "A client event comes before another that it followed in the recording.",
    Why.NEVER_CAME: "A client event does not come on which the server's answer rests.",
    Why.TOO_LITTLE_AUDIO: "The client appends less audio than the server's answer rests on.",
    Why.REFUSED: "The client sends an event that the API refuses.",
    Why.HTTP: "The client makes a request that was not recorded.",
}
_STEPS = 20
"""Lines of what is left that are named."""
_LEFT = Check("replay-left-over", "", Severity.ERROR, "A part of the recording did not happen.", tags=("replay",))
_UNSERVED = Check(
    "replay-unserved", "", Severity.ERROR, "No client opened a connection for the recording.", tags=("replay",)
)


def suites(report: Report) -> list[Suite]:
    """Return a report as suites: connections, what went wrong outside of them, and recordings nobody asked for."""
    found = [_connection(report, played) for played in report.connections]
    if report.others:
        found.append(Suite("outside a connection", tuple(_mismatches(report.others))))
    return [*found, *(_unserved(report, path) for path in report.unserved)]


def _connection(report: Report, played: Played) -> Suite:
    cases = (*_mismatches(played.mismatches), _left(played, counts=report.strict or played.whole))
    return Suite(played.recording, cases, from_root(played.recording))


def _mismatches(mismatches: Sequence[Mismatch]) -> Iterator[Case]:
    for why, what in _WHATS.items():
        check = Check(f"replay-{why.value}", "", Severity.ERROR, what, tags=("replay",))
        yield Case(check, tuple(_problem(mismatch) for mismatch in mismatches if mismatch.why is why))


def _problem(mismatch: Mismatch) -> Problem:
    line = mismatch.nearest.line if mismatch.nearest is not None else 0
    hints = [f"probably {mismatch.cause}"] if mismatch.cause else []
    hints += [f"to accept it: {mismatch.accept}"] if mismatch.accept else []
    return Problem(
        severity=Severity.ERROR,
        message=mismatch.message.removeprefix(f"{mismatch.recording}: "),
        fix="; ".join(hints),
        line=line,
        about=" ".join([mismatch.came, *mismatch.ignorable]),
    )


def _left(played: Played, *, counts: bool) -> Case:
    severity = Severity.ERROR if counts else Severity.INFO
    rest: list[_Left] = [(one, "client event never came") for one in played.never_came]
    also: list[_Left] = [(one, "server event was never asked for") for one in played.never_asked_for]
    if not rest and not also:
        return Case(_LEFT)
    first, what = (rest or also)[0]
    return Case(
        _LEFT,
        (
            Problem(
                severity,
                f"{_count(len(rest), 'recorded client event')} never came, "
                f"{_count(len(also), 'recorded server event')} {'was' if len(also) == 1 else 'were'} never asked for",
                line=first.line,
                about=what,
                steps=tuple(Step(one.line, f"this {one.type}: the {why}") for one, why in [*rest, *also][:_STEPS]),
            ),
        ),
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _unserved(report: Report, path: str) -> Suite:
    severity = Severity.ERROR if report.strict or not report.connections else Severity.INFO
    return Suite(path, (Case(_UNSERVED, (Problem(severity, "no client connected for it"),)),), from_root(path))
