"""Asked at every update of the session, and at an error that says what an unseen one lacked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule, refused_unseen
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.session import Session


class MissingSessionType(GaRule):
    """A session.update has no session.type, which GA requires.

    Why: the server refuses the whole update (missing_required_parameter), and the session goes on with its defaults.
    Fix: add "type": "realtime" to session, or "transcription" for a session that only transcribes.
    Limits: a server that still speaks the beta wants no type; nothing is said there. An example in OpenAI's own guide
        to function calling lacks it too.
    Source: Realtime API reference, `session.update` (read 2026-11-22).
    """

    id = "SES001"
    name = "missing-session-type"
    severity = Severity.ERROR
    on = ("session.update", "error")
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "realtime", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be kind."}}
        """,
        """
        > {"type": "session.update", "session": {"instructions": "Be kind."}}
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        +1s > {"type": "session.update", "session": {"instructions": "Be brief."}}
        """,
        """
        > {"type": "session.update", "session": {"instructions": "Be kind."}}
        +2s > {"type": "response.create"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "realtime", "audio": {}}}
        > {"type": "session.update", "session": {"instructions": "Be kind."}}  # SES001
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "session.type"}}
        """,
        """
        > {"type": "session.update", "session": {"instructions": "Be kind."}}  # SES001
        < {"type": "session.created", "session": {"id": "s1", "type": "realtime", "audio": {}}}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "session.type"}}
        x
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "realtime", "audio": {}}}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "session.type"}}  # SES001
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Say which type belongs there."""
        asked = event.get("session")
        if not isinstance(asked, Mapping) or asked.get("type") is not None:
            return
        kind = "transcription" if session.is_transcription else "realtime"
        message = f'session.type is missing, so the server refuses the whole update: add "type": "{kind}" to session'
        yield self.finding(event, message, corrected={**event.body, "session": beta.to_ga(asked, kind)})

    def check(self, event: Event, before: Session) -> Iterable[Finding]:
        """Take the server's word for an update that is not in the recording."""
        if event.type != "error":
            yield from super().check(event, before)
            return
        for code, param in refused_unseen(event, before):
            if code == "missing_required_parameter" and param == "session.type":
                message = 'a session.update had no session.type, so the server refused it: add "type": "realtime"'
                yield self.finding(event, message)
