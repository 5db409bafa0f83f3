"""JSON values of a peer, taken as what they should be: a wrong type counts as absent and never raises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from realtime_inspector.protocol.event import is_deep

_MASK = re.compile(r"[\[<({*][\s*]*(?:redacted|masked|removed|hidden|scrubbed|anonymi[sz]ed)\b|[*•█]{3}", re.IGNORECASE)
"""What stands in a log where somebody took words out."""


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one."""
    if type(value) is dict:  # asking whether something is a Mapping is slow
        return value
    return {} if value is None or not isinstance(value, Mapping) else value


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; what else it has is left out."""
    if not isinstance(value, list):
        return []
    return [part for part in value if type(part) is dict or isinstance(part, Mapping)]


def tool_name(tool: Mapping[str, Any]) -> str:
    """Return what tells a tool apart: a function's name, also where it is nested, or an MCP server's label."""
    return text(tool.get("name")) or text(tool.get("server_label")) or text(mapping(tool.get("function")).get("name"))


def text(value: Any) -> str:
    """Return a string, or an empty one."""
    return value if isinstance(value, str) else ""


def json_in(text: str) -> Any:
    """Return the JSON object or array that a text holds, such as a call's arguments; None if it holds none."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return None if is_deep(value) else value


def is_masked(value: Any) -> bool:
    """Tell whether a text has a place in it where something was taken out (`[redacted]`, `***`)."""
    return isinstance(value, str) and _MASK.search(value) is not None


def number(value: Any) -> float | None:
    """Return a number; a boolean is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def index(value: Any) -> int:
    """Return a place in a list, 0 where none is given."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
