"""What a client asked a session to be, compared with what the server reports of it.

Only what was asked is compared, leaf by leaf. A server may add defaults, write numbers its own way, spell a voice or a
format as an object, expand a prompt, hide a secret: none of that is a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.protocol.realtime.values import is_masked, mapping, mappings, text, tool_name

_SKIPPED = frozenset({"type", "model", "id", "object", "expires_at", "client_secret"})
"""What of a session has a rule of its own, or is the server's."""
_KINDS = frozenset({"tool_choice", "truncation"})
"""Settings that are a word or an object with a type."""
_EXPANDED = frozenset({"prompt", "tracing"})
"""What the server may write out: an object is compared with an object."""
_FORMATS = frozenset({"format", "input_audio_format", "output_audio_format"})
_SWITCHES = frozenset({"turn_detection", "transcription", "input_audio_transcription", "noise_reduction"})
"""Settings that a null turns off, so that a null tells something."""
_UNBOUND = frozenset({"inf", "auto"})
"""Values for which a server may report what they come to."""
_TOLERANCE = 1e-6
_LONG_CHARS = 40
"""A longer text may be reported inside another one: a server adds to instructions."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that is not as it was asked."""

    path: str
    asked: Any
    reported: Any


def differences(asked: Mapping[str, Any], reported: Mapping[str, Any], path: str = "session") -> list[Difference]:
    """Return what a server reports other than it was asked."""
    return list(_objects(asked, reported, path))


def tool_names(tools: Any) -> set[str]:
    """Return what tells the tools of a list apart: a function's name, an MCP server's label."""
    return {tool_name(tool) for tool in mappings(tools)} - {""}


def _objects(asked: Mapping[str, Any], reported: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for name, value in asked.items():
        if path == "session" and name in _SKIPPED:
            continue
        found = reported.get(name)
        whole = f"{path}.{name}"
        if path == "session" and name in beta.SESSION_PATHS and name not in reported:
            yield from _moved(name, value, reported)
        elif name in _FORMATS:
            yield from _formats(value, found, whole)
        elif name == "tools":
            yield from _tools(value, found, whole)
        elif name in _KINDS:
            yield from _kinds(value, found, whole)
        elif name in _EXPANDED:
            yield from _objects(mapping(value), mapping(found), whole) if found is not None else ()
        elif name in _SWITCHES:
            if name in reported:
                yield from _switch(value, found, whole)
        else:
            yield from _values(value, found, whole)


def _moved(name: str, asked: Any, reported: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare a setting that was asked in the beta's place with GA's, where the server reports that one."""
    moved = {part: value for part, value in beta.to_ga({name: asked}).items() if part != "type"}
    yield from _objects(moved, reported, "session")


def _formats(asked: Any, reported: Any, path: str) -> Iterator[Difference]:
    wanted, found = AudioFormat.read(asked), AudioFormat.read(reported)
    if found is not None and wanted != found and (wanted is not None or _format_name(asked)):
        yield Difference(path, asked, reported)


def _format_name(value: Any) -> str:
    """Return the name of a format, where it is one as GA writes it."""
    name = text(mapping(value).get("type"))
    return name if name.startswith("audio/") else ""


def _tools(asked: Any, reported: Any, path: str) -> Iterator[Difference]:
    wanted = tool_names(asked)
    shown = reported is None or (isinstance(reported, list) and all(isinstance(tool, Mapping) for tool in reported))
    missing = wanted - tool_names(reported) if shown else set()
    if missing:
        yield Difference(path, sorted(missing), sorted(tool_names(reported)))


def _kinds(asked: Any, reported: Any, path: str) -> Iterator[Difference]:
    """Compare what is a word or an object by its kind first, then part by part."""
    wanted, found = _kind(asked), _kind(reported)
    if wanted and found and wanted != found and not _unbound(asked):
        yield Difference(path, asked, reported)
    elif isinstance(asked, Mapping) and isinstance(reported, Mapping):
        yield from _objects(asked, reported, path)


def _kind(value: Any) -> str:
    return text(value.get("type")) if isinstance(value, Mapping) else text(value)


def _switch(asked: Any, reported: Any, path: str) -> Iterator[Difference]:
    """Compare what can be off: here a null is a value, and so is the type `none` of Azure's previews."""
    asked, reported = (None if isinstance(value, Mapping) and value.get("type") == "none" else value
                       for value in (asked, reported))  # fmt: skip
    if not asked or not reported:
        if bool(asked) != bool(reported):
            yield Difference(path, asked, reported)
    elif isinstance(asked, Mapping) and isinstance(reported, Mapping):
        if asked.get("type") and reported.get("type") and asked["type"] != reported["type"]:
            yield Difference(f"{path}.type", asked["type"], reported["type"])
        else:
            rest = {name: part for name, part in asked.items() if name != "type"}
            yield from _objects(rest, reported, path)


def _values(asked: Any, reported: Any, path: str) -> Iterator[Difference]:
    if asked in (None, "", [], {}) or reported is None or asked == reported or _unbound(asked) or is_masked(reported):
        return
    if isinstance(asked, Mapping) and isinstance(reported, Mapping):
        yield from _voice(asked, reported, path) if path.endswith(".voice") else _objects(asked, reported, path)
    elif isinstance(asked, Mapping) or isinstance(reported, Mapping):
        yield from _voice(asked, reported, path) if path.endswith(".voice") else ()
    elif not _same(asked, reported):
        yield Difference(path, asked, reported)


def _unbound(value: Any) -> bool:
    return isinstance(value, str) and (value in _UNBOUND or is_masked(value))


def _voice(asked: Any, reported: Any, path: str) -> Iterator[Difference]:
    if _voice_names(asked).isdisjoint(_voice_names(reported)):
        yield Difference(path, asked, reported)


def _voice_names(voice: Any) -> set[str]:
    names: Iterable[Any] = [voice.get("id"), voice.get("name")] if isinstance(voice, Mapping) else [voice]
    return {str(name) for name in names if name}


def _same(asked: Any, reported: Any) -> bool:
    if isinstance(asked, bool) or isinstance(reported, bool):
        return asked is reported
    if isinstance(asked, int | float) and isinstance(reported, int | float):
        return abs(asked - reported) <= _TOLERANCE * max(1.0, abs(asked))
    if isinstance(asked, int | float) and reported == "inf":
        return False
    if isinstance(asked, str) and isinstance(reported, str):
        return reported.startswith(asked.strip()) or (len(asked) > _LONG_CHARS and asked.strip() in reported)
    if isinstance(asked, list) and isinstance(reported, list):
        return sorted(map(str, asked)) == sorted(map(str, reported))
    return type(asked) is not type(reported)
