"""Input audio of another rate than the session says."""

from __future__ import annotations

from binascii import a2b_base64
from collections import deque
from collections.abc import Iterator
from itertools import islice, pairwise
from struct import iter_unpack

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import may_be_openai
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat, InputAudio
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number

KNOWN = {
    8.0: "G.711 (8 kHz)",
    16.0: "PCM of 8 kHz",
    32.0: "PCM of 16 kHz",
    48.0: "PCM of 24 kHz",
    64.0: "PCM of 16 kHz in stereo",
    88.2: "PCM of 44.1 kHz",
    96.0: "PCM of 48 kHz, or of 24 kHz in stereo",
    176.4: "PCM of 44.1 kHz in stereo",
    192.0: "PCM of 48 kHz in stereo",
}
"""Bytes a millisecond → what takes so many."""
FLOATS = {64.0: 16.0, 96.0: 24.0, 176.4: 44.1, 192.0: 48.0}
"""Bytes a millisecond → kHz of the 32-bit floats that take so many."""
LEAST_S, LONG_S = 8.0, 30.0
LEAST_CHUNKS = 16
LOOK_EVERY_S = 2.0
EXACT = 0.015
STEADY, UNSTEADY = 0.05, 0.1
PAUSE_S = 0.6
_TO_INTEGERS = "turn each float into a 16-bit integer (32767 times it), little-endian, before you append"
_FLOAT_CHARS, _LEAST_FLOATS = 4096, 64
_OPENAIS = frozenset({8.0, 48.0})
"""Bytes a millisecond of the formats that OpenAI takes."""
_QUIET, _LOUD, _NEARLY_ALL = 1e-9, 1.5, 0.9
BEYOND_MS = 500.0

_STREAM = """
< {{"type": "session.created", "session": {{"audio": {{"input": {{"format": {{"type": "{0}", "rate": 24000}}}}}}}}}}
{1}"""
_CHUNK = '+500ms > {{"type": "input_audio_buffer.append", "audio": "<{0}ms>"}}{1}\n'


def _stream(name: str, chunk_ms: str, chunks: int, last: str = "") -> str:
    return _STREAM.format(name, _CHUNK.format(chunk_ms, "") * chunks + _CHUNK.format(chunk_ms, last))


class RateMismatch(Rule):
    """The user's audio comes at a steady rate that is not its format's.

    Why: the server takes 16 kHz for 24 kHz: it hears speech one and a half times too fast, or far too slow. Transcripts
        are nonsense, voice detection finds no words or no end.
    Fix: resample to the session's rate (PCM: 24 kHz mono) before you append; G.711 can be set as audio.input.format.
    Limits: bytes against the clock, over at least eight seconds of a stream without pauses (thirty where its pieces come
        unevenly), where the speed is that of a known format to 1.5 %; a file that is sent faster than it plays looks
        like a higher rate, so that is a warning, but for 32-bit floats, whose bytes tell them. An offset beyond all audio that was sent says that the server counts by another format.
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
        if not self._is_certain(before):
            return
        if event.type.endswith("speech_stopped"):
            yield from self._beyond(event, before)
        elif audio.last_append_t is not None and _looks(audio.last_append_t) != _looks(event.t):
            yield from self._speed(event, before)

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest until it is time for the next look; where nothing is certain, until it is."""
        last_t = after.input_audio.last_append_t
        if event.type.endswith("speech_stopped") or last_t is None:
            return None
        if not self._is_certain(after):
            return FOREVER
        return self._in_step(after.input_audio) or Rest(until_t=(_looks(last_t) + 1) * LOOK_EVERY_S)

    def _in_step(self, audio: InputAudio) -> Rest | None:
        """Return the bounds within which audio that keeps its distance to the clock has about the clock's speed."""
        since = audio.recent[-1][1] - 2 * LEAST_S
        if len(audio.recent) <= LEAST_CHUNKS or audio.recent[-LEAST_CHUNKS - 1][1] < since:
            return None
        least_ms, most_ms = audio.leads_ms(since)
        middle_ms, band_ms = (least_ms + most_ms) / 2, 1000 * 0.9 * LEAST_S * self.near_one
        if most_ms - least_ms > 0.9 * band_ms:
            return None
        return Rest(lead_ms=(middle_ms - band_ms / 2, middle_ms + band_ms / 2))

    @staticmethod
    def _is_certain(session: Session) -> bool:
        known = session.config_at is not None and not session.pending_updates
        return known and not session.is_sideband and "wire.gap" not in session.counts

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
        since = before.config_at.t if before.config_at is not None else 0.0
        stretch = self._stretch(audio, since, LEAST_S) or self._stretch(audio, since, LONG_S)
        if not stretch:
            return
        speed = _speed_of(stretch[0], stretch[-1])
        found = _known(speed * audio.format.bytes_per_ms) or 0.0
        is_float = found in FLOATS and _is_float(event)
        what = f"32-bit floats of {FLOATS[found]:g} kHz" if is_float else KNOWN[found]
        advice = f"the server hears it {1 / speed:.2g} times as fast as it was spoken; {_remedy(found, before)}"
        if is_float:
            advice = f"the server hears noise; {_TO_INTEGERS}"
        elif speed > 1:
            advice += "; if it is a file that is sent faster than it plays, send it at the speed of speech"
        yield self.finding(
            event,
            f"for {stretch[-1][1] - stretch[0][1]:.0f} s audio has come at "
            f"{speed * audio.format.bytes_per_ms * 1000:.0f} bytes a second, and {_named(audio.format)} has "
            f"{audio.format.bytes_per_ms * 1000:.0f}: it is most likely {what}; {advice}",
            cause=before.config_at,
            severity=Severity.ERROR if speed < 1 or is_float else Severity.WARNING,
            fix=_TO_INTEGERS if is_float else "",
        )

    def _stretch(self, audio: InputAudio, since: float, least_s: float) -> list[_Sent]:
        """Return the latest appends that make a stretch of such a length and have the speed of another format."""
        size = _latest(audio.recent, since, least_s)
        speed = _speed_of(audio.recent[-size], audio.recent[-1]) if size else 0.0
        if _known(speed * audio.format.bytes_per_ms) is None or abs(speed - 1) < self.near_one:
            return []
        stretch = [*islice(reversed(audio.recent), size)][::-1]
        steady = _is_steady(stretch, speed) if least_s < LONG_S else _is_unbroken(stretch, speed)
        return stretch if steady else []


