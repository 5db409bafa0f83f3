"""Everything the page tells of a recording, read in one go."""

from __future__ import annotations

from dataclasses import dataclass

from realtime_inspector.analysis import policy as policies
from realtime_inspector.analysis.dialogue import Line, dialogue
from realtime_inspector.analysis.finding import Finding, count
from realtime_inspector.analysis.lint import events
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.summary import Summary, of_session
from realtime_inspector.analysis.turns import Turn, turns
from realtime_inspector.formats.reading import Readable
from realtime_inspector.formats.voices import Layout, Listener, arranged
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Header

_ANY_ERROR = "ERR001"
"""Finds every error event."""


@dataclass(frozen=True, slots=True)
class Study:
    """What is known of a call."""

    header: Header
    session: Session
    summary: Summary
    findings: list[Finding]
    turns: list[Turn]
    lines: list[Line]
    layout: Layout


def _worst_first(finding: Finding) -> tuple[int, bool, int, str]:
    """Return what findings are sorted by; of two alike, one that says more than that the server refused comes first."""
    return finding.severity.rank, finding.rule == _ANY_ERROR, finding.entry, finding.rule


def study(recording: Readable, policy: Policy | None = None) -> Study:
    """Read a recording, and ask the rules as a project wants them."""
    linter = policies.linter(policy, recording.path, recording.header)
    listener = Listener(linter.session)
    found: list[Finding] = []
    for event in events(recording):
        found += linter.feed(event)
        listener.note(event)
    session = linter.session
    return Study(
        header=recording.header,
        session=session,
        summary=of_session(session, count(found)),
        findings=sorted(found, key=_worst_first),
        turns=turns(session),
        lines=dialogue(session),
        layout=arranged(listener),
    )
