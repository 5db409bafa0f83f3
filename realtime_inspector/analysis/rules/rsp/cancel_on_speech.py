"""A cancel that does what the server does, or what it was told not to do."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import At, Response
from realtime_inspector.protocol.realtime.session import Session


class CancelOnSpeech(Rule):
    """The client cancels the response as soon as voice detection hears the user.

    Why: with interrupt_response on, the server has cancelled it by itself, and the cancel mostly comes too late
        (response_cancel_not_active). With interrupt_response false, the session was told not to be interrupted, and the
        client interrupts it at every noise.
    Fix: leave the cancel to the server; with interrupt_response false, cancel only once it is clear that the user means to
        interrupt, or switch the setting on.
    Limits: said once a session. Counts 300 ms after speech_started. A setting that the server does not show gives nothing.
    Source: Realtime API reference, `session.audio.input.turn_detection` (read 2026-11-22);
        github.com/livekit/agents/issues/6635.
    """

    id = "RSP019"
    name = "cancel-on-speech"
    severity = Severity.INFO
    on = ("response.cancel",)
    needs = frozenset({left_out.ORDER})
    once = True
    soon_s = Threshold(0.3, "s", "how soon after the speech began a cancel is because of it")
    good = (
        """
        # by the user's hand, while nobody speaks
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": true}}}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        +2s > {"type": "response.cancel"}
        """,
        """
        # after a while of listening
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
        +900ms > {"type": "response.cancel"}
        """,
        """
        # nothing to interrupt
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": true}}}}}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
        > {"type": "response.cancel"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": true}}}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "turn_detected"}}}
        +50ms > {"type": "response.cancel"}  # RSP019
        """,
        """
        < {"type": "session.created", "session": {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
        > {"type": "response.cancel", "response_id": "r1"}  # RSP019
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at what came just before it, and at the setting."""
        speech = before.input_audio.speech[-1] if before.input_audio.speech else None
        interrupts = (before.turn_detection or {}).get("interrupt_response")
        if speech is None or event.t - speech.started_t > self.soon_s or not isinstance(interrupts, bool):
            return
        response = before.active_response or before.last_response
        if response is None or not _interrupted(response, speech.started_n):
            return
        waited = f"{(event.t - speech.started_t) * 1000:.0f} ms after the user began to speak"
        yield self.finding(
            event,
            f"the client cancels {response.id} {waited}: "
            + (
                "interrupt_response is on, so the server does that by itself: leave it out"
                if interrupts
                else "interrupt_response is false, which asks for the opposite: choose one of them"
            ),
            cause=At(speech.started_n, speech.started_t),
            severity=Severity.INFO if interrupts else Severity.WARNING,
        )


def _interrupted(response: Response, speech_n: int) -> bool:
    """Tell whether a response was in progress when the user began to speak."""
    return response.created.n < speech_n and (response.done is None or response.done.n > speech_n)
