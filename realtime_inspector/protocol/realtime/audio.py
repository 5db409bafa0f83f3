"""Audio formats of the Realtime API, the time their bytes take, and the two audio streams of a session.

Knows bytes and milliseconds; which events carry them is in `changes/`.
"""

from __future__ import annotations

import binascii
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PCM = "audio/pcm"
BYTES_PER_MS: Mapping[str, float] = {PCM: 48, "audio/pcmu": 8, "audio/pcma": 8}
"""Format name → bytes that play in one millisecond (PCM: 24 kHz mono 16-bit; G.711: 8 kHz)."""

RECENT_APPENDS = 4096
"""How many appends are remembered one by one: 80 s of 20 ms each, more than any voice detection waits."""

_SILENCE = {"audio/pcmu": b"\xff", "audio/pcma": b"\xd5"}
_BETA_FORMATS = {"pcm16": PCM, "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}


def is_base64(audio: str) -> bool:
    """Tell whether a text is base64 as the server takes it: the standard alphabet, nothing around it."""
    try:
        binascii.a2b_base64(audio, strict_mode=True)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What the bytes of one direction are."""

    name: str = PCM
    rate: int = 24000

    @property
    def bytes_per_ms(self) -> float:
        """Bytes that play in one millisecond."""
        return 2 * self.rate / 1000 if self.name == PCM else 8

    def duration_ms(self, audio_bytes: int) -> float:
        """Return how long that many bytes play, in milliseconds."""
        return audio_bytes / self.bytes_per_ms

    def silence(self, audio_bytes: int) -> bytes:
        """Return so many bytes in which nothing is heard."""
        return _SILENCE.get(self.name, b"\0") * audio_bytes

    @classmethod
    def read(cls, value: Any) -> AudioFormat | None:
        """Read a format as the API writes it (an object, or a beta name such as `pcm16`); None if it is neither."""
        if isinstance(value, str):
            name = _BETA_FORMATS.get(value)
            return cls(name, 24000 if name == PCM else 8000) if name else None
        name = value.get("type") if isinstance(value, Mapping) else None
        if not isinstance(name, str) or name not in BYTES_PER_MS:
            return None
        rate = value.get("rate")
        if not isinstance(rate, int) or isinstance(rate, bool) or rate <= 0:
            rate = 24000
        return cls(name, rate if name == PCM else 8000)


TAPE_BYTES = 20 * 48000
"""How much of a stream's audio is kept where somebody listens: 20 s of PCM."""


@dataclass(slots=True, eq=False)
class Tape:
    """The latest audio of a stream itself. It is empty unless the session was told to listen."""

    data: bytearray = field(default_factory=bytearray)
    total_bytes: int = 0
    """Length of the whole stream."""

    def add(self, piece: bytes, audio_bytes: int) -> None:
        """Append a piece; where it is not as long as it was on the wire, what came before it is no use any more."""
        self.total_bytes += audio_bytes
        if len(piece) != audio_bytes:
            self.data.clear()
            return
        self.data += piece
        if len(self.data) > 2 * TAPE_BYTES:
            del self.data[:-TAPE_BYTES]

    def span(self, start: int, end: int) -> bytes:
        """Return the audio from one byte of the stream to another; empty where a part of it is not there."""
        first = self.total_bytes - len(self.data)
        return bytes(self.data[start - first : end - first]) if first <= start < end <= self.total_bytes else b""


PADDING_MS = 300.0
"""The audio that voice detection puts before the speech, where the session does not say.

Source: Realtime API reference, `turn_detection.prefix_padding_ms` (read 2026-11-22).
"""


@dataclass(slots=True, eq=False)
class Speech:
    """One stretch of user speech that voice detection reported."""

    item_id: str
    started_n: int
    started_t: float
    start_ms: float | None
    """Offset into the appended audio, as the server says."""
    stopped_n: int | None = None
    stopped_t: float | None = None
    end_ms: float | None = None
    spoke_t: float | None = None
    """When the client sent the first of the speech itself, the padding before it left out; None if unknown."""
    silent_t: float | None = None
    """When the client sent the last of the speech itself, the silence that ended it left out; None if unknown."""
    ended_by: str = ""
    """`stopped`, or what ended it instead: `committed`, `cleared`, `off` (voice detection was turned off)."""


@dataclass(slots=True, eq=False)
class InputAudio:
    """The user's audio: what the client appended and what the server made of it."""

    format: AudioFormat = field(default_factory=AudioFormat)
    total_bytes: int = 0
    total_ms: float = 0.0
    emptied_ms: float = 0.0
    """`total_ms` when the buffer was last committed (by the client or by voice detection) or cleared."""
    emptied: str = ""
    """What emptied it: `client`, `vad`, `clear`, or empty if nothing has."""
    emptied_n: int | None = None
    emptied_bytes: int = 0
    """`total_bytes` at that moment."""
    emptied_before_ms: float = 0.0
    """`emptied_ms` as it was before that: what holds again if the server refuses the commit."""
    appends: int = 0
    odd_appends: int = 0
    """Appends of an odd number of bytes while the format was PCM, whose samples have two."""
    first_append_t: float | None = None
    last_append_t: float | None = None
    speech: list[Speech] = field(default_factory=list)
    commits: int = 0
    """Commits the server confirmed."""
    last_committed_n: int | None = None
    last_committed_t: float | None = None
    last_committed_by: str = ""
    """`client` or `vad`."""
    tape: Tape = field(default_factory=Tape)
    timeouts: int = 0
    """How often the idle timer of voice detection has run out since the user last spoke."""
    recent: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=RECENT_APPENDS))
    """The latest appends: `total_ms` after each, and its time."""

    @property
    def buffered_ms(self) -> float:
        """Appended since the last commit or clear, as the client must see it: its own count from its own commit."""
        return self.total_ms - self.emptied_ms

    @property
    def active_speech(self) -> Speech | None:
        """The speech that has started and not ended."""
        last = self.speech[-1] if self.speech else None
        return last if last is not None and not last.ended_by else None

    def append(self, audio_bytes: int, t: float) -> None:
        """Count one append."""
        self.total_bytes += audio_bytes
        self.total_ms += self.format.duration_ms(audio_bytes)
        self.appends += 1
        self.odd_appends += audio_bytes % 2 if self.format.name == PCM else 0
        if self.first_append_t is None:
            self.first_append_t = t
        self.last_append_t = t
        self.recent.append((self.total_ms, t))

    def sent_t(self, offset_ms: float) -> float | None:
        """Return when the client sent the audio at an offset (milliseconds of all it appended); None if forgotten."""
        if not self.recent or offset_ms > self.recent[-1][0]:
            return None
        at = bisect_left(self.recent, (offset_ms, 0.0))
        return self.recent[at][1] if at > 0 or self.appends <= RECENT_APPENDS else None

    def leads_ms(self, since: float) -> tuple[float, float]:
        """Return how little and how much the audio was ahead of the recording's clock after the appends since a time.

        The last one counts in any case. Where nothing was appended, it is `(0, 0)`.
        """
        least = most = self.recent[-1][0] - 1000 * self.recent[-1][1] if self.recent else 0.0
        for ms, t in reversed(self.recent):
            if t < since:
                break
            lead = ms - 1000 * t
            if lead < least:
                least = lead
            elif lead > most:
                most = lead
        return least, most

    def empty(self, by: str, n: int) -> None:
        """Note that the buffer is empty from here on."""
        self.emptied_before_ms = self.emptied_ms
        self.emptied_ms, self.emptied, self.emptied_n = self.total_ms, by, n
        self.emptied_bytes = self.total_bytes


