"""GitLab's report of code quality: a list of problems, each with a fingerprint of its own.

Source: GitLab's documentation of Code Quality, "Code Quality report format" (read 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.cli.ci.checked import Suite, Told, problems
from realtime_inspector.recording.printable import printable

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def lines(suites: Sequence[Suite]) -> Iterator[str]:
    """Yield the document."""
    yield orjson.dumps([_problem(told) for told in problems(suites)], option=orjson.OPT_INDENT_2).decode()


def _problem(told: Told) -> dict[str, Any]:
    line = max(told.problem.line, 1)
    return {
        "description": printable(f"{told.check.title}: {told.problem.message}"),
        "check_name": told.check.id,
        "fingerprint": told.unique,
        "severity": _SEVERITIES[told.problem.severity],
        "location": {
            "path": printable(told.suite.path or told.suite.name),
            "lines": {"begin": line, "end": line},  # GitLab minds the first, Code Climate's own tools want both
        },
    }
