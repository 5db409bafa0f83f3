"""How often something costly is made anew while what it rests on still changes."""

from __future__ import annotations

from time import perf_counter

_AGAIN = 20.0
"""What took so long is not done anew before so many times as long have passed, while the recording is still read."""


class Pace:
    """Tells when something costly is to be made anew: what it rests on has changed, and the last time is long ago."""

    def __init__(self) -> None:
        self._made_of: object = None
        self._not_before = 0.0

    def is_due(self, made_of: object, *, settled: bool) -> bool:
        """Tell whether to make it; at once if nothing more is to come."""
        return made_of != self._made_of and (settled or perf_counter() >= self._not_before)

    def note(self, made_of: object, took_s: float) -> None:
        """Remember what it was made of, and how long that took."""
        self._made_of = made_of
        self._not_before = perf_counter() + _AGAIN * took_s
