"""Make `protocol/realtime/schema.json` from the types of the installed `openai` package.

    python scripts/make_schema.py [--check]

Client events come from the package's request types and are closed: a field that is not listed is unknown to the API's
reference. Server events come from its response models and stay open, since a server may always say more. A union is
written as `if`/`then` over its discriminator, so that a validator names the one field that is wrong instead of "fits
none of nine". The output depends on the package's version alone; the date is that of the first run with a version.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

TARGET = Path(__file__).parent.parent / "realtime_inspector" / "protocol" / "realtime" / "schema.json"

Schema = dict[str, Any]

_NOISE = frozenset({"title", "description", "default", "examples"})
_DISCRIMINATORS = ("type", "role")
_SCALARS = ("string", "integer", "number", "boolean", "array", "null")


def make() -> Schema:
    """Return the schema of every client and server event, without its date."""
    from openai.types.realtime import RealtimeClientEventParam, RealtimeServerEvent
    from openai.types.realtime.response_create_event_param import ResponseCreateEventParam
    from openai.types.realtime.response_create_event_with_references_param import ResponseCreateEventWithReferencesParam

    # The wider of two types of one event: its `input` may refer to items as well as hold them.
    wider = {ResponseCreateEventParam: ResponseCreateEventWithReferencesParam}
    client = [wider.get(member, member) for member in _members(RealtimeClientEventParam)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "source": {"package": "openai", "version": version("openai")},
        "client": _events(client, closed=True),
        "server": _events(_members(RealtimeServerEvent), closed=False),
    }


def dump(schema: Schema) -> str:
    """Return the schema as the file has it: a definition a line, so that a change shows as one."""
    head = ",\n".join(f'"{name}": {_json(schema[name])}' for name in ("$schema", "source"))
    sides = ",\n".join(f'"{side}": {_dump_side(schema[side])}' for side in ("client", "server"))
    return f"{{\n{head},\n{sides}\n}}\n"


def _dump_side(side: Schema) -> str:
    lines = ",\n".join(f'"{name}": {_json(body)}' for name, body in sorted(side["$defs"].items()))
    return f'{{\n"events": {_json(side["events"])},\n"$defs": {{\n{lines}\n}}\n}}'


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def dated(schema: Schema, recorded: Mapping[str, Any] | None, today: str) -> Schema:
    """Return the schema with its date: the recorded one while the package's version stays."""
    known = (recorded or {}).get("source", {})
    date = known.get("date", today) if known.get("version") == schema["source"]["version"] else today
    return {**schema, "source": {**schema["source"], "date": date}}


def _members(union: Any) -> list[Any]:
    """Return the members of a union; one that is annotated with its discriminator is unwrapped."""
    args = get_args(union)
    return _members(args[0]) if get_args(args[0]) else list(args)


def _events(members: Sequence[Any], *, closed: bool) -> Schema:
    from pydantic import TypeAdapter

    inputs = [(index, "validation", TypeAdapter(member)) for index, member in enumerate(members)]
    references, shared = TypeAdapter.json_schemas(inputs)  # type: ignore[arg-type]  # "validation" is its literal
    definitions = {name: _clean(body, closed=closed) for name, body in shared["$defs"].items()}
    names = [str(found["$ref"]).rpartition("/")[2] for found in references.values()]
    return {
        "$defs": {name: _narrow(body, definitions) for name, body in definitions.items()},
        "events": {definitions[name]["properties"]["type"]["const"]: name for name in names},
    }


def _clean(node: Any, *, closed: bool) -> Any:
    """Leave out what is for reading, and close every object that lists its fields."""
    if isinstance(node, list):
        return [_clean(part, closed=closed) for part in node]
    if not isinstance(node, dict):
        return node
    found = {name: _clean(part, closed=closed) for name, part in node.items() if name not in _NOISE}
    if "properties" in node:
        properties = {name: _clean(part, closed=closed) for name, part in node["properties"].items()}
        found = {"type": "object", "properties": properties, "required": sorted(node.get("required", ()))}
        if closed:
            found["additionalProperties"] = False
    return found


