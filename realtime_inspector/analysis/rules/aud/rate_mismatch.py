"""Input audio of another rate than the session says."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import pairwise

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number

KNOWN = {
    8.0: "G.711 (8 kHz)",
    16.0: "PCM of 8 kHz",
    32.0: "PCM of 16 kHz",
    48.0: "PCM of 24 kHz",
    88.2: "PCM of 44.1 kHz",
    96.0: "PCM of 48 kHz, or of 24 kHz in stereo",
    192.0: "PCM of 48 kHz in stereo",
}
"""Bytes a millisecond → what takes so many."""
LEAST_S = 8.0
LEAST_CHUNKS = 16
LOOK_EVERY_S = 2.0
EXACT = 0.015
STEADY = 0.05
BEYOND_MS = 500.0

_STREAM = """
< {{"type": "session.created", "session": {{"audio": {{"input": {{"format": {{"type": "{0}", "rate": 24000}}}}}}}}}}
{1}"""
_CHUNK = '+500ms > {{"type": "input_audio_buffer.append", "audio": "<{0}ms>"}}{1}\n'


def _stream(name: str, chunk_ms: str, chunks: int, last: str = "") -> str:
    return _STREAM.format(name, _CHUNK.format(chunk_ms, "") * chunks + _CHUNK.format(chunk_ms, last))


class RateMismatch(Rule):
    """Audio comes steadily at another speed than its format has.

    Why: the server takes 16 kHz for 24 kHz: it hears speech one and a half times too fast, or far too slow. Transcripts
        are nonsense, voice detection finds no words or no end.
    Fix: resample to the session's rate (PCM: 24 kHz mono) before you append, or ask for the format you have.
    Limits: bytes against the clock, over at least eight seconds of a stream without pauses, where the speed is that of
        a known format to 1.5 %; a file that is sent faster than it plays looks like a higher rate, so that is a
        warning. An offset beyond all audio that was sent says that the server counts by another format.
    Source: Realtime guide, "Audio formats" (read 2026-11-22); the arithmetic of the recording.
    """

    id = "AUD003"
    name = "rate-mismatch"
    severity = Severity.ERROR
    on = ("input_audio_buffer.append", "input_audio_buffer.speech_stopped")
    needs = frozenset({left_out.INPUT_AUDIO, left_out.WIRE})
    once = True
    near_one = Threshold(0.15, "of 1", "how far the audio's speed may be from the clock's", most=1)
    good = (
        _stream("audio/pcm", "500", 20),
        # a file sent as fast as it goes, at no speed that means anything
        _stream("audio/pcm", "1700", 20),
        # a client that is slow with its own clock
        _stream("audio/pcm", "460", 20),
        # push to talk: nothing is sent between two turns
        _stream("audio/pcm", "500", 9) + "+5s .\n" + _CHUNK.format("500", "") * 9,
    )
    bad = (
        _stream("audio/pcm", "333.333", 19, "  # AUD003"),
        _stream("audio/pcm", "1000", 19, "  # AUD003"),
        """
        > {"type": "session.update", "session": {"type": "realtime"}}
        < {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "session.updated", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}}
        +1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 500}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 5900}  # AUD003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare bytes with the clock every two seconds, and the server's offsets with what was sent."""
        audio = before.input_audio
        if before.config_at is None or before.pending_updates or before.is_sideband or "wire.gap" in before.counts:
            return
        if event.type.endswith("speech_stopped"):
            yield from self._beyond(event, before)
        elif audio.last_append_t is not None and _looks(audio.last_append_t) != _looks(event.t):
            yield from self._speed(event, before)

    def _beyond(self, event: Event, before: Session) -> Iterator[Finding]:
        end_ms, sent_ms = number(event.body.get("audio_end_ms")), before.input_audio.total_ms
        if end_ms is None or not before.is_whole or not sent_ms or end_ms < 1.5 * sent_ms + BEYOND_MS:
            return
        yield self.finding(
            event,
            f"the server heard speech end at {end_ms:.0f} ms, but what was sent is {sent_ms:.0f} ms of "
            f"{_named(before.input_audio.format)}: it takes the audio for something {end_ms / sent_ms:.1f} times as "
            "long; ask for the format you send, and look at session.updated",
            severity=Severity.WARNING,
        )

    def _speed(self, event: Event, before: Session) -> Iterator[Finding]:
        audio = before.input_audio
        stretch = _steady_stretch(audio.recent, before.config_at.t if before.config_at is not None else 0.0)
        if stretch is None:
            return
        speed = _speed_of(stretch)
        found = next((each for each in KNOWN if abs(speed * audio.format.bytes_per_ms / each - 1) < EXACT), None)
        if found is None or abs(speed - 1) < self.near_one:
            return
        declared = _named(audio.format)
        bytes_a_second = speed * audio.format.bytes_per_ms * 1000
        advice = (
            f"the server hears it {1 / speed:.2g} times as fast as it was spoken; resample it, or ask for its format"
        )
        if speed > 1:
            advice += "; if it is a file that is sent faster than it plays, send it at the speed of speech"
        yield self.finding(
            event,
            f"audio comes at {bytes_a_second:.0f} bytes a second, steadily for {stretch[-1][1] - stretch[0][1]:.0f} s, "
            f"where {declared} takes {audio.format.bytes_per_ms * 1000:.0f}: it is most likely {KNOWN[found]}; {advice}",
            cause=before.config_at,
            severity=Severity.ERROR if speed < 1 else Severity.WARNING,
        )


def _looks(t: float) -> int:
    return int(t / LOOK_EVERY_S)


def _named(found: AudioFormat) -> str:
    return f"PCM of {found.rate / 1000:g} kHz" if found.name == PCM else "G.711 (8 kHz)"


_Sent = tuple[float, float]


def _steady_stretch(recent: deque[_Sent], since: float) -> list[_Sent] | None:
    """Return the latest appends, enough of them and at one speed throughout; None if there is no such stretch."""
    sent: list[_Sent] = []
    for each in reversed(recent):
        if each[1] <= since:
            break
        sent.append(each)
        if len(sent) > LEAST_CHUNKS and sent[0][1] - each[1] >= LEAST_S:
            break
    sent.reverse()
    if len(sent) <= LEAST_CHUNKS or sent[-1][1] - sent[0][1] < LEAST_S * 0.95:
        return None
    gaps = sorted(later - earlier for (_, earlier), (_, later) in pairwise(sent))
    if gaps[-1] > 3 * gaps[len(gaps) // 2] + 0.1:
        return None
    whole = _speed_of(sent)
    quarters = [sent[len(sent) * part // 4 : len(sent) * (part + 1) // 4 + 1] for part in range(4)]
    steady = all(abs(_speed_of(quarter) / whole - 1) < STEADY for quarter in quarters if whole > 0)
    return sent if whole > 0 and steady else None


def _speed_of(sent: list[_Sent]) -> float:
    """Return how many milliseconds of audio come in one millisecond."""
    (first_ms, first_t), (last_ms, last_t) = sent[0], sent[-1]
    return (last_ms - first_ms) / 1000 / (last_t - first_t) if last_t > first_t else 0.0
