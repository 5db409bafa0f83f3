"""Whether an event fits the API's reference: what is missing, what is unknown, what has a wrong type or value.

The reference is `schema.json`, made by `scripts/make_schema.py` from the types of the `openai` package; `source()` says
from which release. It is not the server: a newer field is unknown here before it is known, and where the server is
known to differ, this module follows the server. A JSON null counts as absent, as it does in every client library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from realtime_inspector.protocol.event import dig


class Kind(StrEnum):
    """What is wrong with a field."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    TYPE = "type"
    """A JSON type that does not belong there."""
    VALUE = "value"
    """The right type, and a value that is not among those allowed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One field that does not fit."""

    path: str
    """Where, from the event on: `session.tools[0].name`. Empty for the event itself."""
    kind: Kind
    message: str
    """What is wrong, with the path and the value: `session.tracing is 7, not an object or text`."""
    allowed: tuple[str, ...] = ()
    """The values or JSON types that fit, as text."""
    nearest: str = ""
    """For an unknown field: the path it was probably meant to be."""
    value: Any = None
    """What stands there; None for a missing field."""


@dataclass(frozen=True, slots=True)
class Source:
    """What the reference was made from."""

    package: str
    version: str
    date: str
    """The day it was made, as ISO 8601."""

    def __str__(self) -> str:
        return f"{self.package} {self.version} ({self.date})"


