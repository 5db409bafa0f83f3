"""PCM audio that is cut in the middle of a sample."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import PCM, is_base64
from realtime_inspector.protocol.realtime.session import Session


class OddBytes(Rule):
    """Appended PCM audio has an odd number of bytes, though a sample has two.

    Why: everything after a lost byte is shifted by half a sample and is noise to the model: no speech is detected, or
        nonsense is transcribed.
    Fix: append whole samples: keep the odd byte back and put it before the next chunk.
    Limits: the first odd chunk gives a warning, for some clients cut anywhere and the sum is right; a commit of an odd
        sum gives an error. Judged only where the session's format is known to be PCM.
    Source: Realtime guide, "Audio formats": 16-bit little-endian PCM (read 2026-11-22).
    """

    id = "AUD002"
    name = "odd-bytes"
    severity = Severity.WARNING
    on = ("input_audio_buffer.append", "input_audio_buffer.commit")
    needs = frozenset({left_out.INPUT_AUDIO})
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}}
        > {"type": "input_audio_buffer.append", "audio": "AAAA/w=="}
        > {"type": "input_audio_buffer.commit"}
        """,
        """
        # G.711 has one byte a sample
        < {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "AAAA"}
        > {"type": "input_audio_buffer.commit"}
        """,
        """
        # no base64 has no bytes
        < {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}}
        > {"type": "input_audio_buffer.append", "audio": "b'AAAAA'"}
        """,
        """
        # nothing says what the format is
        > {"type": "input_audio_buffer.append", "audio": "AAAA"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}}
        > {"type": "input_audio_buffer.append", "audio": "AAAA"}  # AUD002
        > {"type": "input_audio_buffer.append", "audio": "AAAA"}
        > {"type": "input_audio_buffer.commit"}
        """,
        """
        < {"type": "session.created", "session": {"input_audio_format": "pcm16"}}
        > {"type": "input_audio_buffer.append", "audio": "AAAA"}  # AUD002
        > {"type": "input_audio_buffer.append", "audio": "AAA="}
        > {"type": "input_audio_buffer.commit"}  # AUD002
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count bytes, where the format in force is certain."""
        audio = before.input_audio
        if before.config_at is None or before.pending_updates or audio.format.name != PCM:
            return
        if event.type == "input_audio_buffer.append":
            if event.audio_bytes % 2 and not audio.odd_appends and is_base64(event.audio()):
                yield self.finding(
                    event,
                    f"this chunk has {event.audio_bytes} bytes, an odd number, but a PCM sample has two: append whole "
                    "samples, or every sample after it is shifted into noise",
                )
            return
        committed = audio.total_bytes - audio.emptied_bytes
        if committed % 2:
            yield self.finding(
                event,
                f"{committed} bytes of PCM are committed, an odd number: a byte was lost or "
                "added, and what follows it is noise; append whole samples of two bytes",
                severity=Severity.ERROR,
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest until an append is odd, and after it; a commit is always looked at."""
        if event.type != "input_audio_buffer.append":
            return None
        audio = after.input_audio
        return FOREVER if audio.odd_appends or audio.format.name != PCM else Rest(even=True)
