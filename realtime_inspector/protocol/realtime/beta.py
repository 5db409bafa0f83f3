"""The beta's shapes and their GA counterparts, as data and as functions.

The beta had one flat session; general availability nested its audio, asked for a `type` and renamed a few fields. What
is already GA is kept as it is, so a session that mixes both comes out whole. Names of events are in `catalogue.py`.

Source: Realtime API reference and `openai` 3.54.0, `types/beta/realtime` against `types/realtime` (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SESSION_PATHS: Mapping[str, str] = {
    "modalities": "output_modalities",
    "voice": "audio.output.voice",
    "speed": "audio.output.speed",
    "input_audio_format": "audio.input.format",
    "output_audio_format": "audio.output.format",
    "input_audio_transcription": "audio.input.transcription",
    "input_audio_noise_reduction": "audio.input.noise_reduction",
    "turn_detection": "audio.input.turn_detection",
    "max_response_output_tokens": "max_output_tokens",
}
"""Member of a beta session → where a GA session has it."""

RESPONSE_PATHS: Mapping[str, str] = {
    "modalities": "output_modalities",
    "voice": "audio.output.voice",
    "output_audio_format": "audio.output.format",
    "max_response_output_tokens": "max_output_tokens",
}
"""Member of a beta `response.create`'s response → where GA has it."""

REMOVED = frozenset({"temperature"})
"""Members of the beta that GA has no place for."""

SERVER_MADE = frozenset({"id", "object", "expires_at", "client_secret"})
"""Members of a session that only the server writes; sent back to it, they are refused."""

