"""Whether a live client event means what a recorded one means, and where they differ.

Never compared: `event_id`, ids that the client makes, audio, `audio_end_ms`, the order of keys and of tools, spacing
(also inside arguments and outputs that are JSON), points in time, what was redacted before it was recorded. A null is
as good as nothing, but not in a session, where it switches something off. No socket, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.values import json_in
from realtime_inspector.replay.ids import IdMap


class Policy(StrEnum):
    """How exactly the live client has to do what the recorded one did."""

    CAUSAL = "causal"
    """The same by meaning, each after its causes; harmless events may come and go."""
    STRICT = "strict"
    """The same events in the same order, with the same fields."""
    TYPES = "types"
    """The same types; what is in them is not looked at."""
    NONE = "none"
    """Nothing is compared: the server's events come at their recorded times."""


class Missing:
    """Stands where one side has no such field."""

    def __repr__(self) -> str:
        """Show it in a difference."""
        return "nothing"


MISSING = Missing()

Matcher = Callable[[Mapping[str, Any], Mapping[str, Any]], bool | None]
"""A user's own judgement: recorded body, live body → same, different, or None to leave it to the rules here."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two events differ."""

    path: str
    recorded: Any
    live: Any


def differences(
    recorded: Event, live: Event, ids: IdMap, *, ignore: Sequence[str] = (), matcher: Matcher | None = None
) -> list[Difference]:
    """Return where a live event differs from a recorded one of its type; nothing if they mean the same.

    Args:
        recorded: The recorded client event.
        live: The live one.
        ids: What is known of the client's ids.
        ignore: Paths left out, with all beneath them; `*` stands for any one name or place.
        matcher: A user's own judgement.
    """
    judged = matcher(recorded.body, live.body) if matcher is not None else None
    if judged is True:
        return []
    if recorded.is_wire or live.is_wire:
        same = recorded.entry.payload == live.entry.payload
        found = [] if same else [Difference("", recorded.entry.payload[:200], live.entry.payload[:200])]
    else:
        found = list(_objects(_plain(recorded), _plain(live), "", ids))
    found = [difference for difference in found if not any(_covers(path, difference.path) for path in ignore)]
    if judged is False and not found:
        return [Difference("", "accepted by the matcher", "refused by the matcher")]
    return found


def _plain(event: Event) -> dict[str, Any]:
    """Return a body without what never counts, and with defaults that mean the same as nothing."""
    body = {name: value for name, value in event.body.items() if name not in {"event_id", "audio", "audio_end_ms"}}
    if event.type == "response.create" and body.get("response") in (None, {}):
        body.pop("response", None)
    return body


def _values(recorded: Any, live: Any, path: str, ids: IdMap) -> Iterator[Difference]:
    if isinstance(recorded, Mapping) and isinstance(live, Mapping):
        yield from _objects(recorded, live, path, ids)
    elif isinstance(recorded, list) and isinstance(live, list):
        yield from _lists(recorded, live, path, ids)
    elif not _same(recorded, live, path, ids):
        inner = _as_json(recorded), _as_json(live)
        if path.endswith((".output", ".arguments")) and all(value is not MISSING for value in inner):
            yield from _values(inner[0], inner[1], path, ids)
        else:
            yield Difference(path, recorded, live)


def _objects(recorded: Mapping[str, Any], live: Mapping[str, Any], path: str, ids: IdMap) -> Iterator[Difference]:
    for name in [*recorded, *(name for name in live if name not in recorded)]:
        inner = f"{path}.{name}" if path else name
        if _NEVER.search(inner):
            continue
        one, other = recorded.get(name, MISSING), live.get(name, MISSING)
        if not inner.startswith("session.") and _is_nothing(one) and _is_nothing(other):
            continue
        yield from _values(one, other, inner, ids)


def _lists(recorded: list[Any], live: list[Any], path: str, ids: IdMap) -> Iterator[Difference]:
    names = [[part.get("name") for part in side if isinstance(part, Mapping)] for side in (recorded, live)]
    if recorded and live and all(_are_names(found, side) for found, side in zip(names, (recorded, live), strict=True)):
        ones = {part["name"]: part for part in recorded}
        others = {part["name"]: part for part in live}
        for name in [*ones, *(name for name in others if name not in ones)]:
            yield from _values(ones.get(name, MISSING), others.get(name, MISSING), f"{path}[{name}]", ids)
        return
    for index in range(max(len(recorded), len(live))):
        one = recorded[index] if index < len(recorded) else MISSING
        other = live[index] if index < len(live) else MISSING
        yield from _values(one, other, f"{path}[{index}]", ids)


