"""PCM whose bytes are in the wrong places."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import acoustics
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

_SAID = '< {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/%s"}, "turn_detection": {"type": "server_vad"}}}}}\n'
_CHUNK = '+500ms > {{"type": "input_audio_buffer.append", "audio": "<500ms {0}>"}}{1}\n'


class MisalignedSamples(Rule):
    """The user's PCM audio is noise as it stands, and speech with its bytes swapped or half a sample later.

    Why: the model hears noise: no speech is found, or nonsense is transcribed.
    Fix: send little-endian samples; where a byte was lost or added, cut audio at whole samples only (AUD002).
    Limits: acoustic (lint --acoustic): two seconds that are noise in one reading and sound in the other.
    Source: Realtime guide, "Audio formats": 16-bit little-endian PCM (read 2026-11-22).
    """

    id = "AUD019"
    name = "misaligned-samples"
    severity = Severity.ERROR
    on = ("input_audio_buffer.append",)
    needs = frozenset({left_out.INPUT_AUDIO})
    once = True
    acoustic = True
    good = (
        _SAID % "pcm" + _CHUNK.format("speech", "") * 9,
        _SAID % "pcm" + _CHUNK.format("noise", "") * 9,
        _SAID % "pcm" + _CHUNK.format("speech-mu-law", "") * 9,
    )
    bad = (
        _SAID % "pcm" + _CHUNK.format("speech-swapped", "") * 4 + _CHUNK.format("speech-swapped", "  # AUD019"),
        _SAID % "pcm" + _CHUNK.format("speech-shifted", "") * 4 + _CHUNK.format("speech-shifted", "  # AUD019"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Read two seconds at a time in both ways."""
        heard = acoustics.window(before)
        if heard is None or heard.mistaken not in {acoustics.SWAPPED, acoustics.SHIFTED}:
            return
        swapped = heard.mistaken == acoustics.SWAPPED
        how, advice = (
            ("with the two bytes of each sample swapped", "send little-endian samples")
            if swapped
            else ("half a sample later", "a byte was lost or added: append whole samples")
        )
        yield self.finding(event, f"two seconds of the audio are noise as they stand, and speech {how}: {advice}")
