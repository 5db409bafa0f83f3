"""A recording that was cut off, made whole: what can be read is kept, the torn rest of its last line is cut.

The file is replaced in one step, so that a crash leaves the old one or the new one, and the old one is kept beside it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from realtime_inspector.errors import NotAnEntry, RecordingError
from realtime_inspector.recording import files, jsonl, zst


@dataclass(frozen=True, slots=True)
class Repair:
    """What was found, and what was done about it."""

    path: Path
    entries: int
    """How many entries can be read."""
    cut_bytes: int = 0
    """What was cut: the bytes of a torn line, inflated."""
    torn_frame: bool = False
    """The compression was cut off."""
    unended: bool = False
    """The last line is whole but for its line break."""
    bad_lines: int = 0
    """Lines before the last that are no entries; they are left where they are."""
    written: Path | None = None
    kept: Path | None = None
    """Where the file is now as it was."""

    @property
    def needed(self) -> bool:
        """Whether there is anything to mend."""
        return bool(self.cut_bytes or self.torn_frame or self.unended)


@dataclass(frozen=True, slots=True)
class _Survey:
    repair: Repair
    keep_bytes: int
    """How much of the plain text is kept."""
    compressed: bool


def repair(path: Path, out: Path | None = None) -> Repair:
    """Mend a recording where it stands, keeping the old file as `.bak`, or write it mended to `out`.

    Raises:
        RecordingError: If it cannot be read or written, is no recording, or is growing.
    """
    files.open_recording(path)
    try:
        before = path.stat()
        survey = _survey(path)
        if out is None and not survey.repair.needed:
            return survey.repair
        target = out or path
        mended = _mended(survey, target)
        after = path.stat()
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            mended.unlink()
            raise RecordingError(f"{path}: it is still being written; stop that first")
        kept = None if out is not None else _keep(path)
        mended.replace(target)
    except OSError as error:
        place = f"{out}: cannot be written" if out is not None else f"{path}: cannot be mended where it is"
        hint = "" if out is not None else "; --output FILE writes it elsewhere"
        raise RecordingError(f"{place}: {error.strerror or error}{hint}") from error
    found = survey.repair
    return Repair(path, found.entries, found.cut_bytes, found.torn_frame, found.unended, found.bad_lines, target, kept)


def _survey(path: Path) -> _Survey:
    entries, bad, size, torn = 0, 0, 0, 0
    number, inside = 0, False
    with files.open_bytes(path) as stream:
        while line := stream.readline(jsonl.MAX_LINE_BYTES):
            size += len(line)
            first, inside = not inside, not line.endswith(b"\n")
            if not first:  # the rest of a line that is too long
                continue
            number += 1
            if number == 1:
                continue
            try:
                jsonl.parse(line, number)
                entries += 1
            except NotAnEntry:
                if jsonl.part_end(line) is not None:
                    continue
                torn = len(line) if inside and len(line) < jsonl.MAX_LINE_BYTES else 0
                bad += not torn
        damaged = bool(files.damage(stream))
        compressed = isinstance(getattr(stream, "raw", None), zst.InflatedFile)
    repair = Repair(path, entries, torn, damaged, inside and not torn, bad)
    return _Survey(repair, size - torn, compressed)


def _mended(survey: _Survey, target: Path) -> Path:
    """Write the mended file beside the target and return its path."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    mended = Path(name)
    try:
        with os.fdopen(handle, "wb") as plain, files.open_bytes(survey.repair.path) as source:
            if survey.compressed:
                with zst.compress(plain) as stream:
                    _copy(source, stream, survey)
            else:
                _copy(source, plain, survey)
            plain.flush()
            os.fsync(plain.fileno())
        shutil.copymode(survey.repair.path, mended)
    except BaseException:  # an interrupted copy must not stay behind either
        with suppress(OSError):
            mended.unlink()
        raise
    return mended


def _copy(source: IO[bytes], target: IO[bytes], survey: _Survey) -> None:
    rest = survey.keep_bytes
    while rest and (block := source.read(min(rest, 1 << 20))):
        target.write(block)
        rest -= len(block)
    if survey.repair.unended:
        target.write(b"\n")


def _keep(path: Path) -> Path:
    """Give the file a second name that it keeps, and return that name."""
    for number in range(1, 1000):
        kept = path.with_name(f"{path.name}.bak{number if number > 1 else ''}")
        try:
            os.link(path, kept)
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            shutil.copy2(path, kept)
        return kept
    raise RecordingError(f"{path}: there are a thousand backups of it; remove some")
