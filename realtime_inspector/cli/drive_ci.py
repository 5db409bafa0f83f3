"""What came of a drive, for continuous integration: a suite, the recording, and a case for each way to go wrong."""

from __future__ import annotations

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.cli.ci.checked import Case, Check, Problem, Suite
from realtime_inspector.cli.ci.places import from_root
from realtime_inspector.replay.driven import Driven, Line

_WHATS = {
    "ended": "The server ends the connection before the conversation is over.",
    "not sent": "A recorded message cannot be sent, for what it names is not there.",
    "did not come": "The server does not do what it did in the recording.",
    "refused": "The server refuses what it took in the recording.",
    "not recorded": "The server does what it did not in the recording.",
    "changed": "A message goes out otherwise than recorded.",
    "added": "Something goes out that is not in the recording.",
}


def suite(driven: Driven) -> Suite:
    """Return the outcome of a drive as a suite."""
    cases = tuple(_case(what, driven) for what in _WHATS)
    return Suite(driven.recording, cases, from_root(driven.recording), length_s=driven.took_s)


def _case(what: str, driven: Driven) -> Case:
    check = Check(f"drive-{what.replace(' ', '-')}", "", Severity.ERROR, _WHATS[what], tags=("replay",))
    return Case(check, tuple(_problem(line) for line in driven.lines if line.what == what))


def _problem(line: Line) -> Problem:
    severity = Severity.ERROR if line.fails else Severity.INFO
    return Problem(severity, line.text, line=line.line or 0, about=line.text)