def _are_names(names: list[Any], parts: list[Any]) -> bool:
    """Tell whether every part of a list has a name of its own, as tools have."""
    return len(names) == len(parts) == len({name for name in names if isinstance(name, str)})


def _same(recorded: Any, live: Any, path: str, ids: IdMap) -> bool:
    if isinstance(recorded, bool) or isinstance(live, bool):
        return recorded is live
    if recorded == live:
        return True
    if isinstance(recorded, str) and isinstance(live, int | float) and _REDACTED.fullmatch(recorded):
        return True  # a number is redacted by a string
    if not isinstance(recorded, str) or not isinstance(live, str):
        return _is_time(recorded, path) and _is_time(live, path)
    if path in {"item_id", "previous_item_id"}:
        return ids.to_recorded(live) == recorded
    if ".metadata." in path and look_random(recorded, live):
        return True
    if _MOMENT.sub("", recorded) == _MOMENT.sub("", live):
        return True
    return "[redacted:" in recorded and _fits_redacted(recorded, live)


def _fits_redacted(recorded: str, live: str) -> bool:
    """Tell whether a text can be what a redacted one was, with anything where secrets stood."""
    first, *rest = _REDACTED.split(recorded)
    if not rest:
        return recorded == live
    if not live.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = live.find(part, at + 1)
        if found < 0:
            return False
        at = found + len(part)
    return live.endswith(rest[-1]) and at < len(live) - len(rest[-1])


def _is_nothing(value: Any) -> bool:
    return value is None or value is MISSING


_NEVER = re.compile(r"(^|\.)content\[\d+\]\.audio$|^item\.id$|^response\.input\[\d+\]\.id$")
_REDACTED = re.compile(r"\[redacted:[^\]]*\]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.,]\d+)?\s?(Z|UTC|[+-]\d\d:?\d\d)?")
_TIME_NAME = re.compile(r"(^|[._])(time|timestamp|at|now|date|clock|ts)$")
_EPOCH_S = range(1_500_000_000, 2_500_000_000)


def _is_time(value: Any, path: str) -> bool:
    """Tell whether a number is a point in time: by its name, and by lying in these decades."""
    if not isinstance(value, int | float) or isinstance(value, bool) or _TIME_NAME.search(path) is None:
        return False
    return int(value) in _EPOCH_S or int(value / 1000) in _EPOCH_S


def _as_json(value: Any) -> Any:
    found = json_in(value) if isinstance(value, str) else None
    return MISSING if found is None else found


_TOKEN = re.compile(r"[0-9A-Za-z_-]{6,}")
_KIND = re.compile(r"[a-z]+_", re.IGNORECASE)
"""What an id says of itself in front: `item_`."""
_HEX = re.compile(r"[0-9a-f]{8,}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def look_random(one: str, other: str) -> bool:
    """Tell whether two strings are both ids that somebody drew at random: alike but for a token with digits in it."""
    if _UUID.search(one) and _UUID.search(other):
        return _UUID.sub("", one) == _UUID.sub("", other)
    kind, other_kind = _KIND.match(one), _KIND.match(other)
    if kind and other_kind and kind[0] != other_kind[0]:
        return False
    start = parting(one, other)
    start = max(one.rfind("_", 0, start), one.rfind("-", 0, start)) + 1
    tails = one[start:], other[start:]
    return len(tails[0]) == len(tails[1]) and all(_TOKEN.fullmatch(t) and _mixed(t) for t in tails)


def parting(one: str, other: str) -> int:
    """Return how much two strings have in common before they part."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _mixed(token: str) -> bool:
    """Tell whether a token is no word: it is hexadecimal, or has digits or capitals inside."""
    return (
        _HEX.fullmatch(token) is not None
        or any(char.isdigit() for char in token)
        or any(char.isupper() for char in token[1:])
    )


def _covers(pattern: str, path: str) -> bool:
    """Tell whether a path, or what stands above it, is of the pattern."""
    wanted, steps = _STEPS.findall(pattern), _STEPS.findall(path)
    if len(wanted) > len(steps):
        return False
    return all(want in {step, "*"} for want, step in zip(wanted, steps, strict=False))


_STEPS = re.compile(r"[^.\[\]]+")