def _remedy(found: float, session: Session) -> str:
    """Return what to do about audio of so many bytes a millisecond; OpenAI takes PCM of 24 kHz and G.711 alone."""
    if found in _OPENAIS or not may_be_openai(session):
        return "resample it, or set audio.input.format to what it is"
    return "resample it to the session's rate"


def _known(bytes_per_ms: float) -> float | None:
    return next((each for each in KNOWN if abs(bytes_per_ms / each - 1) < EXACT), None)


def _is_float(event: Event) -> bool:
    """Tell whether audio is 32-bit floats: as such its samples are within full scale, as integers they never are."""
    try:
        data = a2b_base64(event.audio()[:_FLOAT_CHARS])
    except ValueError:
        return False
    values = [abs(value) for (value,) in iter_unpack("<f", data[: len(data) // 4 * 4])]
    sounds = [value for value in values if value]
    fitting = sum(_QUIET <= value <= _LOUD for value in sounds)
    return len(sounds) >= _LEAST_FLOATS and fitting >= _NEARLY_ALL * len(sounds)


def _looks(t: float) -> int:
    return int(t / LOOK_EVERY_S)


def _named(found: AudioFormat) -> str:
    return f"PCM of {found.rate / 1000:g} kHz" if found.name == PCM else "G.711 (8 kHz)"


_Sent = tuple[float, float]


def _latest(recent: deque[_Sent], since: float, least_s: float) -> int:
    """Return how many of the latest appends make a stretch that is long enough; 0 if there is none."""
    last_t = recent[-1][1]
    first_t, count = last_t, 0
    for _, t in reversed(recent):
        if t <= since:
            break
        first_t, count = t, count + 1
        if count > LEAST_CHUNKS and last_t - t >= least_s:
            break
    return count if count > LEAST_CHUNKS and last_t - first_t >= least_s * 0.95 else 0


def _is_steady(sent: list[_Sent], speed: float) -> bool:
    """Tell whether appends came without a pause, and at one speed throughout."""
    gaps = sorted(later - earlier for (_, earlier), (_, later) in pairwise(sent))
    if gaps[-1] > 3 * gaps[len(gaps) // 2] + 0.1:
        return False
    return _is_even(sent, speed, STEADY)


def _is_unbroken(sent: list[_Sent], speed: float) -> bool:
    """Tell whether appends came without a pause that is heard as one, if unevenly, and at one speed throughout."""
    pause = max(later - earlier for (_, earlier), (_, later) in pairwise(sent))
    return pause <= PAUSE_S and _is_even(sent, speed, UNSTEADY)


def _is_even(sent: list[_Sent], speed: float, most: float) -> bool:
    quarters = [sent[len(sent) * part // 4 : len(sent) * (part + 1) // 4 + 1] for part in range(4)]
    return all(abs(_speed_of(quarter[0], quarter[-1]) / speed - 1) < most for quarter in quarters)


def _speed_of(first: _Sent, last: _Sent) -> float:
    """Return how many milliseconds of audio come in one millisecond."""
    return (last[0] - first[0]) / 1000 / (last[1] - first[1]) if last[1] > first[1] else 0.0
