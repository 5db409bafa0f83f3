"""`ls`: recordings with their figures, one a line."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from realtime_inspector.analysis.cost import Bill
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import events
from realtime_inspector.analysis.summary import Summary, summarise
from realtime_inspector.cli import diagnostics, linting, output, reading
from realtime_inspector.formats import Readable
from realtime_inspector.recording.entry import CUT_OFF
from realtime_inspector.recording.parts import all_of
from realtime_inspector.tui import text

LIVE_S = 10.0
"""A recording without an end that grew so recently is still being written."""

_LETTERS = {Severity.ERROR: "E", Severity.WARNING: "W", Severity.INFO: "i"}
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_HEADING = ("START", "LENGTH", "MODEL", "TURNS", "FINDINGS", "1ST AUDIO", "COST", "END", "FILE")
_FINDINGS = _HEADING.index("FINDINGS")

_HELP = """List recordings with their figures.

\b
  realtime-inspector ls                  the folder ./recordings
  realtime-inspector ls calls/ one.jsonl
  realtime-inspector ls --json | jq -r '.[] | select(.turns > 9).path'

FINDINGS counts errors (E), warnings (W) and information (i). 1ST AUDIO is the
median time from response.created to the first audio. COST goes by public
prices (`stats` has its parts); with + a part of it has none, and ? is unknown.
"""


@click.command("ls", help=_HELP)
@click.option("--format", "format_name", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="how to write it")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="the same as --format json: a list of objects")
@reading.paths_argument
def command(paths: tuple[Path, ...], folder: Path, format_name: str, as_json: bool) -> None:
    """List recordings."""
    found = reading.find(paths, folder)
    if not found:
        diagnostics.say(f"no recordings in {folder if not paths else ', '.join(map(str, paths))}")
    listed, policy = [], linting.project()
    for recording in reading.each(found):
        listed.append((recording, summarise(events(recording), policy.linter(recording.path, recording.header))))
        reading.tell_problems(recording, most=1)
    if as_json or format_name == "json":
        output.write_json([members(recording, summary) for recording, summary in listed])
    elif listed:
        output.write_lines(_table(listed))


def members(recording: Readable, summary: Summary) -> dict[str, Any]:
    """Return one recording's figures for other programs."""
    return {
        "path": str(recording.path),
        "id": recording.header.id,
        "started": recording.header.started,
        "length_s": round(summary.length_s, 6),
        "model": summary.model,
        "dialect": summary.dialect,
        "dialect_reason": summary.dialect_sign,
        "session": summary.session_id,
        "events": summary.events,
        "turns": summary.turns,
        "interruptions": summary.interruptions,
        "calls": summary.calls,
        "findings": {severity.value: number for severity, number in summary.findings.items()},
        "median_ttfa_ms": summary.median_ttfa_ms,
        "tokens": {"input": summary.tokens.input, "output": summary.tokens.output},
        "cost_usd": None if summary.cost.total is None else round(summary.cost.total, 6),
        "ended": summary.ended,
    }


def _table(listed: Sequence[tuple[Readable, Summary]]) -> list[str]:
    rows = [_HEADING, *(_cells(recording, summary) for recording, summary in listed)]
    lines = output.table(rows, right=(1, 3, 5, 6))
    ink = output.Ink(on=output.wants_colour())
    painted = [ink(lines[0], "bold")]
    for line, row, (_, summary) in zip(lines[1:], rows[1:], listed, strict=True):
        worst = next((severity for severity in Severity if summary.findings.get(severity)), None)
        colour = (_COLOURS[worst],) if worst is not None else ()
        painted.append(line.replace(row[_FINDINGS], ink(row[_FINDINGS], *colour), 1) if colour else line)
    return painted


def _cells(recording: Readable, summary: Summary) -> tuple[str, ...]:
    waited = summary.median_ttfa_ms
    return (
        _start(recording.header.started),
        text.length(summary.length_s),
        text.pad(text.safe(summary.model), min(22, len(summary.model))) or "-",
        str(summary.turns),
        _findings(summary),
        "-" if waited is None else text.ms(waited),
        _cost(summary.cost),
        _end(recording.path, summary),
        text.safe(str(recording.path)),
    )


def _start(started: str) -> str:
    """Return the start in this machine's time, to the minute."""
    try:
        return datetime.fromisoformat(started).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return text.safe(started[:16]) or "-"


def _findings(summary: Summary) -> str:
    counts = [
        f"{summary.findings[severity]}{_LETTERS[severity]}" for severity in Severity if summary.findings[severity]
    ]
    return " ".join(counts) or "-"


def _cost(bill: Bill) -> str:
    if not bill.priced and not bill.unpriced:
        return "-"
    return f"${bill.usd:.4f}{'+' if bill.unpriced else ''}" if bill.priced else "?"


def _end(path: Path, summary: Summary) -> str:
    if summary.ended != CUT_OFF:
        return text.safe(summary.ended)
    try:
        grown_s = time.time() - all_of(path)[-1].stat().st_mtime
    except OSError:
        return CUT_OFF
    return "live" if grown_s < LIVE_S else CUT_OFF
