"""A commit of the client's own while voice detection commits too."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

LEAST_MS = 100.0
"""A commit of less is refused: AUD012 has it."""
WAIT_S = 2.0


class ManualCommitWithVad(Rule):
    """The client commits while voice detection is on, and goes on sending audio.

    Why: both end turns: a sentence is cut in two, or the client's commit finds an empty buffer.
    Fix: leave the commit to voice detection, or switch it off (turn_detection null) and end turns yourself.
    Limits: a last commit, after which the microphone is silent, is not flagged; said once a session.
    Source: Realtime API reference, `input_audio_buffer.commit` (read 2026-11-22); github.com/openai/openai-agents-js/issues/748.
    """

    id = "AUD013"
    name = "manual-commit-with-vad"
    severity = Severity.WARNING
    on = ("input_audio_buffer.commit",)
    needs = frozenset({left_out.ORDER, left_out.INPUT_AUDIO})
    once = True
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        > {"type": "input_audio_buffer.commit"}
        +300ms > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        +3s .
        """,
        """
        # the microphone was closed
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        > {"type": "input_audio_buffer.commit"}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +3s .
        """,
        """
        # it is being switched off
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        > {"type": "input_audio_buffer.commit"}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        < {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": null}}}}
        +3s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        > {"type": "input_audio_buffer.commit"}  # AUD013
        +300ms > {"type": "input_audio_buffer.append", "audio": "<300ms>"}
        +3s > {"type": "input_audio_buffer.commit"}
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}
        > {"type": "input_audio_buffer.commit"}  # AUD013
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +100ms > {"type": "input_audio_buffer.append", "audio": "<100ms>"}
        +3s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait whether audio goes on."""
        audio = after.input_audio
        committed_ms = audio.total_ms - audio.emptied_before_ms
        if after.turn_detection is None or after.pending_updates or after.is_transcription or after.is_sideband:
            return
        if committed_ms >= LEAST_MS and after.config_at is not None:
            yield Deadline(event.t + WAIT_S, event)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether it did, with voice detection still on."""
        last_t = session.input_audio.last_append_t or 0.0
        if last_t <= deadline.event.t or session.turn_detection is None or session.pending_updates:
            return
        yield self.finding(
            deadline.event,
            f"the client commits although {session.turn_detection.get('type')} is on, which commits by itself: turns are cut in "
            "two, or a commit finds nothing; leave it to voice detection, or set turn_detection to null",
            cause=session.config_at if session.config_at and session.config_at.n < deadline.event.n else None,
            t=deadline.at,
        )
