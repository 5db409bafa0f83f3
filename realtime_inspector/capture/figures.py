"""What a proxy counts: plain numbers, read when somebody asks for them. Nothing here is done for a message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from realtime_inspector.recording.entry import Entry, Kind, Side


class Counts:
    """What the recorder counts, a batch at a time; the loop alone writes it."""

    __slots__ = ("bytes", "errors", "gaps", "lost", "messages")

    def __init__(self) -> None:
        self.messages = dict.fromkeys(Side, 0)
        """Who sent it → messages recorded."""
        self.bytes = dict.fromkeys(Side, 0)
        """Who sent them → bytes of its sockets that were looked at."""
        self.gaps = 0
        self.lost = 0
        """Messages that these gaps stand for."""
        self.errors = 0
        """Entries that became a gap by a fault of ours."""

    def correct(self, side: Side, entry: Entry) -> None:
        """Take an entry into account that was counted as a message of a side, whatever it is."""
        self.messages[side] -= 1
        if entry.kind is Kind.MESSAGE:
            self.messages[entry.side] += 1
        elif entry.kind is Kind.GAP:
            self.gaps += 1
            self.lost += int(entry.members.get("lost", 0))


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of one proxy, or of several together."""

    connections: int = 0
    """Accepted so far."""
    open: int = 0
    """Of those, open now."""
    messages: Mapping[str, int] = field(default_factory=dict)
    bytes: Mapping[str, int] = field(default_factory=dict)
    gaps: int = 0
    lost: int = 0
    """Lines that could not be recorded."""
    queue_bytes: int = 0
    """Bytes of lines that wait for the disk now."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """Reason → how often the upstream could not be reached for it."""
    errors: Mapping[str, int] = field(default_factory=dict)
    """`line`: entries that could not be made lines; `disk`: attempts to write that failed."""

    def ended(self) -> Figures:
        """Return what is left of them when the proxy has ended: what it has counted, and nothing that is now."""
        return replace(self, open=0, queue_bytes=0)


def together(figures: Iterable[Figures]) -> Figures:
    """Return the sums."""
    each = list(figures)
    return Figures(
        sum(one.connections for one in each),
        sum(one.open for one in each),
        _sums(one.messages for one in each),
        _sums(one.bytes for one in each),
        sum(one.gaps for one in each),
        sum(one.lost for one in each),
        sum(one.queue_bytes for one in each),
        _sums(one.failures for one in each),
        _sums(one.errors for one in each),
    )


def _sums(mappings: Iterable[Mapping[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for mapping in mappings:
        for name, value in mapping.items():
            sums[name] = sums.get(name, 0) + value
    return sums
