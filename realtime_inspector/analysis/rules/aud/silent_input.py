"""A microphone that hears nothing."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import acoustics
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

SILENT = 33.0
"""-60 dB of full scale."""

_SAID = '< {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/%s"}, "turn_detection": {"type": "server_vad"}}}}}\n'
_CHUNK = '+500ms > {{"type": "input_audio_buffer.append", "audio": "<500ms {0}>"}}{1}\n'


class SilentInput(Rule):
    """The first ten seconds of the user's audio are silence.

    Why: a muted or wrong microphone: voice detection waits for ever, and the user thinks that the assistant is deaf.
    Fix: look at the device, its permission and its level, and at what turns its samples into integers.
    Limits: acoustic (lint --acoustic): less than -60 dB of full scale throughout, with voice detection on; a user who waits
        behind a noise gate looks the same.
    Source: github.com/openai/openai-realtime-api-beta/issues/82 (read 2026-11-22).
    """

    id = "AUD008"
    name = "silent-input"
    severity = Severity.WARNING
    on = ("input_audio_buffer.append",)
    needs = frozenset({left_out.INPUT_AUDIO})
    once = True
    acoustic = True
    first_ms = Threshold(10_000.0, "ms", "how much silence is heard before it is said", least=1000, most=20_000)
    good = (
        _SAID % "pcm" + _CHUNK.format("speech", "") * 30,
        _SAID % "pcm" + _CHUNK.format("speech", "") + _CHUNK.replace(" {0}", "").format("", "") * 30,
        _SAID % "pcm" + _CHUNK.replace(" {0}", "").format("", "") * 15,
    )
    bad = (
        _SAID % "pcm"
        + _CHUNK.replace(" {0}", "").format("", "") * 20
        + _CHUNK.replace(" {0}", "").format("", "  # AUD008"),
        _SAID % "pcm" + _CHUNK.replace(" {0}", "").format("", "") * 20 + _CHUNK.format("speech", "  # AUD008"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Listen to the first ten seconds once they are there."""
        audio = before.input_audio
        size = int(self.first_ms * audio.format.bytes_per_ms) // 2 * 2
        full = audio.total_bytes >= size > audio.total_bytes - audio.format.bytes_per_ms * self.first_ms
        if not full or audio.speech or before.turn_detection is None or before.config_at is None:
            return
        began = audio.first_append_t
        data = audio.tape.span(0, size)
        if began is None or began < before.config_at.t or before.is_sideband or not data:
            return
        if max(acoustics.energies(data, audio.format.name, audio.format.rate, 500)) < SILENT:
            yield self.finding(
                event,
                f"the first {self.first_ms / 1000:g} s of the user's audio are silence: no signal so far; is the microphone muted, or "
                "another one chosen?",
            )
