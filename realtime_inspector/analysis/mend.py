"""What a client most likely meant where a value does not fit the reference.

Only what is plain: a number in quotes, a name in other letters, a format or a filter by its name alone. What cannot be
told is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import orjson

from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.schema import Kind, Problem

_FORMAT = ".format"
_FILTER = ".noise_reduction"
_FILTERS = frozenset({"near_field", "far_field"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_LIKE = 0.75


@dataclass(frozen=True, slots=True)
class Mended:
    """What belongs in the place of a value."""

    known: bool = False
    """Whether that can be told."""
    value: Any = None
    certain: bool = False
    """Whether what stands there is wrong for any version of the API."""

    @property
    def words(self) -> str:
        """Return what to write, as words."""
        return f"write {orjson.dumps(self.value).decode()}"


def mended(problem: Problem) -> Mended:
    """Return what belongs there instead of the value of a problem of type or value."""
    if problem.kind is Kind.VALUE:
        return _name(problem)
    if problem.path.endswith(_FORMAT) and isinstance(problem.value, str):
        return _format(problem.value)
    if problem.path.endswith(_FILTER) and problem.value in _FILTERS:
        return Mended(True, {"type": problem.value}, certain=True)
    return _scalar(problem.value, problem.allowed)


def put(body: Mapping[str, Any], path: str, value: Any) -> dict[str, Any] | None:
    """Return a copy of an event with another value at a path (`session.tools[0].type`); None if it has no such path."""
    parts = [int(place) if place else name for name, place in _PART.findall(path)]
    changed = _put(body, parts, value)
    return changed if isinstance(changed, dict) else None


def place(body: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of an event with a value at a path of names (`session.audio.output.voice`), objects made for it."""
    first, _, rest = path.partition(".")
    if not rest:
        return {**body, first: value}
    inner = body.get(first)
    return {**body, first: place(inner if isinstance(inner, Mapping) else {}, rest, value)}


def without(body: Mapping[str, Any], *paths: str) -> dict[str, Any]:
    """Return a copy of an event without what it has at some paths, and without objects in it that are left empty."""
    found = dict(body)
    for path in paths:
        parts = [int(place) if place else name for name, place in _PART.findall(path)]
        found = _without(found, parts)
        if len(parts) > 1 and parts[0] in body:
            found.setdefault(parts[0], {})  # an update of nothing has a session all the same
    return found


def _without(whole: Any, parts: list[str | int]) -> Any:
    first, *rest = parts
    if isinstance(whole, list) and isinstance(first, int) and first < len(whole):
        if not rest:
            return [*whole[:first], *whole[first + 1 :]]
        return [*whole[:first], _without(whole[first], rest), *whole[first + 1 :]]
    if not isinstance(whole, Mapping) or first not in whole:
        return whole
    inner = _without(whole[str(first)], rest) if rest else None
    others = {name: value for name, value in whole.items() if name != first}
    return {name: inner if name == first else value for name, value in whole.items()} if inner else others


def _put(whole: Any, parts: list[str | int], value: Any) -> Any:
    if not parts:
        return value
    first, *rest = parts
    if isinstance(whole, list) and isinstance(first, int) and first < len(whole):
        inner = _put(whole[first], rest, value)
        return None if rest and inner is None else [*whole[:first], inner, *whole[first + 1 :]]
    if isinstance(whole, Mapping) and first in whole:
        inner = _put(whole[str(first)], rest, value)
        return None if rest and inner is None else {**whole, str(first): inner}
    return None


def _name(problem: Problem) -> Mended:
    value = problem.value
    if not isinstance(value, str):
        return Mended()
    if problem.path.endswith(f"{_FORMAT}.type") and _format(value).known:
        return Mended(True, _format(value).value["type"], certain=True)
    same = next((name for name in problem.allowed if _plain(name) == _plain(value)), None)
    if same is not None:
        return Mended(True, same, certain=True)
    near = get_close_matches(value, problem.allowed, n=1, cutoff=_LIKE)
    return Mended(True, near[0]) if near else Mended()


def _format(name: str) -> Mended:
    known = beta.FORMATS.get(name.replace("-", "_"))
    return Mended(True, dict(known), certain=True) if known else Mended()


def _scalar(value: Any, allowed: tuple[str, ...]) -> Mended:
    """Return the value as the type that is wanted, where both are no object and no list."""
    wanted = set(allowed)
    if isinstance(value, str) and wanted & {"number", "integer"} and _NUMBER.match(value):
        number = float(value)
        return Mended(True, int(number) if number.is_integer() else number, certain="string" not in wanted)
    if isinstance(value, str) and "boolean" in wanted and value.lower() in {"true", "false"}:
        return Mended(True, value.lower() == "true", certain=True)
    if isinstance(value, float) and "integer" in wanted:
        return Mended(True, round(value), certain=True)
    if value is False and "null" in wanted:
        return Mended(True, None)
    if isinstance(value, bool):
        return Mended(certain="object" not in wanted)
    if isinstance(value, int | float) and "string" in wanted:
        return Mended(True, str(value), certain=not wanted & {"number", "integer"})
    if isinstance(value, Mapping) and wanted == {"string"}:
        return Mended(True, orjson.dumps(value).decode(), certain=True)
    return Mended()


def _plain(name: str) -> str:
    return re.sub(r"[-_ ]", "", name).lower()
