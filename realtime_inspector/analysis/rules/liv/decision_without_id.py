"""Asked at every decision that a client of the Live API wants."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import dialects
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class DecisionWithoutId(Rule):
    """A decision.create has no event_id, or one that was used before.

    Why: the decision's events name it by that id: it is required, and each decision needs one of its own.
    Fix: send a new event_id with every decision.create.
    Limits: ids of the last thousand events of the client are remembered.
    Source: Live API, `decision.create`, by the types of `openai` 3.54.0 (read 2026-11-24).
    """

    id = "LIV003"
    name = "decision-without-id"
    severity = Severity.ERROR
    on = ("decision.create",)
    dialects = frozenset({dialects.LIVE})
    good = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        > {"type": "decision.create", "event_id": "d1"}
        > {"type": "decision.create", "event_id": "d2"}
        """,
        """
        > {"type": "decision.create"}
        """,
    )
    bad = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        > {"type": "decision.create"}  # LIV003
        """,
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        > {"type": "decision.create", "event_id": "d1"}
        > {"type": "decision.create", "event_id": "d1"}  # LIV003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at its id."""
        event_id = text(event.body.get("event_id"))
        earlier = before.named.get(event_id) if event_id else None
        if not event.from_client or (event_id and earlier is None):
            return
        problem = f"the event_id {event_id!r} was used before" if event_id else "decision.create has no event_id"
        yield self.finding(
            event,
            f"{problem}: give each decision.create one of its own: decision.event names the decision by it",
            cause=earlier.at if earlier is not None else None,
        )
