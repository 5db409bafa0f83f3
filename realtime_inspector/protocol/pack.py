"""A pack: the facts of one API in one value, for whoever works on any of them.

There is one today, the Realtime API. The rest of the tool asks a pack for names, shapes and state, so that another
protocol over the same kind of socket is one more value and no change elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES, SERVER_TYPES
from realtime_inspector.protocol.realtime.schema import Problem, Source, problems, source
from realtime_inspector.protocol.realtime.session import Session


@dataclass(frozen=True, slots=True)
class Pack:
    """What one API says and how its sessions are read."""

    name: str
    client_types: frozenset[str]
    """Every event a client can send, in any dialect."""
    server_types: frozenset[str]
    problems: Callable[[str, Mapping[str, Any], str], list[Problem]]
    """What does not fit the reference in an event: its type, its body, and the side that sent it."""
    source: Callable[[], Source]
    """What the reference was made from."""
    session: Callable[[], Session]
    """Makes an empty state to fold events into."""


REALTIME = Pack("realtime", CLIENT_TYPES, SERVER_TYPES, problems, source, Session)
"""The Realtime API, general availability and beta."""
