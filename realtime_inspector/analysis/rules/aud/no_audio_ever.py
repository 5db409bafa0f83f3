"""A session that waits for a voice, and no audio."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Update
from realtime_inspector.protocol.realtime.session import Session

_UPDATES = frozenset({"session.update", "transcription_session.update"})


class NoAudioEver(Rule):
    """The client set up audio input with voice detection, and never sends audio, or anything else.

    Why: the microphone's stream does not reach the API: the assistant waits for speech that never comes.
    Fix: check that the capture runs (permission, device, muted track) and that its callback appends to this connection.
    Limits: counts 30 s, where the client asked for audio input itself; a session opened ahead of its call looks the same.
    Source: Realtime guide, "Audio inputs" (read 2026-11-22); github.com/openai/openai-realtime-api-beta/issues/82.
    """

    id = "AUD009"
    name = "no-audio-ever"
    severity = Severity.WARNING
    on = ("session.updated",)
    needs = frozenset({left_out.INPUT_AUDIO, left_out.WIRE, left_out.CLIENT})
    wait_s = Threshold(30.0, "s", "how long the first audio may take", least=0.1)
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime {}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        < {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        +5s > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        +60s .
        """,
        """
        # nobody asked for audio input: it is on by default
        > GET /v1/realtime?model=gpt-realtime {}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "Chat."}}
        < {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        +60s .
        """,
        """
        # the assistant calls, and greets first
        > GET /v1/realtime?model=gpt-realtime {}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        < {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        > {"type": "response.create"}
        +60s .
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-realtime {}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        < {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}  # AUD009
        +60s .
        """,
        """
        > GET /openai/realtime?api-version=1&deployment=d {}
        > {"type": "session.update", "session": {"turn_detection": {"type": "server_vad"}, "input_audio_format": "pcm16"}}
        < {"type": "session.updated", "session": {"turn_detection": {"type": "server_vad"}, "input_audio_format": "pcm16"}}  # AUD009
        +31s < {"type": "error", "error": {"type": "server_error", "message": "?"}}
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for a sound, from the first answered update on."""
        first = after.counts.get("session.updated", 0) + after.counts.get("transcription_session.updated", 0) == 1
        if first and after.request is not None and after.turn_detection is not None and not after.is_sideband:
            yield Deadline(event.t + self.wait_s, event)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether the client has done anything."""
        asked = next((update for update in session.updates if _asks_for_audio(update)), None)
        quiet = not session.input_audio.appends and not session.responses and not session.requests
        others = any(pending.type not in _UPDATES for pending in session.unanswered)
        foreign = session.input_audio.speech or "wire.gap" in session.counts or "wire.binary" in session.counts
        if asked is None or not quiet or others or foreign or session.user_turns or session.items:
            return
        yield self.finding(
            deadline.event,
            f"voice detection has been on for {self.wait_s:g} s, and the client has sent no audio at all: check that the microphone's "
            "stream reaches input_audio_buffer.append",
            cause=asked.at,
            t=deadline.at,
        )


def _asks_for_audio(update: Update) -> bool:
    return dig(update.session, "audio.input") is not None or bool(
        update.session.keys() & {"turn_detection", "input_audio_format"}
    )
