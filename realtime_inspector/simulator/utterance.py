"""What is said, in the pieces in which it goes out: words, and audio in the session's format."""

from __future__ import annotations

from typing import Any

from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat
from realtime_inspector.simulator import g711, voice


def audio(text: str, duration_ms: float | None, form: AudioFormat, speed: float, chunk_ms: float) -> list[bytes]:
    """Return the speech in the format asked for, in chunks."""
    pcm = voice.speech(text) if duration_ms is None else voice.speech_lasting(text, duration_ms)
    if speed != 1.0:
        pcm = voice.speech_lasting(text, len(pcm) / 48 / speed)
    data = pcm
    if form.name != PCM:
        data = g711.encode(g711.to_8k(voice.samples(pcm)), form.name)
    size = max(2, round(chunk_ms * form.bytes_per_ms) // 2 * 2)
    return [data[start : start + size] for start in range(0, len(data), size)]


def words(text: str) -> list[str]:
    """Return the text in pieces that join to it."""
    first, *rest = text.split(" ")
    return [first, *(f" {word}" for word in rest)]


def within_limit(text: str, limit: Any) -> tuple[str, str]:
    """Return as many words as the limit allows, and the reason if some were cut."""
    if not isinstance(limit, int):
        return text, ""
    kept = words(text)[: max(1, limit * 3 // 4)]
    said = "".join(kept)
    return (said, "") if said == text else (said, "max_output_tokens")
