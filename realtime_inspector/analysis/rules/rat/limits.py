"""The buckets of `rate_limits.updated`, read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.values import mappings, number, text


@dataclass(frozen=True, slots=True)
class Bucket:
    """One limit as the server told it."""

    name: str
    limit: float
    remaining: float
    reset_s: float | None

    @property
    def part(self) -> float:
        """Which part of it is left, 0 to 1."""
        return self.remaining / self.limit


def buckets(event: Event) -> Iterator[Bucket]:
    """Yield the buckets that have figures."""
    for told in mappings(event.body.get("rate_limits")):
        found = bucket(told)
        if found is not None:
            yield found


def bucket(told: Mapping[str, Any]) -> Bucket | None:
    """Return a bucket; None if a figure is missing."""
    limit, remaining = number(told.get("limit")), number(told.get("remaining"))
    if limit is None or remaining is None or limit <= 0:
        return None
    return Bucket(text(told.get("name")) or "requests", limit, remaining, number(told.get("reset_seconds")))
