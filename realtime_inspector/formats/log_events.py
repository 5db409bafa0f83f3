"""Which of the objects in a log are Realtime events: bare, wrapped, in lists, or as JSON in a string."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.formats import imported, literals
from realtime_inspector.protocol.event import AUDIO_FIELDS
from realtime_inspector.protocol.realtime.catalogue import ALL_CLIENT_TYPES, ALL_SERVER_TYPES

_KNOWN = ALL_CLIENT_TYPES | ALL_SERVER_TYPES
_FAMILIES = frozenset(name.partition(".")[0] for name in _KNOWN) | {"input_image_buffer", "transcription", "decision"}
"""First words of the API's dotted types: a type that begins with one is taken for an event, though it is not known."""
_DOTTED = re.compile(r"[a-z_]{1,60}(?:\.[a-z_]{1,60}){1,5}")
_PAYLOAD_KEYS = ("event", "data", "payload", "message", "body", "raw")
_DEEPEST = 16
"""Wrappers in wrappers; deeper ones are not looked into."""
_STRINGS = 3
"""JSON in a string in a string is read so many times."""
_MODEL = re.compile(r"(?<![\w.])[A-Z]\w*+\((?=\s*[A-Za-z_]\w*+\s*=(?!=))")
"""Where a model that shows its fields begins, `Error(message=…`."""
_BASE64 = re.compile(r"[A-Za-z0-9+/=_\s-]*")
_TELLING = frozenset({"id", "object", "type", "model", "expires_at", "audio", "modalities", "output_modalities"})
"""Members that tell a session, and by their names its dialect."""
_NAMING = frozenset({"type", "object", "role", "status", "id", "name", "code", "param", "reason", "modalities"})
"""Members whose strings are names."""
_DOTS = re.compile(r"\.\.\.|…")
_JOINED = re.compile(r"(?:\.\.\.|…)[\w\"']")
"""Dots with something behind them; an id that somebody shortened ends in them."""
_ABOUT = {
    "session.update": "session",
    "transcription_session.update": "session",
    "conversation.item.create": "item",
}
"""Event of the client → the member that makes it what it is."""
_RESPONSE_ENDED = frozenset({"completed", "cancelled", "failed", "incomplete"})


@dataclass(frozen=True, slots=True)
class Found:
    """An event in a log."""

    body: Mapping[str, Any]
    wrappers: tuple[Mapping[str, Any], ...] = ()
    """The objects it stood in, the outermost first."""
    verbatim: str = ""
    """Its text as it was on the wire; empty where the log has it in another form."""
    cut: bool = False
    """Its end is missing, or something in its middle."""

    @property
    def type(self) -> str:
        """The event's type."""
        return str(self.body["type"])


def events_in(
    value: Any,
    open_ids: frozenset[int] = frozenset(),
    wrappers: tuple[Mapping[str, Any], ...] = (),
    strings: int = 0,
    verbatim: str = "",
    elided_ids: frozenset[int] = frozenset(),
) -> Iterator[Found]:
    """Yield the events that a value is or holds.

    Args:
        value: What was read.
        open_ids: The objects in it that have no end.
        wrappers: The objects it stands in.
        strings: In how many strings it stands.
        verbatim: Its text.
        elided_ids: The objects in it of which the logger left something out.
    """
    if len(wrappers) > _DEEPEST:
        return
    if isinstance(value, str):
        if strings < _STRINGS:
            yield from _events_in_string(value, wrappers, strings + 1)
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, dict | list | str):
                yield from events_in(part, open_ids, (*wrappers, {}), strings, elided_ids=elided_ids)
    elif isinstance(value, Mapping):
        event = _as_event(value)
        inner = next(_same_inside(event), None) if event is not None and wrappers[-1:] != (event,) else None
        if event is not None and inner is None:
            cut = id(value) in open_ids or _is_elided(event) or _is_hollow(event, elided_ids)
            yield Found(event, wrappers, verbatim if event is value else "", cut)
            return
        for part in [inner] if inner is not None else value.values():
            if isinstance(part, dict | list | str):
                yield from events_in(part, open_ids, (*wrappers, value), strings, elided_ids=elided_ids)


