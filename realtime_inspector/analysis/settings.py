"""What a client asked a session to be, compared with what the server reports of it.

Only what was asked is compared, leaf by leaf. A server may add defaults, write numbers its own way, spell a voice or a
format as an object, expand a prompt, hide a secret: none of that is a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.protocol.realtime.values import mappings

_SKIPPED = frozenset(
    {"type", "model", "id", "object", "expires_at", "client_secret", "prompt", "tracing", "authorization", "headers"}
)
"""What has a rule of its own, what the server expands, and secrets."""
_FORMATS = frozenset({"format", "input_audio_format", "output_audio_format"})
_SWITCHES = frozenset({"turn_detection", "transcription", "input_audio_transcription", "noise_reduction"})
"""Settings that a null turns off, so that a null tells something."""
_UNBOUND = frozenset({"inf", "auto"})
"""Values for which a server may report what they come to."""
_TOLERANCE = 1e-6
_LONG_CHARS = 40
"""A longer text may be reported inside another one: a server adds to instructions."""
_REDACTED = "[redacted"


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
    return {str(tool.get("name") or tool.get("server_label") or "") for tool in mappings(tools)} - {""}


def _objects(asked: Mapping[str, Any], reported: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for name, value in asked.items():
        if name in _SKIPPED:
            continue
        found = reported.get(name)
        whole = f"{path}.{name}"
        if name in _FORMATS:
            yield from _formats(value, found, whole)
        elif name == "tools":
            yield from _tools(value, found, whole)
        elif name in _SWITCHES:
            if name in reported:
                yield from _switch(value, found, whole)
        else:
            yield from _values(value, found, whole)


def _formats(asked: Any, reported: Any, path: str) -> Iterator[Difference]:
    wanted, found = AudioFormat.read(asked), AudioFormat.read(reported)
    if wanted is not None and found is not None and wanted != found:
        yield Difference(path, asked, reported)


def _tools(asked: Any, reported: Any, path: str) -> Iterator[Difference]:
    wanted = tool_names(asked)
    shown = reported is None or (isinstance(reported, list) and all(isinstance(tool, Mapping) for tool in reported))
    missing = wanted - tool_names(reported) if shown else set()
    if missing:
        yield Difference(path, sorted(missing), sorted(tool_names(reported)))


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
            yield from _objects(asked, reported, path)
            yield from _values(asked.get("model"), reported.get("model"), f"{path}.model")


def _values(asked: Any, reported: Any, path: str) -> Iterator[Difference]:
    if asked in (None, "", [], {}) or reported is None or asked == reported or _unbound(asked):
        return
    if isinstance(asked, Mapping) and isinstance(reported, Mapping):
        yield from _voice(asked, reported, path) if path.endswith(".voice") else _objects(asked, reported, path)
    elif isinstance(asked, Mapping) or isinstance(reported, Mapping):
        yield from _voice(asked, reported, path) if path.endswith(".voice") else ()
    elif not _same(asked, reported):
        yield Difference(path, asked, reported)


def _unbound(value: Any) -> bool:
    return isinstance(value, str) and (value in _UNBOUND or value.startswith(_REDACTED))


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
