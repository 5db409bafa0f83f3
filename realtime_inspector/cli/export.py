"""`export`: a recording in another format."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import click

from realtime_inspector.cli import diagnostics, linting, output, reading, tables, tracing
from realtime_inspector.errors import UsageError
from realtime_inspector.formats import exports
from realtime_inspector.recording.whole_file import replacing

_HELP = """Write a recording in another format, on the standard output or to a file.

\b
  realtime-inspector export call.jsonl --to markdown > call.md
  realtime-inspector export talk.jsonl --to wav -o talk.wav
  realtime-inspector export talk.jsonl --to vtt --side assistant
  realtime-inspector export call.jsonl --to har -o call.har
  realtime-inspector export recordings --to parquet -o tables
  realtime-inspector export call.jsonl --to otlp

\b
{formats}

Traces go to a collector instead: to --endpoint, or where the variables
OTEL_EXPORTER_OTLP_* say; with -o into a file (OTLP in JSON). What was said
stays here unless --content is given.
"""


def _help() -> str:
    about = {name: each.about for name, each in exports.FORMATS.items()}
    about |= {tables.NAME: tables.ABOUT, tracing.NAME: tracing.ABOUT}
    return _HELP.format(formats="\n".join(f"{name:12}{what}" for name, what in about.items()))


@click.command("export", help=_help())
@click.option("--to", "format_name", type=click.Choice([*exports.FORMATS, tables.NAME, tracing.NAME]), required=True,
              metavar="FORMAT", help="one of those above")  # fmt: skip
@click.option("-o", "--output", "out", type=click.Path(path_type=Path),
              help="the file, - for standard output (the default)")  # fmt: skip
@click.option("--side", type=click.Choice(exports.SIDES), default="both", show_default=True,
              help="whose voice (sound, captions)")  # fmt: skip
@click.option("--turn", type=click.IntRange(1), metavar="N", help="one turn only (sound, captions)")
@click.option("--heard/--generated", default=False,
              help="only what the user heard, or everything that was sent (sound)")  # fmt: skip
@click.option(
    "--findings/--no-findings", default=True, show_default=True, help="what is wrong too (markdown, csv, parquet, otlp)"
)
@click.option("--audio/--no-audio", default=True, show_default=True, help="the sound too (html)")
@click.option("--endpoint", metavar="URL", help="the collector (otlp) [default: http://localhost:4318]")
@click.option("--content", is_flag=True, help="what was said too: transcripts, instructions, tools' arguments (otlp)")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(
    paths: tuple[Path, ...],
    format_name: str,
    out: Path | None,
    side: str,
    turn: int | None,
    heard: bool,
    findings: bool,
    audio: bool,
    endpoint: str | None,
    content: bool,
) -> None:
    """Write one recording in another format."""
    wanted = exports.Wanted(findings=findings, side=side, turn=turn, heard=heard, audio=audio)
    if format_name != tracing.NAME and (endpoint is not None or content):
        raise UsageError(f"{format_name} takes no --{'content' if content else 'endpoint'}; {tracing.NAME} does")
    if format_name == tables.NAME:
        _refuse_others(wanted, format_name)
        tables.write(paths, out, findings=findings)
        return
    if len(paths) > 1:
        raise UsageError(f"{format_name} takes one recording; {tables.NAME} takes several")
    (path,) = paths
    if format_name == tracing.NAME:
        _refuse_others(wanted, format_name)
        _trace(path, out, endpoint, findings=findings, content=content)
        return
    recording = reading.one(path)
    if findings and exports.FORMATS[format_name].judges:
        wanted = replace(wanted, policy=linting.project())
    _put(exports.write(recording, format_name, wanted), format_name, out, path)
    reading.tell_problems(recording)


def _trace(path: Path, out: Path | None, endpoint: str | None, *, findings: bool, content: bool) -> None:
    """Send the spans of a recording to a collector, or write them to a file."""
    if out is not None and endpoint is not None:
        raise UsageError("--endpoint sends the spans, --output writes them; leave one of them out")
    recording = reading.one(path)
    if out is None:
        tracing.send(recording, endpoint, with_findings=findings, with_content=content)
    else:
        blocks = tracing.written(recording, with_findings=findings, with_content=content)
        _put(blocks, tracing.NAME, out, path)
    reading.tell_problems(recording)


def _put(blocks: Iterable[bytes], format_name: str, out: Path | None, path: Path) -> None:
    """Write what was made of a recording to a file, or to the standard output.

    Raises:
        UsageError: If it is not text and would go to a terminal, or the file cannot be written.
    """
    if out is None or out == Path("-"):
        if format_name in exports.FORMATS and exports.FORMATS[format_name].binary and output.is_terminal():
            suffix = exports.FORMATS[format_name].suffix
            raise UsageError(f"{format_name} is not text: name a file, such as -o {path.stem}{suffix}")
        sys.stdout.buffer.writelines(blocks)
    else:
        write_file(out, blocks, path)
        diagnostics.say(f"{path}: written to {out} as {format_name}")


def _refuse_others(wanted: exports.Wanted, name: str) -> None:
    """Refuse options that mean nothing to a format that takes --findings alone.

    Raises:
        UsageError: If there is one.
    """
    for option, given in asdict(wanted).items():
        if option not in {"findings", "policy"} and given != getattr(exports.Wanted(), option):
            raise UsageError(f"{name} takes no --{option}")


def write_file(out: Path, blocks: Iterable[bytes], source: Path) -> None:
    """Write a file that holds what a recording says, for its owner only; it appears when it is whole.

    Raises:
        UsageError: If it is the file that is read, or cannot be written.
    """
    if out.exists() and source.exists() and out.samefile(source):
        raise UsageError(f"{out}: the output would overwrite what it is made of")
    try:
        with replacing(out) as stream:
            stream.writelines(blocks)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror or error}") from error
