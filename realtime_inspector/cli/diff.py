"""`diff`: two sessions compared by meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from realtime_inspector.analysis.diff import Comparison, Options, compare
from realtime_inspector.analysis.differences.difference import Aspect
from realtime_inspector.analysis.differences.figures import Tolerance
from realtime_inspector.analysis.differences.told import Told, tell
from realtime_inspector.cli import ci, diff_text, output, pricing, reading
from realtime_inspector.cli.ci.checked import Suite
from realtime_inspector.errors import UsageError

FORMATS = ("text", "json", *ci.FORMATS)

_HELP = """Compare two sessions by meaning: settings, turns, words, tool calls, order.

\b
  realtime-inspector diff before.jsonl after.jsonl
  realtime-inspector diff before.jsonl after.jsonl --ignore text
  realtime-inspector diff before.jsonl after.jsonl --latency 20%,200ms
  realtime-inspector diff before.jsonl after.jsonl --format markdown
  realtime-inspector diff before.jsonl after.jsonl --format junit

Ids, audio, times and the order of keys are not compared. Waits and costs are
shown, and are a difference only with a tolerance: AFTER may be so much slower
or dearer. Exits 1 if there is a difference.
"""


@click.command("diff", help=_HELP)
@click.argument("a", metavar="BEFORE", type=click.Path(path_type=Path))
@click.argument("b", metavar="AFTER", type=click.Path(path_type=Path))
@click.option("--ignore", "ignored", multiple=True, metavar="ASPECT", help=f"do not compare: {', '.join(Aspect)}")
@click.option(
    "--ignore-path",
    "paths",
    multiple=True,
    metavar="PATH",
    help="a setting or a part of a call, such as session.instructions or get_weather.output",
)
@click.option("--latency", metavar="TOLERANCE", help="how much slower a turn may be: 20%, 200ms, or both: the larger")
@click.option("--cost", metavar="TOLERANCE", help="how much dearer the session may be: 5%, $0.01, or both")
@pricing.option
@click.option("--format", "format_name", type=click.Choice(FORMATS), default="text", show_default=True,
              help="how to write it")  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context,
    /,
    a: Path,
    b: Path,
    ignored: tuple[str, ...],
    paths: tuple[str, ...],
    latency: str | None,
    cost: str | None,
    prices: Path | None,
    format_name: str,
) -> None:
    """Compare two sessions by meaning."""
    options = Options(
        aspects(ignored),
        paths,
        tolerance("--latency", latency),
        tolerance("--cost", cost, money=True),
        pricing.table(prices),
    )
    found = compare(_told(a), _told(b), options)
    names = (str(a), str(b))
    if format_name == "json":
        output.write_json(members(found, names))
    elif format_name == "markdown":
        output.write_lines(diff_text.markdown(found, names))
    elif format_name == "text":
        write(found, names)
    else:
        output.write_lines(ci.writer(format_name)([suite(found, names, options)]))
    ctx.exit(0 if found.same else 1)


def write(found: Comparison, names: tuple[str, str]) -> None:
    """Write a comparison for people on the standard output."""
    output.write_lines(diff_text.text(found, names, output.Ink(on=output.wants_colour())))


def members(found: Comparison, names: tuple[str, str]) -> dict[str, Any]:
    """Return a comparison for programs."""
    told = found.to_json()
    told["a"]["path"], told["b"]["path"] = names
    return told


def suite(found: Comparison, names: tuple[str, str], options: Options | None = None) -> Suite:
    """Return a comparison for continuous integration."""
    from realtime_inspector.cli import diff_ci

    wanted = {difference.place.entry_b for difference in found.differences} - {None}
    entries = reading.one(Path(names[1])) if wanted and names[1] != "-" else ()
    lines = {entry.n: entry.line for entry in entries if entry.n in wanted and entry.line}
    return diff_ci.suite(found, names, _compared(options or Options()), lines)


def _compared(options: Options) -> frozenset[Aspect]:
    given = {Aspect.LATENCY: options.latency, Aspect.COST: options.cost}
    left = {aspect for aspect, tolerated in given.items() if tolerated is None}
    return frozenset(Aspect) - options.ignore - left


def aspects(names: tuple[str, ...]) -> frozenset[Aspect]:
    """Return aspects by their names; commas separate them too.

    Raises:
        UsageError: If there is none of that name.
    """
    words = [word.strip() for name in names for word in name.split(",")]
    unknown = next((word for word in words if word not in list(Aspect)), None)
    if unknown is not None:
        raise UsageError(f"--ignore {unknown!r} is no aspect; known are {', '.join(Aspect)}")
    return frozenset(map(Aspect, words))


def tolerance(option: str, text: str | None, *, money: bool = False) -> Tolerance | None:
    """Return what an option allows; None where it was not given.

    Raises:
        UsageError: If it is no tolerance.
    """
    try:
        return Tolerance.read(text, money=money) if text is not None else None
    except ValueError as error:
        raise UsageError(f"{option} {error}") from None


def _told(path: Path) -> Told:
    recording = reading.one(path)
    told = tell(recording, recording.header)
    reading.tell_problems(recording)
    return told
