"""An answer without a sound."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import acoustics
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

SILENT = 33.0
_SAID = '< {"type": "session.created", "session": {"audio": {"output": {"format": {"type": "audio/pcm"}}}}}\n'
_DELTA = '< {{"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms{0}>"}}\n'
_DONE = '< {{"type": "response.output_audio.done", "response_id": "r1", "item_id": "a1"}}{0}\n'


class AudibleSilence(Rule):
    """The audio of an answer is silence from its beginning to its end.

    Why: the user hears nothing, though audio comes.
    Fix: ask again; if it comes often, look at what stands between client and server.
    Limits: acoustic (lint --acoustic). Less than -60 dB of full scale throughout 300 ms and more.
    Source: the arithmetic of the samples.
    """

    id = "OUT007"
    name = "audible-silence"
    severity = Severity.WARNING
    on = ("response.output_audio.done",)
    needs = frozenset({left_out.OUTPUT_AUDIO})
    acoustic = True
    least_ms = Threshold(300.0, "ms", "how much silence is worth a word")
    good = (
        _SAID + _DELTA.format("") + _DELTA.format(" speech") + _DONE.format(""),
        _SAID + _DELTA.format("").replace("500ms", "100ms") + _DONE.format(""),
    )
    bad = (
        _SAID + _DELTA.format("") + _DONE.format("  # OUT007"),
        _SAID + _DELTA.format("") * 4 + _DONE.format("  # OUT007"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Listen to all of it."""
        playback = before.playback.get(text(event.body.get("item_id")))
        response = before.responses.get(text(event.body.get("response_id")))
        if playback is None or before.config_at is None or playback.ms < self.least_ms:
            return
        read = (response.audio_format if response is not None else None) or before.output_format
        data = playback.tape.span(0, playback.tape.total_bytes)
        if data and max(acoustics.energies(data, read.name, read.rate, 100)) < SILENT:
            yield self.finding(
                event,
                f"the {playback.ms:.0f} ms of audio of {playback.item_id} are silence: the user hears nothing; ask again, and look at the voice and the instructions",
            )
