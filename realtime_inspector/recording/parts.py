"""The files of one recording: a long one is kept in parts, `call.jsonl`, `call.2.jsonl`, `call.3.jsonl.zst`.

A part belongs to the recording whose id its header has, and says which it is. The last line of a part that another one
follows is no entry; it names that one, so that a missing part is noticed. See `jsonl.PartEnd`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from realtime_inspector.errors import RecordingError
from realtime_inspector.recording import jsonl, zst
from realtime_inspector.recording.entry import Header

SUFFIXES = (".jsonl", ".jsonl.zst")
"""How the name of a recording ends."""

_HEADER_BYTES = 4096
"""A header is hardly longer."""

_NAME = re.compile(r"(?P<stem>.+?)(?:\.(?P<number>[2-9]|[1-9][0-9]{1,8}))?\.jsonl(?:\.zst)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a recording; the only one, of most."""

    path: Path
    header: Header

    def following(self, *, thorough: bool) -> Part | None:
        """Return the part behind this one, or None if there is none.

        Args:
            thorough: Look behind missing parts too, which takes listing the folder.
        """
        stem, number = _split(self.path)
        if not stem or number != self.header.part:
            return None
        found = self._beside(number + 1)
        if found is not None or not thorough:
            return found
        numbers = sorted(other for name in _names(self.path.parent) for of, other in (_split(name),) if of == stem)
        later = (self._beside(other) for other in dict.fromkeys(numbers) if other > number)
        return next((part for part in later if part is not None), None)

    def first(self) -> Path | None:
        """Return the file in which the recording of a later part begins, if it is there."""
        stem, number = _split(self.path)
        candidates = (name_of(self.path, 1, suffix) for suffix in SUFFIXES) if number > 1 and stem else ()
        headers = ((path, _header(path)) for path in candidates)
        return next((path for path, header in headers if header is not None and header.id == self.header.id), None)

    def _beside(self, number: int) -> Part | None:
        for suffix in SUFFIXES:
            path = name_of(self.path, number, suffix)
            header = _header(path)
            if header is not None and (header.id, header.part) == (self.header.id, number):
                return Part(path, header)
        return None


def name_of(path: Path, number: int, suffix: str = SUFFIXES[0]) -> Path:
    """Return what a part of a recording is called; `path` is any of them."""
    stem = _split(path)[0] or path.name
    return path.with_name(f"{stem}.{number}{suffix}" if number > 1 else f"{stem}{suffix}")


def all_of(path: Path) -> list[Path]:
    """Return the files of the recording that begins with this one, as far as none is missing; at least this one."""
    stem, number = _split(path)
    if not stem or not any(name_of(path, number + 1, suffix).exists() for suffix in SUFFIXES):
        return [path]
    header = _header(path)
    part = Part(path, header) if header is not None else None
    found = [path]
    while part is not None and (part := part.following(thorough=False)) is not None:
        found.append(part.path)
    return found


def grouped(paths: Iterable[Path]) -> dict[Path, list[Path]]:
    """Return the recordings among files, each by its first file that is there, with all its files in order."""
    by_stem: dict[tuple[Path, str], list[tuple[int, Path]]] = {}
    for path in paths:
        stem, number = _split(path)
        by_stem.setdefault((path.parent, stem or path.name), []).append((number, path))
    recordings: dict[Path, list[Path]] = {}
    for group in by_stem.values():
        if any(number > 1 for number, _ in group) and len(group) > 1:
            recordings.update(_by_id(sorted(group)))
        else:
            recordings.update({path: [path] for _, path in group})
    return {path: recordings[path] for path in sorted(recordings)}


def header_line(path: Path) -> bytes:
    """Return a file's first line; empty if it is not whole, or cannot be read."""
    try:
        with zst.open_bytes(path, buffer_bytes=_HEADER_BYTES) as stream:
            line = stream.readline(jsonl.MAX_LINE_BYTES)
    except OSError:
        return b""
    return line if line.endswith(b"\n") else b""


def header_of(line: bytes) -> Header | None:
    """Return the header of a file's first line; None if it is none."""
    try:
        return jsonl.parse_header(line)
    except RecordingError:
        return None


def _by_id(group: list[tuple[int, Path]]) -> dict[Path, list[Path]]:
    recordings: dict[Path, list[Path]] = {}
    leaders: dict[str, Path] = {}
    for number, path in group:
        header = _header(path)
        if header is not None and number > 1 and header.part == number and header.id in leaders:
            recordings[leaders[header.id]].append(path)
            continue
        recordings[path] = [path]
        if header is not None and header.part == number:
            leaders.setdefault(header.id, path)
    return recordings


def _split(path: Path) -> tuple[str, int]:
    """Return a recording's name without what all its parts differ in, and which part it is; empty if it is none."""
    found = _NAME.fullmatch(path.name)
    return (found["stem"], int(found["number"] or 1)) if found is not None else ("", 1)


def _names(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _header(path: Path) -> Header | None:
    return header_of(header_line(path))
