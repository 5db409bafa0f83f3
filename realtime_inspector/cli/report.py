"""`report`: a call as one page, for a bug report or a CI artifact."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from realtime_inspector.cli import diagnostics, linting, output, reading
from realtime_inspector.cli.export import write_file
from realtime_inspector.errors import UsageError
from realtime_inspector.formats.html import page

_HELP = """Write a call as one page that needs nothing else, for a bug report.

\b
  realtime-inspector report              the newest of ./recordings
  realtime-inspector report talk.jsonl
  realtime-inspector report talk.jsonl -o report.html --no-audio

On it: what is wrong, with cause and fix; who said what, and how much of it was
heard; the timeline to listen to; the turns as waterfalls; and the events behind
a fold.

The page loads nothing and sends nothing. Keys and tokens are taken out; what
was said is in it, and the sound unless --no-audio is given. The path of the
page is printed.
"""
_MEGABYTE = 1_000_000


@click.command("report", help=_HELP)
@click.option("-o", "--output", "out", type=click.Path(path_type=Path),
              help="the page, - for standard output [default: FILE.html]")  # fmt: skip
@click.option("--audio/--no-audio", default=True, show_default=True,
              help="put the sound in, so that the call can be played")  # fmt: skip
@click.option("--max-audio", type=click.IntRange(1, 200), default=24, show_default=True, metavar="MB",
              help="a longer call gets a coarser sound, and then its beginning")  # fmt: skip
@click.option("--events/--no-events", default=True, show_default=True, help="put the events in, behind a fold")
@click.option("--title", default="", help="the heading of the page [default: the file's name]")
@reading.file_argument
def command(
    path: Path | None, folder: Path, out: Path | None, audio: bool, max_audio: int, events: bool, title: str
) -> None:
    """Write the page of one recording."""
    path = reading.chosen(path, folder)
    recording = reading.one(path)
    policy = linting.project()
    blocks = page.write(
        recording, audio=audio, with_events=events, title=title, most_bytes=max_audio * _MEGABYTE, policy=policy
    )
    if out == Path("-"):
        if output.is_terminal():
            raise UsageError(f"a page is not for a terminal: name a file, such as -o {path.stem}.html")
        sys.stdout.buffer.writelines(blocks)
    else:
        target = out or Path(f"{path.name.partition('.')[0] or 'report'}.html")
        write_file(target, blocks, path)
        output.write(str(target))
    reading.tell_problems(recording)
    if recording.header.tags.get("times") == "unknown":
        diagnostics.say("no times in it: the timeline and the turns show nothing")
