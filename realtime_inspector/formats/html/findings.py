"""What is wrong, why it hurts and what to do; what is alike once, and what follows from it with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import orjson

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.folding import Told
from realtime_inspector.formats.html import units
from realtime_inspector.formats.html.event_list import body
from realtime_inspector.formats.html.study import MOST_TOLD, Named, Study
from realtime_inspector.formats.html.tags import Html, block, join, tag
from realtime_inspector.recording.entry import Side

_OPEN = 5
"""So many findings are unfolded, if they are more than worth knowing; the first one always is."""
_MOST_FOLLOWING, _MOST_PLACES = 20, 6
_MOST_LINES, _AROUND = 400, 3
_LONG = 900
"""Characters of a message that are shown: an id may be as long as a peer likes."""
_LONGEST = 60_000
"""Characters of an event that can be copied from the page."""
_SENDERS = {Side.CLIENT: "from the client", Side.SERVER: "from the server", Side.PROXY: "of the proxy"}


def draw(known: Study) -> Html:
    """Return the findings, the worst first."""
    shown = known.findings[:MOST_TOLD]
    worst = [number for number, one in enumerate(shown) if one.same[0].severity is not Severity.INFO]
    unfolded = {0, *worst[:_OPEN]}
    cards = [_card(number, one, known, is_open=number in unfolded) for number, one in enumerate(shown)]
    rest = sum(len(one.same) for one in known.findings[MOST_TOLD:])
    more = tag("p", f"{units.counted(rest, 'finding')} more: `realtime-inspector lint` tells them.") if rest else None
    nothing = None if cards else tag("p", "No rule has anything to say about this call.")
    return tag("section", tag("h2", "Findings"), *cards, more, nothing, id="findings")


def pointed(known: Study) -> set[int]:
    """Return the numbers of the events that the findings on the page lead to."""
    shown = [same for one in known.findings[:MOST_TOLD] for same in (one.same, *one.follow[:_MOST_FOLLOWING])]
    first = {n for same in shown for n in (same[0].entry, same[0].cause) if n is not None}
    return first.union(finding.entry for same in shown for finding in same[: _MOST_PLACES + 1])


def name_of(finding: Finding) -> str:
    """Return what a finding is called in one line."""
    return f"{finding.severity} {finding.rule} {finding.name}"


def _card(number: int, one: Told, known: Study, *, is_open: bool) -> Html:
    first = one.same[0]
    times = tag("span", f"\u00d7 {len(one.same):,}", class_="times") if len(one.same) > 1 else None
    name = tag("h3", first.rule, " ", first.name)
    message = tag("span", tag("bdi", units.shortened(first.message, _LONG)), class_="message")
    head = tag("summary", tag("span", str(first.severity), class_=f"badge {first.severity}"), name, times, message)
    parts = [
        tag("p", tag("b", "Fix: "), first.fix) if first.fix else None,
        tag("p", tag("b", "Why: "), known.why[first.rule]) if known.why.get(first.rule) else None,
        _where(one.same, known),
        *_events(number, first, known.named.get(first.entry)),
        *_following(one.follow),
    ]
    return tag("details", head, *parts, id=f"f{number}", class_=f"finding {first.severity}", open=is_open)


def _where(same: Sequence[Finding], known: Study) -> Html:
    first = same[0]
    parts = [tag("button", units.clock(first.t), data_t=f"{first.t:.3f}", type="button", aria_label=_listen(first.t)),
             " at ", _event(first.entry, known.named)]  # fmt: skip
    cause = known.named.get(first.cause) if first.cause is not None else None
    if first.cause is not None and first.cause != first.entry:
        before_s = first.t - cause.t if cause is not None else 0.0
        parts += [", begun by ", _event(first.cause, known.named)]
        parts += [f", {units.ms(before_s * 1000)} before"] if before_s >= 0.001 else []
    places = list(dict.fromkeys(finding.entry for finding in same[1:] if finding.entry != first.entry))
    if places:
        parts += [", also at ", *_links(places)]
    return tag("p", *parts, class_="note")


def _listen(t: float) -> str:
    return f"go to {units.clock(t)} on the timeline"


def _event(n: int, named: Mapping[int, Named]) -> Html:
    found = named.get(n)
    words = f" {units.clipped(found.type, 80)} {_SENDERS[found.side]}" if found is not None else ""
    return join(tag("a", f"event {n}", href=f"#e{n}"), words)


def _links(places: Sequence[int]) -> Iterator[Html]:
    shown = places[:_MOST_PLACES]
    for at, n in enumerate(shown):
        yield join(", " if at else None, tag("a", f"event {n}", href=f"#e{n}"))
    if len(places) > len(shown):
        yield join(f" and {len(places) - len(shown):,} more")


def _following(follow: Sequence[Sequence[Finding]]) -> Iterator[Html]:
    """Yield what is mended with it: no remedies of its own."""
    if not follow:
        return
    told = []
    for same in follow[:_MOST_FOLLOWING]:
        first = same[0]
        places = list(dict.fromkeys(finding.entry for finding in same))
        told.append(
            tag(
                "li",
                tag("b", name_of(first)),
                " (",
                *_links(places),
                "): ",
                tag("bdi", units.shortened(first.message, _LONG)),
            )
        )
    rest = len(follow) - len(told)
    more = tag("li", f"and {units.counted(rest, 'more kind')}") if rest > 0 else None
    yield tag("h4", "Follows from it, and goes when it is mended")
    yield tag("ul", *told, more, class_="follow")


# the event: as it was sent, and as it would have been taken


def _events(number: int, finding: Finding, named: Named | None) -> Iterator[Html]:
    sent = body(named.event, _LONGEST) if named is not None and named.event is not None else ""
    corrected = _json(finding.corrected) if finding.corrected is not None else ""
    if not sent and not corrected:
        return
    copies = [
        tag("button", words, type="button", class_="copy", data_from=f"{kind}{number}", hidden=True)
        for kind, words, text in (("c", "Copy corrected event", corrected), ("s", "Copy event as sent", sent))
        if text and len(text) <= _LONGEST
    ]
    sources = [
        tag("pre", block(text), id=f"{kind}{number}", hidden=True)
        for kind, text in (("c", corrected), ("s", sent))
        if text and corrected and len(text) <= _LONGEST
    ]
    if corrected:
        head = tag("summary", "The event as the API takes it")
        shown = (head, tag("pre", *_changes(sent, corrected), class_="changes", tabindex=0))
    else:
        shown = (tag("summary", "The event as sent"), tag("pre", block(sent), id=f"s{number}", tabindex=0))
    yield tag("details", *shown, tag("div", *copies, *sources), open=bool(corrected))


def _json(event: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(event), option=orjson.OPT_INDENT_2, default=str).decode(errors="replace")


def _changes(sent: str, corrected: str) -> Iterator[Html]:
    """Yield the lines of the corrected event, and those of the event as sent that it has not."""
    before, after = sent.splitlines(), corrected.splitlines()
    if not before or max(len(before), len(after)) > _MOST_LINES:
        yield block(corrected[:_LONGEST])
        return
    plain, wanted = ([line.rstrip(",") for line in lines] for lines in (before, after))
    found = SequenceMatcher(None, plain, wanted, autojunk=False)
    for kind, start, end, other, until in found.get_opcodes():
        if kind == "equal":
            yield from _same(after[other:until], at_start=other == 0, at_end=until == len(after))
            continue
        for name, sign, lines in (("del", "-", before[start:end]), ("ins", "+", after[other:until])):
            yield from (tag(name, block(f"{sign} {line}\n")) for line in lines)


def _same(lines: Sequence[str], *, at_start: bool, at_end: bool) -> Iterator[Html]:
    """Yield what is alike, of much of it only what is beside a change."""
    first, last = (0 if at_start else _AROUND), (0 if at_end else _AROUND)
    if len(lines) > first + last + 2:
        left_out = f"… {len(lines) - first - last} lines alike"
        lines = [*lines[:first], left_out, *lines[len(lines) - last :]]
    yield from (tag("span", block(f"  {line}\n")) for line in lines)
