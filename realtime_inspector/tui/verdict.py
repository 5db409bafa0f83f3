"""What is wrong with a call, or with the entry under the cursor, in two lines, and which key leads there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.folding import Told
from realtime_inspector.tui import text
from realtime_inspector.tui.rows import MARKS
from realtime_inspector.tui.text import Line, Span

if TYPE_CHECKING:
    from realtime_inspector.analysis.why import Why

ROWS = 2
"""How many lines of the screen it takes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, and the keys that lead on."""

    said: Line
    keys: str = ""


def of_entry(findings: Sequence[Finding]) -> Verdict | None:
    """Return what the worst finding about an entry says; None if there is none."""
    worst = min(findings, key=lambda finding: finding.severity.rank, default=None)
    if worst is None:
        return None
    more = f" (and {text.count(len(findings) - 1, 'other')})" if len(findings) > 1 else ""
    cause = "c cause  " if worst.cause is not None else ""
    return Verdict(_finding(worst, more), f"{cause}e explain  2 detail")


def of_call(mistakes: Sequence[Told], reason: Why | None, *, checked: bool) -> Verdict:
    """Return what is wrong with the whole call.

    Args:
        mistakes: What was found, the worst first.
        reason: The last silence in which somebody waited in vain or for long; None if there is none, or nobody knows.
        checked: Whether all of it was looked at.
    """
    worst = mistakes[0].same[0] if mistakes else None
    if reason is not None and not _is_passed(reason):
        return _silent(reason)
    if worst is not None and worst.severity is not Severity.INFO:
        return Verdict(_finding(worst, f" (#{worst.entry})"), "} goes there  3 findings")
    if reason is not None:
        return _silent(reason)
    if not checked:
        return Verdict(text.plain("checking …", "dim"))
    if worst is not None:
        return Verdict(_finding(worst, f" (#{worst.entry})"), "} goes there  3 findings")
    return Verdict(text.plain("nothing found, and nobody waited in vain", "dim"), "5 transcript  7 turns")


def drawn(verdict: Verdict, width: int) -> list[Line]:
    """Return it in lines of so many cells, the keys at the end of the last."""
    said = list(text.wrap([verdict.said], width))
    room = width - len(verdict.keys) - 2
    last = said[ROWS - 1] if len(said) >= ROWS else Line()
    if len(said) > ROWS or last.width > room:
        rest = tuple(span for line in said[ROWS - 1 :] for span in (*_stripped(line), Span(" ")))
        last = text.fit(Line((Span(" " * verdict.said.indent), *rest)), max(0, room))
    gap = " " * max(0, width - last.width - len(verdict.keys))
    return [*said[: ROWS - 1], Line((*last.spans, Span(gap), Span(verdict.keys, "key")))]


def _stripped(line: Line) -> tuple[Span, ...]:
    first, *rest = line.spans
    return (Span(first.text.lstrip(), first.style), *rest)


def _finding(finding: Finding, more: str) -> Line:
    head = Span(f"{MARKS[finding.severity]} {finding.rule} ", finding.severity.value)
    return Line((head, Span(text.safe(finding.message)), Span(more, "dim")), indent=2)


def _silent(reason: Why) -> Verdict:
    cause = reason.cause
    if reason.findings:  # a rule knows more exactly what was wrong, and how to mend it
        words = reason.findings[0].message
    else:
        words = f"{cause.words}; {cause.fix}" if cause.fix else cause.words
    head = Span(f"silent from {text.clock(reason.silence.waited_from)} on: ", "warning")
    return Verdict(Line((head, Span(text.safe(words))), indent=2), "8 why")


def _is_passed(reason: Why) -> bool:
    """Tell whether the assistant spoke at last."""
    return reason.silence.answer is not None
