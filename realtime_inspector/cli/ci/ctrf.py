"""The Common Test Report Format: a test a check of a recording.

Times are those of the recordings, not of the run: the same recordings give the same report.
Source: the schema of ctrf.io, specification 0.0 (read 2026-11-23).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from realtime_inspector import __version__
from realtime_inspector.cli.ci.checked import Case, Suite
from realtime_inspector.recording.printable import printable, printable_lines

SPEC_VERSION = "0.0.0"
_STATUSES = ("passed", "failed", "skipped", "pending", "other")


def lines(suites: Sequence[Suite]) -> Iterator[str]:
    """Yield the document."""
    tests = [_test(suite, case) for suite in suites for case in suite.cases]
    document = {
        "reportFormat": "CTRF",
        "specVersion": SPEC_VERSION,
        "generatedBy": "realtime-inspector",
        "results": {
            "tool": {"name": "realtime-inspector", "version": __version__},
            "summary": _summary(suites, tests),
            "tests": tests,
        },
    }
    yield orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def _summary(suites: Sequence[Suite], tests: Sequence[dict[str, Any]]) -> dict[str, int]:
    counted = Counter(test["status"] for test in tests)
    known = [suite for suite in suites if suite.started_ms]
    return {
        "tests": len(tests),
        **{status: counted[status] for status in _STATUSES},
        "suites": len(suites),
        "start": min((suite.started_ms for suite in known), default=0),
        "stop": max((suite.started_ms + round(suite.length_s * 1000) for suite in known), default=0),
    }


def _test(suite: Suite, case: Case) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": printable(case.check.title),
        "status": "failed" if case.failed else "skipped" if case.skipped else "passed",
        "duration": 0,
        "suite": [printable(suite.name)],
    }
    if suite.path:
        test["filePath"] = printable(suite.path)
    if case.check.tags:
        test["tags"] = list(case.check.tags)
    if case.skipped:
        test["message"] = printable(case.skipped)
    if case.problems:
        test["rawStatus"] = case.worst.severity.value
        test["message"] = printable(case.worst.message)
        test["trace"] = printable_lines("\n".join(f"{suite.place(each)}: {each.words}" for each in case.problems))
        if case.worst.line:
            test["line"] = case.worst.line
    return test
