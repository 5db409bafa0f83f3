"""What other formats have no place for, kept beside what they have: our import gives back the recording as it was.

HAR and flow files hold messages and the handshake. Pings, closes, gaps, notes, the end, numbers, and what is said of a
single message (that it came in pieces, what was replaced in it) go into one object, which other readers pass over.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from heapq import merge
from itertools import zip_longest
from typing import Any

from realtime_inspector.errors import NotAnEntry
from realtime_inspector.formats.reading import Readable
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Header, Kind, Side

_NONE: Any = object()


def is_message(entry: Entry) -> bool:
    """Tell whether other formats have a place for an entry among the messages."""
    return entry.kind is Kind.MESSAGE and entry.side is not Side.PROXY


def keep(recording: Readable) -> dict[str, Any]:
    """Return what is to be kept of a recording: its header, its other entries, and a line for each message."""
    others: list[str] = []
    messages: list[dict[str, Any]] = []
    for entry in recording:
        if is_message(entry):
            messages.append(_said(entry))
        else:
            others.append(jsonl.dump(entry).decode().rstrip("\n"))
    header = jsonl.dump_header(recording.header).decode().rstrip("\n")
    return {"header": header, "entries": others, "messages": messages}


def header_of(kept: Any) -> Header:
    """Return the header that was kept.

    Raises:
        ValueError: If it is none.
    """
    try:
        return jsonl.parse_header(kept["header"].encode())
    except (KeyError, TypeError, AttributeError, NotAnEntry) as error:
        raise ValueError(str(error)) from None


def others_of(lines: Any) -> list[Entry]:
    """Return the entries that are no messages.

    Raises:
        ValueError: If they are none.
    """
    try:
        return [jsonl.parse(line.encode()) for line in lines]
    except (TypeError, AttributeError, NotAnEntry) as error:
        raise ValueError(str(error)) from None


def weave(others: Iterable[Entry], said: Iterable[Any], messages: Iterable[Entry]) -> Iterator[Entry]:
    """Yield messages, each with what is said of it, and the other entries between them; nothing is kept in memory.

    Raises:
        ValueError: If they do not fit.
    """
    last = None
    for entry in merge(others, _paired(messages, said), key=lambda entry: entry.n):
        if last is not None and entry.n <= last:
            raise ValueError("two entries of one number" if entry.n == last else "entries out of their order")
        last = entry.n
        yield entry


def _paired(messages: Iterable[Entry], said: Iterable[Any]) -> Iterator[Entry]:
    here = there = 0
    for entry, one in zip_longest(messages, said, fillvalue=_NONE):
        here += entry is not _NONE
        there += one is not _NONE
        if isinstance(entry, Entry) and here == there:
            try:
                yield _whole(entry, one)
            except (KeyError, TypeError, AttributeError, NotAnEntry) as error:
                raise ValueError(str(error)) from None
    if here != there:
        raise ValueError(f"{here} messages instead of {there}")


def _said(entry: Entry) -> dict[str, Any]:
    said: dict[str, Any] = {"n": entry.n}
    if entry.fragments > 1:
        said["fragments"] = entry.fragments
    if entry.compressed:
        said["compressed"] = True
    if entry.redacted:
        said["redacted"] = list(entry.redacted)
    if entry.members:
        said["members"] = dict(entry.members)
    if not entry.binary and not _is_text(entry.payload):
        said["base64"] = b64encode(entry.payload).decode()
    return said


def _whole(entry: Entry, said: Mapping[str, Any]) -> Entry:
    """Return a message with what is said of it: written and read as a line, so it is no other than a file can hold."""
    payload = b64decode(said["base64"], validate=True) if "base64" in said else entry.payload
    members = said.get("members", {})
    full = replace(
        entry,
        n=said["n"],
        payload=payload,
        fragments=int(said.get("fragments", 1)),
        compressed=said.get("compressed") is True,
        members=members if isinstance(members, dict) else {},
        redacted=tuple(map(str, said.get("redacted", ()))),
    )
    return replace(jsonl.parse(jsonl.dump(full)), line=0)


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
