"""An answer that comes after the client has given up on it."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class OrphanResponse(Rule):
    """A response began long after it was asked for, and the client cancelled it at once.

    Why: the client had given up waiting, so nobody takes the answer: the user hears nothing, and a tool's result is lost.
    Fix: keep waiting for longer than the server needs; take a late response if nothing has replaced it.
    Limits: an inference from times: five seconds or more until the response began, and a cancel within half a second while
        nobody spoke.
    Source: github.com/livekit/agents/issues/6244 (read 2026-11-22).
    """

    id = "RSP020"
    name = "orphan-response"
    severity = Severity.WARNING
    on = ("response.cancel",)
    needs = frozenset({left_out.CLIENT, left_out.ORDER, "response.created"})
    gave_up_s = Threshold(5.0, "s", "how long a response may take before its client gives up")
    at_once_s = Threshold(0.5, "s", "how soon a cancel tells that it had")
    good = (
        """
        > {"type": "response.create"}
        +1s < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.cancel"}
        """,
        """
        # late, and interrupted by the user
        > {"type": "response.create"}
        +8s < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
        > {"type": "response.cancel"}
        """,
        """
        # late, and taken for a while
        > {"type": "response.create"}
        +8s < {"type": "response.created", "response": {"id": "r1"}}
        +2s > {"type": "response.cancel"}
        """,
    )
    bad = (
        """
        > {"type": "response.create"}
        +11s < {"type": "response.created", "response": {"id": "r1"}}
        +5ms > {"type": "response.cancel", "response_id": "r1"}  # RSP020
        """,
        """
        > {"type": "response.create", "response": {"metadata": {"client_event_id": "e1"}}}
        +6s < {"type": "response.created", "response": {"id": "r1", "metadata": {"client_event_id": "e1"}}}
        +20ms > {"type": "response.cancel"}  # RSP020
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at how long it took to begin, and how short it lived."""
        response = before.responses.get(text(event.body.get("response_id"))) or before.active_response
        if response is None or response.request is None or response.cancel is not None:
            return
        asked, begun = response.request.at, response.created
        speech = before.input_audio.speech[-1] if before.input_audio.speech else None
        spoken = speech is not None and (speech.started_n > begun.n or not speech.ended_by)
        if spoken or begun.t - asked.t < self.gave_up_s or event.t - begun.t > self.at_once_s:
            return
        yield self.finding(
            event,
            f"response {response.id} began {begun.t - asked.t:.1f} s after it was asked for, and the client cancels it at once: "
            "it seems to have given up waiting, and nobody takes the answer: wait for longer, or take the late one",
            cause=asked,
        )
