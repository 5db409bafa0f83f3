"""Audio that comes after it was called off."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class AudioAfterCancel(Rule):
    """After the client cancelled a response, more than half a second of its audio still came.

    Why: what was on its way arrives all the same. A client that goes on playing it speaks over the user.
    Fix: from the cancel on, drop every delta with that response's id, and empty the playback queue.
    Limits: information: whether the client played it is not on the wire.
    Source: Realtime API reference, `response.cancel` (read 2026-11-22).
    """

    id = "INT007"
    name = "audio-after-cancel"
    severity = Severity.INFO
    on = ("response.done",)
    needs = frozenset({left_out.OUTPUT_AUDIO, left_out.ORDER})
    least_ms = Threshold(500.0, "ms", "how much audio after a cancel is worth a word")
    good = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        > {"type": "response.cancel"}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<200ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled"}}
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
    )
    bad = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<400ms>"}
        > {"type": "response.cancel"}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<900ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled"}}  # INT007
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.cancel", "response_id": "r1"}
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<300ms>"}
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<300ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled"}}  # INT007
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at how much came."""
        response = before.responses.get(text(event.get("response.id")))
        if response is not None and response.done is None and response.after_cancel_ms > self.least_ms:
            yield self.finding(
                event,
                f"{response.after_cancel_ms:.0f} ms of audio of response {response.id} came after it was cancelled: drop what "
                "comes after a cancel",
                cause=response.cancel,
            )
