"""Audio that never became a turn."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import CUT_OFF


class UncommittedAtEnd(Rule):
    """The session ends with audio that was appended and never committed, with voice detection off.

    Why: what the user said last is lost.
    Fix: send input_audio_buffer.commit when the user stops talking; or input_audio_buffer.clear if it is not wanted.
    Limits: where more than 300 ms are left over and the audio had stopped a second before: a microphone that runs to
        the end leaves something over, but for fifteen seconds and more of it in a session that never commits or answers.
        Information; a warning in a session without any commit or response.
    Source: Realtime API reference, `input_audio_buffer.commit` (read 2026-11-22).
    """

    id = "AUD015"
    name = "uncommitted-at-end"
    severity = Severity.INFO
    on = ("wire.end",)
    needs = frozenset({left_out.ORDER, left_out.INPUT_AUDIO, left_out.WIRE})
    least_ms = Threshold(300.0, "ms", "how much audio without a commit is worth a word")
    streamed_ms = Threshold(15000.0, "ms", "how much audio nobody says in one go, where none is ever committed")
    quiet_s = Threshold(1.0, "s", "audio that ended so long before the end was given up")
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        > {"type": "input_audio_buffer.commit"}
        > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        +5s x
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        +5s x
        """,
        """
        # the microphone ran to the end
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        +20ms x
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        +5s x  # AUD015
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        > {"type": "input_audio_buffer.commit"}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        +5s x  # AUD015
        """,
        """
        < {"type": "session.created", "session": {"turn_detection": null, "modalities": ["audio", "text"]}}
        > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        +5s x> 1000
        x  # AUD015
        """,
        """
        # the microphone ran to the end, and nothing of it was ever a turn
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<9000ms>"}
        +9s > {"type": "input_audio_buffer.append", "audio": "<9000ms>"}
        +20ms x  # AUD015
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at what is left over."""
        audio = before.input_audio
        over = audio.buffered_ms > self.least_ms and before.detection_is_off and not before.pending_updates
        if not over or audio.last_append_t is None or event.body.get("how") == CUT_OFF or before.ended is not None:
            return
        used = before.counts.get("input_audio_buffer.commit") or before.responses
        streamed = not used and not before.is_transcription and audio.buffered_ms > self.streamed_ms
        if streamed or event.t - audio.last_append_t > self.quiet_s:
            sent = f"{audio.buffered_ms:.0f} ms of audio were appended and never committed"
            if used:
                yield self.finding(
                    event, f"{sent}: what the user said last is lost; commit when the user stops talking"
                )
                return
            yield self.finding(
                event,
                f"{sent}, and voice detection is off (turn_detection is null): nothing the user says becomes a turn; "
                "commit when the user stops talking and send response.create, or leave turn_detection on",
                cause=before.config_at,
                severity=Severity.WARNING,
            )
