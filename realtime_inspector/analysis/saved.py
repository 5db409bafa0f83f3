"""Saved filters: what one can be called, and those that a project has in its configuration.

    [open.filters]
    refused = "type:error or kind:refused"

`filter.py` takes any mapping of names for `@refused`; where users keep theirs is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from realtime_inspector.analysis.project import find
from realtime_inspector.errors import UsageError

NAME = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)
"""What a filter can be called."""
_TABLE, _FILTERS = "open", "filters"
_EXAMPLE = 'an entry is such as `refused = "type:error"`'


def of_project(folder: Path) -> Mapping[str, str]:
    """Return the filters that a project has saved, by name; its configuration is looked for upward from a folder.

    Raises:
        UsageError: If the configuration cannot be read, or what it has there are no filters with names.
    """
    found = find(folder)
    table = found.values.get(_TABLE) if found is not None else None
    named = table.get(_FILTERS, {}) if isinstance(table, Mapping) else {}
    if found is None or not named:
        return {}
    if not isinstance(named, Mapping):
        raise UsageError(f"{found.path}: {_TABLE}.{_FILTERS} is no table; {_EXAMPLE}")
    for name, text in named.items():
        if not NAME.fullmatch(name):
            raise UsageError(f"{found.path}: {_TABLE}.{_FILTERS}: {name!r} is no name: letters, digits, _, - and . are")
        if not isinstance(text, str):
            raise UsageError(f"{found.path}: {_TABLE}.{_FILTERS}.{name}: {text!r} is no filter; {_EXAMPLE}")
    return dict(named)
