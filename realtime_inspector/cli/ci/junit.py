"""JUnit's XML: a suite a recording, a case a check; information fails nothing.

Source: the schema of Jenkins' xUnit plugin, and GitLab's documentation of unit test reports (read 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape

from realtime_inspector.cli.ci.checked import Case, Suite
from realtime_inspector.recording.printable import printable, printable_lines


def lines(suites: Sequence[Suite]) -> Iterator[str]:
    """Yield the document."""
    tests, failures = sum(len(suite.cases) for suite in suites), sum(suite.failures for suite in suites)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="realtime-inspector" tests="{tests}" failures="{failures}" errors="0">'
    for suite in suites:
        yield from _suite(suite)
    yield "</testsuites>"


def _suite(suite: Suite) -> Iterator[str]:
    counts = (
        f'tests="{len(suite.cases)}" failures="{suite.failures}" errors="0" skipped="{suite.skipped}" '
        f'time="{suite.length_s:.3f}"'
    )
    stamp = f' timestamp="{suite.started[:19]}"' if suite.started_ms else ""
    yield f"  <testsuite name={_attribute(suite.name)} {counts}{stamp}>"
    for case in suite.cases:
        yield from _case(suite, case)
    yield "  </testsuite>"


def _case(suite: Suite, case: Case) -> Iterator[str]:
    file = f" file={_attribute(suite.path)}" if suite.path else ""
    line = f' line="{case.worst.line}"' if case.problems and case.worst.line else ""
    head = f'<testcase name={_attribute(case.check.title)} classname={_attribute(suite.name)}{file}{line} time="0"'
    if not case.problems and not case.skipped:
        yield f"    {head}/>"
        return
    yield f"    {head}>"
    yield from _outcome(suite, case)
    yield "    </testcase>"


def _outcome(suite: Suite, case: Case) -> Iterator[str]:
    if case.skipped:
        yield f"      <skipped message={_attribute(case.skipped)}/>"
        return
    told = _text("\n".join(f"{suite.place(problem)}: {problem.words}" for problem in case.problems))
    if not case.failed:
        yield f"      <system-out>{told}</system-out>"
        return
    times = f" (\u00d7 {len(case.problems)})" if len(case.problems) > 1 else ""
    message = _attribute(case.worst.message + times)
    yield f'      <failure type="{case.worst.severity.value}" message={message}>{told}</failure>'


def _text(text: str) -> str:
    return escape(printable_lines(text), quote=False)


@lru_cache(maxsize=1024)
def _attribute(text: str) -> str:
    return f'"{escape(printable(text))}"'
