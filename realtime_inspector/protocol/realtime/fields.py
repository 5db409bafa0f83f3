"""What the API's reference says of one field of an event: its type, the values it can have, whether it has to be there.

The reference is that of `schema.py`. It has several shapes for one place, such as the two kinds of session: the event
itself tells which is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from realtime_inspector.protocol.realtime import schema

_JSON = {"string": "text", "array": "list", "integer": "whole number", "boolean": "true or false"}
"""JSON's word for a type → ours; the others are the same."""
_DEEP = 60
_MOST = 12
"""So many values or members are named."""


def explain(side: str, body: Mapping[str, Any], path: Sequence[str | int]) -> str:
    """Say what the reference knows of a field; empty where it does not know the event.

    Args:
        side: Whose event it is: `client` or `server`.
        body: The event.
        path: The names and places that lead to the field, from the event on.
    """
    part = schema.part(side)
    event_type = body.get("type")
    name = part["events"].get(event_type) if isinstance(event_type, str) else None
    if name is None or not path or len(path) > _DEEP:
        return ""
    definitions = part["$defs"]
    nodes, value, needed = list(_meant({"$ref": f"#/$defs/{name}"}, body, definitions)), body, False
    for step in path:
        needed = any(step in node.get("required", ()) for node in nodes)
        found = [part for node in nodes if (part := _step(node, step)) is not None]
        if not found:
            return "not in the reference"
        value = _at(value, step)
        nodes = [meant for node in found for meant in _meant(node, value, definitions)]
    return _words(nodes) + ("; required" if needed else "")


def _step(node: Mapping[str, Any], step: str | int) -> Mapping[str, Any] | None:
    part = node.get("properties", {}).get(step) if isinstance(step, str) else node.get("items")
    return part if isinstance(part, Mapping) else None


def _at(value: Any, step: str | int) -> Any:
    if isinstance(value, Mapping) and isinstance(step, str):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _meant(
    node: Mapping[str, Any], value: Any, definitions: Mapping[str, Any], depth: int = 0
) -> Iterator[Mapping[str, Any]]:
    """Yield a node, and those that it stands for where such a value is."""
    yield node
    if depth > _DEEP:
        return
    if "$ref" in node:
        yield from _meant(definitions[node["$ref"].rpartition("/")[2]], value, definitions, depth + 1)
    for case in (*node.get("allOf", ()), *node.get("anyOf", ())):
        if "if" not in case:
            yield from _meant(case, value, definitions, depth + 1)
        elif _holds(case["if"], value):
            yield from _meant(case.get("then", {}), value, definitions, depth + 1)


def _holds(condition: Mapping[str, Any], value: Any) -> bool:
    types = {"object": Mapping, "string": str, "array": list}
    if "type" in condition and not isinstance(value, types.get(condition["type"], object)):
        return False
    members = condition.get("properties", {})
    if not isinstance(value, Mapping):
        return not members
    return all(value.get(name) == part["const"] for name, part in members.items() if "const" in part)


def _words(nodes: Sequence[Mapping[str, Any]]) -> str:
    values = _gathered(nodes, "enum") or _gathered(nodes, "const")
    if values:
        return f"one of {_listed(values)}" if len(values) > 1 else f"always {values[0]}"
    types = [_JSON.get(one, one) for one in _gathered(nodes, "type") if one != "null"]
    members = list(dict.fromkeys(name for node in nodes for name in node.get("properties", ())))
    of = [_words([node["items"]]) for node in nodes if node.get("items")]
    said = " or ".join(types) or "anything"
    if members:
        return f"{said}: {_listed(members)}"
    return f"{said}, each {of[0]}" if of and of[0] != "anything" else said


def _gathered(nodes: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    """Return what nodes say under a name, each once."""
    told = (node[name] for node in nodes if name in node)
    return list(dict.fromkeys(str(one) for each in told for one in (each if isinstance(each, list) else [each])))


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _MOST} more" if len(words) > _MOST else ""
    return ", ".join(words[:_MOST]) + more
