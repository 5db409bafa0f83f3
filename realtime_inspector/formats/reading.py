"""One door for everything that can be read, told by content: a recording, another tool's file, a log with events in it.

None has secrets when it comes through: a recording was written without, of the others they are taken out here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

from realtime_inspector.errors import RecordingError
from realtime_inspector.formats import foreign, log_times, pasted
from realtime_inspector.formats.imported import Imported, Several, one_or_several, redacted
from realtime_inspector.recording import files, zst
from realtime_inspector.recording.cleaned import Cleaned
from realtime_inspector.recording.readable import Readable as Readable
from realtime_inspector.recording.redact import Redactor

STANDARD_INPUT = Path("-")

_HEAD_BYTES = 64
_HEADS = (b'{"recording":', zst.MAGIC)


def clean(recording: Readable) -> Cleaned:
    """Return a recording without what looks like a secret, or is one of this environment's."""
    if isinstance(recording, Cleaned):
        return recording
    redactor = Redactor.from_environment(os.environ)
    return Cleaned(recording.path, redactor.header(recording.header), recording, redactor)


def read_any(path: Path) -> Readable:
    """Open a recording, another tool's file or a log; `-` is standard input.

    Raises:
        RecordingError: If it cannot be read, or holds none of them.
    """
    try:
        if path == STANDARD_INPUT:
            return _streamed(sys.stdin.buffer, path)
        if not path.is_file():
            with path.open("rb") as stream:
                return _streamed(stream, path)
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        if not head or _is_recording(head):
            return files.open_recording(path)
        sessions = foreign.open_file(path)
        if sessions is not None:
            return _without_secrets(sessions, path)
        return _log(path.read_bytes(), path, path.stat().st_mtime)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from error


def _streamed(stream: IO[bytes], path: Path) -> Readable:
    """Read what comes once; what may be larger than memory goes by a file."""
    begun = stream.read(foreign.HEAD_BYTES)
    sessions = foreign.open_stream(stream, begun, path)
    if sessions is not None:
        return _without_secrets(sessions, path)
    return read_content(begun + stream.read(pasted.MAX_BYTES + 1 - len(begun)), path)


def read_each(path: Path) -> list[Readable]:
    """Open a recording, or each of the sessions in another tool's file or a log; `-` is standard input.

    Raises:
        RecordingError: If it cannot be read, or holds none of them.
    """
    return sessions_of(read_any(path))


def sessions_of(readable: Readable) -> list[Readable]:
    """Return each of the sessions in what was opened; a recording is one."""
    if isinstance(readable, Several):
        return [*readable.sessions]
    return [*pasted.sessions(readable)] if isinstance(readable, pasted.Log) else [readable]


def read_content(content: bytes, path: Path, started_s: float = 0.0) -> Readable:
    """Open what stands in memory; `path` names it, `started_s` (since 1970) dates a log without times.

    Raises:
        RecordingError: If it holds no recording, no log, and nothing of another tool.
    """
    if not content or _is_recording(content[:_HEAD_BYTES]):
        return files.open_recording(path, content)
    return _log(content, path, started_s)


def _log(content: bytes, path: Path, started_s: float) -> Readable:
    """Read another tool's file, or a log, without the secrets in it: what is said of it goes into reports."""
    sessions = foreign.read(content, path)
    if sessions is not None:
        return _without_secrets(sessions, path)
    log = pasted.read(content, path, log_times.iso(started_s))
    redactor = Redactor.from_environment(os.environ)
    log.entries = [redactor.entry(entry) for entry in log.entries]
    return log


def _without_secrets(sessions: list[Imported], path: Path) -> Readable:
    redactor = Redactor.from_environment(os.environ)
    return one_or_several(path, [redacted(session, redactor) for session in sessions])


def _is_recording(head: bytes) -> bool:
    return head.replace(b" ", b"").startswith(_HEADS[0]) or head.startswith(_HEADS[1])
