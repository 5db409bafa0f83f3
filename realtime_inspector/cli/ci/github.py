"""GitHub's annotations, and the summary of a job's step.

Of a step's annotations GitHub shows ten of a kind. So a check that finds the same thing again and again in a recording
is one annotation, the worst come first, and where there are more the tenth says so; the summary has them all.
Source: GitHub Docs, "Workflow commands for GitHub Actions" and "Usage limits" (read 2026-11-23).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.cli import diagnostics
from realtime_inspector.cli.ci import markdown
from realtime_inspector.cli.ci.checked import Case, Suite
from realtime_inspector.recording.printable import printable

SHOWN = 10
"""Annotations of a kind that a step can show."""
SUMMARY_BYTES = 900_000
"""A step's summary has 1 MiB; other lines of the step may be in it already."""
_ROWS = 500
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_MESSAGE_CHARS = 4000


def lines(suites: Sequence[Suite]) -> Iterator[str]:
    """Yield the workflow commands; write the summary where GitHub has a file for it."""
    write_summary(suites)
    yield from commands(suites)


def commands(suites: Sequence[Suite]) -> Iterator[str]:
    """Yield the workflow commands alone."""
    for severity in Severity:
        found = [(suite, case) for suite in suites for case in suite.cases if case.problems]
        yield from _kind(severity, [pair for pair in found if pair[1].worst.severity is severity])


def write_summary(suites: Sequence[Suite]) -> None:
    """Add the table to the summary of the step, as many of its rows as there is room for."""
    if not _summary_file():
        return
    rows = _ROWS
    text = "\n".join(markdown.lines(suites, rows))
    while len(text.encode()) > SUMMARY_BYTES and rows > 1:
        rows //= 2
        text = "\n".join(markdown.lines(suites, rows))
    add_summary(text)


def add_summary(text: str) -> None:
    """Add Markdown to the summary of the step, if `GITHUB_STEP_SUMMARY` names its file."""
    name = _summary_file()
    if not name:
        return
    try:
        with Path(name).open("ab") as stream:
            stream.write(f"### realtime-inspector\n\n{text}\n\n".encode())
    except OSError as error:
        diagnostics.warn(f"{name}: the summary cannot be written: {error.strerror or error}")


def _summary_file() -> str:
    return os.environ.get("GITHUB_STEP_SUMMARY", "")


def _kind(severity: Severity, found: Sequence[tuple[Suite, Case]]) -> Iterator[str]:
    shown = found if len(found) <= SHOWN else found[: SHOWN - 1]
    for suite, case in shown:
        yield _annotation(severity, suite, case)
    rest = len(found) - len(shown)
    if rest:
        more = f"{rest} more like these; the summary of the step and the log have them"
        yield f"::{_COMMANDS[severity]} title=realtime-inspector::{_data(more)}"


def _annotation(severity: Severity, suite: Suite, case: Case) -> str:
    worst = case.worst
    times = f" \u00d7 {len(case.problems)}" if len(case.problems) > 1 else ""
    where = f"file={_property(suite.path)},line={max(worst.line, 1)}," if suite.path else ""
    title = _property(f"{case.check.title}{times}")
    words = " ".join(word for word in (worst.message, f"Fix: {worst.fix}" if worst.fix else "") if word)
    return f"::{_COMMANDS[severity]} {where}title={title}::{_data(_clipped(words))}"


def _clipped(text: str) -> str:
    return text if len(text) <= _MESSAGE_CHARS else f"{text[: _MESSAGE_CHARS - 3]}..."


def _data(text: str) -> str:
    safe = "\n".join(map(printable, text.split("\n")))
    return safe.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
