"""Asked where the client takes a session for one of the other kind."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session

_KINDS = ("realtime", "transcription")


class SessionKind(GaRule):
    """The client asks a transcription session to converse, or a conversation to only transcribe.

    Why: the kind is fixed with the connection; the server refuses the event.
    Fix: connect with ?model= for a conversation, with ?intent=transcription to transcribe.
    Limits: the kind is the one the server reported, or the URL's intent while it has not.
    Source: Realtime API, transcription sessions (read 2026-11-22).
    """

    id = "SES014"
    name = "session-kind"
    severity = Severity.ERROR
    on = ("session.update", "response.create")
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "transcription", "audio": {}}}
        > {"type": "session.update", "session": {"type": "transcription"}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "realtime", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "tools": []}}
        > {"type": "response.create"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "transcription", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime"}}  # SES014
        > {"type": "response.create"}  # SES014
        > {"type": "session.update", "session": {"type": "transcription", "tools": []}}  # SES014
        """,
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101
        < {"type": "session.created", "session": {"id": "s1", "type": "realtime", "audio": {}}}
        > {"type": "session.update", "session": {"type": "transcription"}}  # SES014
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Compare the event with the kind."""
        reported = session.config.get("type")
        kind = reported if reported in _KINDS else "transcription" if session.is_transcription else ""
        asked = event.get("session.type")
        if event.type == "response.create":
            if kind == "transcription":
                yield self.finding(event, "a transcription session makes no responses: leave response.create out")
        elif kind and asked in _KINDS and asked != kind:
            yield self.finding(event, f"the session is of type {kind}, it cannot become {asked}: connect for that kind")
        elif kind == "transcription" and event.get("session.tools") is not None:
            yield self.finding(
                event,
                "a transcription session has no tools: leave session.tools out",
                corrected=mend.without(event.body, "session.tools", "session.tool_choice"),
            )
