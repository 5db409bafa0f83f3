"""The Why pane: why the assistant was silent at the cursor, and every other silence worth telling. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from realtime_inspector.analysis import why
from realtime_inspector.analysis.why import Confidence, Why
from realtime_inspector.tui import text
from realtime_inspector.tui.rows import MARKS
from realtime_inspector.tui.text import Line, Span

_SURE = {Confidence.CERTAIN: "certain", Confidence.LIKELY: "likely", Confidence.UNKNOWN: ""}


def lines(found: Sequence[Why], t: float) -> list[Line]:
    """Return what is known of the silence at a moment, and after it the others in which somebody waited."""
    here = why.at(found, t)
    shown = [text.plain(f"at {text.clock(t)}", "dim")]
    begun = bool(found) and t >= found[0].silence.start
    playing = "the assistant was speaking, or its words were playing" if begun else "the session had not begun"
    shown += _one(here) if here is not None else [text.plain(playing)]
    others = [each for each in found if each is not here and not each.is_calm]
    if here is None or here.is_calm:
        shown.append(Line())
        if not others:
            return [*shown, text.plain("nobody waited in vain, or for long, anywhere in this recording", "good")]
        shown += [text.plain("The last time that somebody waited", "title"), *_one(others.pop())]
    if others:
        shown += [Line(), text.plain("Elsewhere", "title")]
        shown += [_short(each) for each in others]
    return shown


def _one(each: Why) -> Iterator[Line]:
    silence, cause = each.silence, each.cause
    sure = f" ({_SURE[cause.confidence]})" if _SURE[cause.confidence] else ""
    span = f"{text.clock(silence.start)} to {text.clock(silence.end)}  "
    yield Line((Span(span, "dim"), Span(cause.label, "good" if each.is_calm else "warning")))
    yield text.plain(text.safe(f"{cause.words}{sure}."), "" if each.is_calm else "title")
    for evidence in cause.evidence:
        yield Line(
            (
                Span(f"  ⏎ #{evidence.at.n:<6} ", "link"),
                Span(f"{text.clock(evidence.at.t):>9}  ", "dim"),
                Span(text.safe(evidence.words)),
            ),
            evidence.at.n,
            23,
        )
    for finding in each.findings:
        mark = Span(f"  {MARKS[finding.severity]} {finding.rule} {finding.name}  ", finding.severity.value)
        yield Line((mark, Span(f"⏎ #{finding.entry}", "link")), finding.entry)
        yield text.plain(f"    {text.safe(finding.message)}", indent=4, target=finding.entry)
    if cause.fix:
        yield Line((Span("to mend it: ", "good"), Span(text.safe(cause.fix))), indent=12)


def _shown_by(each: Why) -> int | None:
    """Return the entry to look at first: what a rule found, else what shows the cause last, else what was asked."""
    if each.findings:
        return each.findings[0].entry
    at = each.cause.evidence[-1].at if each.cause.evidence else each.silence.asked
    return at.n if at is not None else None


def _short(each: Why) -> Line:
    silence, cause = each.silence, each.cause
    target = _shown_by(each)
    return Line(
        (
            Span(f"  {text.clock(silence.start)}  ", "dim"),
            Span(f"{cause.label}  ", "warning"),
            Span(text.safe(cause.words)),
            *([Span(f"  ⏎ #{target}", "link")] if target is not None else []),
        ),
        target,
        4,
    )
