"""Audio in another codec than the session says."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import acoustics
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.protocol.realtime.session import Session

_NAMES = {PCM: "16-bit PCM", "audio/pcmu": "G.711 µ-law", "audio/pcma": "G.711 A-law", acoustics.FLOAT: "32-bit floats"}

_SAID = '< {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/%s"}, "turn_detection": {"type": "server_vad"}}}}}\n'
_CHUNK = '+500ms > {{"type": "input_audio_buffer.append", "audio": "<500ms {0}>"}}{1}\n'


class CodecMismatch(Rule):
    """The user's audio is noise as the session's format reads it, and speech as another codec.

    Why: the model hears noise: no speech is found, or it never ends, or nonsense is transcribed.
    Fix: ask for the format you send (session.audio.input.format), or convert the audio before you append it.
    Limits: acoustic (lint --acoustic): two seconds that are noise in one reading and sound in another; noise that is noise in
        every reading gives nothing. µ-law and A-law are told apart by loud speech only.
    Source: Realtime guide, "Audio formats" (read 2026-11-22); ITU-T G.711.
    """

    id = "AUD004"
    name = "codec-mismatch"
    severity = Severity.ERROR
    on = ("input_audio_buffer.append",)
    needs = frozenset({left_out.INPUT_AUDIO})
    once = True
    acoustic = True
    good = (
        _SAID % "pcm" + _CHUNK.format("speech", "") * 9,
        _SAID % "pcm" + _CHUNK.format("noise", "") * 9,
        _SAID % "pcmu" + _CHUNK.format("speech-mu-law", "") * 9,
        _SAID % "pcm" + _CHUNK.format("speech-swapped", "") * 9,
    )
    bad = (
        _SAID % "pcm" + _CHUNK.format("speech-mu-law", "") * 4 + _CHUNK.format("speech-mu-law", "  # AUD004"),
        _SAID % "pcmu" + _CHUNK.format("speech", "") + _CHUNK.format("speech", "  # AUD004"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Read two seconds at a time in every codec."""
        heard, declared = acoustics.window(before), before.input_audio.format.name
        if heard is not None and heard.mistaken in _NAMES:
            yield self.finding(
                event,
                f"the session says {_NAMES[declared]}, but two seconds of the audio are noise read as that, and speech read as "
                f"{_NAMES[heard.mistaken]}: ask for the format you send, or convert the audio",
                cause=before.config_at,
            )
