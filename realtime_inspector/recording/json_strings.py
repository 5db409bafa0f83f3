"""Where the strings of a JSON text stand, and under which path, so that one can be replaced and the rest left alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

import orjson

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+')

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A string, a number or a name of a member, in the text."""

    path: Path
    start: int
    end: int
    value: str
    """What it says, without quotes and escapes."""
    is_key: bool = False
    number: bool = False

    @property
    def name(self) -> str:
        """The path as people write it: `session.tools[0].authorization`."""
        name = ""
        for step in self.path:
            name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
        return name


def find(text: str) -> list[Found] | None:
    """Return the strings, numbers and names of a JSON object or array, in their order; None for anything else."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return _walk(text)


def _walk(text: str) -> list[Found]:
    found: list[Found] = []
    path: list[str | int] = []
    key_next = False
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        match text[start]:
            case "{":
                path.append("")
                key_next = True
            case "[":
                path.append(0)
                key_next = False
            case "}" | "]":
                path.pop()
                key_next = False
            case ",":
                step = path[-1]
                key_next = isinstance(step, str)
                if isinstance(step, int):
                    path[-1] = step + 1
            case ":":
                key_next = False
            case '"':
                value = str(orjson.loads(text[start:end]))
                if key_next:
                    path[-1] = value
                found.append(Found(tuple(path), start, end, value, is_key=key_next))
            case _:
                found.append(Found(tuple(path), start, end, text[start:end], number=True))
    return found
