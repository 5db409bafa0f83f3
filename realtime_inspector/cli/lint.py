"""`lint`: what is wrong in recordings, why, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import click

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.analysis.rules.cst.over_budget import OverBudget
from realtime_inspector.analysis.selection import select, usual
from realtime_inspector.cli import budgeting, findings_ci, findings_json, findings_text, output, pricing, reading
from realtime_inspector.cli.budgeting import Budget
from realtime_inspector.cli.findings import Linted, lint
from realtime_inspector.errors import UsageError


class Format(Protocol):
    """A way to write findings."""

    def recording(self, linted: Linted) -> Iterator[str]:
        """Yield the lines about one recording, as soon as it was read."""

    def summary(self, linted: Sequence[Linted]) -> Iterator[str]:
        """Yield the lines at the end."""


FORMATS: dict[str, Callable[[], Format]] = {
    "text": lambda: findings_text.Text(output.Ink(on=output.wants_colour()), output.width()),
    "concise": findings_text.Concise,
    "json": findings_json.Json,
    "jsonl": findings_json.JsonLines,
    "github": findings_ci.github,
    "gitlab": findings_ci.gitlab,
    "sarif": findings_ci.sarif,
    "junit": findings_ci.junit,
    "ctrf": findings_ci.ctrf,
    "markdown": findings_ci.markdown,
}

_HELP = """Say what is wrong in recordings, why it hurts, and how to mend it.

PATH is a recording, a folder of them, or - for the standard input.

\b
  realtime-inspector lint                          the folder ./recordings
  realtime-inspector lint call.jsonl               one recording
  realtime-inspector lint --select TOOL,RSP .      two groups of rules
  realtime-inspector lint --ignore OUT005 .        all but one rule
  realtime-inspector lint --format json . | jq .summary
"""
_EPILOG = """Exit code 1 if there is an error or a warning (see --fail-on), 4 if no
recording could be read, 0 otherwise. `realtime-inspector explain RULE` is a
rule's page. In a GitHub workflow the findings are shown beside the lines too,
unless a format is asked for.
"""


@click.command("lint", help=_HELP, epilog=_EPILOG)
@click.option("--format", "format_name", type=click.Choice(list(FORMATS)), help="how to write it [default: text]")
@click.option("--select", "chosen", multiple=True, metavar="RULE", help="ask these rules only: an id, a group, a name")
@click.option("--ignore", "ignored", multiple=True, metavar="RULE", help="do not ask these rules")
@click.option("--acoustic", is_flag=True, help="listen to the audio too: takes about a second per minute of it")
@budgeting.option
@pricing.option
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    help="the least that makes the exit code 1, as --budget findings= does [default: warning]",
)
@click.option("--exit-zero", is_flag=True, help="exit with 0 whatever is found")
@click.option("--statistics", is_flag=True, help="only say how often each rule found something")
@reading.paths_argument
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    folder: Path,
    format_name: str | None,
    chosen: tuple[str, ...],
    ignored: tuple[str, ...],
    acoustic: bool,
    budgets: tuple[Budget, ...],
    prices: Path | None,
    fail_on: str | None,
    exit_zero: bool,
    statistics: bool,
) -> None:
    """Run the rules over recordings."""
    if statistics and format_name not in {None, "text", "json"}:
        raise UsageError(f"--statistics goes with --format text or json, not {format_name}")
    limit = OverBudget(pricing.table(prices)).set_up(budgeting.settings(budgets))
    rules = [limit if rule.id == limit.id else rule for rule in _rules(chosen, ignored, acoustic)]
    formats = [] if statistics else [FORMATS[name]() for name in _formats(format_name)]
    linted = []
    for one in _read(reading.find(paths, folder), rules):
        linted.append(one)
        for form in formats[:1]:
            output.write_lines(form.recording(one))
    if not linted:
        raise UsageError(f"{' '.join(map(str, paths)) or folder}: no recordings in this folder")
    for form in formats[:1]:
        output.write_lines(form.summary(linted))
    for form in formats[1:]:
        output.write_lines(line for one in linted for line in form.recording(one))
        output.write_lines(form.summary(linted))
    if statistics:
        _write_statistics(linted, format_name)
    over = bool(budgeting.settings(budgets)) and _found(linted, limit)
    if not exit_zero and (over or _failed(linted, budgeting.least(budgets, fail_on))):
        ctx.exit(1)


def _formats(asked: str | None) -> list[str]:
    if asked is not None:
        return [asked]
    return ["text", "github"] if os.environ.get("GITHUB_ACTIONS") == "true" else ["text"]


def _rules(chosen: Sequence[str], ignored: Sequence[str], acoustic: bool) -> list[Rule]:
    try:
        rules = select(all_rules(), _words(chosen), _words(ignored))
        return usual(rules, _words(chosen), acoustic=acoustic)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _words(values: Sequence[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def _read(paths: Sequence[Path], rules: Sequence[Rule]) -> Iterator[Linted]:
    for recording in reading.each(paths):
        yield lint(recording, rules)
        reading.tell_problems(recording)


def _failed(linted: Sequence[Linted], least: Severity) -> bool:
    return any(finding.severity.rank <= least.rank for one in linted for finding in one.findings)


def _found(linted: Sequence[Linted], rule: Rule) -> bool:
    return any(finding.rule == rule.id for one in linted for finding in one.findings)


def _write_statistics(linted: Sequence[Linted], format_name: str | None) -> None:
    counted = findings_text.statistics(linted)
    if format_name == "json":
        rules = [
            {"rule": first.rule, "name": first.name, "severity": first.severity.value, "count": times}
            for times, first in counted
        ]
        output.write_json({"schema_version": findings_json.SCHEMA_VERSION, "statistics": rules})
    else:
        rows = [(str(times), first.rule, first.name, first.severity.value) for times, first in counted]
        output.write_lines(output.table(rows, right=(0,)) if rows else ["no findings"])
