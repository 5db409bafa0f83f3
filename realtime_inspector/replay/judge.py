"""Which recorded event a live client event stands for, and what to say where it stands for none.

No socket, no clock.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import Any

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.replay import mismatch
from realtime_inspector.replay.ids import IdMap
from realtime_inspector.replay.matching import Difference, Policy, differences
from realtime_inspector.replay.mismatch import Mismatch, Why
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.script import Expected, Script

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
            refused: The API would refuse it: of two equal ones, that which was refused when recorded comes first.
        """
        second_best = None
        for expected in self._open_ones(event):
            if self._differences(expected, event):
                continue
            if expected.refused is refused:
                return expected
            second_best = second_best or expected
        return second_best

    def explain(self, event: Event, place: int) -> Mismatch:
        """Return the mismatch of a live event that stands for no recorded one; `place` is its number."""
        near = [(self._differences(expected, event), expected) for expected in self._open_ones(event)]
        if not near:
            return self.about(Why.UNEXPECTED, event, place, detail=self._why_unexpected(event))
        found, nearest = min(near, key=lambda pair: (len(pair[0]), pair[1].index))
        redactor = self._options.redactor
        live, recorded = mismatch.redacted(event, redactor), mismatch.redacted(nearest.event, redactor)
        shown = tuple(
            replace(difference, path=redactor.text(difference.path))
            for difference in mismatch.shown(found, differences(recorded, live, self._ids))
        )
        return self.about(Why.DIFFERS, event, place, nearest=nearest, differences=shown)

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
