"""`lint`: what is wrong in recordings, why, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.analysis.rules.cst.over_budget import OverBudget
from realtime_inspector.cli import (
    accepted,
    budgeting,
    diagnostics,
    findings_ci,
    findings_json,
    findings_statistics,
    findings_text,
    linting,
    output,
    parallel,
    pricing,
    reading,
)
from realtime_inspector.cli.accepted import Acceptance
from realtime_inspector.cli.budgeting import Budget
from realtime_inspector.cli.findings import Linted
from realtime_inspector.errors import UsageError

if TYPE_CHECKING:
    from realtime_inspector.analysis.baseline import Baseline


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

\b
  realtime-inspector lint                          the folder ./recordings
  realtime-inspector lint call.jsonl               one recording
  realtime-inspector lint --select TOOL,RSP .      two groups of rules
  realtime-inspector lint --ignore OUT005 .        all but one rule
  realtime-inspector lint --threshold RSP003.wait_s=8 call.jsonl
  realtime-inspector lint --format json . | jq .summary

PATH is a recording, a folder of them, or - for standard input.
"""
_EPILOG = """Exit code 1 if there is an error or a warning (see --fail-on), 2 if a rule
of your own is broken, or a suppression or a baseline is out of date, 4 if no
recording could be read, 0 otherwise. `realtime-inspector explain RULE` is a
rule's page. In a GitHub workflow the findings are shown beside the lines too,
unless a format is asked for. What a project wants of the rules stands in its
configuration: docs/configuration.md.
"""


@click.command("lint", help=_HELP, epilog=_EPILOG)
@click.option("--format", "format_name", type=click.Choice(list(FORMATS)), help="how to write it [default: text]")
@linting.options
@click.option("--acoustic", is_flag=True, help="listen to the audio too: takes about a second per minute of it")
@budgeting.option
@pricing.option
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    help="the least that makes the exit code 1, as --budget findings= does [default: warning]",
)
@click.option("--exit-zero", is_flag=True, help="exit with 0 whatever is found")
@accepted.options
@click.option("--statistics", is_flag=True, help="only say how often each rule found something")
@parallel.option
@reading.paths_argument
@click.pass_context
def command(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    folder: Path,
    format_name: str | None,
    acoustic: bool,
    budgets: tuple[Budget, ...],
    prices: Path | None,
    fail_on: str | None,
    exit_zero: bool,
    baseline: Path | None,
    write_baseline: bool,
    prune: bool,
    suppress: str | None,
    reason: str | None,
    statistics: bool,
    jobs: int | None,
    **_: object,
) -> None:
    """Run the rules over recordings; the options that are left over are those of `linting`."""
    if statistics and format_name not in {None, "text", "json"}:
        raise UsageError(f"--statistics goes with --format text or json, not {format_name}")
    budget = budgeting.settings(budgets)
    known = [OverBudget(pricing.table(prices)) if rule.id == OverBudget.id else rule for rule in all_rules()]
    policy = linting.policy(ctx, known=known, acoustic=acoustic, thresholds={OverBudget.id: budget} if budget else {})
    found = reading.find(paths, folder)
    wanted = accepted.asked(suppress, reason, policy.rules, found)
    acceptance = Acceptance(policy.rules, _baseline(baseline, write_baseline), wanted)
    linted = _write(_read(found, policy, acceptance, jobs), [] if statistics else _formats(format_name))
    if not linted:
        raise reading.nothing_in(paths or (folder,))
    acceptance.settle()
    if statistics:
        findings_statistics.write(linted, as_json=format_name == "json")
    if write_baseline:
        _write_baseline(acceptance, linted)
        return
    stale = _tell_troubles(linted) | _tell_stale(acceptance, prune)
    if stale:
        ctx.exit(UsageError.exit_code)
    over = bool(budget) and _found(linted, OverBudget.id)
    if not exit_zero and (over or _failed(linted, budgeting.least(budgets, fail_on))):
        ctx.exit(1)


def _formats(asked: str | None) -> list[Format]:
    usual = ["text", "github"] if os.environ.get("GITHUB_ACTIONS") == "true" else ["text"]
    return [FORMATS[name]() for name in ([asked] if asked is not None else usual)]


def _write(recordings: Iterable[Linted], formats: Sequence[Format]) -> list[Linted]:
    """Write recordings in the first format as they are read, then in the others."""
    linted = []
    for one in recordings:
        linted.append(one)
        for form in formats[:1]:
            output.write_lines(form.recording(one))
    for place, form in enumerate(formats if linted else ()):
        if place:
            output.write_lines(line for one in linted for line in form.recording(one))
        output.write_lines(form.summary(linted))
    return linted


def _baseline(path: Path | None, write: bool) -> Baseline | None:
    if path is None:
        if write:
            raise UsageError("--write-baseline goes with --baseline FILE: say where")
        return None
    from realtime_inspector.analysis.baseline import Baseline

    return Baseline(path) if write and not path.exists() else Baseline.read(path)


def _read(paths: Sequence[Path], policy: Policy, acceptance: Acceptance, jobs: int | None) -> Iterator[Linted]:
    for linted, recording in parallel.each(paths, policy, jobs):
        yield acceptance.take(linted)
        reading.tell_problems(recording)


def _write_baseline(acceptance: Acceptance, linted: Sequence[Linted]) -> None:
    if acceptance.baseline is not None:
        number = acceptance.baseline.write()
        recordings = f"{len(linted)} {'recording' if len(linted) == 1 else 'recordings'}"
        known = f"{number} {'finding' if number == 1 else 'findings'}"
        diagnostics.say(f"{acceptance.baseline.path}: {known} of {recordings}; only what is new is told from here on")


def _tell_troubles(linted: Sequence[Linted]) -> bool:
    """Tell what rules of the user's own raised, each once, and whether one did."""
    troubles = {line.partition(" at entry ")[0]: (one.path, line) for one in reversed(linted) for line in one.troubles}
    for path, line in reversed(troubles.values()):
        diagnostics.warn(f"{line} of {path}")
    return bool(troubles)


def _tell_stale(acceptance: Acceptance, prune: bool) -> bool:
    """Tell what is accepted and not found any more, or take it out; tell whether something is wrong."""
    stale = acceptance.stale()
    if prune:
        acceptance.prune()
        diagnostics.say(f"{len(stale)} taken out of what is accepted")
        return False
    for line in stale:
        diagnostics.warn(line)
    return bool(stale)


def _failed(linted: Sequence[Linted], least: Severity) -> bool:
    return any(finding.severity.rank <= least.rank for one in linted for finding in one.findings)


def _found(linted: Sequence[Linted], rule_id: str) -> bool:
    return any(finding.rule == rule_id for one in linted for finding in one.findings)
