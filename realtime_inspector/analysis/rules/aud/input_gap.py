"""Audio that stops in the middle of speech."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session


class InputGap(Rule):
    """Voice detection hears the user speak, and the client sends no more audio.

    Why: voice detection finds the end of speech by the silence after it. Without audio there is no silence: the turn
        never ends, and the assistant never answers.
    Fix: go on sending while the microphone is open, silence too; where the client cuts silence off, append about a second
        of it, or commit the turn yourself.
    Limits: counts three seconds without an append; a client that is stuck for that long looks the same.
    Source: Realtime guide, "Voice activity detection" (read 2026-11-22); github.com/openai/openai-realtime-api-beta/issues/82.
    """

    id = "AUD017"
    name = "input-gap"
    severity = Severity.WARNING
    on = ("input_audio_buffer.speech_started",)
    needs = frozenset({left_out.ORDER, left_out.INPUT_AUDIO, left_out.WIRE, left_out.CLIENT})
    gap_s = Threshold(3.0, "s", "how long no audio may come while the user speaks", least=0.1)
    good = (
        """
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}
        +2s > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 2300}
        +9s .
        """,
        """
        # it goes on
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}
        +2s > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        +2s > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        +2s > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        """,
        """
        # the audio goes another way than this connection
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}
        +9s .
        """,
    )
    bad = (
        """
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}  # AUD017
        +9s .
        """,
        """
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}  # AUD017
        +2s > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        +6s > {"type": "input_audio_buffer.commit"}
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the next audio."""
        if after.input_audio.appends and not after.is_sideband and "wire.gap" not in after.counts:
            yield Deadline(event.t + self.gap_s, event)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding | Deadline]:
        """Ask whether it came, as long as the user is held to speak."""
        audio = session.input_audio
        speech, last_t = audio.active_speech, audio.last_append_t
        if speech is None or last_t is None or speech.started_n != deadline.event.n or session.close is not None:
            return
        if last_t + self.gap_s > deadline.at:
            yield deadline.again(last_t + self.gap_s)
            return
        yield self.finding(
            deadline.event,
            f"the user speaks ({speech.item_id or 'an item without an id'}), but no audio was sent for {self.gap_s:g} s: without the "
            "silence after it voice detection cannot end the turn; go on appending, or commit",
            t=deadline.at,
        )