def _narrow(node: Any, definitions: Mapping[str, Schema]) -> Any:
    """Write every union below the node so that one branch at most applies to a value."""
    if isinstance(node, list):
        return [_narrow(part, definitions) for part in node]
    if not isinstance(node, dict):
        return node
    if variants := node.get("anyOf") or node.get("oneOf"):
        return _union([_narrow(variant, definitions) for variant in _flat(variants)], definitions)
    return {name: _narrow(part, definitions) for name, part in node.items()}


def _flat(variants: Iterable[Schema]) -> Iterator[Schema]:
    for variant in variants:
        inner = variant.get("anyOf") or variant.get("oneOf")
        yield from _flat(inner) if inner else (variant,)


def _union(variants: Sequence[Schema], definitions: Mapping[str, Schema]) -> Schema:
    """Return a union told apart by the value's JSON type first, and by its discriminator then."""
    if {} in variants:
        return {}
    objects = [variant for variant in variants if _resolve(variant, definitions).get("type") == "object"]
    branches: dict[str, Schema] = {"object": _objects(objects, definitions)} if objects else {}
    for kind in _SCALARS:
        same = [variant for variant in variants if variant.get("type") == kind]
        if same:
            branches[kind] = _values(kind, same)
    if len(branches) == 1:
        return next(iter(branches.values()))
    cases = [{"if": {"type": kind}, "then": then} for kind, then in branches.items() if then != {"type": kind}]
    return {"type": list(branches), **({"allOf": cases} if cases else {})}


def _values(kind: str, variants: Sequence[Schema]) -> Schema:
    allowed = [value for variant in variants for value in variant.get("enum", [variant.get("const")])]
    if kind == "array":
        return variants[0]
    return {"type": kind} if None in allowed or not allowed else {"type": kind, "enum": allowed}


def _objects(variants: Sequence[Schema], definitions: Mapping[str, Schema], depth: int = 0) -> Schema:
    if len(variants) == 1:
        return variants[0]
    if depth == len(_DISCRIMINATORS):
        return {"type": "object", "anyOf": list(variants)}
    name = _DISCRIMINATORS[depth]
    groups: dict[str, list[Schema]] = {}
    needed = True
    for variant in variants:
        resolved = _resolve(variant, definitions)
        needed = needed and name in resolved.get("required", ())
        for value in _told_by(resolved, name):
            groups.setdefault(value, []).append(variant)
    if len(groups) < 2:
        return _objects(variants, definitions, depth + 1)
    cases = [
        {
            "if": {"properties": {name: {"const": value}}, "required": [name]},
            "then": _objects(group, definitions, depth + 1),
        }
        for value, group in groups.items()
    ]
    found: Schema = {"type": "object", "properties": {name: {"enum": list(groups)}}, "allOf": cases}
    return {**found, "required": [name]} if needed else found


def _told_by(resolved: Schema, name: str) -> list[str]:
    field = resolved.get("properties", {}).get(name, {})
    return list(field.get("enum", ())) or ([field["const"]] if "const" in field else [])


def _resolve(variant: Schema, definitions: Mapping[str, Schema]) -> Schema:
    name = str(variant.get("$ref", "")).rpartition("/")[2]
    return definitions[name] if name else variant


def main() -> int:
    """Write the file, or with `--check` tell whether it is as it would be written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if the file is out of date")
    check = parser.parse_args().check
    before = TARGET.read_text() if TARGET.exists() else ""
    after = dump(dated(make(), json.loads(before or "{}"), f"{datetime.now(UTC):%Y-%m-%d}"))
    if check:
        return int(before != after)
    TARGET.write_text(after)
    print(f"{TARGET.name}: {len(after)} bytes", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
