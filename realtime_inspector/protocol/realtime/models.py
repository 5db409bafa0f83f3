"""Models by name: what fits into them, and what they cost.

The table is `models.toml`, with the day it was read; a table of one's own goes before it, model by model. A model that
is in neither has no facts: nothing is guessed from its name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

MODALITIES = ("text", "audio", "image")

_KINDS = ("input", "cached", "output")
_COUNTS = ("context", "max_output", "input_limit")
_MEMBERS = frozenset({*MODALITIES, *_COUNTS, "minute", "like"})


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens of one modality cost, in US dollars; None where that is not known."""

    input: float | None = None
    cached: float | None = None
    output: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """The facts of one model; None where one is not known."""

    name: str
    context: int | None = None
    max_output: int | None = None
    input_limit: int | None = None
    """Input tokens at which the server begins to truncate."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """By modality."""
    minute: float | None = None
    """US dollars for a minute of audio."""

    @property
    def most_input(self) -> int | None:
        """Return how many tokens of input fit beside the longest output."""
        if self.input_limit is not None or self.context is None:
            return self.input_limit
        return self.context - (self.max_output or 0)


@dataclass(frozen=True, slots=True)
class Table:
    """Models by name."""

    read: str
    """The day on which the prices were read."""
    models: Mapping[str, Model]

    def find(self, name: str) -> Model | None:
        """Return a model's facts; None if the table does not have it."""
        return self.models.get(name)


@cache
def builtin() -> Table:
    """Return the table of this release."""
    return read(Path(__file__).with_name("models.toml").read_text(encoding="utf-8"))


def read(text: str, base: Table | None = None) -> Table:
    """Read a table, over another one.

    Raises:
        ValueError: If it is not TOML, or has what no table has; says where.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not readable as TOML: {error}") from error
    known = dict(base.models) if base is not None else {}
    tables = values.get("models")
    if not isinstance(tables, dict) or not values.keys() <= {"models", "read"}:
        raise ValueError('a table of models is `read = "DAY"` and one `[models."NAME"]` each')
    for name, members in tables.items():
        known[name] = _model(name, members, known)
    day = values.get("read", base.read if base is not None else "")
    return Table(str(day), known)


def _model(name: str, members: Any, known: Mapping[str, Model]) -> Model:
    place = f'models."{name}"'
    if not isinstance(members, dict):
        raise ValueError(f"{place} is no table")
    strange = sorted(members.keys() - _MEMBERS)
    if strange:
        raise ValueError(f"{place} has {strange[0]!r}; known are {', '.join(sorted(_MEMBERS))}")
    like = _like(place, members.get("like"), known)
    prices = {modality: _price(place, modality, members[modality]) for modality in MODALITIES if modality in members}
    counts = {count: int(_number(f"{place}.{count}", members[count])) for count in _COUNTS if count in members}
    return Model(
        name,
        context=counts.get("context", like.context),
        max_output=counts.get("max_output", like.max_output),
        input_limit=counts.get("input_limit", like.input_limit),
        prices={**like.prices, **prices},
        minute=_number(f"{place}.minute", members["minute"]) if "minute" in members else like.minute,
    )


def _like(place: str, other: Any, known: Mapping[str, Model]) -> Model:
    if other is None:
        return Model("")
    if not isinstance(other, str) or other not in known:
        raise ValueError(f"{place} is like {other!r}, which no table has above it")
    return known[other]


def _price(place: str, modality: str, members: Any) -> Price:
    where = f"{place}.{modality}"
    if not isinstance(members, dict) or not members.keys() <= set(_KINDS):
        raise ValueError(f"{where} has to have {', '.join(_KINDS)}, and nothing else")
    return Price(**{kind: _number(f"{where}.{kind}", value) for kind, value in members.items()})


def _number(place: str, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
        raise ValueError(f"{place} = {value!r} is no number of 0 or more")
    return value
