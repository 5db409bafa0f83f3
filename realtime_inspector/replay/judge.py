"""Which recorded event a live client event stands for, and what to say where it stands for none.

No socket, no clock.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from typing import Any

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.replay import mismatch
from realtime_inspector.replay.errors import Refusal
from realtime_inspector.replay.ids import IdMap
from realtime_inspector.replay.matching import Difference, Policy, differences
from realtime_inspector.replay.mismatch import Mismatch, Why
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.script import Expected, Script, Step

_SUBJECTS = ("item_id", "item.call_id", "item.id", "response_id")


class Judge:
    """Compares live client events with those of a script that have not come yet."""

    def __init__(self, script: Script, options: Options, ids: IdMap, matched: Container[int]) -> None:
        """Prepare.

        Args:
            script: What the client did when it was recorded.
            options: What to compare.
            ids: What is known of the client's ids.
            matched: Indices of the expected events that have come; the caller adds to them.
        """
        self._script, self._options, self._ids, self._matched = script, options, ids, matched
        self._by_type = script.by_type()

    def find(self, event: Event, *, refused: bool) -> Expected | None:
        """Return the recorded event that a live one stands for, if it stands for one.

        Args:
            event: The live client event.
            refused: The API would refuse it: of two equal ones, that which was refused when recorded comes first. But
                what it was about may be over sooner than it was then: one that cannot be meant yet comes last.
        """
        best: tuple[tuple[bool, bool], Expected] | None = None
        for expected in self._open_ones(event):
            if self._differences(expected, event):
                continue
            rank = self._is_early(expected), expected.refused is not refused
            if not any(rank):
                return expected
            if best is None or rank < best[0]:
                best = rank, expected
        return best[1] if best is not None else None

    def _is_early(self, expected: Expected) -> bool:
        return any(index not in self._matched for index in expected.needs)

    def explain(self, event: Event, place: int) -> Mismatch:
        """Return the mismatch of a live event that stands for no recorded one; `place` is its number."""
        near = self._open_ones(event)
        if not near:
            return self.about(Why.UNEXPECTED, event, place, detail=self._why_unexpected(event))
        nearest, shown = self._nearest(event, near)
        return self.about(Why.DIFFERS, event, place, nearest=nearest, differences=shown)

    def refused(self, event: Event, place: int, refused: Refusal) -> Mismatch:
        """Return the mismatch of a live event that the API refuses; nearest are those that it refused before."""
        detail = self._options.redactor.text(refused.message)
        near = self._open_ones(event)
        near = [expected for expected in near if expected.refused] or near
        if not near:
            return self.about(Why.REFUSED, event, place, detail=detail)
        nearest, shown = self._nearest(event, near)
        return self.about(Why.REFUSED, event, place, detail=detail, nearest=nearest, differences=shown)

    def beside(self, event: Event, place: int) -> Iterator[Mismatch]:
        """Yield, for each recorded event that a harmless one may have been meant for, where it differs."""
        for expected in self._open_ones(event):
            nearest, shown = self._nearest(event, [expected])
            yield self.about(Why.DIFFERS, event, place, nearest=nearest, differences=shown)

    def _nearest(self, event: Event, near: Sequence[Expected]) -> tuple[Expected, tuple[Difference, ...]]:
        """Return the recorded event that a live one comes nearest to, and where they differ, without secrets."""
        compared = [(self._differences(expected, event), expected) for expected in near]
        found, nearest = min(compared, key=lambda pair: (len(pair[0]), pair[1].index))
        redactor = self._options.redactor
        live, recorded = mismatch.redacted(event, redactor), mismatch.redacted(nearest.event, redactor)
        shown = mismatch.shown(found, differences(recorded, live, self._ids))
        return nearest, tuple(replace(difference, path=redactor.text(difference.path)) for difference in shown)

    def short_of(self, gated: Step, came_ms: float, detail: str) -> Mismatch:
        """Return the mismatch of a client that did not say as much as the server heard before a step."""
        amount = f"{came_ms:.0f} of {gated.gate_ms or 0.0:.0f} ms of audio came; {detail}"
        return Mismatch(Why.TOO_LITTLE_AUDIO, self._script.name, "", nearest=gated, detail=amount)

    def about(self, why: Why, event: Event, place: int, **members: Any) -> Mismatch:
        """Return a mismatch about a live event, without its secrets."""
        safe = mismatch.redacted(event, self._options.redactor)
        return Mismatch(why, self._script.name, safe.type, place, dict(safe.body), **members)

    def _open_ones(self, event: Event) -> list[Expected]:
        """Return the recorded events that a live one may stand for, by type; the likeliest first."""
        if self._options.match is Policy.STRICT:
            following = self._following()
            return [following] if following is not None and following.type == event.type else []
        found = [e for e in self._by_type.get(event.type, ()) if e.index not in self._matched]
        if self._options.match is Policy.TYPES:
            found.sort(key=lambda expected: not self._same_subject(expected, event))
        return found

    def _following(self) -> Expected | None:
        return next((e for e in self._script.expected if e.index not in self._matched), None)

    def _same_subject(self, expected: Expected, event: Event) -> bool:
        named = [(dig(expected.event.body, path), dig(event.body, path)) for path in _SUBJECTS]
        return all(one == (self._ids.to_recorded(other) if isinstance(other, str) else other) for one, other in named)

    def _differences(self, expected: Expected, event: Event) -> list[Difference]:
        if self._options.match is Policy.TYPES:
            return []
        ignore, matcher = self._options.ignore, self._options.matcher
        return differences(expected.event, event, self._ids, ignore=ignore, matcher=matcher)

    def _why_unexpected(self, event: Event) -> str:
        if self._options.match is Policy.STRICT and (following := self._following()) is not None:
            return f"the recording has {following} in its place"
        if self._script.lost:
            return f"the recording has no such event, but {self._script.lost} messages are missing from it"
        if self._script.cut_off:
            last = max((step.line for step in self._script.steps), default=1)
            return f"the recording is cut off after line {last}"
        known = self._by_type.get(event.type, [])
        if known:
            return f"the recording has {len(known)}, the last in line {known[-1].line}, and all have come"
        return "the recording has no such event"
