"""A table in Markdown, for a comment or a job's summary; what one check says again and again stands there once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.cli.ci.checked import Case, Problem, Suite
from realtime_inspector.cli.findings import in_words
from realtime_inspector.formats.markdown import escape


def lines(suites: Sequence[Suite], most: int | None = None) -> Iterator[str]:
    """Yield the document; of more than so many rows, the worst."""
    noun = "recording" if len(suites) == 1 else "recordings"
    yield f"**{in_words(_count(suites))}** in {len(suites)} {noun}"
    found = [(suite, case) for suite in suites for case in suite.cases if case.problems]
    if found:
        yield ""
        yield "| | check | where | what | fix |"
        yield "|---|---|---|---|---|"
    found.sort(key=lambda pair: pair[1].worst.severity.rank)
    for suite, case in found[:most]:
        yield _row(suite, case)
    if most is not None and len(found) > most:
        yield ""
        yield f"and {len(found) - most} more"
    unknown = [(suite, case) for suite in suites for case in suite.cases if case.skipped]
    if unknown:
        yield ""
    for suite, case in unknown:
        yield f"- not known: {escape(case.check.title)} of {escape(suite.name)}: {escape(case.skipped)}"


def _row(suite: Suite, case: Case) -> str:
    worst = case.worst
    times = f" \u00d7 {len(case.problems)}" if len(case.problems) > 1 else ""
    cells = (worst.severity.value, f"{case.check.title}{times}", suite.place(worst), worst.message, worst.fix)
    return f"| {' | '.join(map(escape, cells))} |"


def _count(suites: Sequence[Suite]) -> dict[Severity, int]:
    counted = Counter(problem.severity for problem in _problems(suites))
    return {severity: counted[severity] for severity in Severity}


def _problems(suites: Sequence[Suite]) -> Iterator[Problem]:
    return (problem for suite in suites for case in suite.cases for problem in case.problems)