_TYPE_WORDS = {
    "object": "an object",
    "array": "an array",
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_FORMATS = ("session.audio.input.format", "session.audio.output.format", "response.audio.output.format")
_NOT_DEMANDED = frozenset({"item.id", "response.input[].id"})
"""Required by the package's type of one item only (`mcp_approval_response`); the server makes an id where none is."""
_SHOWN_CHARS = 60
_DEEP = 32


def source() -> Source:
    """Return what the reference was made from, and when."""
    found = _file()["source"]
    return Source(found["package"], found["version"], found["date"])


def event_types(side: str) -> frozenset[str]:
    """Return the events of the `client` or the `server` that the reference knows."""
    return frozenset(_file()[side]["events"])


def problems(event_type: str, body: Mapping[str, Any], side: str = "client") -> list[Problem]:
    """Return what does not fit, by path; nothing for an event that the reference does not know.

    A client's event may hold known fields only. A server's may always hold more.
    """
    if _validator(side, event_type) is None:
        return []
    latest = _LATEST.get((side, event_type))
    if latest is None or latest[0] is not body:  # several rules ask about one event
        latest = _LATEST[side, event_type] = body, _problems(event_type, body, side)
    return latest[1]


_LATEST: dict[tuple[str, str], tuple[Mapping[str, Any], list[Problem]]] = {}
"""The latest body of each type, and what of it does not fit."""


def _problems(event_type: str, body: Mapping[str, Any], side: str) -> list[Problem]:
    if _fits(event_type, body, side) and not _lacks_rate(body):
        return []
    found = {(problem.path, problem.kind): problem for problem in _all(event_type, _plain(body), side)}
    return sorted(found.values(), key=lambda problem: (problem.path, problem.kind))


@cache
def paths(event_type: str, side: str = "client") -> frozenset[str]:
    """Return the path of every field the event can have; `[]` stands for an element of an array."""
    part = _file()[side]
    name = part["events"].get(event_type)
    return frozenset(_walk(part["$defs"].get(name, {}), part["$defs"], "", ())) if name else frozenset()


def _fits(event_type: str, body: Mapping[str, Any], side: str) -> bool:
    validator = _validator(side, event_type)
    if validator is None:
        return True
    try:
        return bool(validator.is_valid(body))
    except ValueError:  # nested deeper than the library looks: no event of the API is
        return True


def _all(event_type: str, body: Mapping[str, Any], side: str) -> Iterator[Problem]:
    for error in _validator(side, event_type).iter_errors(body):
        yield from _read(error, event_type, side)
    session = body.get("session")
    if event_type == "session.update" and isinstance(session, Mapping) and "type" not in session:
        # Without its type a session fits no branch, so nothing else of it would be looked at.
        yield from _all(event_type, {**body, "session": {**session, "type": "realtime"}}, side)
    for path in _lacks_rate(body):
        yield Problem(f"{path}.rate", Kind.MISSING, f"{path}.rate is missing (24000 for audio/pcm)", ("24000",))


def _lacks_rate(body: Mapping[str, Any]) -> list[str]:
    """Return the formats without the `rate` that the package calls optional and the server demands."""
    if "session" not in body and "response" not in body:
        return []
    formats = [(path, dig(body, path)) for path in _FORMATS]
    return [path for path, found in formats if dig(found, "type") == "audio/pcm" and dig(found, "rate") is None]


def _read(error: Any, event_type: str, side: str) -> Iterator[Problem]:
    path = _dotted(error.instance_path)
    kind, value = error.kind.name, error.kind.value
    shown = _short(error.instance)
    if kind == "required":
        whole = _join(path, value)
        if _open(whole) not in _NOT_DEMANDED:
            yield Problem(whole, Kind.MISSING, f"{whole} is missing")
    elif kind == "additionalProperties":
        for name in value:
            yield _unknown(_join(path, name), error.instance[name], event_type, side)
    elif kind == "type":
        words = " or ".join(_TYPE_WORDS.get(word, word) for word in value if word != "null")
        yield Problem(path, Kind.TYPE, f"{path} is {shown}, not {words}", tuple(value), value=error.instance)
    elif kind in {"enum", "const"}:
        allowed = tuple(str(part) for part in (value if kind == "enum" else [value]))
        message = f"{path} is {shown}, not {' or '.join(allowed)}"
        yield Problem(path, Kind.VALUE, message, allowed, value=error.instance)
    else:
        yield Problem(path, Kind.VALUE, f"{path}: {error.message}", value=error.instance)


def _unknown(path: str, value: Any, event_type: str, side: str) -> Problem:
    nearest = _nearest(path, event_type, side)
    return Problem(path, Kind.UNKNOWN, f"{path} is not a field of {event_type}", nearest=nearest, value=value)


def _nearest(path: str, event_type: str, side: str) -> str:
    """Return the known path that an unknown one was meant to be: a like name beside it, or the same name elsewhere."""
    known = paths(event_type, side)
    parent, _, name = _open(path).rpartition(".")
    beside = {found.rpartition(".")[2]: found for found in known if found.rpartition(".")[0] == parent}
    from difflib import get_close_matches

    close = get_close_matches(name, beside, n=1, cutoff=0.75)
    if close:
        return _join(path.rpartition(".")[0], close[0])
    elsewhere = sorted((found for found in known if found.rpartition(".")[2] == name), key=lambda f: (f.count("."), f))
    return elsewhere[0] if len(elsewhere) == 1 else ""


def _walk(node: Mapping[str, Any], definitions: Mapping[str, Any], path: str, seen: Sequence[str]) -> Iterator[str]:
    reference = str(node.get("$ref", "")).rpartition("/")[2]
    if reference and reference not in seen:
        yield from _walk(definitions[reference], definitions, path, (*seen, reference))
    for name, part in node.get("properties", {}).items():
        whole = _join(path, name)
        yield whole
        yield from _walk(part, definitions, whole, seen)
    if isinstance(node.get("items"), Mapping):
        yield from _walk(node["items"], definitions, f"{path}[]", seen)
    for case in (*node.get("allOf", ()), *node.get("anyOf", ())):
        yield from _walk(case.get("then", case), definitions, path, seen)


def part(side: str) -> Any:
    """Return what the reference has of one side's events: `events`, by type, and the `$defs` that they name."""
    return _file().get(side, {"events": {}, "$defs": {}})


@cache
def _file() -> Any:
    return orjson.loads(Path(__file__).with_name("schema.json").read_bytes())


@cache
def _validator(side: str, event_type: str) -> Any:
    """Return the compiled schema of one event; the library is loaded with the first."""
    import jsonschema_rs

    part = _file()[side]
    name = part["events"].get(event_type)
    if name is None:
        return None
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": part["$defs"]})


def _plain(value: Any, depth: int = 0) -> Any:
    """Return the value without nulls, and without what is nested deeper than any event of the API."""
    if isinstance(value, Mapping):
        return {name: _plain(part, depth + 1) for name, part in value.items() if part is not None and depth < _DEEP}
    if isinstance(value, list):
        return [_plain(part, depth + 1) for part in value if depth < _DEEP]
    return value


def _dotted(parts: Sequence[str | int]) -> str:
    path = ""
    for part in parts:
        path = f"{path}[{part}]" if isinstance(part, int) else _join(path, part)
    return path


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _open(path: str) -> str:
    """Return the path with every index left open: `session.tools[0].name` as `session.tools[].name`."""
    return ".".join(part.partition("[")[0] + "[]" if part.endswith("]") else part for part in path.split("."))


def _short(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