def payload_of(found: Found) -> bytes | None:
    """Return the event as a message; None if it cannot be written as JSON."""
    body = _without_elided_audio(_without_halves(found.body) if found.cut else found.body)
    if found.verbatim and body is found.body and "\n" not in found.verbatim:
        return found.verbatim.encode(errors="replace")
    return imported.payload_of(body)


def _events_in_string(text: str, wrappers: tuple[Mapping[str, Any], ...], strings: int) -> Iterator[Found]:
    text = text.strip()
    model = _MODEL.search(text)
    begin = min((at for at in (text.find("{"), model.start() if model else -1) if at >= 0), default=-1)
    if begin < 0 or "type" not in text:
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # a logger's message, or an object as another language writes it
        reading = literals.read(text, begin)
        if reading is not None:
            yield from events_in(reading.value, reading.open_ids, wrappers, strings, elided_ids=reading.elided_ids)
    else:
        yield from events_in(value, frozenset(), wrappers, strings, text)


def _as_event(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the object as an event: itself, or the event that a bare error or response was taken from."""
    kind = value.get("type")
    if isinstance(kind, str):
        if kind == "error":
            return value if isinstance(value.get("error"), Mapping) or "event_id" in value else None
        if kind in _KNOWN or (kind.partition(".")[0] in _FAMILIES and _DOTTED.fullmatch(kind)):
            return value
        if kind.endswith("_error") and isinstance(value.get("message"), str) and ("code" in value or "param" in value):
            return {"type": "error", "error": value}
    if value.get("object") == "realtime.response" and isinstance(value.get("id"), str):
        ended = value.get("status") in _RESPONSE_ENDED
        return {"type": "response.done" if ended else "response.created", "response": value}
    return None


def _is_hollow(event: Mapping[str, Any], elided_ids: frozenset[int]) -> bool:
    """Tell whether a client's event is shown without what it is about: `{type: 'session.update', session: {…}}`."""
    name = _ABOUT.get(str(event.get("type")))
    if name is None or name not in event:
        return False
    about = event[name]
    return about is None or id(about) in elided_ids


def _same_inside(event: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the event itself, where a logger's object bears its type and holds it."""
    for key in _PAYLOAD_KEYS:
        inner = event.get(key)
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            inner = next(events_in(inner), None)
            inner = inner.body if inner is not None else None
        if isinstance(inner, Mapping) and inner.get("type") == event.get("type") and event.get("type") != "error":
            yield event[key]


def _without_halves(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an event that was cut without names of two halves, and with no more of a configuration than tells it."""
    body = {name: _without_joined(value) for name, value in body.items() if not _is_joined(name, value)}
    if not isinstance(body.get("session"), Mapping):
        return body
    session = {name: value for name, value in body["session"].items() if name in _TELLING}
    return {**body, "session": {n: None if isinstance(v, Mapping | list) else v for n, v in session.items()}}


def _without_joined(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return value
    if isinstance(value, list):
        return [_without_joined(part, depth + 1) for part in value]
    if not isinstance(value, Mapping):
        return value
    return {name: _without_joined(part, depth + 1) for name, part in value.items() if not _is_joined(name, part)}


def _is_joined(name: str, value: Any) -> bool:
    named = name in _NAMING or name.endswith("_id")
    return isinstance(value, str) and named and _JOINED.search(value) is not None


def _is_elided(value: Any, name: str = "", depth: int = 0) -> bool:
    """Tell whether a logger took out the middle of an event and joined what was left by dots: a name shows it."""
    if isinstance(value, str):
        return _is_joined(name, value)
    if depth > _DEEPEST:
        return False
    if isinstance(value, list):
        return any(_is_elided(part, name, depth + 1) for part in value)
    if not isinstance(value, Mapping):
        return False
    return any(_DOTS.search(str(key)) or _is_elided(part, str(key), depth + 1) for key, part in value.items())


def _without_elided_audio(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the event with no audio where the logger wrote a remark (`<4096 bytes>`, `UklG...`) in its place."""
    name = AUDIO_FIELDS.get(str(body.get("type")), "")
    audio = body.get(name)
    if not isinstance(audio, str) or audio.startswith("data:") or _BASE64.fullmatch(audio):
        return body
    if len(audio) > 400 and _DOTS.search(audio) is None:
        return body
    return {**body, name: ""}
