"""What differs in what was said and done: turn by turn, call by call, error by error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.differences.alignment import names_aligned, word_diff
from realtime_inspector.analysis.differences.difference import NOTHING, Aspect, Difference, Ids, Place
from realtime_inspector.analysis.differences.told import Told
from realtime_inspector.analysis.differences.values import differing, json_of
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.protocol.realtime.conversation import At, Response, ServerError, ToolCall

_CLIP = 400


def ids_of(pairs: Iterable[tuple[Turn | None, Turn | None]], a: Told, b: Told) -> dict[str, str]:
    """Return the ids of one session with those that stand for the same in the other."""
    found = {a.session.id: b.session.id}
    for one, other in pairs:
        if one is None or other is None:
            continue
        for response, its in zip(one.responses, other.responses, strict=False):
            found[response.id] = its.id
            found.update(zip(response.item_ids, its.item_ids, strict=False))
        heard = ([u.item.id if u.item else "" for u in turn.user] for turn in (one, other))
        found.update(zip(*heard, strict=False))
        names = ([call.name for call in turn.calls] for turn in (one, other))
        for i, j in names_aligned(*names):
            if i is not None and j is not None:
                found[one.calls[i].call_id] = other.calls[j].call_id
    return {mine: its for mine, its in found.items() if mine and its}


def of_turns(one: Turn, other: Turn, a: Told, b: Told, ids: Ids) -> Iterator[Difference]:
    """Yield what differs in two turns that stand for the same."""
    place = Place(one.number, other.number, one.start.n, other.start.n)
    yield from _text("user", one.said, other.said, place)
    both_cut = one.interrupted and other.interrupted
    yield from _text("assistant", one.replied, other.replied, place, prefix=both_cut)
    yield from _fate(one, other, place)
    yield from _calls(one, other, place, ids)
    steps = list(_steps(one, a)), list(_steps(other, b))
    if steps[0] != steps[1] and Counter(steps[0]) == Counter(steps[1]):
        yield Difference(Aspect.ORDER, "turn", steps[0], steps[1], place)


def only_in(turn: Turn, side: str) -> Difference:
    """Return the difference that a turn of one side makes that the other has not."""
    text = turn.said or turn.replied or f"{len(turn.responses)} responses, nothing written of them"
    who = "user" if turn.said else "assistant"
    shown = {"who": who, "text": text[:_CLIP]}
    if side == "a":
        return Difference(Aspect.TURNS, "turn", shown, NOTHING, Place(turn_a=turn.number, entry_a=turn.start.n))
    return Difference(Aspect.TURNS, "turn", NOTHING, shown, Place(turn_b=turn.number, entry_b=turn.start.n))


def moved(one: Turn, other: Turn) -> Difference:
    """Return the difference that a turn makes which stands elsewhere."""
    place = Place(one.number, other.number, one.start.n, other.start.n)
    return Difference(Aspect.ORDER, "turns", one.number, other.number, place)


def of_aside(a: Told, b: Told) -> Iterator[Difference]:
    """Yield what differs in responses outside the conversation."""
    most = max(len(a.aside), len(b.aside))
    for at in range(most):
        one = a.aside[at] if at < len(a.aside) else None
        other = b.aside[at] if at < len(b.aside) else None
        place = Place(entry_a=_entry(one), entry_b=_entry(other))
        texts = (_said(one, a) if one else NOTHING), (_said(other, b) if other else NOTHING)
        if isinstance(texts[0], str) and isinstance(texts[1], str):
            yield from _text("out of band", texts[0], texts[1], place)
        else:
            yield Difference(Aspect.TURNS, "out-of-band response", *texts, place)


def of_errors(a: Told, b: Told) -> Iterator[Difference]:
    """Yield the errors that one session has and the other has not."""
    errors = a.session.errors, b.session.errors
    names = [[f"{e.code or e.type}{' at ' + e.cause_type if e.cause_type else ''}" for e in side] for side in errors]
    for i, j in names_aligned(*names):
        if i is None and j is not None:
            yield _error(errors[1][j], names[1][j], b, "b")
        elif j is None and i is not None:
            yield _error(errors[0][i], names[0][i], a, "a")


def of_settings(one: Mapping[str, Any], other: Mapping[str, Any], place: Place, ids: Ids) -> Iterator[Difference]:
    """Yield the settings that differ."""
    for path, mine, its in differing(one, other, "session", ids):
        words = word_diff(mine, its) if isinstance(mine, str) and isinstance(its, str) and " " in mine + its else ()
        yield Difference(Aspect.CONFIGURATION, path, mine, its, place, words)


def _text(what: str, a: str, b: str, place: Place, *, prefix: bool = False) -> Iterator[Difference]:
    words = a.split(), b.split()
    if words[0] == words[1]:
        return
    shorter = min(len(words[0]), len(words[1]))
    if prefix and _begins_like(words[0][:shorter], words[1][:shorter]):
        return  # how far an interrupted answer came is a matter of milliseconds
    yield Difference(Aspect.TEXT, what, a or NOTHING, b or NOTHING, place, word_diff(a, b))


def _begins_like(one: list[str], other: list[str]) -> bool:
    if one[:-1] != other[:-1]:
        return False
    return not one or one[-1].startswith(other[-1]) or other[-1].startswith(one[-1])


def _fate(one: Turn, other: Turn, place: Place) -> Iterator[Difference]:
    if one.interrupted is not other.interrupted:
        yield Difference(Aspect.TURNS, "interrupted", one.interrupted, other.interrupted, place)
    fates = [
        [_fate_of(r) for r in turn.responses if r.status not in {"completed", "cancelled"}] for turn in (one, other)
    ]
    if fates[0] != fates[1]:
        yield Difference(Aspect.TURNS, "responses", fates[0] or "completed", fates[1] or "completed", place)


def _fate_of(response: Response) -> str:
    return ": ".join(word for word in (response.status, response.reason) if word)


def _calls(one: Turn, other: Turn, place: Place, ids: Ids) -> Iterator[Difference]:
    names = [call.name for call in one.calls], [call.name for call in other.calls]
    if Counter(names[0]) == Counter(names[1]):  # another order alone is told as that
        places = [names[1].index(name) for name in names[0]] if len(set(names[0])) == len(names[0]) else None
        pairs = list(enumerate(places)) if places is not None else names_aligned(*names)
    else:
        pairs = names_aligned(*names)
    for i, j in pairs:
        mine = one.calls[i] if i is not None else None
        its = other.calls[j] if j is not None else None
        if mine is not None and its is not None:
            yield from _call(mine, its, place, ids)
        else:
            call = mine or its
            shown = f"{call.name}({call.arguments})" if call is not None else ""
            yield Difference(Aspect.TOOLS, "call", shown if mine else NOTHING, shown if its else NOTHING, place)


def _call(one: ToolCall, other: ToolCall, place: Place, ids: Ids) -> Iterator[Difference]:
    at = Place(place.turn_a, place.turn_b, _n(one.done or one.named), _n(other.done or other.named))
    for part in ("arguments", "output"):
        values = json_of(getattr(one, part)), json_of(getattr(other, part))
        for path, mine, its in differing(*values, f"{one.name}.{part}", ids):
            yield Difference(Aspect.TOOLS, path, mine, its, at)


def _steps(turn: Turn, told: Told) -> Iterator[str]:
    """Yield what happened in a turn, in its order: messages and calls as they were made, outputs as they came."""
    placed: list[tuple[int, str]] = []
    calls = {call.item_id: call for call in turn.calls}
    for response in turn.responses:
        for item_id in response.item_ids:
            item = told.session.items.get(item_id)
            if item is None or item.first is None:
                continue
            call = calls.get(item_id)
            placed.append((item.first.n, f"call {call.name}" if call is not None else item.type))
    placed += [(output.n, f"output {call.name}") for call in turn.calls for output in call.outputs]
    yield from (name for _, name in sorted(placed))


def _said(response: Response, told: Told) -> str:
    items = (told.session.items.get(item_id) for item_id in response.item_ids)
    return " ".join(text for item in items if item is not None and (text := item.transcript or item.text))


def _error(error: ServerError, name: str, told: Told, side: str) -> Difference:
    shown = f"{name}: {error.message}"[:_CLIP]
    turn = told.turn_of(error.at.n)
    if side == "a":
        return Difference(Aspect.ERRORS, "error", shown, NOTHING, Place(turn_a=turn, entry_a=error.at.n))
    return Difference(Aspect.ERRORS, "error", NOTHING, shown, Place(turn_b=turn, entry_b=error.at.n))


def _entry(response: Response | None) -> int | None:
    return response.created.n if response is not None else None


def _n(at: At | None) -> int | None:
    return at.n if at is not None else None
