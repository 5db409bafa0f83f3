"""Two voices at once."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

_LEFT_MS = 200.0


class NobodyStops(Rule):
    """The user speaks over the assistant for a second, the server does not stop it, and the client does not either.

    Why: with interrupt_response false the server leaves it to the client to stop; both speak at once, and the conversation
        keeps what nobody could follow.
    Fix: stop playback, send response.cancel and conversation.item.truncate yourself; or set interrupt_response to true.
    Limits: said once a session. Information, for an assistant may be meant to speak on; a warning where the client stops
        other responses.
    Source: Realtime API reference, `session.audio.input.turn_detection` (read 2026-11-22);
        github.com/Azure-Samples/aisearch-openai-rag-audio/issues/102.
    """

    id = "INT009"
    name = "nobody-stops"
    severity = Severity.INFO
    on = ("input_audio_buffer.speech_started",)
    needs = frozenset({left_out.CLIENT, left_out.ORDER, left_out.OUTPUT_AUDIO})
    once = True
    wait_s = Threshold(1.0, "s", "how long both may speak at once", least=0.1)
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        +400ms > {"type": "response.cancel"}
        +3s .
        """,
        """
        # a short word; and after the assistant has ended
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        +400ms < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 3400}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +9s < {"type": "input_audio_buffer.speech_started", "item_id": "u2", "audio_start_ms": 9000}
        +3s .
        """,
        """
        # the server stops it
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        +3s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}  # INT009
        +3s .
        """,
        """
        # the response has ended, its audio plays on
        < {"type": "session.created", "session": {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<9000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}  # INT009
        +3s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the client to stop what can be playing."""
        left_alone = (after.turn_detection or {}).get("interrupt_response") is False
        playing = after.playing(event.t, _LEFT_MS) if left_alone and not after.plays_elsewhere else None
        if playing is not None:
            yield Deadline(event.t + self.wait_s, event, playing.item_id)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether it did, or the user was quiet again."""
        speech, event = session.input_audio.active_speech, deadline.event
        playback = session.playback[deadline.subject]
        item = session.items.get(deadline.subject)
        response = session.responses.get(item.response_id) if item is not None else None
        if speech is None or speech.started_n != event.n or playback.cut_ms is not None:
            return
        if response is not None and (response.cancel is not None or response.status == "cancelled"):
            return
        stops = session.counts.get("response.cancel", 0) + session.counts.get("conversation.item.truncate", 0)
        yield self.finding(
            event,
            f"the user speaks over {playback.item_id} for more than {self.wait_s:g} s, interrupt_response is false, and the client "
            "does not stop it either: both speak at once; stop playback and truncate, or set interrupt_response true",
            cause=response.created if response is not None else None,
            severity=Severity.WARNING if stops else Severity.INFO,
            t=deadline.at,
        )
