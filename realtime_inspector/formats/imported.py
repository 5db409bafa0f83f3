"""What was read of another tool's file: each connection in it, as something that is iterated like a recording."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2s
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson

from realtime_inspector.errors import RecordingError
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.lines import Problem
from realtime_inspector.recording.printable import shell_word
from realtime_inspector.recording.redact import Redactor

NO_TIMES = {"times": "unknown"}
"""Tag of what has no times: all entries stand at 0."""


class Anew:
    """Entries that are read each time they are iterated: a file may be larger than memory."""

    def __init__(self, read: Callable[[], Iterator[Entry]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[Entry]:
        """Read them."""
        return self._read()


def noting(problems: list[Problem], read: Callable[[list[Problem]], Iterator[Entry]]) -> Anew:
    """Return entries in whose reading problems are found; these are noted when all was read for the first time."""
    noted = False

    def entries() -> Iterator[Entry]:
        nonlocal noted
        found: list[Problem] = []
        yield from read(found)
        if not noted:
            noted = True
            problems.extend(found)

    return Anew(entries)


@dataclass(slots=True)
class Imported:
    """One connection of another tool's file; it is iterated like a recording."""

    path: Path
    header: Header
    entries: Iterable[Entry]
    """In memory, or read anew each time."""
    problems: list[Problem] = field(default_factory=list)
    """What of it could not be read; complete once it was iterated."""

    def __iter__(self) -> Iterator[Entry]:
        """Yield its entries."""
        return iter(self.entries)


@dataclass(slots=True)
class Several:
    """Several connections of one file. None of them is the recording: ask for each."""

    path: Path
    sessions: list[Imported]
    header: Header
    """The first connection's."""

    @property
    def problems(self) -> list[Problem]:
        """What could not be read, of all of them."""
        return [problem for session in self.sessions for problem in session.problems]

    def __iter__(self) -> Iterator[Entry]:
        """Refuse: entries of several connections make no session.

        Raises:
            RecordingError: Always.
        """
        raise RecordingError(
            f"{self.path}: {len(self.sessions)} connections in one file; "
            f"`realtime-inspector import {shell_word(str(self.path))}` makes a recording of each"
        )


def one_or_several(path: Path, sessions: list[Imported]) -> Imported | Several:
    """Return what a file holds, which is at least one connection."""
    if len(sessions) == 1:
        return sessions[0]
    return Several(path, sessions, sessions[0].header)


def redacted(session: Imported, redactor: Redactor) -> Imported:
    """Return a connection without its secrets; another tool does not take them out."""
    entries = session.entries
    session.entries = Anew(lambda: map(redactor.entry, entries))
    tags = {name: redactor.text(value) for name, value in session.header.tags.items()}
    session.header = replace(session.header, url=redactor.url(session.header.url), tags=tags)
    return session


def numbered(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield entries in their order, numbered from 1."""
    return (replace(entry, n=n) for n, entry in enumerate(entries, 1))


def name_of(kind: str, *parts: object) -> str:
    """Return an id for a recording that has none, the same one each time the file is read."""
    return f"{kind}-{blake2s(repr(parts).encode(), digest_size=6).hexdigest()}"


def split(url: str) -> SplitResult:
    """Return a URL in parts; one that is none has a path alone."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is read when it is asked for
    except ValueError:
        return SplitResult("", "", url, "", "")
    return parts


def payload_of(value: Any) -> bytes | None:
    """Return a value as a message; None if JSON cannot hold it."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a number beyond 64 bits, a lone surrogate, too deep
        pass
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace")
    except (TypeError, ValueError, RecursionError):
        return None


def iso(seconds: float) -> str:
    """Return seconds since 1970 as `Header.started` has them; 1970 where no calendar has such a day."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        moment = datetime.fromtimestamp(0, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def unix(text: str) -> float | None:
    """Return a moment as ISO 8601 writes it as seconds since 1970; None if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
