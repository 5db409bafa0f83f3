"""A client that does something else than the one whose recording is replayed."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.err.codes import REPLAY
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.changes.failing import cause_of
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text


class ReplayDivergence(Rule):
    """The client sent what the replayed recording does not have, or did not send what it has.

    Why: the replay ends there: nothing behind it was tested, and what the client does next it does without a server.
    Fix: if the change is meant, record the session again or allow it with --match or --ignore; if not, the message says
        which field differs from which line.
    Limits: said of what `mock`, `exec` and the pytest plugin of this tool report to the client. Ids, times and audio are
        never compared.
    Source: the replay of this tool (docs/replay.md).
    """

    id = "REC004"
    name = "replay-divergence"
    severity = Severity.ERROR
    on = ("error",)
    good = (
        """
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
        """
        < {"type": "error", "error": {"type": "server_error", "code": "server_error", "message": "Sorry about that!"}}
        """,
    )
    bad = (
        """
        > {"type": "session.update", "event_id": "e1", "session": {"type": "realtime", "instructions": "Be brief."}}
        < {"type": "error", "error": {"type": "invalid_request_error", "code": "replay_mismatch", "message": "client message 1 fits no recorded one; nearest is line 14", "param": "session.instructions", "event_id": "e1"}}  # REC004
        x< 4000 the recording was not met: see the report of the replay
        """,
        """
        < {"type": "session.created", "session": {"type": "realtime"}}
        +5s < {"type": "error", "error": {"code": "replay_mismatch", "message": "line 14 (response.create) never came"}}  # REC004
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Quote the replay, and point to what the client sent."""
        error = mapping(event.body.get("error"))
        if text(error.get("code")) != REPLAY:
            return
        cause, _ = cause_of(before, error)
        sent = f" in entry {cause.at.n} ({cause.type})" if cause is not None else ""
        differing = f"; it differs at {text(error.get('param'))}" if error.get("param") else ""
        yield self.finding(
            event,
            f"the client does not do{sent} what the replayed recording has: {text(error.get('message'))}{differing}",
            cause=cause.at if cause is not None else None,
        )
