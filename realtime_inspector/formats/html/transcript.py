"""Who said what and when; what was generated and nobody heard; and where something went wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

from realtime_inspector.analysis.dialogue import Line
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.formats.html import units
from realtime_inspector.formats.html.findings import name_of
from realtime_inspector.formats.html.study import MOST_TOLD, Study
from realtime_inspector.formats.html.tags import Html, block, join, tag

_CLIP = 4000
_NAME = 80
_SHORT = 90
"""A tool's arguments or output of so many characters stand on one line."""
_NAMES = {"user": "User", "assistant": "Assistant", "tool": "Tool", "system": "System", "server": "Server"}


def draw(known: Study) -> Html:
    """Return the dialogue, with the findings at their places."""
    marks = _marks(known)
    parts: list[Html] = []
    for line in known.lines:
        while marks and marks[-1][0] < line.at.n:
            parts.append(marks.pop()[1])
        parts.append(_line(line))
    parts += [mark for _, mark in reversed(marks)]
    nothing = None if known.lines else tag("p", "Nothing was said or written.")
    return tag("section", tag("h2", "Transcript"), nothing, *parts, id="transcript")


def _marks(known: Study) -> list[tuple[int, Html]]:
    """Return links to the findings by their places, the last one first."""
    found = []
    for number, one in enumerate(known.findings[:MOST_TOLD]):
        first = one.same[0]
        if first.severity is not Severity.INFO:
            link = tag("a", name_of(first), href=f"#f{number}")
            found.append((first.entry, tag("p", link, class_=f"line mark {first.severity}")))
    return sorted(found, reverse=True)


def _line(line: Line) -> Html:
    when = units.clock(line.at.t)
    start = tag("button", when, data_t=f"{line.at.t:.3f}", type="button", aria_label=f"play from {when}")
    who = tag("b", _NAMES.get(line.who, line.who), class_="who")
    remarks = ", ".join(_remarks(line))
    note = tag("span", f" ({remarks})", class_="note") if remarks else None
    event = tag("a", f"#{line.at.n}", href=f"#e{line.at.n}", class_="to", aria_label=f"event {line.at.n}")
    said = tag("div", *(_tool(line) if line.who == "tool" else (tag("bdi", _words(line)),)), note, class_="said")
    return tag("div", start, who, said, event, class_=f"line {line.who}", data_from=f"{line.at.t:.3f}")


def _words(line: Line) -> Html:
    if not line.text:
        return tag("i", "spoken, not transcribed") if line.spoken else join("")
    if line.heard is None:
        return join(units.shortened(line.text, _CLIP))
    unheard = line.text[line.heard.at :]
    aloud = tag("span", " [not heard:] ", class_="aloud")
    cut = join(aloud, tag("del", unheard, title="generated, not heard")) if unheard else None
    return join(line.text[: line.heard.at], cut)


def _tool(line: Line) -> Iterator[Html]:
    name, _, arguments = line.text.partition("(")
    name, arguments = units.clipped(name, _NAME), arguments.removesuffix(")")
    if len(arguments) <= _SHORT:
        yield tag("div", tag("code", f"{name}({arguments})"))
    else:
        yield tag("div", tag("code", f"{name}()"))
        yield _json("arguments", arguments)
    if line.output is None:
        yield tag("div", tag("b", "no output"), class_="silent")
    elif len(line.output) <= _SHORT and "\n" not in line.output:
        yield tag("div", "→ ", tag("code", line.output))
    else:
        yield _json("output", line.output)


def _json(title: str, words: str) -> Html:
    with suppress(ValueError, RecursionError):
        words = json.dumps(json.loads(words), indent=2, ensure_ascii=False)
    return tag("pre", tag("span", f"{title}: ", class_="note"), block(units.shortened(words, _CLIP)), tabindex=0)


def _remarks(line: Line) -> Iterator[str]:
    if line.heard is not None:
        yield f"heard {units.ms(line.heard.heard_ms)} of {units.ms(line.heard.of_ms)}"
    if line.took_ms is not None:
        yield f"took {units.ms(line.took_ms)}"
    if line.remark:
        yield units.shortened(line.remark, _CLIP)
