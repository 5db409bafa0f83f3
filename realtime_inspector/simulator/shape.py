"""What the API accepts as a value, and how it refuses the rest.

A shape checks one JSON value and raises the `Refusal` for the first thing wrong: missing members first, then unknown
ones, then what the members hold, as the API does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from realtime_inspector.simulator import errors


class Shape(Protocol):
    """Something that can check a value."""

    def check(self, value: Any, path: str) -> None:
        """Raise the refusal of a value that does not fit; `path` names it as errors do."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string, perhaps one of a few."""

    choices: Sequence[str] = ()
    max_length: int = 0
    pattern: str = ""
    """A regular expression that it has to match."""

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""
        if not isinstance(value, str):
            expected = f"one of {_either(self.choices)}" if self.choices else "a string"
            raise errors.wrong_type(value, expected, path)
        if self.choices and value not in self.choices:
            raise errors.wrong_value(value, self.choices, path)
        if self.max_length and len(value) > self.max_length:
            raise errors.too_long(len(value), self.max_length, path)
        if self.pattern and re.search(self.pattern, value) is None:
            raise errors.no_match(self.pattern, path)


@dataclass(frozen=True, slots=True)
class Number:
    """A number within limits, both included."""

    low: float | None = None
    high: float | None = None
    integer: bool = False

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""
        fits = isinstance(value, int if self.integer else int | float) and not isinstance(value, bool)
        if not fits:
            raise errors.wrong_type(value, "an integer" if self.integer else "a decimal", path)
        if self.low is not None and value < self.low:
            raise errors.out_of_range(value, self.low, path, below=True, integer=self.integer)
        if self.high is not None and value > self.high:
            raise errors.out_of_range(value, self.high, path, below=False, integer=self.integer)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""
        if not isinstance(value, bool):
            raise errors.wrong_type(value, "a boolean", path)


@dataclass(frozen=True, slots=True)
class Anything:
    """What the server stores without looking inside."""

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""


@dataclass(frozen=True, slots=True)
class Array:
    """A list of one shape."""

    of: Shape

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""
        if not isinstance(value, list):
            raise errors.wrong_type(value, "an array", path)
        for index, part in enumerate(value):
            self.of.check(part, f"{path}[{index}]")


@dataclass(frozen=True, slots=True)
class Object:
    """An object with known members."""

    members: Mapping[str, Shape]
    required: Sequence[str] = ()
    is_open: bool = False
    """Further members are stored without a look."""

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""
        if not isinstance(value, dict):
            raise errors.wrong_type(value, "an object", path)
        prefix = f"{path}." if path else ""
        for name in self.required:
            if value.get(name) is None:
                raise errors.missing(prefix + name)
        for name, part in value.items():
            shape = self.members.get(name)
            if shape is not None:
                shape.check(part, prefix + name)
            elif not self.is_open:
                raise errors.unknown(prefix + name)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A shape that needs one of several members."""

    of: Shape
    names: Sequence[str]
    """The first is named where none is there."""

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""
        self.of.check(value, path)
        if not any(value.get(name) is not None for name in self.names):
            raise errors.missing(f"{path}.{self.names[0]}" if path else self.names[0])


@dataclass(frozen=True, slots=True)
class Pairs:
    """An object of the client's own names, each with a string."""

    most: int
    longest_name: int
    longest_value: int

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""
        Object({}, is_open=True).check(value, path)
        if len(value) > self.most:
            message = f"Invalid '{path}': too many properties. Expected at most {self.most}, but got {len(value)}."
            raise errors.Refusal(message, "object_above_max_properties", path)
        for name, part in value.items():
            Text(max_length=self.longest_name).check(name, path)
            Text(max_length=self.longest_value).check(part, f"{path}.{name}")


@dataclass(frozen=True, slots=True)
class Nullable:
    """A shape, or null."""

    of: Shape

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""
        if value is not None:
            self.of.check(value, path)


@dataclass(frozen=True, slots=True)
class Tagged:
    """An object whose member `tag` says which of several it is."""

    variants: Mapping[str, Shape]
    tag: str = "type"
    strings: bool = False
    """A bare string is refused as an unknown value of the tag, not as a wrong type."""

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""
        if self.strings and isinstance(value, str):
            raise errors.wrong_value(value, list(self.variants), path)
        if not isinstance(value, dict):
            raise errors.wrong_type(value, "an object", path)
        name = f"{path}.{self.tag}" if path else self.tag
        if value.get(self.tag) is None:
            raise errors.missing(name)
        Text(list(self.variants)).check(value[self.tag], name)
        self.variants[value[self.tag]].check(value, path)


@dataclass(frozen=True, slots=True)
class Either:
    """A string of one shape, or something else of another."""

    text: Shape
    other: Shape

    def check(self, value: Any, path: str) -> None:
        """See `Shape`."""
        (self.text if isinstance(value, str) else self.other).check(value, path)


def _either(choices: Sequence[str]) -> str:
    return " or ".join(f"'{name}'" for name in choices)
