"""Findings for continuous integration: GitHub's annotations, JUnit's XML, a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.cli.findings import Linted, count, in_words
from realtime_inspector.cli.findings_text import place
from realtime_inspector.recording.printable import printable

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


class GitHub:
    """Workflow commands: GitHub shows each beside its line in the changed files.

    Source: GitHub Docs, "Workflow commands for GitHub Actions" (read 2026-11-23).
    """

    def recording(self, linted: Linted) -> Iterator[str]:
        """Yield the lines about one recording."""
        for finding in linted.findings:
            where = f"file={_property(linted.path)},line={max(finding.line, 1)}"
            title = _property(f"{finding.rule} {finding.name}")
            words = " ".join(word for word in (finding.message, f"Fix: {finding.fix}" if finding.fix else "") if word)
            yield f"::{_COMMANDS[finding.severity]} {where},title={title}::{_data(words)}"

    def summary(self, linted: Sequence[Linted]) -> Iterator[str]:
        """Yield the lines at the end: none."""
        return iter(())


class JUnit:
    """A test suite a recording, a failed case a finding; information fails nothing."""

    def recording(self, linted: Linted) -> Iterator[str]:
        """Yield the lines about one recording: none yet, the totals come first."""
        return iter(())

    def summary(self, linted: Sequence[Linted]) -> Iterator[str]:
        """Yield the document."""
        cases = sum(max(1, len(one.findings)) for one in linted)
        failures = sum(map(_failures, linted))
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        yield f'<testsuites name="realtime-inspector" tests="{cases}" failures="{failures}" errors="0">'
        for one in linted:
            yield from _suite(one)
        yield "</testsuites>"


class Markdown:
    """A table for a comment or a job's summary."""

    def recording(self, linted: Linted) -> Iterator[str]:
        """Yield the lines about one recording: none yet, the total comes first."""
        return iter(())

    def summary(self, linted: Sequence[Linted]) -> Iterator[str]:
        """Yield the document."""
        findings = [(one, finding) for one in linted for finding in one.findings]
        noun = "recording" if len(linted) == 1 else "recordings"
        yield f"**{in_words(count(finding for _, finding in findings))}** in {len(linted)} {noun}"
        if not findings:
            return
        yield ""
        yield "| | rule | where | what | fix |"
        yield "|---|---|---|---|---|"
        for one, finding in findings:
            cells = (finding.severity.value, f"{finding.rule} {finding.name}", place(one, finding))
            yield f"| {' | '.join(map(_cell, (*cells, finding.message, finding.fix)))} |"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _failures(linted: Linted) -> int:
    return sum(finding.severity is not Severity.INFO for finding in linted.findings)


def _suite(linted: Linted) -> Iterator[str]:
    name = _attribute(linted.path)
    tests = max(1, len(linted.findings))
    yield f'  <testsuite name={name} tests="{tests}" failures="{_failures(linted)}" time="{linted.length_s:.3f}">'
    if not linted.findings:
        yield f'    <testcase name="no findings" classname={name}/>'
    for finding in linted.findings:
        yield from _case(linted, finding)
    yield "  </testsuite>"


def _case(linted: Linted, finding: Finding) -> Iterator[str]:
    title = _attribute(f"{finding.rule} {finding.name} at line {finding.line}")
    yield f"    <testcase name={title} classname={_attribute(linted.path)}>"
    details = _text(f"{place(linted, finding)}: {finding.message}\nFix: {finding.fix}")
    if finding.severity is Severity.INFO:
        yield f"      <system-out>{details}</system-out>"
    else:
        message = _attribute(finding.message)
        yield f'      <failure type="{finding.severity.value}" message={message}>{details}</failure>'
    yield "    </testcase>"


def _text(text: str) -> str:
    return escape("\n".join(map(printable, text.split("\n"))), quote=False)


def _attribute(text: str) -> str:
    return f'"{escape(printable(text))}"'


def _cell(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
