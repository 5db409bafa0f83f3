"""Asked at every message of the client."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Kind, Side

_APPEND = "input_audio_buffer.append"
_EXPIRED = "session_expired"


class SendAfterClose(Rule):
    """The client goes on sending after the server closed the session.

    Why: nothing that is sent then arrives; audio and tool outputs are lost without an error.
    Fix: stop at the close frame and at session_expired, and send what was lost to a new session.
    Limits: what was on its way when the server closed cannot be told apart, so audio of the next second is passed
        over; of later audio only the first chunk is reported.
    Source: RFC 6455, 5.5.1; Realtime API, session duration (read 2026-11-22).
    """

    id = "CON006"
    name = "send-after-close"
    severity = Severity.WARNING
    on = ("*",)
    under_way_s = Threshold(1.0, "s", "how long after the end an event may have been under way")
    good = (
        """
        > {"type": "response.create"}
        x< 1001 going away
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        x> 1001
        """,
        """
        x> 1000
        > {"type": "response.create"}
        """,
    )
    bad = (
        """
        x< 1001 Your session hit the maximum duration of 60 minutes.
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1"}}  # CON006
        """,
        """
        < {"type": "error", "error": {"code": "session_expired", "message": "Your session hit the maximum duration."}}
        +900ms > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        +900ms > {"type": "input_audio_buffer.append", "audio": "<20ms>"}  # CON006
        +900ms > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look back for the end the client should have seen."""
        if not event.from_client or event.entry.kind is not Kind.MESSAGE:
            return
        end = _end(before)
        if end is None:
            return
        late = event.t - end.t
        if event.type == _APPEND and not (before.now - end.t <= self.under_way_s < late):
            return
        message = f"{event.type} was sent {late * 1000:.0f} ms after the server ended the session (entry {end.n}): it is lost; open a new one, and send it there"
        yield self.finding(event, message, cause=end)

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest while the session goes on."""
        return FOREVER if event.from_server or _end(after) is None else None


def _end(before: Session) -> At | None:
    if before.close is not None and before.close.side is Side.SERVER:
        return At(before.close.n, before.close.t)
    last = before.errors[-1] if before.errors else None
    return last.at if last is not None and last.code == _EXPIRED else None
