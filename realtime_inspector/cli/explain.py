"""`explain`: what a rule means, why it matters, how to mend it, with an example."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import orjson

from realtime_inspector.analysis import catalogue, threshold
from realtime_inspector.analysis.dialect_rules import off_for
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.analysis.selection import select
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.cli import diagnostics, linting, output
from realtime_inspector.errors import UsageError
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import CUT_OFF

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}

_SPELLING = re.compile(r"^([A-Za-z]+)[-_ ]?(\d{1,3})$")
_SECTIONS = (("Why", "why"), ("Fix", "fix"), ("Limits", "limits"), ("Source", "source"))
_HELP = """Say what a rule means, why it matters and how to mend it, with an example.

RULE is an id, a name, or a group for all of its rules.

\b
  realtime-inspector explain TOOL003
  realtime-inspector explain missing-call-id
  realtime-inspector explain --all --format json | jq '.rules[].id'
"""


@click.command("explain", help=_HELP)
@click.option("--all", "everything", is_flag=True, help="every rule there is")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="how to write it",
)
@click.argument("rules", metavar="[RULE]...", nargs=-1)
def command(rules: tuple[str, ...], everything: bool, format_name: str) -> None:
    """Write the pages of the rules named."""
    if everything and rules:
        raise UsageError("--all goes without the name of a rule")
    if not everything and not rules:
        raise UsageError("name a rule, such as `realtime-inspector explain TOOL003`, or give --all")
    found = find(rules, _of_project())
    if format_name == "json":
        output.write_json({"schema_version": 1, "rules": [as_json(rule) for rule in found]})
    else:
        ink = output.Ink(on=output.wants_colour())
        output.write("\n\n".join("\n".join(as_text(rule, ink, output.width())) for rule in found))


def _of_project() -> Sequence[Rule]:
    """Return the rules as the project wants them, its own too; where it says something wrong, those of this tool."""
    try:
        return linting.project().every()
    except UsageError as error:
        diagnostics.warn(str(error))
        return all_rules()


def find(words: Sequence[str], rules: Sequence[Rule] | None = None) -> list[Rule]:
    """Return the rules that the words name, in the order of their ids; every rule for no words.

    Raises:
        UsageError: If a word names none, with the nearest that does.
    """
    spelled = [_spelled(word) for word in words]
    for word in spelled:
        _refuse_without(word)
    try:
        return select(all_rules() if rules is None else rules, spelled)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _refuse_without(word: str) -> None:
    """Raise what tells why an id has no rule, if it has none."""
    known = catalogue.builtin().without.get(word)
    if known is not None:
        see = f"; see `realtime-inspector explain {known.rule}`" if known.rule else ""
        raise UsageError(f"{word} has no rule: {known.why}{see}")


def as_text(rule: Rule, ink: output.Ink, width: int) -> Iterator[str]:
    """Yield a rule's page as lines."""
    page = rule.page()
    level = rule.wanted or rule.severity
    severity = ink(level.value, COLOURS[level], "bold")
    yield f"{ink(rule.id, 'bold')} {rule.name} ({severity})"
    yield ""
    yield from textwrap.wrap(page.what, width)
    for heading, name in _SECTIONS:
        if getattr(page, name):
            yield ""
            yield from textwrap.wrap(f"{heading}: {getattr(page, name)}", width, subsequent_indent="  ")
    if rule.origin:
        yield ""
        yield f"From: {rule.origin}"
    yield from _thresholds(rule, ink, width)
    yield from _left_out(rule, ink, width)
    yield from _example(rule, ink, width)


def as_json(rule: Rule) -> dict[str, Any]:
    """Return a rule's page as a JSON value."""
    page = rule.page()
    return {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.wanted or rule.severity,
        "what": page.what,
        "why": page.why,
        "fix": page.fix,
        "limits": page.limits,
        "source": page.source,
        "events": list(rule.on),
        "dialects": sorted(rule.dialects - {""}),
        "off_for": off_for(rule.id),
        "thresholds": [_threshold(rule, each) for each in threshold.of(rule).values()],
        "bad": [_bad(rule, text) for text in rule.bad],
        "good": [_plain(text) for text in rule.good],
    }


