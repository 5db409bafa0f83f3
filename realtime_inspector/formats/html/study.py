"""Everything the page tells of a recording, read in one go, without its secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

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
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.lines import Problem
from realtime_inspector.recording.redact import Redactor


@dataclass(slots=True)
class Clean:
    """A recording whose entries are looked through for secrets once more while they are read."""

    path: Path
    header: Header
    origin: Readable
    redactor: Redactor
    problems: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Entry]:
        """Yield its entries."""
        yield from map(self.redactor.entry, self.origin)


def clean(recording: Readable) -> Clean:
    """Return a recording without what looks like a secret, or is one of this environment's."""
    redactor = Redactor.from_environment(os.environ)
    header = recording.header
    tags = {redactor.text(name): redactor.text(value) for name, value in header.tags.items()}
    safe = replace(header, url=redactor.url(header.url), tags=tags)
    return Clean(recording.path, safe, recording, redactor)


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
        findings=sorted(found, key=lambda finding: (finding.severity.rank, finding.entry, finding.rule)),
        turns=turns(session),
        lines=dialogue(session),
        layout=arranged(listener),
    )
