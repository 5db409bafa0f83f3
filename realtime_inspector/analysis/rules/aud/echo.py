"""A microphone that hears the loudspeaker."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import echoes
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import PADDING_MS
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number

MOST_MS = 8000.0
"""The end of a longer stretch is enough."""

_SAID = '< {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/%s"}, "turn_detection": {"type": "server_vad", "prefix_padding_ms": 0, "silence_duration_ms": 0}}, "output": {"format": {"type": "audio/%s"}}}}}\n'
_ANSWER = '< {{"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<3000ms {0}>"}}\n'
_HEARD = (
    '+2s > {{"type": "input_audio_buffer.append", "audio": "<2000ms {0}>"}}\n'
    '< {{"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}}\n'
    '< {{"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 2000}}{1}\n'
)


class Echo(Rule):
    """What voice detection takes for the user's speech is the assistant's own voice.

    Why: the microphone hears the loudspeaker: the assistant interrupts itself, and answers what it has just said.
    Fix: use headphones or echo cancellation, send silence while the assistant speaks, or raise the threshold.
    Limits: acoustic (lint --acoustic): the wave of two parts of the speech must be found, equally late, in what could
        be heard of the assistant up to 2.5 s before. An echo below louder words of the user is not told, and is no harm.
    Source: github.com/openai/openai-realtime-api-beta/issues/48 (read 2026-11-22); the arithmetic of the samples.
    """

    id = "AUD020"
    name = "echo"
    severity = Severity.WARNING
    on = ("input_audio_buffer.speech_stopped", "input_audio_buffer.commit")
    needs = frozenset({left_out.INPUT_AUDIO, left_out.OUTPUT_AUDIO, left_out.ORDER, left_out.WIRE})
    once = True
    acoustic = True
    least_ms = Threshold(600.0, "ms", "how long the speech must be for its wave to tell", least=200.0)
    good = (
        _SAID % ("pcm", "pcm") + _ANSWER.format("speech") + _HEARD.format("noise", ""),
        _SAID % ("pcm", "pcm") + _HEARD.format("speech", ""),
        _SAID % ("pcm", "pcm") + _ANSWER.format("speech") + "+30s .\n" + _HEARD.format("speech", ""),
    )
    bad = (
        _SAID % ("pcm", "pcm") + _ANSWER.format("speech") + _HEARD.format("speech", "  # AUD020"),
        (_SAID % ("pcm", "pcm")).replace(
            '{"type": "server_vad", "prefix_padding_ms": 0, "silence_duration_ms": 0}', "null"
        )
        + _ANSWER.format("speech")
        + '+2s > {"type": "input_audio_buffer.append", "audio": "<2000ms speech>"}\n'
        + '> {"type": "input_audio_buffer.commit"}  # AUD020\n',
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for a turn's wave in what the assistant was saying."""
        stretch = _stretch(event, before)
        if stretch is None or before.is_sideband or "wire.gap" in before.counts:
            return
        start_ms, end_ms = stretch
        if end_ms - start_ms < self.least_ms:
            return
        found = echoes.echo(before, max(start_ms, end_ms - MOST_MS), end_ms)
        if found is None:
            return
        said = before.playing(event.t) or next(reversed(before.playback.values()), None)
        item = f" in {said.item_id}" if said is not None else ""
        yield self.finding(
            event,
            f"{end_ms - start_ms:.0f} ms of the user's speech have the wave of what the assistant says{item} (likeness "
            f"{found.value:.2f}, {found.lag_s * 1000:.0f} ms late): the microphone hears the loudspeaker; cancel the echo, or use headphones",
            related=[said.cut_n] if said is not None and said.cut_n is not None else (),
        )


def _stretch(event: Event, before: Session) -> tuple[float, float] | None:
    """Return where in the user's audio the turn's words are, in milliseconds; None if nothing tells."""
    audio, detection = before.input_audio, before.turn_detection
    if event.from_client:
        return (audio.emptied_ms, audio.total_ms) if detection is None else None
    speech, end_ms = audio.active_speech, number(event.body.get("audio_end_ms"))
    if speech is None or speech.start_ms is None or end_ms is None or detection is None:
        return None
    padding_ms = number(detection.get("prefix_padding_ms"))
    silence_ms = number(detection.get("silence_duration_ms")) or 0.0
    return speech.start_ms + (PADDING_MS if padding_ms is None else padding_ms), end_ms - silence_ms
