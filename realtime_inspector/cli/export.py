"""`export`: a recording in another format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import click

from realtime_inspector.cli import diagnostics, output, reading
from realtime_inspector.errors import UsageError
from realtime_inspector.formats import Readable, markdown

Writer = Callable[[Readable, bool], Iterator[str]]
"""Takes a recording, and whether findings are wanted; yields lines."""

FORMATS: dict[str, Writer] = {
    "markdown": lambda recording, findings: markdown.write(recording, None if findings else ()),
}

_HELP = """Write a recording in another format, on the standard output or to a file.

\b
  realtime-inspector export call.jsonl --to markdown > call.md
  realtime-inspector export call.jsonl --to markdown --no-findings -o call.md
"""


@click.command("export", help=_HELP)
@click.option("--to", "format_name", type=click.Choice(list(FORMATS)), required=True, help="the format")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), help="the file [default: standard output]")
@click.option("--findings/--no-findings", default=True, show_default=True, help="say what is wrong, in its place")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def command(path: Path, format_name: str, out: Path | None, findings: bool) -> None:
    """Write one recording in another format."""
    recording = reading.one(path)
    lines = FORMATS[format_name](recording, findings)
    if out is None or out == Path("-"):
        output.write_lines(lines)
    else:
        write_file(out, (f"{line}\n".encode(errors="backslashreplace") for line in lines), path)
        diagnostics.say(f"{path}: written to {out} as {format_name}")
    reading.tell_problems(recording)


def write_file(out: Path, blocks: Iterator[bytes], source: Path) -> None:
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
