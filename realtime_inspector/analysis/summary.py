"""A session in one line: when, how long, which model, how many turns, what was found, how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.cost import Bill, cost
from realtime_inspector.analysis.finding import Severity, count
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.metrics import Tokens
from realtime_inspector.analysis.turns import turns
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import CUT_OFF, Header


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one recording."""

    session_id: str = ""
    model: str = ""
    dialect: str = ""
    """A name of `protocol/realtime/dialects.py`; empty while nothing shows it."""
    dialect_sign: str = ""
    """What shows it."""
    events: int = 0
    """Entries of the recording."""
    length_s: float = 0.0
    turns: int = 0
    interruptions: int = 0
    calls: int = 0
    findings: Mapping[Severity, int] = field(default_factory=dict)
    """Severity → how many; a severity without findings is 0."""
    median_ttfa_ms: float | None = None
    """Median time from `response.created` to the first audio."""
    tokens: Tokens = field(default_factory=Tokens)
    cost: Bill = field(default_factory=Bill)
    """By the prices of this release."""
    ended: str = ""
    """As `ended` gives it."""
    live: bool = False
    """The recording has no end: it is still being written, or its writer died. Whether it grows, its file must say."""


def summarise(events: Iterable[Event], linter: Linter | None = None, header: Header | None = None) -> Summary:
    """Return the figures of a whole recording, in one pass; `events` come from `lint.events`."""
    linter = linter if linter is not None else Linter(header=header)
    found = count(finding for event in events for finding in linter.feed(event))
    return of_session(linter.session, found)


def of_session(session: Session, findings: Mapping[Severity, int]) -> Summary:
    """Return the figures of a session as far as it has come."""
    exchanges = turns(session)
    live = session.ended is None or session.is_cut_off
    return Summary(
        session_id=session.id,
        model=session.model,
        dialect=session.dialect_name,
        dialect_sign=session.dialect_sign,
        events=session.events - (session.ended is not None and live),
        length_s=metrics.length_s(session),
        turns=len(exchanges),
        interruptions=metrics.interruptions(exchanges),
        calls=len(session.calls),
        findings=dict(findings),
        median_ttfa_ms=metrics.median(map(metrics.time_to_first_audio_ms, session.responses.values())),
        tokens=metrics.tokens(session),
        cost=cost(session).whole,
        ended=ended(session),
        live=live,
    )


def ended(session: Session) -> str:
    """Return how it ended: `closed 1000`, `reset`, `timeout`, `refused 401`, or `CUT_OFF`."""
    how = CUT_OFF if session.ended is None else session.ended_how
    status = session.handshake.body.get("status") if session.handshake is not None else None
    if isinstance(status, int) and status != 101:
        return f"refused {status}"
    if how == "closed" and session.close is not None and session.close.body.get("code") is not None:
        return f"closed {session.close.body['code']}"
    return how
