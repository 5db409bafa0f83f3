"""Audio that is not base64."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session


class BadBase64(Rule):
    """Appended audio is not base64, or there is none.

    Why: the server refuses the chunk; where every chunk is so, the assistant is deaf.
    Fix: encode the raw bytes with the standard base64 alphabet, without line breaks and without a data: prefix.
    Limits: looks at a session's first chunk: what is wrong with one is wrong with all.
    Source: Realtime API reference, `input_audio_buffer.append` (read 2026-11-22).
    """

    id = "AUD001"
    name = "bad-base64"
    severity = Severity.ERROR
    on = ("input_audio_buffer.append",)
    needs = frozenset({left_out.INPUT_AUDIO})
    good = (
        """
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        """,
        """
        > {"type": "input_audio_buffer.append", "audio": "AAAA/+8="}
        > {"type": "input_audio_buffer.append", "audio": ""}
        """,
    )
    bad = (
        """
        > {"type": "input_audio_buffer.append", "audio": "data:audio/wav;base64,AAAA"}  # AUD001
        """,
        """
        > {"type": "input_audio_buffer.append", "audio": "AA-_"}  # AUD001
        """,
        """
        > {"type": "input_audio_buffer.append", "audio": "AAA"}  # AUD001
        """,
        """
        > {"type": "input_audio_buffer.append", "data": "AAAA"}  # AUD001
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Decode the first chunk strictly."""
        if before.input_audio.appends:
            return
        if not isinstance(event.body.get("audio"), str):
            other = next((name for name in _MISNAMED if isinstance(event.body.get(name), str)), "")
            there = f": it has {other!r}, which the server does not know; call that 'audio'" if other else ""
            yield self.finding(
                event,
                f"the append has no audio{there or ': the server refuses it; put the samples in audio, as base64'}",
            )
            return
        audio = event.audio()
        try:
            binascii.a2b_base64(audio, strict_mode=True)
        except ValueError as error:
            yield self.finding(
                event,
                f"the audio is not base64 ({_problem(audio) or error}): the server refuses the chunk; encode the samples with the standard alphabet, nothing around them",
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest after the first chunk."""
        return FOREVER if after.input_audio.appends else None


_MISNAMED = ("data", "delta", "chunk", "payload", "buffer", "bytes", "content", "pcm", "audio_data", "audio_chunk")
"""What the field is called by mistake, as in other APIs or in the other direction."""


def _problem(audio: str) -> str:
    if audio.startswith(("b'", 'b"')):
        return "it is bytes as Python prints them: decode them, b64encode(samples).decode()"
    if audio.startswith("data:"):
        return "it has a data: prefix"
    if not audio.isascii():
        return "it has characters beyond ASCII, as bytes that were read as text have"
    if re.search(r"\s", audio):
        return "it has spaces or line breaks"
    if "-" in audio or "_" in audio:
        return "it has the URL alphabet's - or _"
    return ""
