"""Where the commands that make a recording of recordings put it, and how they write it."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from realtime_inspector.cli import output, reading
from realtime_inspector.cli.export import write_file
from realtime_inspector.errors import RecordingError
from realtime_inspector.formats import Readable
from realtime_inspector.recording import jsonl, zst
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.parts import SUFFIXES

STANDARD_OUTPUT = Path("-")


def whole(path: Path) -> tuple[Readable, list[Entry]]:
    """Open a recording and read all of it.

    Raises:
        UsageError: If there is no such file.
        RecordingError: If it cannot be read, or a part of it cannot.
    """
    recording = reading.one(path)
    entries = list(recording)
    broken = next((problem for problem in recording.problems if not problem.torn), None)
    if broken is not None:
        raise RecordingError(broken.message)
    return recording, entries


def beside(path: Path, word: str) -> Path:
    """Return what a recording made of another one is called: `call.jsonl` → `call.WORD.jsonl`."""
    suffix = next((suffix for suffix in SUFFIXES if path.name.endswith(suffix)), "")
    return path.with_name(f"{path.name.removesuffix(suffix)}.{word}.jsonl")


def deliver(out: Path, header: Header, entries: Iterable[Entry], source: Path) -> None:
    """Write a recording and print its path; `-` is the standard output.

    Raises:
        UsageError: If it is the file it is made of, or cannot be written.
    """
    if out == STANDARD_OUTPUT:
        sys.stdout.buffer.writelines(_lines(header, entries))
    else:
        write(out, header, entries, source)
        output.write(str(out))


def write(out: Path, header: Header, entries: Iterable[Entry], source: Path) -> None:
    """Write a recording for its owner only; it appears when it is whole, compressed if its name ends in `.zst`.

    Raises:
        UsageError: If it is the file it is made of, or cannot be written.
    """
    write_file(out, blocks(out, header, entries), source)


def blocks(out: Path, header: Header, entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield the bytes of a recording, as its name says how."""
    lines = _lines(header, entries)
    if out.suffix != ".zst":
        yield from lines
        return
    packed = io.BytesIO()
    with zst.compress(packed) as stream:
        for line in lines:
            stream.write(line)
    yield packed.getvalue()


def new_id() -> str:
    """Return an id for a new recording."""
    from realtime_inspector.capture.recorder import make_id

    return make_id(time.time())


def _lines(header: Header, entries: Iterable[Entry]) -> Iterator[bytes]:
    yield jsonl.dump_header(header)
    yield from (jsonl.dump(entry) for entry in entries)
