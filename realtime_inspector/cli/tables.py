"""`export --to parquet`: where the tables of recordings go."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from realtime_inspector.cli import diagnostics, linting, reading
from realtime_inspector.errors import UsageError
from realtime_inspector.formats import sessions_of
from realtime_inspector.recording.whole_file import replacing
from realtime_inspector.tui import text

NAME = "parquet"
ABOUT = "tables for DuckDB and pandas, of one recording or many"
SUFFIX = ".parquet"


def write(paths: Sequence[Path], out: Path | None, *, findings: bool) -> None:
    """Write the tables of recordings into a folder, or the events alone into a file.

    Raises:
        UsageError: If it is not said where, or that cannot be written.
        RecordingError: If none of the recordings can be read.
    """
    from realtime_inspector.formats import parquet

    if out is None or out == Path("-"):
        raise UsageError(f"{NAME} is several tables: name a folder with -o, or a file ({SUFFIX}) for the events alone")
    single = out.suffix == SUFFIX and not out.is_dir()
    places = {"events": out} if single else {name: out / f"{name}{SUFFIX}" for name in parquet.TABLES}
    opened = [session for each in reading.each(reading.find(paths, Path())) for session in sessions_of(each)]
    if not opened:
        raise reading.nothing_in(paths)
    try:
        places["events"].parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            sinks = {name: stack.enter_context(replacing(place)) for name, place in places.items()}
            policy = linting.project()
            number = parquet.write(opened, sinks, findings=findings, policy=policy)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror or error}") from error
    for recording in opened:
        reading.tell_problems(recording, most=1)
    diagnostics.say(f"{text.count(number, 'recording')}: written to {out} as {NAME}")
