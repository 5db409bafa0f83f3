"""Which recordings are deleted when room or time is up. Pure: sizes, times and locks are passed in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime_inspector.errors import UsageError

PIN = ".pin"
"""A file of the recording's name with this behind it keeps the recording for good."""
RECENT_S = 600.0
"""A recording without an end that grew so recently counts as being written, whatever its lock says."""

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_UNITS_BYTES = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stored:
    """A recording on the disk."""

    path: Path
    size: int
    changed: float
    """Unix time of its last line."""
    pinned: bool = False
    live: bool = False
    """It is being written."""
    parts: Sequence[Path] = ()
    """Its files, in order."""

    @property
    def kept(self) -> bool:
        """Whether it is never deleted."""
        return self.pinned or self.live


def chosen(found: Sequence[Stored], now: float, keep_s: float | None, max_bytes: int | None) -> list[Stored]:
    """Return what to delete, the oldest first.

    Args:
        found: All recordings.
        now: Unix time.
        keep_s: What changed longer ago goes; None keeps any age.
        max_bytes: Then the oldest go until all together, those that are never deleted included, are no larger.
    """
    going: list[Stored] = []
    total = sum(stored.size for stored in found)
    for stored in sorted(found, key=lambda each: (each.changed, each.path)):
        too_old = keep_s is not None and now - stored.changed > keep_s
        too_much = max_bytes is not None and total > max_bytes
        if not stored.kept and (too_old or too_much):
            going.append(stored)
            total -= stored.size
    return going


def duration_s(text: str, option: str = "--keep", example: str = "7d, 12h or 30m") -> float:
    """Read a duration, `7d`, `12h`, `30m`.

    Raises:
        UsageError: If it is none.
    """
    return _amount(text, _UNITS_S, option, example)


def size_bytes(text: str, option: str = "--max-size", example: str = "2GB or 500MB") -> int:
    """Read a size, `2GB`, `500MB`.

    Raises:
        UsageError: If it is none.
    """
    return int(_amount(text, _UNITS_BYTES, option, example))


def _amount(text: str, units: dict[str, int], option: str, example: str) -> float:
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or found[2].lower() not in units:
        raise UsageError(f"{option} {text!r} is none; write {example}")
    return float(found[1]) * units[found[2].lower()]
