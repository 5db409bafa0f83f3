"""The head of the page: what call it was, how bad it is, its figures, and what the recording does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from realtime_inspector.analysis import metrics
from realtime_inspector.formats.html import units
from realtime_inspector.formats.html.study import Study
from realtime_inspector.formats.html.tags import Html, join, tag
from realtime_inspector.formats.reading import Readable

_MOST_PROBLEMS = 5
_SHORT, _LONG = 60, 300


def draw(title: str, known: Study, recording: Readable) -> Html:
    """Return the title, the figures, and what is to be known before anything is believed."""
    return tag(
        "header",
        tag("h1", title),
        tag("p", *_verdict(known), class_="verdict"),
        tag("dl", *_figures(known), class_="figures"),
        *(tag("p", tag("b", "Note: "), words, class_="notice") for words in _notices(known, recording)),
        tag("details", tag("summary", "About this call"), tag("dl", *_pairs(_facts(known)), class_="facts")),
    )


def places(known: Study, *, with_events: bool, with_sound: bool) -> Html:
    """Return links to the parts of the page, and what plays the call from wherever the reader is."""
    found = {
        "findings": f"Findings {sum(known.summary.findings.values()):,}",
        "time": "Timeline",
        "transcript": "Transcript",
        "turns": f"Turns {len(known.turns):,}",
    }
    found |= {"events": f"Events {known.summary.events:,}"} if with_events else {}
    links = [tag("a", name, href=f"#{place}") for place, name in found.items()]
    play = tag("button", "▶ Play", id="play", type="button", hidden=True) if with_sound else None
    return tag(
        "nav", *links, play, tag("span", id="clock", hidden=True), class_="places", aria_label="Parts of the page"
    )


def footer(known: Study) -> Html:
    """Return where the page comes from."""
    made = known.header.tool or "realtime-inspector"
    return tag("footer", tag("p", f"Recording {known.header.id}, by {made}. Keys and tokens are taken out."))


def _verdict(known: Study) -> Iterator[Html]:
    counts = {str(severity): count for severity, count in known.summary.findings.items() if count}
    for name, count in counts.items():
        words = f"{count:,} info" if name == "info" else units.counted(count, name)
        yield tag("a", words, class_=f"badge {name}", href="#findings")
    if not counts:
        yield tag("span", "nothing found", class_="badge calm")
    summary = known.summary
    told = (units.clipped(summary.model, _SHORT), units.counted(summary.events, "event"), f"ended: {summary.ended}")
    yield tag("span", " · ".join(filter(None, told)), class_="note")


def _figures(known: Study) -> Iterator[Html]:
    summary = known.summary
    waited = metrics.median(map(metrics.voice_to_voice_ms, known.turns))
    price, unsure = units.usd(summary.cost)
    tokens, interrupted = summary.tokens, summary.interruptions
    yield from _figure("Length", units.ms(summary.length_s * 1000) if summary.length_s else "")
    yield from _figure("Turns", str(summary.turns), f", {interrupted} interrupted" if interrupted else "")
    yield from _figure("Voice to voice (median)", units.ms(waited) if waited is not None else "")
    first = summary.median_ttfa_ms
    yield from _figure("First audio (median)", units.ms(first) if first is not None else "")
    yield from _figure("Tool calls", str(summary.calls) if summary.calls else "")
    yield from _figure("Tokens", f"{tokens.input:,} in, {tokens.output:,} out" if tokens.output else "")
    yield from _figure("Cost", price, unsure)


def _figure(name: str, value: str, more: str = "") -> Iterator[Html]:
    if value:
        yield tag("div", tag("dt", name), tag("dd", value, tag("small", more) if more else None))


def _facts(known: Study) -> dict[str, str]:
    summary, header = known.summary, known.header
    return {
        "Started": units.moment(header.started) if header.tags.get("date") != "unknown" else "",
        "Session": summary.session_id,
        "Model": summary.model,
        "Server": header.url,
        "Ended": summary.ended,
        **{f"Tag {name}": value for name, value in header.tags.items()},
    }


def _pairs(facts: Mapping[str, str]) -> Iterator[Html]:
    for name, fact in facts.items():
        if fact:
            yield tag("div", tag("dt", units.clipped(name, _SHORT)), tag("dd", units.shortened(fact, _LONG)))


def _notices(known: Study, recording: Readable) -> Iterator[Html]:
    """Yield what makes the page tell less than was there."""
    if known.header.tags.get("times") == "unknown":
        yield join("there are no times in it: the timeline and the turns show nothing.")
    if known.summary.live:
        yield join("the recording has no end. It is still being written, or its writer was stopped.")
    problems = recording.problems
    if problems:
        folder = f"{recording.path.parent}/"  # whose it is, a page for others does not tell
        told = "; ".join(problem.message.replace(folder, "") for problem in problems[:_MOST_PROBLEMS])
        more = f"; and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
        yield join(f"a part of the recording cannot be read, and is not told here: {told}{more}.")
