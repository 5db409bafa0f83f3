"""`concat`: recordings put together to one."""

from __future__ import annotations

from pathlib import Path

import click

from realtime_inspector.cli import diagnostics, recording_out
from realtime_inspector.errors import UsageError
from realtime_inspector.replay import concat

_HELP = """Put recordings together to one: a recording that replays by itself.

\b
  realtime-inspector concat one.jsonl call.jsonl -o both.jsonl

Pieces that `cut` made of one recording go back to their places, whatever the
order in which they are named. Others follow each other on one connection: ids
that two of them share are told apart, and a note says where each begins. The
path of the whole is printed.
"""


@click.command("concat", help=_HELP)
@click.argument("files", metavar="FILE FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", "out", type=click.Path(path_type=Path, dir_okay=False),
              help="the whole, - for standard output [default: FIRST.joined.jsonl]")  # fmt: skip
def command(files: tuple[Path, ...], out: Path | None) -> None:
    """Put recordings together to one."""
    if len(files) < 2:
        raise UsageError("name two recordings or more; there is nothing to put together")
    sources = []
    for file in files:
        recording, entries = recording_out.whole(file)
        sources.append(concat.Source(recording.header, entries, str(file)))
    whole = concat.concat(sources, recording_out.new_id())
    target = out if out is not None else recording_out.beside(files[0], "joined")
    for file in files:
        if target.exists() and file.exists() and target.samefile(file):
            raise UsageError(f"{target}: the output would overwrite what it is made of")
    recording_out.deliver(target, whole.header, whole.entries, files[0])
    diagnostics.say(whole.said)
