"""A program that does what a recorded client did, in Python or JavaScript, to be sent to whoever has the server.

It holds no key: it reads `OPENAI_API_KEY`. It goes where `REALTIME_URL` says, or where the recorded client went. It
waits for the server as the client did, and uses the ids of the new run; `steps.py` says how.
"""

from __future__ import annotations

import os
import pprint
from collections.abc import Iterator
from importlib import resources
from pathlib import PurePath
from typing import Any

import orjson

from realtime_inspector.formats import steps
from realtime_inspector.formats.reading import Readable
from realtime_inspector.recording.redact import Redactor

_KEPT_HEADERS = frozenset({"openai-beta", "openai-safety-identifier", "openai-organization", "openai-project"})
_WIDTH = 110


def python(recording: Readable) -> Iterator[str]:
    """Yield the lines of a Python program; it needs `websockets`."""
    values = {name: pprint.pformat(value, width=_WIDTH, sort_dicts=False) for name, value in _values(recording).items()}
    return _filled("reproducer.py.txt", values, recording)


def javascript(recording: Readable) -> Iterator[str]:
    """Yield the lines of a JavaScript program for Node.js; it needs `ws` where Node.js has no WebSocket of its own."""
    values = {name: _json(value) for name, value in _values(recording).items()}
    return _filled("reproducer.mjs.txt", values, recording)


def _values(recording: Readable) -> dict[str, Any]:
    told = steps.read(recording)
    redactor = Redactor.from_environment(os.environ)
    names = {name.lower() for name, _ in told.headers}
    headers = {
        name: value
        for name, value in told.headers
        if name.lower() in _KEPT_HEADERS and not value.startswith("[redacted")
    }
    return {
        "URL": redactor.url(told.url) or "wss://api.openai.com/v1/realtime",
        "KEY_HEADER": "api-key" if "api-key" in names else "Authorization",
        "HEADERS": headers,
        "LEARN": told.learn,
        "END": told.wait,
        "CLOSE_CODE": told.close_code,
        "STEPS": told.steps,
    }


def _json(value: Any) -> str:
    """Return a value as JSON, a list with a line for each part."""
    if isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(orjson.dumps(part).decode() for part in value) + ",\n]"
    return orjson.dumps(value).decode()


def _filled(template: str, values: dict[str, str], recording: Readable) -> Iterator[str]:
    """Yield a template's lines, each `@NAME@` replaced."""
    name = PurePath(recording.path).name
    shown = "".join(char if char.isalnum() or char in "._-" else "_" for char in name)
    text = (resources.files("realtime_inspector.formats") / "templates" / template).read_text(encoding="utf-8")
    for line in text.replace("@FILE@", shown).splitlines():
        mark = next((mark for mark in values if f"@{mark}@" in line), None)
        yield from (line.replace(f"@{mark}@", values[mark]) if mark is not None else line).split("\n")
