"""A comparison of two sessions for continuous integration: a suite, the second recording, and a case an aspect."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from realtime_inspector.analysis.diff import Comparison
from realtime_inspector.analysis.differences.difference import Aspect, Difference
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.cli import diff_text
from realtime_inspector.cli.ci.checked import Case, Check, Problem, Suite
from realtime_inspector.cli.ci.places import from_root

_WHATS = {
    Aspect.CONFIGURATION: "Settings are in force that are not those of before.",
    Aspect.TURNS: "A turn is there in one session alone, or ended another way.",
    Aspect.TEXT: "User or assistant say something else.",
    Aspect.TOOLS: "Tools are called otherwise, or answer otherwise.",
    Aspect.ORDER: "The same things happen in another order.",
    Aspect.ERRORS: "The server refuses something in one session alone.",
    Aspect.END: "The connection ends another way.",
    Aspect.LATENCY: "A turn is slower than the tolerance allows.",
    Aspect.COST: "The session is dearer than the tolerance allows.",
}


def suite(found: Comparison, names: tuple[str, str], checked: Collection[Aspect], lines: Mapping[int, int]) -> Suite:
    """Return a comparison as a suite.

    Args:
        found: What differs.
        names: The paths of the two recordings.
        checked: The aspects that were compared.
        lines: Entry of the second recording → its line.
    """
    cases = (_case(aspect, found, names, lines) for aspect in Aspect if aspect in checked)
    started = found.b.header.started if found.b.header is not None else ""
    return Suite(names[1], tuple(cases), from_root(names[1]), started, found.b.session.now)


def _case(aspect: Aspect, found: Comparison, names: tuple[str, str], lines: Mapping[int, int]) -> Case:
    check = Check(f"diff-{aspect.value}", "", Severity.ERROR, _WHATS[aspect], tags=("diff",))
    its = (difference for difference in found.differences if difference.aspect is aspect)
    return Case(check, tuple(_problem(difference, names, lines) for difference in its))


def _problem(difference: Difference, names: tuple[str, str], lines: Mapping[int, int]) -> Problem:
    entry = difference.place.entry_b or 0
    where = diff_text.title(difference)
    said = diff_text.sentence(difference)
    told = said if where == difference.aspect.value else f"{where}: {said}"
    return Problem(
        Severity.ERROR,
        f"{told} (a is {names[0]})",
        line=lines.get(entry, 0),
        entry=entry,
        about=f"{where} {difference.what}",
    )
