"""Everything the page tells of a recording, read before its first line is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from realtime_inspector.analysis import policy as policies
from realtime_inspector.analysis.dialogue import Line, dialogue
from realtime_inspector.analysis.finding import Finding, count
from realtime_inspector.analysis.folding import Told, folded, told
from realtime_inspector.analysis.lint import events
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.analysis.summary import Summary, of_session
from realtime_inspector.analysis.turns import Turn, turns
from realtime_inspector.formats.reading import Readable
from realtime_inspector.formats.voices import Layout, Listener, arranged
from realtime_inspector.protocol.event import Event, read
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Header, Side

MOST_TOLD = 100
"""So many findings have a place of their own on the page, with the events they are about."""


@dataclass(frozen=True, slots=True)
class Named:
    """An entry that a finding points to."""

    side: Side
    type: str
    t: float
    event: Event | None = None
    """The whole of it, where the page shows it."""


@dataclass(frozen=True, slots=True)
class Study:
    """What is known of a call."""

    header: Header
    session: Session
    summary: Summary
    findings: list[Told]
    """The worst first, each with those that follow from it."""
    named: Mapping[int, Named]
    """By number of the entry."""
    why: Mapping[str, str]
    """Rule → why what it finds hurts."""
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
    named = _named(recording, found)
    session = linter.session
    return Study(
        header=recording.header,
        session=session,
        summary=of_session(session, count(found)),
        findings=told(found, _by_client(named)),
        named=named,
        why=_why({finding.rule for finding in found}, policy),
        turns=turns(session),
        lines=dialogue(session),
        layout=arranged(listener),
    )


def _named(recording: Readable, found: Sequence[Finding]) -> dict[int, Named]:
    """Return the entries that findings point to; the events of the first ones whole."""
    wanted = {n for finding in found for n in (finding.entry, finding.cause) if n is not None}
    shown = {same[0].entry for same in folded(found)[:MOST_TOLD]}
    named: dict[int, Named] = {}
    for entry in recording if wanted else ():
        if entry.n in wanted:
            event = read(entry)
            named[entry.n] = Named(event.side, event.type, event.t, event if entry.n in shown else None)
    return named


def _by_client(named: Mapping[int, Named]) -> Callable[[int], bool]:
    def by_client(n: int) -> bool:
        return n in named and named[n].side is Side.CLIENT

    return by_client


def _why(ids: Collection[str], policy: Policy | None) -> dict[str, str]:
    return {rule.id: rule.page().why for rule in (policy.rules if policy else all_rules()) if rule.id in ids}
