"""Asked where the client configures a session of a server that speaks the beta."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.session import Session

_PLACES = {"session.update": "session", "response.create": "response"}
_GA_KEYS = ("audio", "output_modalities", "max_output_tokens")
_FIRST_LOOK_S = 0.5
_LAST_LOOK_S = 10.0


class GaNameOnBeta(Rule):
    """Settings have the names and places of GA, and the server speaks the beta.

    Why: such a server (Azure's older api-versions, many compatible ones) refuses the whole event for a key it does not
        know, or leaves the setting out without a word.
    Fix: use the flat keys that the message names; on Azure, connect to /openai/v1/realtime, which speaks GA.
    Limits: what the server took, and a key that it shows in its own session, is left alone. Judged once the server has
        shown that it speaks the beta.
    Source: Realtime API, beta to GA migration (read 2026-11-22); github.com/openai/openai-python/issues/2638.
    """

    id = "ENV003"
    name = "ga-name-on-beta"
    severity = Severity.WARNING
    on = tuple(_PLACES)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"], "voice": "alloy"}}
        > {"type": "session.update", "session": {"voice": "echo", "modalities": ["text", "audio"]}}
        > {"type": "response.create", "response": {"modalities": ["text"]}}
        +9s .
        """,
        """
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "marin"}}}}
        < {"type": "session.created", "session": {"id": "s1", "audio": {"output": {"voice": "alloy"}}}}
        +9s .
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"], "voice": "alloy"}}
        > {"type": "session.update", "session": {"audio": {"output": {"voice": "echo"}}}}
        < {"type": "session.updated", "session": {"id": "s1", "modalities": ["text"], "voice": "echo"}}
        +9s .
        """,
        """
        > GET /openai/realtime?api-version=2025-04-01-preview&deployment=d
        < 101
        > {"type": "session.update", "session": {"audio": {"output": {"voice": "echo"}}}}
        < {"type": "session.created", "session": {"id": "s1", "audio": {"output": {"voice": "alloy"}}}}
        +9s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"], "voice": "alloy"}}
        > {"type": "session.update", "session": {"audio": {"output": {"voice": "echo"}}}}  # ENV003
        < {"type": "error", "error": {"code": "unknown_parameter", "param": "session.audio"}}
        +9s .
        """,
        """
        > {"type": "session.update", "session": {"output_modalities": ["text"]}}  # ENV003
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"], "voice": "alloy"}}
        > {"type": "response.create", "response": {"output_modalities": ["text"]}}  # ENV003
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for what the server is, and for what it makes of the event."""
        if after.dialect != "ga" and _keys(event, after):
            yield Deadline(event.t + _FIRST_LOOK_S, event, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterable[Finding | Deadline]:
        """Name the beta's place of each key, if the server has not taken the event."""
        event = deadline.event
        pending = any(waiting.at.n == event.n for waiting in session.unanswered)
        refused = any(error.cause is not None and error.cause.n == event.n for error in session.errors)
        keys = _keys(event, session)
        known = session.dialect == "beta" and session.created is not None
        if known and keys and (pending or refused):
            moves = ", ".join(_move(event, key) for key in keys)
            message = f"the server speaks the beta and does not know GA's keys: {moves}"
            yield self.finding(event, message, t=deadline.moment(session), corrected=beta.event_to_beta(event.body))
        elif not known and session.ended is None and deadline.at - event.t < _LAST_LOOK_S:
            yield deadline.again(deadline.at + 2 * _FIRST_LOOK_S)


def _keys(event: Event, session: Session) -> list[str]:
    """Return the keys of GA in an event, those left out that the server shows itself."""
    asked = event.get(_PLACES[event.type])
    known = session.config if event.type == "session.update" else {}
    return [key for key in _GA_KEYS if key in asked and key not in known] if isinstance(asked, Mapping) else []


def _move(event: Event, key: str) -> str:
    member = _PLACES[event.type]
    paths = beta.SESSION_PATHS if member == "session" else beta.RESPONSE_PATHS
    asked = event.get(f"{member}.{key}")
    moves = [
        f"{member}.{path} → {member}.{flat}" for flat, path in paths.items() if _is_asked(event, member, path, key)
    ]
    return ", ".join(moves) or f"{member}.{key} ({'nothing of it' if isinstance(asked, Mapping) else 'leave it out'})"


def _is_asked(event: Event, member: str, path: str, key: str) -> bool:
    return path.partition(".")[0] == key and event.get(f"{member}.{path}") is not None
