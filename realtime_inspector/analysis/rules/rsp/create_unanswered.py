"""A response asked for, and no word from the server."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.rules.rsp.requests import is_out_of_band, request_at
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session


class CreateUnanswered(Rule):
    """The client asks for a response, and neither a response nor an error comes.

    Why: the user hears silence, and the client waits for ever.
    Fix: look at what stands between client and server; after a timeout, ask again or open a new session.
    Limits: counts five seconds, ten for a model that reasons; responses outside the conversation are left out. A server that
        began any response since is taken to have answered.
    Source: Realtime API reference, `response.create` (read 2026-11-22).
    """

    id = "RSP003"
    name = "create-unanswered"
    severity = Severity.ERROR
    on = ("response.create",)
    needs = frozenset({left_out.SERVER, "response.created"})
    wait_s = Threshold(5.0, "s", "how long the answer may take", least=0.1)
    reasoning_wait_s = Threshold(10.0, "s", "how long it may take of a model that reasons", least=0.1)
    good = (
        """
        > {"type": "response.create"}
        +3s < {"type": "response.created", "response": {"id": "r1"}}
        +9s .
        """,
        """
        > {"type": "response.create"}
        < {"type": "error", "error": {"code": "conversation_already_has_active_response"}}
        > {"type": "response.create", "response": {"conversation": "none"}}
        +9s .
        """,
        """
        # SES014 tells it
        < {"type": "session.created", "session": {"type": "transcription", "audio": {}}}
        > {"type": "response.create"}
        +9s .
        """,
        """
        # a reasoning model may take its time
        < {"type": "session.created", "session": {"model": "gpt-realtime-2.1"}}
        > {"type": "response.create"}
        +9s .
        """,
    )
    bad = (
        """
        > {"type": "response.create"}  # RSP003
        +6s .
        """,
        """
        < {"type": "session.created", "session": {"model": "gpt-realtime-2.1"}}
        > {"type": "response.create"}  # RSP003
        +11s > {"type": "input_audio_buffer.clear"}
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the answer."""
        reasons = "reasoning" in after.config or "realtime-2" in after.model
        if not is_out_of_band(event):
            yield Deadline(event.t + (self.reasoning_wait_s if reasons else self.wait_s), event)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether it came."""
        request = request_at(session, deadline.event.n)
        last = session.last_response
        begun = last is not None and (last.created.n > deadline.event.n or last.active)
        if request is None or request.status != "pending" or begun or session.is_transcription:
            return
        waited = deadline.at - deadline.event.t
        yield self.finding(
            deadline.event,
            f"no response and no error came within {waited:.0f} s of this response.create: the server does not answer, or its "
            "answer does not reach the client; look for what drops events, and ask again after a timeout",
            t=deadline.at,
        )
