"""Two sessions compared by meaning: what was configured, said and called, in which order, how fast, for how much.

The parts are in `differences/`. No socket, no clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from realtime_inspector.analysis.differences import conversation, figures
from realtime_inspector.analysis.differences.alignment import SAME, Pair, align, turn_likeness
from realtime_inspector.analysis.differences.difference import Aspect, Difference, Ids, Place
from realtime_inspector.analysis.differences.figures import Row, Tolerance
from realtime_inspector.analysis.differences.told import Told
from realtime_inspector.analysis.differences.values import covered
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.protocol.realtime.models import Table

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What counts."""

    ignore: frozenset[Aspect] = frozenset()
    paths: tuple[str, ...] = ()
    """Settings, and parts of calls, that are not compared, with all beneath them."""
    latency: Tolerance | None = None
    """Without one, no wait is a difference."""
    cost: Tolerance | None = None
    prices: Table | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it."""

    a: Told
    b: Told
    pairs: list[Pair[Turn]]
    """Which turn is which; None where one has no such turn."""
    differences: tuple[Difference, ...]
    rows: list[Row]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def counts(self) -> dict[Aspect, int]:
        """How many differences of each aspect there are, of those with any."""
        found = Counter(difference.aspect for difference in self.differences)
        return {aspect: found[aspect] for aspect in Aspect if found[aspect]}

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "schema_version": SCHEMA_VERSION,
            "same": self.same,
            "a": _side(self.a),
            "b": _side(self.b),
            "summary": {aspect.value: number for aspect, number in self.counts.items()},
            "differences": [difference.to_json() for difference in self.differences],
            "turns": [{"a": _number(one), "b": _number(other)} for one, other in self.pairs],
            "figures": [row.to_json() for row in self.rows],
        }


def compare(a: Told, b: Told, options: Options | None = None) -> Comparison:
    """Compare two sessions by meaning."""
    options = options or Options()
    pairs = align(a.turns, b.turns, turn_likeness)
    rows = figures.rows(a, b, options.prices)
    found = list(_all(a, b, pairs, options))
    if options.cost is not None:
        found += figures.dearer(rows, options.cost)
    kept = [d for d in found if d.aspect not in options.ignore and not any(covered(d.what, p) for p in options.paths)]
    return Comparison(a, b, pairs, tuple(kept), rows)


def _all(a: Told, b: Told, pairs: list[Pair[Turn]], options: Options) -> Iterator[Difference]:
    ids = conversation.ids_of(pairs, a, b)
    yield from _settings(a, b, pairs, ids)
    moved = _moved(pairs)
    for one, other in pairs:
        if one is not None and other is not None:
            yield from conversation.of_turns(one, other, a, b, ids)
            yield from figures.slower(one, other, options.latency) if options.latency is not None else ()
        elif one is not None and one.number in moved:
            yield conversation.moved(one, moved[one.number])
        elif one is not None:
            yield conversation.only_in(one, "a")
        elif other is not None and other not in moved.values():
            yield conversation.only_in(other, "b")
    yield from conversation.of_aside(a, b)
    yield from conversation.of_errors(a, b)
    if a.ended != b.ended:
        yield Difference(Aspect.END, "end", a.ended, b.ended)


def _settings(a: Told, b: Told, pairs: list[Pair[Turn]], ids: Ids) -> Iterator[Difference]:
    """Yield the settings that differ in a turn or at the end; each once, where it is met first."""
    told: set[tuple[str, str, str]] = set()
    places = [(_asked(one), _asked(other), one.number, other.number) for one, other in pairs if one and other]
    ends = (a.session.events + 1, b.session.events + 1, None, None)
    for n, m, turn, its in [*places, ends]:
        place = Place(turn, its, n if turn is not None else None, m if its is not None else None)
        for difference in conversation.of_settings(a.config_at(n), b.config_at(m), place, ids):
            key = (difference.what, repr(difference.a), repr(difference.b))
            if key not in told:
                told.add(key)
                yield difference


def _asked(turn: Turn) -> int:
    """Return the entry from which on a turn's settings hold: its first response."""
    return turn.responses[0].created.n if turn.responses else turn.start.n


def _moved(pairs: list[Pair[Turn]]) -> dict[int, Turn]:
    """Return turns of the first session that stand elsewhere in the second, by number."""
    left = [other for one, other in pairs if one is None and other is not None]
    found: dict[int, Turn] = {}
    for one, other in pairs:
        if one is None or other is not None:
            continue
        its = next((turn for turn in left if turn_likeness(one, turn) >= SAME), None)
        if its is not None:
            found[one.number] = its
            left.remove(its)
    return found


def _side(told: Told) -> dict[str, Any]:
    return {
        "id": told.header.id if told.header is not None else "",
        "turns": len(told.turns),
        "events": told.session.events,
        "ended": told.ended,
    }


def _number(turn: Turn | None) -> int | None:
    return turn.number if turn is not None else None
