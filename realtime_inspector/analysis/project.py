"""A project's files about the linter: the configuration, where it is found and what it says; what is suppressed.

It is `realtime-inspector.toml`, or `[tool.realtime-inspector]` of `pyproject.toml`: the nearest, upward from a folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realtime_inspector.errors import UsageError

FILE = "realtime-inspector.toml"
TABLE = "realtime-inspector"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file says."""

    path: Path
    values: Mapping[str, Any]


def find(folder: Path) -> Configuration | None:
    """Return the nearest configuration, upward from a folder.

    Raises:
        UsageError: If it is not TOML, or not a table.
    """
    for place in (folder, *folder.parents):
        if (place / FILE).is_file():
            return Configuration(place / FILE, read(place / FILE))
        project = place / "pyproject.toml"
        if project.is_file() and TABLE.encode() in project.read_bytes():
            tables = read(project).get("tool", {})
            if isinstance(tables, Mapping) and TABLE in tables:
                return Configuration(project, _table(project, tables[TABLE]))
    return None


def read(path: Path) -> Mapping[str, Any]:
    """Return what a TOML file says.

    Raises:
        UsageError: If it cannot be read, or is no TOML.
    """
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: not readable as TOML: {error}") from error


def suppressions_of(recording: Path) -> Path:
    """Return where the suppressions of a recording are, if it has any: beside it."""
    return recording.with_name(recording.name + ".suppress.toml")


def _table(path: Path, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{path}: tool.{TABLE} is no table")
    return value