FORMATS: Mapping[str, Mapping[str, Any]] = {
    "pcm16": {"type": "audio/pcm", "rate": 24000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
"""Name of a format in the beta → the object that GA wants."""

_PARTS = {
    "assistant": {"text": "output_text", "audio": "output_audio"},
    "user": {"text": "input_text", "audio": "input_audio"},
    "system": {"text": "input_text"},
}


def to_ga(session: Mapping[str, Any], kind: str = "realtime") -> dict[str, Any]:
    """Return the GA counterpart of a session; `kind` is its `type` where it has none.

    What the server writes and what GA no longer has is left out. Where both shapes name one thing, GA's is kept.
    """
    found = _nested(session, SESSION_PATHS, {"type": session.get("type") or kind})
    if isinstance(found.get("tools"), list):
        found["tools"] = [tool_to_ga(tool) for tool in found["tools"]]
    if "tool_choice" in found:
        found["tool_choice"] = _tool_choice(found["tool_choice"])
    return {name: value for name, value in found.items() if name not in SERVER_MADE}


def response_to_ga(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return the GA counterpart of a `response.create`'s response."""
    found = _nested(response, RESPONSE_PATHS, {})
    if isinstance(found.get("tools"), list):
        found["tools"] = [tool_to_ga(tool) for tool in found["tools"]]
    if isinstance(found.get("input"), list):
        found["input"] = [item_to_ga(item) if isinstance(item, Mapping) else item for item in found["input"]]
    if "tool_choice" in found:
        found["tool_choice"] = _tool_choice(found["tool_choice"])
    return found


def item_to_ga(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the GA counterpart of an item: the types of its content say whose they are."""
    names = _PARTS.get(str(item.get("role")))
    parts = item.get("content")
    if names is None or not isinstance(parts, list):
        return dict(item)
    return {**item, "content": [_part(part, names) for part in parts]}


def tool_to_ga(tool: Any) -> Any:
    """Return a tool in the flat shape; one that nests its function, as chat completions do, is taken out of it."""
    if not isinstance(tool, Mapping):
        return tool
    inner = tool.get("function")
    flat = {**tool, **inner} if isinstance(inner, Mapping) else dict(tool)
    if flat.get("type") == "mcp":
        return flat
    known = {name: flat[name] for name in ("name", "description", "parameters") if name in flat}
    return {"type": "function", **known}


def format_to_ga(value: Any) -> Any:
    """Return an audio format as an object with everything the server demands of it."""
    if isinstance(value, str):
        return dict(FORMATS.get(value.replace("-", "_"), {"type": value}))
    if isinstance(value, Mapping) and value.get("type") == "audio/pcm":
        return {**value, "rate": value.get("rate") or 24000}
    return value


def event_to_ga(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the GA counterpart of a client event; one that is the same in both dialects comes back as it is."""
    kind = event.get("type")
    session, response, item = event.get("session"), event.get("response"), event.get("item")
    if kind == "transcription_session.update" and isinstance(session, Mapping):
        return {**event, "type": "session.update", "session": to_ga(session, "transcription")}
    if kind == "session.update" and isinstance(session, Mapping):
        return {**event, "session": to_ga(session)}
    if kind == "response.create" and isinstance(response, Mapping):
        return {**event, "response": response_to_ga(response)}
    if kind == "conversation.item.create" and isinstance(item, Mapping):
        return {**event, "item": item_to_ga(item)}
    return dict(event)


def event_to_beta(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the beta's counterpart of a client event whose settings have GA's names and places."""
    kind, session, response = event.get("type"), event.get("session"), event.get("response")
    if kind == "session.update" and isinstance(session, Mapping):
        return {**event, "session": _flat(session, SESSION_PATHS)}
    if kind == "response.create" and isinstance(response, Mapping):
        return {**event, "response": _flat(response, RESPONSE_PATHS)}
    return dict(event)


def _flat(nested: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, Any]:
    moved = {path.partition(".")[0] for path in paths.values()} | {"type"}
    found = {name: value for name, value in nested.items() if name not in moved}
    for name, path in paths.items():
        *within, last = path.split(".")
        place: Any = nested
        for step in within:
            place = place.get(step) if isinstance(place, Mapping) else None
        if isinstance(place, Mapping) and last in place:
            found[name] = _to_beta(name, place[last])
    return found


def _to_beta(name: str, value: Any) -> Any:
    """Return a value as the beta writes it: formats by name, audio only together with text."""
    if name == "modalities":
        return ["text", "audio"] if value == ["audio"] else value
    if isinstance(value, Mapping) and name.endswith("_format"):
        return next((word for word, made in FORMATS.items() if made["type"] == value.get("type")), value)
    return value


def _nested(flat: Mapping[str, Any], paths: Mapping[str, str], begin: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        **begin,
        **_copy({name: value for name, value in flat.items() if name not in paths and name not in REMOVED}),
    }
    for name, path in paths.items():
        if name in flat:
            _put(found, path, _value(name, flat[name]))
    for side in ("input", "output"):
        audio = found.get("audio")
        part = audio.get(side) if isinstance(audio, dict) else None
        if isinstance(part, dict) and "format" in part:
            part["format"] = format_to_ga(part["format"])
    return found


def _part(part: Any, names: Mapping[str, str]) -> Any:
    kind = part.get("type") if isinstance(part, Mapping) else None
    return {**part, "type": names.get(kind, kind)} if isinstance(kind, str) else part


def _value(name: str, value: Any) -> Any:
    if name == "modalities" and isinstance(value, list):
        return ["audio"] if "audio" in value else value
    if name == "max_response_output_tokens" and value is None:
        return "inf"
    if name == "input_audio_noise_reduction" and isinstance(value, str):
        return {"type": value}
    if name == "input_audio_transcription" and isinstance(value, Mapping):
        return {key: part for key, part in value.items() if key != "enabled"}
    return value


def _tool_choice(value: Any) -> Any:
    inner = value.get("function") if isinstance(value, Mapping) else None
    return {"type": "function", "name": inner.get("name")} if isinstance(inner, Mapping) else value


def _put(target: dict[str, Any], path: str, value: Any) -> None:
    """Set a dotted path unless it is set; what stands in the way and is no object is left alone."""
    *parents, last = path.split(".")
    for name in parents:
        below = target.setdefault(name, {})
        if not isinstance(below, dict):
            return
        target = below
    target.setdefault(last, value)


def _copy(value: Any) -> Any:
    """Return the objects copied, so that setting a path leaves the event as it was sent."""
    return {name: _copy(part) for name, part in value.items()} if isinstance(value, Mapping) else value
