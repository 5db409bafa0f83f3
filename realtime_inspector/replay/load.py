"""Scripts from recordings on disk: a file is one connection, a folder several in the order of their names."""

from __future__ import annotations

from pathlib import Path

from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.recording import files
from realtime_inspector.recording.readable import Readable
from realtime_inspector.replay.causes import build
from realtime_inspector.replay.script import Script
from realtime_inspector.replay.silence import fill

_ALL_OF_IT = "a replay needs all of it: mend it there (entries are numbered 1, 2, 3 …), or record it anew"


def load(path: Path) -> list[Script]:
    """Return the scripts of a recording, or of all recordings in a folder.

    Raises:
        UsageError: If there is nothing of that name, or no recording in the folder.
        RecordingError: If a recording cannot be read.
    """
    if not path.exists():
        raise UsageError(f"{path}: no such recording; make one: `realtime-inspector run -- CMD`, or `proxy`")
    paths = files.find(path) if path.is_dir() else [path]
    if not paths:
        raise UsageError(f"{path}: no recording in this folder; they end in {' or '.join(files.SUFFIXES)}")
    return [script_of(files.open_recording(each)) for each in paths]


def script_of(recording: Readable) -> Script:
    """Return the script of what was opened.

    Raises:
        RecordingError: If it has a hole.
    """
    script = build(fill(recording), name=str(recording.path), header=recording.header)
    broken = next((problem for problem in recording.problems if not problem.torn), None)
    if broken is not None:  # a hole in the middle would be taken for something the client did not do
        raise RecordingError(f"{broken.message}; {_ALL_OF_IT}")
    return script
