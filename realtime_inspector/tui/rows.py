"""A row of the event list: what an entry, or a fold of many, looks like in so many columns.

The sender is told by place and sign: `→` in the first of two columns is the client's, `←` in the second the server's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.protocol.event import AUDIO_FIELDS, Event
from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.recording.entry import Side
from realtime_inspector.recording.index import Label
from realtime_inspector.tui import text
from realtime_inspector.tui.gist import gist, quote, string
from realtime_inspector.tui.text import Line, Span

MARKS = {Severity.ERROR: "E", Severity.WARNING: "W", Severity.INFO: "i"}
"""How a finding is marked beside its entry."""
SIGNS = {Side.CLIENT: "→ ", Side.SERVER: " ←", Side.PROXY: "· "}
"""Who sent it, by sign and place."""
WIDE = 100
"""From so many columns on, a row has its size and the sender by name too."""

CLOCK_WIDTH = 9
"""What a time of less than a hundred minutes takes."""

_TYPE_WIDTH = 34
_WIDE_TYPE_WIDTH = 44
_SENDER_WIDTH = 11
_JOINED_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Cells:
    """What a row says, column by column."""

    n: str
    t: float
    side: Side | None
    what: str
    """The event's type, or what is wrong with the line."""
    size: int
    gist: str
    count: int = 1
    worst: Severity | None = None
    noted: bool = False
    """The user has marked it, or said something of it."""
    fold: str = ""
    """`+` for a fold, `-` for an open one, `│` for a member."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A fold: many pieces of one stream."""

    count: int
    payload_bytes: int
    audio_bytes: int
    """What their base64 stands for, if they hold audio."""
    seconds: float
    """From the first piece to the last."""
    first: tuple[Event, ...]
    """The first few pieces."""
    open: bool = False

    @property
    def has_audio(self) -> bool:
        """Whether the pieces are audio."""
        return self.first[0].type in AUDIO_FIELDS

    @property
    def text(self) -> str:
        """The beginning of what the pieces say together; empty for audio."""
        return "" if self.has_audio else "".join(string(event.body, "delta") for event in self.first)


@dataclass(frozen=True, slots=True)
class Formats:
    """What the bytes of audio are, by sender."""

    client: AudioFormat = field(default_factory=AudioFormat)
    server: AudioFormat = field(default_factory=AudioFormat)

    def of(self, side: Side) -> AudioFormat:
        """Return the format of what a side sends."""
        return self.client if side is Side.CLIENT else self.server


def of_event(event: Event, worst: Severity | None, formats: Formats, *, member: bool = False) -> Cells:
    """Return the cells of one entry."""
    said = gist(event)
    if event.type in AUDIO_FIELDS:
        said = audio_gist(event.audio_bytes, formats.of(event.side))
    size = len(event.entry.payload)
    return Cells(str(event.n), event.t, event.side, event.type, size, said, worst=worst, fold="│" if member else "")


def of_stream(stream: Stream, worst: Severity | None, formats: Formats) -> Cells:
    """Return the cells of a fold."""
    first = stream.first[0]
    said = text.safe(quote(stream.text[:_JOINED_CHARACTERS]))
    if stream.has_audio:
        said = audio_gist(stream.audio_bytes, formats.of(first.side))
    return Cells(
        n=str(first.n),
        t=first.t,
        side=first.side,
        what=first.type,
        size=stream.payload_bytes,
        gist=f"{said} in {text.ms(stream.seconds * 1000)}",
        count=stream.count,
        worst=worst,
        fold="-" if stream.open else "+",
    )


def of_large(position: int, t: float, label: Label, size: int, worst: Severity | None) -> Cells:
    """Return the cells of an entry that is too large to be read for a row."""
    return Cells(str(position + 1), t, label.side, label.type or "large message", size, "(enter shows it)", worst=worst)


def of_unreadable(line: int, t: float, size: int) -> Cells:
    """Return the cells of a line that is not an entry."""
    return Cells("?", t, None, f"line {line} is not an entry", size, "enter shows why")


def audio_gist(audio_bytes: int, audio_format: AudioFormat) -> str:
    """Say how long so much audio plays."""
    return f"{text.ms(audio_format.duration_ms(audio_bytes))} of audio"


def worst_of(severities: Iterable[Severity]) -> Severity | None:
    """Return the worst of these; None if there is none."""
    return min(severities, key=lambda severity: severity.rank, default=None)


def heading(width: int, digits: int, clock: int = CLOCK_WIDTH) -> Line:
    """Return the line above the rows; an entry's number has at most so many digits, its time so many characters."""
    start = f"{'n':>{digits}} {'time':>{clock}}   "
    if width >= WIDE:
        rest = text.pad("from", _SENDER_WIDTH) + text.pad("event", _WIDE_TYPE_WIDTH) + f" {'size':>7} what"
    else:
        rest = "→← event"
    return text.plain(text.pad(start + rest, width), "dim")


def line(cells: Cells, width: int, digits: int, clock: int = CLOCK_WIDTH) -> Line:
    """Return the row in so many columns, numbers and times right-aligned as in `heading`."""
    mark = MARKS[cells.worst] if cells.worst else " "
    style = cells.side.value if cells.side else "error"
    spans = [
        Span(f"{cells.n:>{digits}} {text.clock(cells.t):>{clock}} ", "dim"),
        Span(mark, cells.worst.value if cells.worst else ""),
        Span("*" if cells.noted else " ", "warning" if cells.noted else ""),
    ]
    rest = width - digits - clock - 4
    spans += _wide(cells, rest, style) if width >= WIDE else _narrow(cells, rest, style)
    return Line(tuple(spans))


def _wide(cells: Cells, width: int, style: str) -> list[Span]:
    rest = width - _SENDER_WIDTH - _WIDE_TYPE_WIDTH - 9
    size = text.size(cells.size) if cells.size else ""
    return [
        Span(text.pad(_sender(cells.side), _SENDER_WIDTH), style),
        Span(text.pad(_type(cells, _WIDE_TYPE_WIDTH), _WIDE_TYPE_WIDTH), style),
        Span(f" {size:>7} ", "dim"),
        Span(text.pad(cells.gist, rest)),
    ]


def _narrow(cells: Cells, width: int, style: str) -> list[Span]:
    sign = SIGNS[cells.side] if cells.side else "! "
    type_width = max(0, min(_TYPE_WIDTH, width - 4))
    return [
        Span(f"{sign} ", style),
        Span(text.pad(_type(cells, type_width), type_width), style),
        Span(" "),
        Span(text.pad(cells.gist, width - 4 - type_width)),
    ]


def _sender(side: Side | None) -> str:
    return {Side.CLIENT: "→ client", Side.SERVER: "  ← server", Side.PROXY: "· proxy", None: "! line"}[side]


def _type(cells: Cells, width: int) -> str:
    """Return the type with its count; a long type gives way in its middle, where the types are alike."""
    count = f" x{cells.count:,}" if cells.count > 1 else ""
    fold = f"{cells.fold} " if cells.fold else ""
    room = width - len(count) - len(fold)
    name = text.safe(cells.what)
    if len(name) > room:
        tail = room * 2 // 3
        name = f"{name[: room - tail - 1]}…{name[len(name) - tail :]}"
    return f"{fold}{name}{count}"
