"""`export`: a recording in another format."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click

from realtime_inspector.cli import diagnostics, output, reading
from realtime_inspector.errors import UsageError
from realtime_inspector.formats import exports

_HELP = """Write a recording in another format, on the standard output or to a file.

\b
  realtime-inspector export call.jsonl --to markdown > call.md
  realtime-inspector export talk.jsonl --to wav -o talk.wav
  realtime-inspector export talk.jsonl --to vtt --side assistant
  realtime-inspector export call.jsonl --to har -o call.har

\b
{formats}
"""


def _help() -> str:
    return _HELP.format(formats="\n".join(f"{name:12}{each.about}" for name, each in exports.FORMATS.items()))


@click.command("export", help=_help())
@click.option("--to", "format_name", type=click.Choice(list(exports.FORMATS)), required=True, metavar="FORMAT",
              help="one of those above")  # fmt: skip
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), help="the file [default: standard output]")
@click.option("--side", type=click.Choice(exports.SIDES), default="both", show_default=True,
              help="whose voice (sound, captions)")  # fmt: skip
@click.option("--turn", type=click.IntRange(1), help="one turn only (sound, captions)")
@click.option("--heard/--generated", default=False, show_default="generated",
              help="only what the user heard, or everything that was sent (sound)")  # fmt: skip
@click.option("--findings/--no-findings", default=True, show_default=True, help="what is wrong too (markdown, csv)")
@click.option("--audio/--no-audio", default=True, show_default=True, help="the sound too (html)")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def command(
    path: Path,
    format_name: str,
    out: Path | None,
    side: str,
    turn: int | None,
    heard: bool,
    findings: bool,
    audio: bool,
) -> None:
    """Write one recording in another format."""
    recording = reading.one(path)
    wanted = exports.Wanted(findings=findings, side=side, turn=turn, heard=heard, audio=audio)
    blocks = exports.write(recording, format_name, wanted)
    if out is None or out == Path("-"):
        if exports.FORMATS[format_name].binary and output.is_terminal():
            suffix = exports.FORMATS[format_name].suffix
            raise UsageError(f"{format_name} is not text: name a file, such as -o {path.stem}{suffix}")
        sys.stdout.buffer.writelines(blocks)
    else:
        write_file(out, blocks, path)
        diagnostics.say(f"{path}: written to {out} as {format_name}")
    reading.tell_problems(recording)


def write_file(out: Path, blocks: Iterable[bytes], source: Path) -> None:
    """Write a file that holds what a recording says, for its owner only; it appears when it is whole.

    Raises:
        UsageError: If it is the file that is read, or cannot be written.
    """
    if out.exists() and source.exists() and out.samefile(source):
        raise UsageError(f"{out}: the output would overwrite what it is made of")
    growing = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        with open(growing, "wb", opener=_private) as stream:
            stream.writelines(blocks)
        growing.replace(out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            growing.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
