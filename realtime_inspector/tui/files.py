"""Files that are made from a recording on the screen, and what deleting a recording takes away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from realtime_inspector.errors import UsageError
from realtime_inspector.recording.parts import all_of
from realtime_inspector.recording.whole_file import replacing
from realtime_inspector.tui import notes

_MAX_NUMBER = 1000


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """Return the path of a file that is not there yet: `call.md`, `call-2.md` and so on.

    Raises:
        UsageError: If there are too many.
    """
    for number in range(1, _MAX_NUMBER):
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
        if not path.exists():
            return path
    raise UsageError(f"{folder}: there are {_MAX_NUMBER} files {stem}-*{suffix} already; take some away")


def write(path: Path, blocks: Iterable[bytes]) -> None:
    """Write a file for its owner only; it appears when it is whole.

    Raises:
        UsageError: If it cannot be written.
    """
    try:
        with replacing(path) as stream:
            stream.writelines(blocks)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error


def stem_of(recording: Path) -> str:
    """Return a recording's name without what says that it is one."""
    return recording.name.removesuffix(".zst").removesuffix(".jsonl")


def belonging(recording: Path) -> list[Path]:
    """Return the files that go when a recording is deleted: all its parts, and the notes."""
    return [*all_of(recording), *_there(notes.path_of(recording))]


def delete(recording: Path) -> None:
    """Delete a recording with all that belongs to it.

    Raises:
        UsageError: If one of the files cannot be deleted.
    """
    for path in reversed(belonging(recording)):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{path}: cannot be deleted: {error.strerror or error}") from error


def _there(path: Path) -> Iterator[Path]:
    if path.exists():
        yield path
