"""Asked where the client limits what the model may write."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import host
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

_PLACES = {"session.update": "session", "response.create": "response"}
_KEY = "max_response_output_tokens"


class NullNotAllowed(Rule):
    """The limit of output tokens is null, which Azure's older api-versions refuse.

    Why: the server answers with an error (invalid_type), and none of the event's settings takes effect.
    Fix: write "inf" for no limit, or leave the key out.
    Limits: looked at for Azure where it speaks the beta.
    Source: github.com/livekit/agents/issues/927 (read 2026-11-22).
    """

    id = "SES025"
    name = "null-not-allowed"
    severity = Severity.WARNING
    on = tuple(_PLACES)
    dialects = frozenset({"beta"})
    good = (
        """
        > GET /openai/realtime?api-version=2024-10-01-preview&deployment=d {"Host": "a.openai.azure.com"}
        < 101
        > {"type": "session.update", "session": {"max_response_output_tokens": "inf", "turn_detection": null}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        > {"type": "session.update", "session": {"max_response_output_tokens": null}}
        """,
        """
        > GET /openai/v1/realtime?model=d {"Host": "a.openai.azure.com"}
        < 101
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"max_response_output_tokens": null}}
        """,
    )
    bad = (
        """
        > GET /openai/realtime?api-version=2024-10-01-preview&deployment=d {"Host": "a.openai.azure.com"}
        < 101
        > {"type": "session.update", "session": {"max_response_output_tokens": null}}  # SES025
        """,
        """
        > GET /openai/realtime?api-version=2024-10-01-preview&deployment=d
        < 101
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        > {"type": "response.create", "response": {"max_response_output_tokens": null}}  # SES025
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for the null."""
        member = _PLACES[event.type]
        asked = mapping(event.body.get(member))
        azure = before.target.startswith("/openai/") or host(before, before.request).endswith(".azure.com")
        if azure and _KEY in asked and asked[_KEY] is None:
            corrected = {**event.body, member: {**asked, _KEY: "inf"}}
            message = f'{member}.{_KEY} is null, which Azure refuses: write "inf", or leave it out'
            yield self.finding(event, message, corrected=corrected)
