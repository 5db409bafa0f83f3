"""Where two JSON values differ, by path. Knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.differences.difference import NOTHING, Ids
from realtime_inspector.protocol.realtime.values import json_in

Found = tuple[str, Any, Any]
"""A path, and the two values; `NOTHING` where there is none."""


def differing(a: Any, b: Any, path: str, ids: Ids) -> Iterator[Found]:
    """Yield the places in which two values differ; ids that stand for the same do not."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        yield from _objects(a, b, path, ids)
    elif isinstance(a, list) and isinstance(b, list):
        yield from _lists(a, b, path, ids)
    elif not _same(a, b, ids):
        yield path, a, b


def json_of(text: str | None) -> Any:
    """Return a text as the JSON object or array it holds, or else as it is; `NOTHING` for None."""
    if text is None:
        return NOTHING
    value = json_in(text)
    return text if value is None else value


def covered(path: str, ignored: str) -> bool:
    """Tell whether a path is the ignored one, or beneath it."""
    return path == ignored or path.startswith((f"{ignored}.", f"{ignored}["))


def _objects(a: Mapping[str, Any], b: Mapping[str, Any], path: str, ids: Ids) -> Iterator[Found]:
    for name in [*a, *(name for name in b if name not in a)]:
        inner = f"{path}.{name}" if path else name
        yield from differing(a.get(name, NOTHING), b.get(name, NOTHING), inner, ids)


def _lists(a: list[Any], b: list[Any], path: str, ids: Ids) -> Iterator[Found]:
    names = _named(a), _named(b)
    if names[0] is not None and names[1] is not None:  # tools: their order says nothing
        for name in [*names[0], *(name for name in names[1] if name not in names[0])]:
            yield from differing(names[0].get(name, NOTHING), names[1].get(name, NOTHING), f"{path}[{name}]", ids)
        return
    for index in range(max(len(a), len(b))):
        one = a[index] if index < len(a) else NOTHING
        other = b[index] if index < len(b) else NOTHING
        yield from differing(one, other, f"{path}[{index}]", ids)


def _named(parts: list[Any]) -> dict[str, Any] | None:
    """Return the parts of a list by the names that tell them apart; None if they have none."""
    found: dict[str, Any] = {}
    for part in parts:
        name = part.get("name") or part.get("server_label") if isinstance(part, Mapping) else None
        if not isinstance(name, str) or name in found:
            return None
        found[name] = part
    return found


def _same(a: Any, b: Any, ids: Ids) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, str) and isinstance(b, str):
        return a == b or ids.get(a) == b
    if (a is None or a is NOTHING) and (b is None or b is NOTHING):
        return True
    return bool(a == b)