def _threshold(rule: Rule, found: Threshold[Any]) -> dict[str, Any]:
    bounds = {"least": found.least, "most": found.most if found.most < math.inf else None}
    value = getattr(rule, found.name)
    return {"name": found.name, "value": value, "default": found.default, "unit": found.unit, **bounds,
            "about": found.about}  # fmt: skip


def _thresholds(rule: Rule, ink: output.Ink, width: int) -> Iterator[str]:
    found = threshold.of(rule).values()
    if not found:
        return
    yield ""
    yield f"{ink('Thresholds', 'bold')} (to be set in the configuration)"
    for each in found:
        value = getattr(rule, each.name)
        changed = f"; {each.default:g} by default" if value != each.default else ""
        words = f"  {each.name} = {value:g} {each.unit}: {each.about}{changed}"
        yield from textwrap.wrap(words.replace(" of 1:", ":"), width, subsequent_indent="    ")


def _left_out(rule: Rule, ink: output.Ink, width: int) -> Iterator[str]:
    off = off_for(rule.id)
    if not off:
        return
    yield ""
    yield f"{ink('Not asked of', 'bold')} (`lint --dialect` says whose server it is)"
    for dialect, why in off.items():
        yield from textwrap.wrap(f"  {dialect}: {why}", width, subsequent_indent="    ")


def _bad(rule: Rule, text: str) -> dict[str, Any]:
    found = [
        {
            "entry": finding.entry,
            "severity": finding.severity,
            "message": finding.message,
            "cause": finding.cause,
            "corrected": finding.corrected,
        }
        for finding in _findings(rule, text)
    ]
    return {"transcript": _plain(text), "findings": found}


def _example(rule: Rule, ink: output.Ink, width: int) -> Iterator[str]:
    if not rule.bad:
        return
    text = rule.bad[0]
    found = _findings(rule, text)
    yield ""
    yield f"{ink('Example', 'bold')} (> from the client, < from the server)"
    yield from (f"    {line}" for line in _plain(text).splitlines())
    for finding in found:
        yield from _said(finding, width)
    corrected = next((finding.corrected for finding in found if finding.corrected is not None), None)
    if corrected is not None or rule.good:
        yield ""
        yield ink("Corrected" if corrected is not None else "Done right", "bold")
        shown = _event(corrected) if corrected is not None else _plain(rule.good[0])
        yield from (f"    {line}" for line in shown.splitlines())


def _said(finding: Finding, width: int) -> Iterator[str]:
    head = f"  {finding.severity} at entry {finding.entry}: "
    yield ""
    yield from textwrap.wrap(head + finding.message, width, subsequent_indent="    ")


def _event(event: Mapping[str, Any]) -> str:
    return orjson.dumps(event, option=orjson.OPT_INDENT_2, default=dict).decode()


def _findings(rule: Rule, text: str) -> list[Finding]:
    """Return what the rule says of a transcript, time passing to its last line."""
    parsed = transcript.parse(text)
    linter = Linter([rule.as_declared()], header=parsed.header)
    found: list[Finding] = []
    for event in events(parsed.entries):
        if event.is_wire and event.body.get("how") == CUT_OFF:
            found += linter.advance(parsed.end_t)
        found += linter.feed(event)
    return sorted(found, key=lambda finding: (finding.entry, finding.t))


def _plain(text: str) -> str:
    return textwrap.dedent(text).strip("\n").rstrip()


def _spelled(word: str) -> str:
    """Return a rule's id the way it is written here: `tool-03` as `TOOL003`."""
    found = _SPELLING.match(word)
    return f"{found[1].upper()}{int(found[2]):03d}" if found else word
