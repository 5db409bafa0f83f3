"""Asked at the first item that a server of today announces to a client that was written for the beta."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.session import Session

_ADDED, _CREATED = "conversation.item.added", "conversation.item.created"


class BetaCreatedMissing(Rule):
    """The client works as in the beta, and the server announces items by GA's names alone.

    Why: a handler for conversation.item.created is never called: what it does (keep the history, send the next message,
        show the turn) does not happen, and no error says so.
    Fix: handle conversation.item.added, when the item is there, and conversation.item.done, when it is whole.
    Limits: information, said once. What a client handles is not in a recording: a configuration in the beta's shape, or
        the beta's header, is a hint.
    Source: Realtime API, beta to GA migration (read 2026-11-22).
    """

    id = "ITM009"
    name = "beta-created-missing"
    severity = Severity.INFO
    on = (_ADDED,)
    dialects = frozenset({"ga"})
    once = True
    good = (
        """
        < {"type": "session.created", "session": {"type": "realtime", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "marin"}}}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        """,
        """
        # it gives both names
        < {"type": "session.created", "session": {"type": "realtime", "audio": {}}}
        > {"type": "session.update", "session": {"modalities": ["text", "audio"]}}
        < {"type": "conversation.item.created", "item": {"id": "m1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"type": "realtime", "audio": {}}}
        > {"type": "session.update", "session": {"modalities": ["text", "audio"], "voice": "alloy"}}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "session.type", "message": "Missing required parameter: 'session.type'."}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}  # ITM009
        < {"type": "conversation.item.added", "item": {"id": "m2", "type": "message", "role": "assistant"}}
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"OpenAI-Beta": "realtime=v1"}
        < 101
        < {"type": "session.created", "session": {"type": "realtime", "audio": {}}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}  # ITM009
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for signs of the beta in what the client sent."""
        if event.type != _ADDED or before.counts.get(_ADDED) or before.counts.get(_CREATED):
            return
        sign = _sign(before)
        if sign is not None:
            at, words = sign
            yield self.finding(
                event,
                f"the client {words} (entry {at.n}), as clients of the beta do, which wait for {_CREATED}; this server sends "
                f"{_ADDED} and conversation.item.done instead: handle those",
                cause=at,
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest after the first item."""
        return FOREVER


def _sign(session: Session) -> tuple[At, str] | None:
    """Return where the client showed that it was written for the beta, and how; None if it did not."""
    for update in session.updates:
        flat = update.session.keys() & beta.SESSION_PATHS.keys() - session.config.keys()
        if flat and "audio" not in update.session:
            return update.at, f"configures its session with {', '.join(sorted(flat))}"
    request = session.request
    if request is not None and (request.entry.header("OpenAI-Beta") or "").startswith("realtime"):
        return At(request.n, request.t), "sent an OpenAI-Beta header"
    return None
