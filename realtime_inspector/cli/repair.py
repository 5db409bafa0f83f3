"""`repair`: a recording that was cut off, made whole."""

from __future__ import annotations

from pathlib import Path

import click

from realtime_inspector.cli import diagnostics, reading
from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.formats.reading import STANDARD_INPUT
from realtime_inspector.recording.parts import all_of
from realtime_inspector.recording.repair import Repair, repair

_HELP = """Cut the torn last line of a recording, as a crash or a full disk leaves it.

\b
  realtime-inspector repair call.jsonl             one recording
  realtime-inspector repair recordings             all of a folder
  realtime-inspector repair call.jsonl -o new.jsonl

The file is mended where it is, and kept as it was beside it, as FILE.bak. No
entry that can be read is lost. A recording without a torn line stays as it is.
"""


@click.command("repair", help=_HELP)
@click.option("-o", "--output", "out", type=click.Path(path_type=Path),
              help="write the mended one there, and leave the file as it is")  # fmt: skip
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(paths: tuple[Path, ...], out: Path | None) -> None:
    """Mend recordings."""
    if STANDARD_INPUT in paths and not STANDARD_INPUT.exists():
        raise UsageError("-: repair mends a file; save the standard input as one first")
    recordings = reading.find(paths, Path())
    if not recordings:
        raise reading.nothing_in(paths)
    if out == STANDARD_INPUT:
        raise UsageError("--output - is no file; name one, or leave --output away")
    if out is not None and len(recordings) != 1:
        raise UsageError(f"--output takes one recording, not {len(recordings)}")
    found = [part for path in recordings for part in all_of(path)]
    if out is not None and len(found) != 1:
        raise UsageError(f"--output takes one file, not the {len(found)} parts of {found[0]}; mend them where they are")
    refused = 0
    for path in found:
        try:
            diagnostics.say(_told(repair(path, out)))
        except RecordingError as error:
            if len(found) == 1:
                raise
            refused += 1
            diagnostics.warn(str(error))
    if refused:
        raise RecordingError(f"{refused} of {len(found)} files could not be mended")


def _told(done: Repair) -> str:
    """Say what was done to one recording."""
    facts = []
    if done.cut_bytes:
        facts.append(f"cut a torn last line of {done.cut_bytes} bytes")
    if done.torn_frame:
        facts.append("closed the torn compression")
    if done.unended:
        facts.append("ended the last line")
    if not facts:
        facts.append("nothing to mend")
    if done.bad_lines:
        lines = "line is no entry" if done.bad_lines == 1 else "lines are no entries"
        facts.append(f"{done.bad_lines} {lines} and left in place")
    noun = "entry" if done.entries == 1 else "entries"
    facts.append(f"{done.entries} {noun} can be read")
    if done.kept is not None:
        facts.append(f"the old file is {done.kept}")
    elif done.written is not None:
        facts.append(f"written to {done.written}")
    return f"{done.path}: {'; '.join(facts)}"
