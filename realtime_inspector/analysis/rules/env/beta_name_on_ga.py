"""Asked at the one client event that only the beta had."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.session import Session


class BetaNameOnGa(GaRule):
    """The client sends an event that only the beta had.

    Why: the server answers with an error and the transcription keeps its defaults.
    Fix: send session.update with session.type "transcription" and the settings in their places of today.
    Limits: a server that speaks the beta takes it; nothing is said there.
    Source: Realtime API, beta to GA migration (read 2026-11-22).
    """

    id = "ENV002"
    name = "beta-name-on-ga"
    severity = Severity.ERROR
    on = ("transcription_session.update",)
    good = (
        """
        < {"type": "transcription_session.created", "session": {"id": "s1"}}
        > {"type": "transcription_session.update", "session": {"input_audio_format": "pcm16"}}
        """,
        """
        > {"type": "transcription_session.update", "session": {}}
        +3s < {"type": "transcription_session.updated", "session": {"input_audio_format": "pcm16"}}
        +1s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "transcription", "audio": {}}}
        > {"type": "transcription_session.update", "session": {"input_audio_format": "pcm16"}}  # ENV002
        """,
        """
        > {"type": "transcription_session.update", "session": {}}  # ENV002
        < {"type": "session.created", "session": {"id": "s1", "type": "transcription", "audio": {}}}
        +1s < {"type": "error", "error": {"code": "invalid_value", "param": "type"}}
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Give the event that does the same today."""
        message = 'GA has no transcription_session.update: send session.update with session.type "transcription"'
        yield self.finding(event, message, corrected=beta.event_to_ga(event.body))
