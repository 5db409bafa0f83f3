"""The assistant's audio in another codec than the session says."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import acoustics
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

_NAMES = {PCM: "16-bit PCM", "audio/pcmu": "G.711 µ-law", "audio/pcma": "G.711 A-law"}
_SAID = '< {"type": "session.created", "session": {"audio": {"output": {"format": {"type": "audio/%s"}}}}}\n'
_DELTA = '< {{"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms {0}>"}}\n'
_DONE = '< {{"type": "response.output_audio.done", "response_id": "r1", "item_id": "a1"}}{0}\n'


class OutputFormatMismatch(Rule):
    """The assistant's audio is noise as the session's format reads it, and speech as another codec.

    Why: the user hears loud noise.
    Fix: play it as what it is, and look at session.updated and response.audio.output.format: which format is in force.
    Limits: acoustic (lint --acoustic): by the sound alone, for audio comes faster than it plays.
    Source: Realtime API reference, `session.audio.output.format` (read 2026-11-22);
        github.com/PatterAI/Patter/issues/154.
    """

    id = "OUT002"
    name = "output-format-mismatch"
    severity = Severity.ERROR
    on = ("response.output_audio.done",)
    needs = frozenset({left_out.OUTPUT_AUDIO})
    once = True
    acoustic = True
    good = (
        _SAID % "pcm" + _DELTA.format("speech") * 4 + _DONE.format(""),
        _SAID % "pcmu" + _DELTA.format("speech-mu-law") * 4 + _DONE.format(""),
        _SAID % "pcmu" + _DELTA.format("noise") * 4 + _DONE.format(""),
    )
    bad = (
        _SAID % "pcmu" + _DELTA.format("speech") * 4 + _DONE.format("  # OUT002"),
        _SAID % "pcm" + _DELTA.format("speech-mu-law") * 4 + _DONE.format("  # OUT002"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Read the first two seconds of the item in every codec."""
        playback = before.playback.get(text(event.body.get("item_id")))
        response = before.responses.get(text(event.body.get("response_id")))
        if playback is None or before.config_at is None or before.config_at.t > playback.start_t:
            return
        declared = (response.audio_format if response is not None else None) or before.output_format
        size = min(playback.tape.total_bytes, int(acoustics.WINDOW_MS * declared.bytes_per_ms)) // 2 * 2
        heard = acoustics.profile(playback.tape.span(0, size), declared.name)
        if heard.mistaken in _NAMES:
            yield self.finding(
                event,
                f"the session says {_NAMES[declared.name]}, but the audio of {playback.item_id} is noise read as that, and speech "
                f"read as {_NAMES[heard.mistaken]}: play it as what it is, and look which format is in force",
                cause=before.config_at,
            )
