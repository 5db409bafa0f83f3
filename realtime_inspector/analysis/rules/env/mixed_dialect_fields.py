"""Asked where the client configures a session or a response."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule, said_twice
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.session import Session

_PLACES = {"session.update": "session", "response.create": "response"}


class MixedDialectFields(GaRule):
    """One event has a setting twice: in the beta's place and in GA's.

    Why: no server takes both: one that speaks GA refuses the beta's key, one that speaks the beta that of GA, and with
        it the whole event.
    Fix: keep GA's and leave the beta's out; the corrected event shows the whole.
    Limits: a key that the server itself shows at the top of its session is left alone. Settings that are in the wrong
        place only are the matter of flat-keys, or of ga-name-on-beta where the server speaks the beta.
    Source: Realtime API, beta to GA migration (read 2026-11-22).
    """

    id = "ENV011"
    name = "mixed-dialect-fields"
    severity = Severity.ERROR
    on = tuple(_PLACES)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}}
        > {"type": "session.update", "session": {"modalities": ["text"], "voice": "alloy"}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "voice": "eve", "turn_detection": null, "audio": {}}}
        > {"type": "session.update", "session": {"voice": "ara", "audio": {"output": {"voice": "ara"}}}}
        """,
        """
        > {"type": "session.update", "session": {"modalities": ["text"], "output_modalities": ["text"]}}
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        +1s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"modalities": ["text"], "output_modalities": ["text"]}}  # ENV011
        > {"type": "response.create", "response": {"voice": "a", "audio": {"output": {"voice": "a"}}}}  # ENV011
        """,
        """
        > {"type": "session.update", "session": {"voice": "a", "audio": {"output": {"voice": "a"}}}}  # ENV011
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        +1s .
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Look for both in one object."""
        twice = said_twice(event, session)
        if twice:
            member = _PLACES[event.type]
            pairs = ", ".join(f"{member}.{old} and {member}.{new}" for old, new in twice.items())
            message = f"{pairs} are one setting, of the beta and of GA: the server refuses the event, leave"
            yield self.finding(event, f"{message} {', '.join(twice)} out", corrected=beta.event_to_ga(event.body))
