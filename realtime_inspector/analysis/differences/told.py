"""One session as it is compared with another: its turns, and the settings in force at each moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.analysis.lint import events
from realtime_inspector.analysis.summary import ended
from realtime_inspector.analysis.turns import Turn, turn_at, turns
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Entry, Header

_OWN = frozenset({"id", "object", "expires_at", "client_secret"})
"""What is another one in every session."""


@dataclass(frozen=True, slots=True)
class Told:
    """A session, folded."""

    header: Header | None
    session: Session
    turns: list[Turn]
    settings: list[tuple[int, Mapping[str, Any]]]
    """The session in force from an entry on."""
    ended: str
    """`closed 1000`, `reset`, `cut off`, …"""

    def config_at(self, n: int) -> Mapping[str, Any]:
        """Return the settings in force at an entry; empty before the server told any."""
        at = bisect_right(self.settings, n, key=lambda setting: setting[0])
        return self.settings[at - 1][1] if at else {}

    def turn_of(self, n: int) -> int | None:
        """Return the number of the turn in which an entry stands."""
        turn = turn_at(self.turns, n)
        return turn.number if turn is not None else None

    @property
    def aside(self) -> list[Response]:
        """The responses outside the conversation, in their order."""
        return [response for response in self.session.responses.values() if response.out_of_band]


def tell(entries: Iterable[Entry], header: Header | None = None) -> Told:
    """Fold a recording's entries."""
    session = Session()
    if header is not None:
        session.begin(header)
    settings: list[tuple[int, Mapping[str, Any]]] = []
    for event in events(entries):
        before = session.config_at
        session.apply(event)
        if session.config_at is not before:
            settings.append((event.n, {name: part for name, part in session.config.items() if name not in _OWN}))
    return Told(header, session, turns(session), settings, ended(session))
