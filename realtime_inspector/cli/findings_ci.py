"""Findings for continuous integration: a suite a recording, a case a rule, written by the formats of `ci/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.fingerprint import fingerprint
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.cli import ci
from realtime_inspector.cli.ci.checked import Case, Check, Problem, Step, Suite
from realtime_inspector.cli.ci.places import from_root
from realtime_inspector.cli.findings import Linted


class Whole:
    """A format of `ci/`: it needs all recordings before it writes the first line."""

    def __init__(self, name: str) -> None:
        self._name = name

    def recording(self, linted: Linted) -> Iterator[str]:
        """Yield the lines about one recording: none yet."""
        return iter(())

    def summary(self, linted: Sequence[Linted]) -> Iterator[str]:
        """Yield the document."""
        yield from ci.writer(self._name)([suite(one) for one in linted])


github, gitlab, sarif, junit, ctrf, markdown = (partial(Whole, name) for name in ci.FORMATS)


def suite(linted: Linted) -> Suite:
    """Return a recording as a suite: a case for every rule that looked at it, whether it found something or not."""
    found: dict[str, list[Finding]] = {}
    for finding in linted.findings:
        found.setdefault(finding.rule, []).append(finding)
    passed = {rule.id: _case(rule) for rule in linted.asked}
    for rule_id, findings in found.items():
        passed.setdefault(rule_id, Case(_unknown(findings[0])))
    cases = dict(sorted(passed.items()))
    for rule_id, findings in found.items():
        problems = tuple(_problem(linted, finding) for finding in findings)
        cases[rule_id] = Case(passed[rule_id].check, problems)
    return Suite(
        name=linted.path,
        path=from_root(linted.path),
        started=linted.started,
        length_s=linted.length_s,
        cases=tuple(cases.values()),
    )


def _case(rule: Rule) -> Case:
    return _passed(type(rule), rule.wanted or rule.severity)  # type: ignore[arg-type]  # a class can be hashed


@cache
def _passed(kind: type[Rule], severity: Severity) -> Case:
    """Return the case of a rule that found nothing: one for all recordings, for there may be many."""
    check = Check(
        id=kind.id,
        name=kind.name,
        severity=severity,
        what=kind.page().what,
        page=partial(_page, kind),
        tags=(kind.id.rstrip("0123456789"), "realtime-api"),
    )
    return Case(check)


def _page(kind: type[Rule]) -> str:
    from realtime_inspector.formats import rule_page

    return "\n".join(rule_page.lines(kind()))


def _unknown(finding: Finding) -> Check:
    """Return the check of a finding whose rule was not among those asked."""
    rule = next((rule for rule in all_rules() if rule.id == finding.rule), None)
    if rule is not None:
        return _case(rule).check
    return Check(finding.rule, finding.name, finding.severity, finding.name.replace("-", " "))


def _problem(linted: Linted, finding: Finding) -> Problem:
    return Problem(
        severity=finding.severity,
        message=finding.message,
        fix=finding.fix,
        line=finding.line,
        entry=finding.entry,
        about=fingerprint(finding),
        steps=tuple(_steps(linted, finding)),
        more=_more(finding),
    )


def _steps(linted: Linted, finding: Finding) -> Iterator[Step]:
    cause = linted.trail.step(finding.cause)
    if cause is not None and cause.line:
        yield Step(cause.line, f"it began with this {cause.type}")
    for n in finding.related:
        related = linted.trail.step(n)
        if related is not None and related.line and n != finding.cause:
            yield Step(related.line, f"this {related.type} has to do with it")


def _more(finding: Finding) -> Mapping[str, Any]:
    more: dict[str, Any] = {"entry": finding.entry, "t": round(finding.t, 6)}
    if finding.corrected is not None:
        more["corrected"] = dict(finding.corrected)
    return more
