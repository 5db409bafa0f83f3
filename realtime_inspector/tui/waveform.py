"""How loud both sides were, in steps of 20 ms on the recording's own time, from the samples that were recorded.

The user's audio stands where it was sent, the assistant's where it can have been played: from its first piece on, in
real time, up to where the client says that it stopped. Built in slices.
"""

from __future__ import annotations

import binascii
import sys
from array import array
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from math import sqrt

from realtime_inspector.analysis.acoustics import FULL, decode
from realtime_inspector.errors import NotAnEntry
from realtime_inspector.protocol.event import AUDIO_FIELDS, Event, read
from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Side
from realtime_inspector.recording.index import Index
from realtime_inspector.tui.gist import number, string
from realtime_inspector.tui.rows import Formats

STEP_S = 0.02
TOP = 255
"""The level of a full scale."""
UNKNOWN = 40
"""The level of audio that the recording leaves out."""

_TRUNCATE = "conversation.item.truncate"
_MAX_STEPS = 20_000_000
"""A hundred hours: a later time is nonsense."""
_STRIDE = 3
"""Of so many samples of PCM one is looked at: of 24 kHz, 8 are left."""
_BLOCK = 32


@dataclass(slots=True)
class Lane:
    """One side's audio."""

    levels: bytearray = field(default_factory=bytearray)
    """How loud each step was, of `TOP`; 0 where there is nothing."""
    end_s: float = 0.0
    """Where its last audio ends."""
    unheard: list[tuple[float, float]] = field(default_factory=list)
    """What was sent and not played."""

    def put(self, start_s: float, levels: bytes) -> None:
        """Place some steps."""
        first = int(start_s / STEP_S)
        if len(self.levels) < first + len(levels):
            self.levels.extend(bytes(first + len(levels) - len(self.levels)))
        self.levels[first : first + len(levels)] = levels

    def peak(self, start_s: float, end_s: float) -> int:
        """Return how loud it was at most between two moments."""
        first = max(0, int(start_s / STEP_S))
        return max(self.levels[first : max(first + 1, int(end_s / STEP_S))], default=0)

    def cut(self, at_s: float) -> None:
        """Note that it was not played any further."""
        if at_s < self.end_s:
            self.unheard.append((at_s, self.end_s))
            del self.levels[int(at_s / STEP_S) + 1 :]
            self.end_s = at_s


class Waveform:
    """The audio of both sides."""

    def __init__(self, index: Index) -> None:
        self.user = Lane()
        self.assistant = Lane()
        self.done = 0
        """Lines that were looked at."""
        self.left_out = False
        """Whether the recording has audio without its samples."""
        self._index = index
        self._starts: dict[str, float] = {}
        """Item → where its audio begins."""
        self._wanted: dict[int, bool] = {}

    @property
    def progress(self) -> float:
        """How much was listened to, between 0 and 1."""
        return self.done / max(1, len(self._index))

    def step(self, formats: Formats, more: Callable[[], bool]) -> bool:
        """Listen on while `more` says so; tell whether all there is was heard."""
        index = self._index
        while self.done < len(index):
            stop = min(len(index), self.done + _BLOCK)
            wanted = [self._wants(index.label_ids[position]) for position in range(self.done, stop)]
            if any(wanted):
                for line, is_wanted in zip(index.lines(self.done, stop), wanted, strict=True):
                    if is_wanted:
                        self._take(line, formats)
            self.done = stop
            if not more():
                break
        return self.done == len(index)

    def _wants(self, label_id: int) -> bool:
        known = self._wanted.get(label_id)
        if known is None:
            kind = self._index.labels[label_id].type
            known = self._wanted[label_id] = kind in AUDIO_FIELDS or kind == _TRUNCATE
        return known

    def _take(self, line: bytes, formats: Formats) -> None:
        try:
            event = read(jsonl.parse(line))
        except NotAnEntry:
            return
        if not 0 <= event.t < _MAX_STEPS * STEP_S:
            return
        if event.type == _TRUNCATE:
            self._truncate(event)
        else:
            self._sound(event, formats.of(event.side))

    def _truncate(self, event: Event) -> None:
        heard_ms = number(event.body, "audio_end_ms")
        start = self._starts.get(string(event.body, "item_id"))
        if heard_ms is not None and start is not None:
            self.assistant.cut(start + max(0.0, heard_ms) / 1000)

    def _sound(self, event: Event, audio_format: AudioFormat) -> None:
        lane = self.user if event.side is Side.CLIENT else self.assistant
        start = max(lane.end_s, event.t)
        seconds = audio_format.duration_ms(event.audio_bytes) / 1000
        if start + seconds > _MAX_STEPS * STEP_S:
            return
        if event.side is not Side.CLIENT:
            self._starts.setdefault(string(event.body, "item_id"), start)
        data = _decoded(event.audio())
        lane.end_s = start + seconds
        if len(data) < event.audio_bytes:
            self.left_out = True
            lane.put(start, bytes([UNKNOWN]) * round(seconds / STEP_S))
        elif data:
            lane.put(start, levels(data, audio_format))


def levels(data: bytes, audio_format: AudioFormat) -> bytes:
    """Return how loud each step of some audio is: the square root of its peak, which is nearer to what ears hear."""
    per_step = max(1, round(audio_format.bytes_per_ms * STEP_S * 1000))
    if audio_format.name != PCM:
        loud = data.translate(_table(audio_format.name))
        return bytes(max(loud[at : at + per_step]) for at in range(0, len(loud), per_step))
    samples = array("h", data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    size = max(1, per_step // 2)
    parts = (samples[at : at + size : _STRIDE] for at in range(0, len(samples), size))
    return bytes(_level(max(abs(max(part)), abs(min(part)))) for part in parts)


def _level(peak: int) -> int:
    return min(TOP, round(sqrt(peak / FULL) * TOP))


@cache
def _table(name: str) -> bytes:
    return bytes(_level(abs(sample)) for sample in decode(bytes(range(256)), name))


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text)
    except (binascii.Error, ValueError):
        return b""
