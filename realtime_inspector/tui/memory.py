"""What the screens remember from one start to the next: filters that were used or saved, that the first hint was seen.

A small JSON file of the user's. What cannot be read or written is forgotten without a word: no call depends on it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from realtime_inspector.analysis.saved import NAME, of_project

MAX_FILTERS = 100
_FILTERS, _SAVED, _GREETED = "filters", "saved", "greeted"


class Memory:
    """The user's memory; without a path, or if it keeps nothing, what is new is for this start alone."""

    def __init__(self, path: Path | None = None, *, keeps: bool = True) -> None:
        self._path = path if keeps else None
        self._kept = _read(path) if path is not None else {}

    @property
    def filters(self) -> Sequence[str]:
        """Filters that were used, the latest first."""
        found = self._kept.get(_FILTERS)
        return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []

    def used(self, chosen: str) -> None:
        """Remember a filter."""
        if chosen.strip():
            self._keep(_FILTERS, [chosen, *(each for each in self.filters if each != chosen)][:MAX_FILTERS])

    @property
    def saved(self) -> Mapping[str, str]:
        """The filters that the user saved, by name."""
        found = self._kept.get(_SAVED)
        pairs = found.items() if isinstance(found, dict) else ()
        return {name: each for name, each in sorted(pairs) if NAME.fullmatch(name) and isinstance(each, str)}

    def save(self, name: str, chosen: str) -> None:
        """Keep a filter under a name, in place of what it had."""
        self._keep(_SAVED, {**self.saved, name: chosen})

    def forget(self, name: str) -> None:
        """Keep a saved filter no longer."""
        self._keep(_SAVED, {known: each for known, each in self.saved.items() if known != name})

    def greet(self) -> bool:
        """Tell whether this is the user's first start, and remember that it was."""
        if self._kept.get(_GREETED):
            return False
        self._keep(_GREETED, True)
        return True

    def _keep(self, name: str, value: Any) -> None:
        self._kept[name] = value
        if self._path is None:
            return
        growing = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            growing.write_bytes(orjson.dumps(self._kept, option=orjson.OPT_INDENT_2))
            growing.replace(self._path)


def saved_filters(folder: Path | None = None) -> Mapping[str, str]:
    """Return every filter that has a name here: the user's own, and before them those of the project.

    Args:
        folder: Where the search for the project's configuration begins; the current folder by default.

    Raises:
        UsageError: If the project's are none.
    """
    return {**Memory(usual_path()).saved, **of_project(folder or Path.cwd())}


def usual_path() -> Path:
    """Return where the memory is kept: in the user's data, or in `REALTIME_INSPECTOR_DATA_DIR`."""
    from realtime_inspector.capture.tls import data_dir

    return data_dir() / "screens.json"


def _read(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        kept = orjson.loads(path.read_bytes())
        if isinstance(kept, dict):
            return kept
    return {}
