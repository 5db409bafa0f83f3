"""`import`: a recording made of another tool's file, or of whatever else has Realtime events in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path

import click

from realtime_inspector import __version__
from realtime_inspector.cli import diagnostics, folders, output, reading
from realtime_inspector.cli.export import write_file
from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.formats import Readable, sessions_of
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Header
from realtime_inspector.recording.files import open_recording

_HELP = """Make a recording of another tool's file, or of a log.

\b
  realtime-inspector import network.har
  realtime-inspector import report.txt
  realtime-inspector import report.txt -o call.jsonl
  pbpaste | realtime-inspector import -

FILE is a HAR of a browser or of Playwright, a flow file of mitmproxy, the YAML
of a test suite, or a log: what a program printed, what somebody pasted into a
report, an event log of one event a line. Its content says which.

In a log, events are found after any words, in JSON, in Python's or JavaScript's
notation, on one line or on many; the words around one say who sent it and when.
Keys and tokens are replaced. The path of the recording is printed; several
connections become a recording each.

`lint`, `show` and `events` read such a file without an import too.
"""


@click.command("import", help=_HELP)
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), help="the recording, - for standard output")
@folders.option("where the recording goes, under a name of its own, without --output")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def command(path: Path, out: Path | None, folder: Path) -> None:
    """Make a recording of one file."""
    recording = reading.one(path)
    if not recording.header.via.startswith("import:"):
        raise UsageError(f"{path}: it is a recording already")
    sessions = sessions_of(recording)
    if out is not None and len(sessions) > 1:
        raise UsageError(
            f"{path}: {len(sessions)} sessions, each becomes a file: name no --output, but a folder (--dir)"
        )
    for session in sessions:
        _write(session, out, folder)
    reading.tell_problems(recording)
    if recording.header.tags.get("times") == "unknown":
        diagnostics.say("no times in it: all entries stand at 0, and nothing is said about silence")


def _write(recording: Readable, out: Path | None, folder: Path) -> None:
    header = replace(recording.header, tool=f"realtime-inspector {__version__}")
    lines = _lines(recording, header)
    if out == Path("-"):
        sys.stdout.buffer.writelines(lines)
    else:
        target = out or _target(folder, header)
        write_file(target, lines, recording.path)
        output.write(str(target))


def _lines(recording: Readable, header: Header) -> Iterator[bytes]:
    yield jsonl.dump_header(header)
    yield from map(jsonl.dump, recording)


def _target(folder: Path, header: Header) -> Path:
    """Return where a recording without a name goes: over an earlier import of it, and never over anything else.

    The folder is made where it is missing.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror or error}") from error
    started = datetime.fromisoformat(header.started)
    name = f"{started:%Y%m%dT%H%M%SZ}_{header.id}"
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(path for path in (folder / f"{each}.jsonl" for each in names) if _is_free(path, header))


def _is_free(path: Path, header: Header) -> bool:
    if not path.exists():
        return True
    try:
        there = open_recording(path).header
    except RecordingError:
        return False
    return (there.id, there.via) == (header.id, header.via)
