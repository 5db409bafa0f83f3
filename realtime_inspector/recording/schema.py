"""The JSON Schema of a recording's lines, for whoever reads or writes recordings without this tool.

Our own reader does not use it: what it refuses, and how it says so, is in `jsonl.py`.
"""

from __future__ import annotations

from importlib.resources import files


def text() -> str:
    """Return the schema, JSON Schema draft 2020-12, as it is printed."""
    return files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
