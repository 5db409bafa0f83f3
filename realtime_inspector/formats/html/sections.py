"""The parts of the page that are words: what call it was, what is wrong, who said what."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

import orjson

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.dialogue import Line
from realtime_inspector.analysis.finding import Finding
from realtime_inspector.formats.html import units
from realtime_inspector.formats.html.study import Study
from realtime_inspector.formats.html.tags import Html, block, join, tag
from realtime_inspector.formats.voices import Layout

_OF_A_RULE = 20
"""So many findings of one rule are shown, the first ones."""
_CLIP = 4000
_NAMES = {"user": "User", "assistant": "Assistant", "tool": "Tool", "system": "System", "server": "Server"}


def header(title: str, known: Study) -> Html:
    """Return the title and the call's figures."""
    summary, recording = known.summary, known.header
    dated = recording.started if recording.tags.get("date") != "unknown" else ""
    counts = {str(severity): count for severity, count in summary.findings.items() if count}
    waited = metrics.median(map(metrics.voice_to_voice_ms, known.turns))
    facts = {
        "Session": summary.session_id,
        "Model": summary.model,
        "Server": recording.url,
        "Started": units.moment(dated),
        "Length": units.ms(summary.length_s * 1000),
        "Turns": f"{summary.turns}" + (f", {summary.interruptions} interrupted" if summary.interruptions else ""),
        "Tool calls": str(summary.calls) if summary.calls else "",
        "First audio (median)": units.ms(summary.median_ttfa_ms) if summary.median_ttfa_ms is not None else "",
        "Voice to voice (median)": units.ms(waited) if waited is not None else "",
        "Tokens": f"{summary.tokens.input:,} in, {summary.tokens.output:,} out" if summary.tokens.output else "",
        "Cost": units.usd(summary.cost),
        "Ended": summary.ended,
    }
    rows = [join(tag("dt", name), tag("dd", fact)) for name, fact in facts.items() if fact]
    badges = [
        tag("a", _counted(count, name), class_=f"badge {name}", href="#findings") for name, count in counts.items()
    ]
    clean = tag("span", "nothing found", class_="badge calm")
    return tag("header", tag("h1", title), tag("p", *(badges or [clean])), tag("dl", *rows))


def places(*, with_events: bool) -> Html:
    """Return links to the parts of the page."""
    found = {"findings": "Findings", "time": "Timeline", "transcript": "Transcript", "turns": "Turns"}
    found |= {"events": "Events"} if with_events else {}
    return tag("p", *(tag("a", name, href=f"#{place}") for place, name in found.items()), class_="places")


def _counted(count: int, severity: str) -> str:
    return f"{count} {severity}" if count == 1 or severity == "info" else f"{count} {severity}s"


def findings(found: Sequence[Finding]) -> Html:
    """Return what is wrong, the worst first, each with its cause and what to do."""
    seen: Counter[str] = Counter()
    cards: list[Html] = []
    for number, finding in enumerate(found):
        seen[finding.rule] += 1
        if seen[finding.rule] <= _OF_A_RULE:
            cards.append(_card(number, finding, is_open=not cards))
    more = [tag("p", f"{rule}: {count - _OF_A_RULE} more like these") for rule, count in seen.items()
            if count > _OF_A_RULE]  # fmt: skip
    nothing = tag("p", "No rule has anything to say about this call.")
    return tag("section", tag("h2", "Findings"), *(cards or [nothing]), *more, id="findings")


def _card(number: int, finding: Finding, *, is_open: bool) -> Html:
    places = [("at", finding.entry), *([("begun by", finding.cause)] if finding.cause is not None else [])]
    where = [join(f" {words} ", tag("a", f"event {n}", href=f"#e{n}")) for words, n in places]
    parts = [
        tag("h3", tag("span", str(finding.severity), class_=f"badge {finding.severity}"),
            f" {finding.rule} {finding.name}", id=f"f{number}"),
        tag("p", finding.message),
        tag("p", tag("b", "Fix: "), finding.fix) if finding.fix else None,
        tag("p", tag("button", _clock(finding.t), data_t=f"{finding.t:.3f}", type="button"), *where, class_="note"),
    ]  # fmt: skip
    if finding.corrected is not None:
        words = orjson.dumps(finding.corrected, option=orjson.OPT_INDENT_2, default=str).decode(errors="replace")
        shown = (tag("summary", "the event as the API takes it"), tag("pre", block(words[:_CLIP])))
        parts.append(tag("details", *shown, open=is_open))
    return tag("article", *parts, class_=str(finding.severity))


def transcript(lines: Iterable[Line], layout: Layout) -> Html:
    """Return who said what; what nobody heard is struck out."""
    return tag("section", tag("h2", "Transcript"), *(_line(line, layout) for line in lines), id="transcript")


def _line(line: Line, layout: Layout) -> Html:
    start = tag("button", _clock(line.at.t), data_t=f"{line.at.t:.3f}", type="button")
    who = tag("b", _NAMES.get(line.who, line.who))
    remarks = ", ".join(_remarks(line))
    note = tag("span", f" ({remarks})", class_="note") if remarks else None
    if line.who == "tool":
        return tag("div", start, who, *_tool(line), note, class_="line tool")
    return tag("div", tag("p", start, who, " ", _words(line), note), class_=f"line {line.who}")


def _words(line: Line) -> Html:
    if not line.text:
        return tag("i", "spoken, not transcribed") if line.spoken else join("")
    if line.heard is None:
        return join(line.text)
    unheard = line.text[line.heard.at :]
    return join(line.text[: line.heard.at], tag("del", unheard, title="generated, not heard") if unheard else None)


def _tool(line: Line) -> Iterator[Html]:
    name, _, arguments = line.text.partition("(")
    yield join(" ", tag("code", f"{name}()"))
    output = line.output if line.output is not None else "no output"
    for title, words in (("arguments", arguments.removesuffix(")")), ("output", output)):
        with suppress(ValueError, RecursionError):
            words = json.dumps(json.loads(words), indent=2, ensure_ascii=False)
        yield tag("pre", tag("span", f"{title}: ", class_="note"), block(words[:_CLIP]))


def _remarks(line: Line) -> Iterator[str]:
    if line.heard is not None:
        yield f"heard {units.ms(line.heard.heard_ms)} of {units.ms(line.heard.of_ms)}"
    if line.took_ms is not None:
        yield f"took {units.ms(line.took_ms)}"
    if line.remark:
        yield line.remark


def footer(known: Study) -> Html:
    """Return where the page comes from."""
    made = known.header.tool or "realtime-inspector"
    return tag("footer", tag("p", f"Recording {known.header.id}, by {made}. Keys and tokens are taken out."))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0.0, seconds), 60)
    return f"{int(minutes)}:{rest:04.1f}"
