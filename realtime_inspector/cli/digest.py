"""`digest`: a session in few words, for a language model or somebody in a hurry."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from realtime_inspector.cli import linting, reading
from realtime_inspector.formats import digest, sessions_of
from realtime_inspector.formats.reading import Readable

_HELP = """Say what a language model should know of a recording, or of a folder.

\b
  realtime-inspector digest              the newest of ./recordings
  realtime-inspector digest call.jsonl --max-tokens 800
  realtime-inspector digest recordings --format json

Why it did not answer comes first, then findings with cause and fix, the
configuration in force and what was refused, and who said what. Each statement
begins with its entry and its line, such as [41:42]. It never takes more tokens
than asked for, a token counted as three bytes; what is worth least is left
out, and how much that is stands beside the command that shows it. Secrets and
audio are never in it.
"""


@click.command("digest", help=_HELP)
@click.option("--max-tokens", type=click.IntRange(min=digest.MIN_TOKENS), default=4000, show_default=True, metavar="N",
              help="what it may take, counted as three bytes each")  # fmt: skip
@click.option("--format", "format_name", type=click.Choice(digest.FORMATS), default="text", show_default=True,
              help="how to write it")  # fmt: skip
@reading.file_argument
def command(path: Path | None, folder: Path, max_tokens: int, format_name: str) -> None:
    """Write the digest of a recording, of a log's sessions, or of a folder."""
    path, policy = reading.chosen(path, folder), linting.project()
    opened = [reading.one(path)] if not path.is_dir() else list(reading.each(reading.find([path], path)))
    recordings: list[Readable] = [session for readable in opened for session in sessions_of(readable)]
    text = digest.write(
        recordings, path, max_tokens, format_name, lambda recording: policy.linter(recording.path, recording.header)
    )
    sys.stdout.write(text)
    for recording in opened:
        reading.tell_problems(recording)
