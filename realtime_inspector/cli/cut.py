"""`cut`: a piece of a recording, as a recording."""

from __future__ import annotations

import re
from pathlib import Path

import click

from realtime_inspector.cli import diagnostics, recording_out
from realtime_inspector.errors import UsageError
from realtime_inspector.replay import cut

_TURNS = re.compile(r"(\d{1,6})(?:-(\d{0,6}))?")
_TIME = re.compile(r"(?:(\d+):)?(\d+(?:\.\d+)?)(ms|s|m)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}

_HELP = """Cut a piece out of a recording: a recording that replays by itself.

\b
  realtime-inspector cut call.jsonl --turns 1
  realtime-inspector cut call.jsonl --from 2s
  realtime-inspector cut call.jsonl --from 0.5s --to 1m30s -o piece.jsonl

What began in the span is kept as a whole, with the handshake and what sets
the session up; nothing that is left refers to what is not. The header and a
note say what was left out, and `concat` puts pieces together again. The path
of the piece is printed.
"""


@click.command("cut", help=_HELP)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--turns", metavar="N[-[M]]", help="turns, counted from 1: 2, 2-4, 3-")
@click.option("--from", "start", metavar="TIME", help="from this moment of the recording on: 12s, 1m30s, 1:30")
@click.option("--to", "end", metavar="TIME", help="up to this moment")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path, dir_okay=False),
              help="the piece, - for standard output [default: FILE.cut.jsonl]")  # fmt: skip
def command(file: Path, turns: str | None, start: str | None, end: str | None, out: Path | None) -> None:
    """Cut a piece out of a recording."""
    times = start is not None or end is not None
    if (turns is not None) is times:
        raise UsageError("name what to keep: either --turns 2-4, or --from 12s and --to 30s, or one of the two")
    recording, entries = recording_out.whole(file)
    try:
        if turns is not None:
            span = cut.by_turns(entries, *_numbers(turns))
        else:
            span = cut.by_time(entries, _seconds("--from", start), _seconds("--to", end))
    except UsageError as error:
        raise UsageError(f"{file}: {error}") if not str(error).startswith("--") else error from None
    piece = cut.cut(entries, recording.header, span, recording_out.new_id())
    target = out if out is not None else recording_out.beside(file, "cut")
    recording_out.deliver(target, piece.header, piece.entries, file)
    diagnostics.say(piece.said)


def _numbers(turns: str) -> tuple[int, int]:
    found = _TURNS.fullmatch(turns.strip())
    if found is None:
        raise UsageError(f"--turns {turns!r} is none; write a number, or two: 2-4")
    last = found[2]
    return int(found[1]), int(found[1]) if last is None else int(last or 10**9)


def _seconds(option: str, time: str | None) -> float | None:
    """Return a moment in seconds: `12s`, `1m30s`, `1:30`, `90`."""
    if time is None:
        return None
    total, at, text = 0.0, 0, time.strip()
    while at < len(text):
        found = _TIME.match(text, at)
        if found is None:
            raise UsageError(f"{option} {time!r} is no time; write 12s, 1m30s or 1:30")
        total += float(found[1] or 0) * 60 + float(found[2]) * _SECONDS[found[3] or "s"]
        at = found.end()
    if not text:
        raise UsageError(f"{option} has no value; write 12s, 1m30s or 1:30")
    return total
