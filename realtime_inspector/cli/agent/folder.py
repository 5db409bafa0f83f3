"""The one folder whose recordings are shown; nothing outside it is opened, whatever name is asked for."""

from __future__ import annotations

import os
from pathlib import Path

from realtime_inspector.errors import UsageError
from realtime_inspector.formats import Readable, read_any, sessions_of
from realtime_inspector.formats.reading import STANDARD_INPUT, clean
from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Header
from realtime_inspector.recording.parts import header_line, header_of

_MOST_BYTES = 256 * 1024 * 1024
"""A larger file would keep an agent waiting for minutes; the commands read it."""


class Folder:
    """A folder of recordings. A symbolic link in it is not followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        """As it was given at the start."""
        self._root = Path(os.path.realpath(path))

    def name(self, path: Path | str) -> str:
        """Return what a file of the folder is called in answers."""
        try:
            return Path(path).relative_to(self._root).as_posix()
        except ValueError:
            return Path(path).name

    @property
    def place(self) -> str:
        """What stands before a name in the system's path of the file."""
        return f"{self._root}{os.sep}"

    def newest(self) -> list[tuple[str, Header | None]]:
        """Return every recording by name with its first line, the newest first; None for a line that is none."""
        if not self._root.is_dir():
            return []
        found = [path for path in files.find(self._root) if not self._is_linked(path)]
        listed = [(self.name(path), header_of(header_line(path))) for path in found]
        return sorted(listed, key=lambda one: (one[1].started if one[1] is not None else "", one[0]), reverse=True)

    def file(self, name: str) -> Path:
        """Return the file of that name.

        Raises:
            UsageError: If it is outside the folder, a symbolic link or beside one, too large, or not there.
        """
        path = Path(os.path.normpath(self._root / name)) if name and "\0" not in name else self._root
        if path == self._root or not path.is_relative_to(self._root):
            raise UsageError(f"{name!r} is not in the folder of recordings; list_recordings has those that are")
        if self._is_linked(path):
            raise UsageError(f"{name!r} is a symbolic link, or has a part that is one; links are not followed")
        if not path.is_file() or path == STANDARD_INPUT:
            raise UsageError(f"{name!r}: no such recording; list_recordings has those that are there")
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{name!r} has more than {_MOST_BYTES // 2**20} MiB; the command line reads it")
        return path

    def open(self, name: str, session: int = 1) -> Readable:
        """Open one session of a recording, or of another tool's file; what looks like a secret is taken out once more.

        Raises:
            UsageError: If there is none.
            RecordingError: If it cannot be read.
        """
        sessions = sessions_of(read_any(self.file(name)))
        if session > len(sessions):
            raise UsageError(f"{name!r} has {len(sessions)} sessions, no session {session}")
        return clean(sessions[session - 1])

    def _is_linked(self, path: Path) -> bool:
        """Tell whether a link leads to it, or may stand for a further part of it or for a file that it names."""
        if Path(os.path.realpath(path)) != path:
            return True
        stem = path.name.partition(".")[0]
        try:
            beside = [each.name for each in os.scandir(path.parent) if each.is_symlink()]
        except OSError:
            return False
        return any(name.startswith(stem) for name in beside) or (bool(beside) and ".har" in path.name)
