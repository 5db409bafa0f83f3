"""A span as plain values: what happened from when to when, in which trace. OpenTelemetry is not needed for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

Value = str | bool | int | float | tuple[str, ...]
Attributes = Mapping[str, Value]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1


class Kind(StrEnum):
    """Whether it crosses to another program."""

    INTERNAL = "internal"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Context:
    """Which span: its trace and its own id, neither of them 0."""

    trace_id: int
    span_id: int
    remote: bool = False
    """Another program's span, known from a header."""
    sampled: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """Another span that it has to do with."""

    to: Context
    why: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened during a span."""

    name: str
    at_ns: int
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """One span. Times are nanoseconds since 1970."""

    name: str
    context: Context
    parent: Context | None
    start_ns: int
    end_ns: int
    kind: Kind = Kind.INTERNAL
    attributes: Attributes = field(default_factory=dict)
    moments: tuple[Moment, ...] = ()
    links: tuple[Link, ...] = ()
    error: str = ""
    """Why it is marked as failed; empty if it is not."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Makes wall-clock time of a recording's seconds, to the microsecond that recordings have."""

    started_ns: int

    @classmethod
    def of(cls, started: str) -> Clock | None:
        """Return the clock of a recording that began then (ISO 8601); None if that is no time."""
        try:
            moment = datetime.fromisoformat(started)
        except ValueError:
            return None
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        began_ns = (moment - _EPOCH) // timedelta(microseconds=1) * 1000
        return cls(began_ns) if began_ns >= 0 else None

    def ns(self, t: float) -> int:
        """Return a time of the recording, which is in seconds, as nanoseconds since 1970."""
        return self.started_ns + round(t * 1_000_000) * 1000


def trace_id(*parts: object) -> int:
    """Return the id of the trace of something: the same one each time."""
    return _number(16, parts)


def span_id(*parts: object) -> int:
    """Return the id of the span of something: the same one each time."""
    return _number(8, parts)


def parent(header: str | None) -> Context | None:
    """Read a `traceparent` header, as W3C Trace Context has it; None if it is none, or not valid.

    Source: W3C Trace Context, 3.2 (read 2026-11-23): lower case, ids that are not all zeros, no version ff, and nothing
    behind the flags in version 00.
    """
    found = _TRACEPARENT.fullmatch(header.strip()) if header is not None else None
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    ids = int(found[2], 16), int(found[3], 16)
    if 0 in ids:
        return None
    return Context(*ids, remote=True, sampled=bool(int(found[4], 16) & _SAMPLED))


def _number(size: int, parts: Iterable[object]) -> int:
    digest = sha256("\0".join(map(str, parts)).encode("utf-8", "backslashreplace")).digest()
    return int.from_bytes(digest[:size]) or 1
