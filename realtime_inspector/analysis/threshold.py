"""The numbers of a rule that its user may set.

A rule declares each as a class attribute, reads it as a number, and never knows who set it:

    wait_s = Threshold(5.0, "s", "how long the answer may take")
    ...
    yield Deadline(event.t + self.wait_s, event)

What the API fixes is no threshold: no setting makes it take a commit of 50 ms.
"""

from __future__ import annotations

import math
from typing import Any, Generic, Self, TypeVar, overload

N = TypeVar("N", int, float)


class Threshold(Generic[N]):
    """A number with a name, a unit and a meaning; an attribute of that name on the rule itself goes before it."""

    __slots__ = ("about", "default", "least", "most", "name", "unit")

    def __init__(self, default: N, unit: str, about: str, *, least: float = 0.0, most: float = math.inf) -> None:
        self.default: N = default
        """A whole one takes whole numbers only."""
        self.unit = unit
        """`s`, `ms`, `bytes`, `tokens`, `USD`, `of 1` for a share, or what is counted."""
        self.about = about
        self.least = least
        self.most = most
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        """Take the attribute's name."""
        self.name = name

    @overload
    def __get__(self, rule: None, owner: type) -> Self: ...
    @overload
    def __get__(self, rule: object, owner: type) -> N: ...
    def __get__(self, rule: object | None, owner: type) -> Self | N:
        """Return the number for a rule, or the threshold itself for a class of rules."""
        return self if rule is None else self.default

    def read(self, value: Any) -> N:
        """Return a value of a configuration as the number it is.

        Raises:
            ValueError: If it is none, or out of range; the message follows the threshold's name.
        """
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"= {_shown(value)} is no number; it is {self._wanted()}")
        if isinstance(self.default, int) and value != int(value):
            raise ValueError(f"= {value} is no whole number; it is {self._wanted()}")
        if not self.least <= value <= self.most:
            raise ValueError(f"= {value:g} is out of range; it is {self._wanted()}")
        number: N = type(self.default)(value)
        return number

    def _wanted(self) -> str:
        bounds = f"from {self.least:g}" + (f" to {self.most:g}" if self.most < math.inf else "")
        return f"{self.about}: {bounds}, in {self.unit} (default {self.default:g})".replace("in of 1", "a share of 1")


def of(rule: Any) -> dict[str, Threshold[Any]]:
    """Return what a rule, or a class of rules, lets its user set, by name."""
    owner = rule if isinstance(rule, type) else type(rule)
    found: dict[str, Threshold[Any]] = {}
    for base in reversed(owner.__mro__):
        found |= {name: member for name, member in vars(base).items() if isinstance(member, Threshold)}
    return found


def _shown(value: Any) -> str:
    return f"{value!r:.40}"
