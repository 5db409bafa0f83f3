"""One thing in which two sessions differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Aspect(StrEnum):
    """What a difference is about; any of them can be ignored."""

    CONFIGURATION = "configuration"
    """The settings in force, as the server reported them."""
    TURNS = "turns"
    """A turn of one that the other has not; one that was interrupted, or failed, in one alone."""
    TEXT = "text"
    """What the user or the assistant said or wrote."""
    TOOLS = "tools"
    """Calls by name, arguments, outputs."""
    ORDER = "order"
    """The same things in another order."""
    ERRORS = "errors"
    """What the server refused."""
    END = "end"
    """How the connection ended."""
    LATENCY = "latency"
    """Slower than a tolerance allows."""
    COST = "cost"
    """Dearer than a tolerance allows."""


class Nothing:
    """Stands where one of the two has no such thing."""

    def __repr__(self) -> str:
        """Show it."""
        return "nothing"


NOTHING = Nothing()


@dataclass(frozen=True, slots=True)
class Words:
    """A run of words: of both, or of one alone."""

    op: str
    """`same`, `a` (only there) or `b`."""
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the two sessions; None where one has no such place."""

    turn_a: int | None = None
    turn_b: int | None = None
    entry_a: int | None = None
    entry_b: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference."""

    aspect: Aspect
    what: str
    """What differs: a path, `assistant`, the name of a tool."""
    a: Any
    b: Any
    place: Place = Place()
    words: tuple[Words, ...] = ()
    """Of a text: what is the same and what is not."""

    def to_json(self) -> dict[str, Any]:
        """Return it for programs; a side that has nothing is left out."""
        place = self.place
        found: dict[str, Any] = {
            "aspect": self.aspect.value,
            "what": self.what,
            "turn": {"a": place.turn_a, "b": place.turn_b},
            "entry": {"a": place.entry_a, "b": place.entry_b},
        }
        found |= {name: value for name, value in (("a", self.a), ("b", self.b)) if value is not NOTHING}
        if self.words:
            found["words"] = [{"op": words.op, "text": words.text} for words in self.words]
        return found


Ids = Mapping[str, str]
"""Ids of the first session → those that stand for the same in the second."""
