"""Asked when a close frame arrives, and when the connection ends without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_CLOSE, WIRE_END, Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Side

_MEANINGS: Mapping[int, str] = {
    1001: "the session reached its maximum duration, or the server is going away: open a new one and restore its state",
    1002: "a frame broke the WebSocket protocol: look at what stands between client and server",
    1003: "the peer does not take this kind of data: send text frames",
    1007: "a text frame was not UTF-8: send JSON as UTF-8",
    1008: "a policy of the peer was violated: read the reason",
    1009: "a message was larger than the receiver allows: raise the client's limit (max_size), or send less at once",
    1011: "an internal failure, or a ping stayed unanswered: look for code that blocks the client's event loop",
    1012: "the server restarts: open a new session and restore its state",
    1013: "the server is overloaded: wait, then open a new session",
    3000: "the key was not accepted: check that it is valid and not expired",
    4000: "the request was refused for the reason given",
}
_ERRORS = frozenset({1002, 1003, 1007, 1008, 1009, 1011, 3000, 4000})
_NORMAL = frozenset({1000, 1005})
_LEAVING = 1001


class CloseCode(Rule):
    """The connection was closed for a reason that is not a normal end.

    Why: what was under way is lost, and a client that only sees its loop end cannot tell this from a normal end.
    Fix: read the code and its reason; a new connection is a new session, so send its configuration and history again.
    Limits: a client that goes away with 1001, as a browser does, counts as a normal end. A connection that
        ended without a close frame is reported only where the handshake was recorded.
    Source: RFC 6455, 7.4; codes 1001, 3000 and 4000 of the Realtime API from public reports (read 2026-11-22).
    """

    id = "CON002"
    name = "close-code"
    severity = Severity.ERROR
    on = (WIRE_CLOSE, WIRE_END)
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101
        x> 1000 bye
        x< 1000 bye
        x
        """,
        """
        < 101
        x> 1001 page closed
        x
        """,
        """
        < 401 {"error": {"message": "Incorrect API key provided"}}
        x
        """,
        """
        > {"type": "response.create"}
        x>
        x
        """,
    )
    bad = (
        """
        < 101
        < {"type": "response.created", "response": {"id": "r1"}}
        x< 1001 Your session hit the maximum duration of 60 minutes.  # CON002
        x> 1001
        x
        """,
        """
        < 101
        x< 3000 invalid_request_error.invalid_api_key  # CON002
        x
        """,
        """
        < 101
        x> 1011 keepalive ping timeout  # CON002
        x
        """,
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101
        < {"type": "response.created", "response": {"id": "r1"}}
        x reset  # CON002
        """,
        """
        < 101
        x< 4321 example.reason  # CON002
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the first close frame; at the end of the connection only if there was none."""
        if before.close is not None or before.ended is not None:
            return
        if event.type == WIRE_END:
            yield from self._without_frame(event, before)
            return
        code = event.body.get("code")
        if not isinstance(code, int) or code in _NORMAL or (code == _LEAVING and event.side is Side.CLIENT):
            return
        reason = str(event.body.get("reason") or "")
        said = f"{code}{f' ({reason})' if reason else ''}"
        meaning = _MEANINGS.get(code, "a code of the server's own: read its reason")
        message = f"the {event.side} closed with {said}: {meaning}{_under_way(before)}"
        yield self.finding(event, message, severity=Severity.ERROR if code in _ERRORS else Severity.WARNING)

    def _without_frame(self, event: Event, before: Session) -> Iterator[Finding]:
        how = str(event.body.get("how") or "")
        upgraded = before.handshake is not None and before.handshake.body.get("status") == 101
        if how not in {"reset", "timeout", "closed"} or not upgraded:
            return
        under_way = _under_way(before)
        severity = Severity.WARNING if under_way or how != "closed" else Severity.INFO
        word = {"reset": "was reset", "timeout": "timed out"}.get(how, "ended")
        message = f"the connection {word} without a close frame (1006): the network or a process died{under_way}"
        yield self.finding(event, message, severity=severity)


def _under_way(session: Session) -> str:
    """Return what the end of the connection cut off, as words to end a sentence with."""
    responses = [response.id or "one without an id" for response in session.active.values()]
    calls = [call.call_id for call in session.calls.values() if call.done is not None and not call.outputs]
    parts = [_count(responses, "response"), _count(calls, "unanswered call")]
    known = ", ".join(part for part in parts if part)
    return f"; under way: {known}" if known else ""


def _count(ids: list[str], word: str) -> str:
    if not ids:
        return ""
    named = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
    return f"{len(ids)} {word}{'s' if len(ids) > 1 else ''} ({named})"