STALL_MS = 1.0
"""A shorter one is a matter of rounding."""


@dataclass(slots=True, eq=False)
class Playback:
    """The earliest possible playback of the assistant's audio: it starts at the first delta and drains in real time.

    Playback itself is not on the wire of a WebSocket; this is the model every estimate of "heard" rests on.
    """

    item_id: str
    start_t: float
    """When the first sample can have been played, in seconds."""
    ms: float = 0.0
    """Received so far."""
    cut_ms: float | None = None
    """Where the client says it stopped playing (from its truncate)."""
    cut_n: int | None = None
    """The entry of that truncate."""
    cut_t: float | None = None
    tape: Tape = field(default_factory=Tape)
    stalled_ms: float = 0.0
    """How long it had nothing to play before more came, all in all."""
    stalls: int = 0
    """How often."""

    def grow(self, duration_ms: float, t: float) -> None:
        """Take more in, and note whether it had nothing to play before."""
        late_ms = self.late_ms(t) if self.ms else 0.0
        if late_ms > 0:
            self.stalled_ms += late_ms
            self.stalls += late_ms >= STALL_MS
        self.ms += duration_ms

    def late_ms(self, t: float) -> float:
        """Return for how long it has had nothing to play when more comes at `t`; 0 or less if it still plays."""
        return (t - self.start_t) * 1000 - self.ms - self.stalled_ms

    @property
    def end_t(self) -> float:
        """When the last sample received so far can have been played, in seconds."""
        return self.start_t + self.ms / 1000

    @property
    def heard_until_t(self) -> float:
        """When the last sound of it can have been heard: what came late was heard late, what was cut off was not."""
        end_t = self.end_t + self.stalled_ms / 1000
        return end_t if self.cut_ms is None else min(end_t, self.start_t + self.cut_ms / 1000)

    def played_ms(self, t: float) -> float:
        """Return how much can have been played at `t`, at most what was received."""
        return max(0.0, min(self.ms, (t - self.start_t) * 1000))

    def remaining_ms(self, t: float) -> float:
        """Return how much was received but cannot have been played at `t`."""
        return 0.0 if self.cut_ms is not None else self.ms - self.played_ms(t)
