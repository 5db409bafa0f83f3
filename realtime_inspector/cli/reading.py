"""From the PATHs of a command line to recordings: a file, a folder, or `-` for the standard input."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from realtime_inspector.cli import diagnostics, folders
from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.formats import Readable, read_any, read_each
from realtime_inspector.formats.reading import STANDARD_INPUT
from realtime_inspector.recording import files
from realtime_inspector.recording.parts import grouped
from realtime_inspector.recording.printable import shell_word


def paths_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its PATHs, and the folder that stands for them."""
    folder = folders.option("where the recordings are, if no PATH is given")
    paths = click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
    return folder(paths(function))


def file_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command one FILE, as `path`, and where the newest is looked for without one, as `folder`."""
    folder = folders.option("where the newest recording is looked for, if no FILE is given")
    path = click.argument("path", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
    return folder(path(function))


def find(paths: Sequence[Path], folder: Path) -> list[Path]:
    """Return the recordings that the PATHs name, each once; the folder's, if there are none.

    Raises:
        UsageError: If one of them does not exist, or the folder that stands for them does not.
    """
    if not paths and not folder.is_dir():
        raise UsageError(
            f"{folder}: no such folder; name a recording, or make one: `realtime-inspector run -- CMD`, "
            f"or without a key `realtime-inspector demo --dir {shell_word(str(folder))}`"
        )
    found: dict[Path, None] = {}
    for path in paths or (folder,):
        if path != STANDARD_INPUT and not path.exists():
            raise UsageError(f"{path}: no such file or folder")
        found.update(dict.fromkeys(files.find(path) if path.is_dir() else [path]))
    return _whole(found)


def nothing_in(paths: Iterable[Path]) -> UsageError:
    """Return what to raise where folders have no recordings."""
    shown = " ".join(map(str, paths))
    if not any(path.exists() for path in paths):
        return UsageError(f"{shown}: no recordings yet; make one: `realtime-inspector run -- CMD`, or name a PATH")
    return UsageError(f"{shown}: no recordings in this folder; they end in {' or '.join(files.SUFFIXES)}")


def _whole(paths: Iterable[Path]) -> list[Path]:
    """Return paths without further parts of recordings that are among them."""
    recordings = grouped(paths)
    return [path for path in paths if path in recordings]


def newest(folder: Path) -> Path:
    """Return the recording of a folder that was written to last.

    Raises:
        UsageError: If there is none.
    """
    found = files.find_parts(folder) if folder.is_dir() else {}
    if not found:
        raise UsageError(f"{folder}: no recording yet; name a FILE, or make one: `realtime-inspector run -- CMD`")
    return max(found, key=lambda path: found[path][-1].stat().st_mtime)


def chosen(path: Path | None, folder: Path) -> Path:
    """Return the FILE that a command was given, or else the newest recording of the folder.

    Raises:
        UsageError: If none was given and there is none.
    """
    return newest(folder) if path is None else path


def one(path: Path) -> Readable:
    """Open the recording, or the log, that a command was given.

    Raises:
        UsageError: If it does not exist, or is a folder.
        RecordingError: If it cannot be read.
    """
    if path.is_dir():
        command = f"realtime-inspector ls {shell_word(str(path))}"
        raise UsageError(f"{path}: a folder; name one of its recordings: `{command}` lists them")
    if path != STANDARD_INPUT and not path.exists():
        raise UsageError(f"{path}: no such file")
    return read_any(path)


def each(paths: Sequence[Path]) -> Iterator[Readable]:
    """Open recordings one by one, the sessions of a log too; what cannot be read is told and passed over.

    Raises:
        RecordingError: If none of them can be read.
    """
    if len(paths) == 1:
        yield from read_each(paths[0])
        return
    refused = 0
    for path in paths:
        try:
            yield from read_each(path)
        except RecordingError as error:
            refused += 1
            diagnostics.warn(str(error))
    if refused and refused == len(paths):
        raise RecordingError(f"none of the {refused} files could be read")


def tell_problems(recording: Readable, most: int = 5) -> None:
    """Tell what the last reading of a recording passed over."""
    for problem in recording.problems[:most]:
        diagnostics.warn(problem.message)
    rest = len(recording.problems) - most
    if rest > 0:
        diagnostics.warn(f"{recording.path}: {rest} more lines like these")
