"""A voice that is no person's: the audio plays too fast."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import acoustics, pitch
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.protocol.realtime.session import Session

STRETCH_MS = 3000.0
FIRST_MS = 9_000.0
"""What is wrong with the rate is wrong from the beginning."""
_HIGH_HZ = 250.0
"""Above this a voice is a child's, or a woman's at its highest."""
_BRIGHT_HZ, _SHARP_HZ = 1600.0, 2200.0
"""The power of speech lies below the first; of a voice, a person's never above the second."""

_SAID = '< {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/%s"}, "turn_detection": {"type": "server_vad"}}}}}\n'
_CHUNK = '+500ms > {{"type": "input_audio_buffer.append", "audio": "<500ms {0}>"}}{1}\n'


class PitchImplausible(Rule):
    """The user's voice is higher than people speak: its audio has another rate than the session's.

    Why: the server hears a tape that runs too fast: transcripts are nonsense, and turns end at the wrong place.
    Fix: resample to the session's rate (PCM: 24 kHz mono) before you append, or ask for the format you have.
    Limits: acoustic (lint --acoustic): three seconds of the first nine, with voiced sounds in them. Audio of 8 kHz taken
        for 24 kHz is told of nearly every voice, of 16 kHz only of a high one. Music may look like it.
    Source: the arithmetic of the samples; speech lies at 75 to 400 Hz, with its power below 1.5 kHz.
    """

    id = "AUD021"
    name = "pitch-implausible"
    severity = Severity.WARNING
    on = ("input_audio_buffer.append",)
    needs = frozenset({left_out.INPUT_AUDIO})
    once = True
    acoustic = True
    highest_hz = Threshold(450.0, "Hz", "the highest pitch that somebody may speak at", least=100.0)
    good = (
        _SAID % "pcm" + _CHUNK.format("speech", "") * 12,
        _SAID % "pcm" + _CHUNK.format("noise", "") * 12,
        _SAID % "pcmu" + _CHUNK.format("speech-mu-law", "") * 2,
    )
    bad = (
        _SAID % "pcm" + _CHUNK.format("speech-fast", "") * 6 + _CHUNK.format("speech-fast", "  # AUD021"),
        _SAID % "pcm"
        + _CHUNK.format("speech", "") * 6
        + _CHUNK.format("speech-fast", "") * 6
        + _CHUNK.format("speech", "  # AUD021"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Listen to three seconds at a time."""
        form = before.input_audio.format
        rate = form.rate if form.name == PCM else 8000
        data = acoustics.stretch(before, STRETCH_MS) if before.input_audio.total_ms < FIRST_MS + STRETCH_MS else b""
        heard = pitch.voice(acoustics.decode(data, form.name), rate) if data else None
        if heard is None:
            return
        high = heard.pitch_hz > self.highest_hz and heard.power_hz > _BRIGHT_HZ
        sharp = heard.pitch_hz > _HIGH_HZ and heard.power_hz > _SHARP_HZ
        if high or sharp:
            yield self.finding(
                event,
                f"the user's voice has a pitch of {heard.pitch_hz:.0f} Hz and its power at {heard.power_hz:.0f} Hz, as nobody "
                f"speaks: the audio plays too fast, its rate is most likely lower than {rate / 1000:g} kHz; resample it",
                cause=before.config_at,
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest after the first seconds."""
        return FOREVER if after.input_audio.total_ms > FIRST_MS + STRETCH_MS else None
