"""Audio that is too loud, or off centre."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import acoustics
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.protocol.realtime.session import Session

OFF_CENTRE = 0.1 * acoustics.FULL

_SAID = '< {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/%s"}, "turn_detection": {"type": "server_vad"}}}}}\n'
_CHUNK = '+500ms > {{"type": "input_audio_buffer.append", "audio": "<500ms {0}>"}}{1}\n'


class Clipping(Rule):
    """More than one sample in a hundred is at full scale, or the audio has a constant part.

    Why: clipped speech is distorted, and harder to understand for the model; voice detection works worse.
    Fix: lower the input gain, or the factor by which samples are turned into integers; take out the constant part.
    Limits: acoustic (lint --acoustic). Information: a shout clips too. PCM only.
    Source: the arithmetic of the samples.
    """

    id = "AUD010"
    name = "clipping"
    severity = Severity.INFO
    on = ("input_audio_buffer.append",)
    needs = frozenset({left_out.INPUT_AUDIO})
    once = True
    acoustic = True
    clipped = Threshold(0.01, "of 1", "how many samples may be at full scale", most=1)
    good = (
        _SAID % "pcm" + _CHUNK.format("speech", "") * 9,
        _SAID % "pcm" + _CHUNK.format("noise", "") * 9,
        _SAID % "pcm" + _CHUNK.format("speech-swapped", "") * 9,
    )
    bad = (
        _SAID % "pcm" + _CHUNK.format("speech-loud", "") * 4 + _CHUNK.format("speech-loud", "  # AUD010"),
        _SAID % "pcm"
        + _CHUNK.format("speech", "") * 4
        + _CHUNK.format("speech-loud", "") * 4
        + _CHUNK.format("speech", "  # AUD010"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count, two seconds at a time."""
        heard = acoustics.window(before)
        if heard is None or heard.roughness >= acoustics.ROUGH or before.input_audio.format.name != PCM:
            return
        if heard.clipped > self.clipped:
            yield self.finding(
                event,
                f"{heard.clipped:.0%} of the samples of two seconds are at full scale: lower the gain, speech is distorted",
            )
        elif abs(heard.mean) > OFF_CENTRE:
            yield self.finding(
                event,
                f"the samples of two seconds are off centre by {heard.mean / acoustics.FULL:.0%}: take the constant part out",
            )
