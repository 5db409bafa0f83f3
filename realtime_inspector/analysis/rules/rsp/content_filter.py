"""A response stopped by the content filter."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class ContentFilter(Rule):
    """A response stopped because the content filter stepped in.

    Why: the assistant breaks off in the middle, and no error event says why.
    Fix: tell the user, and change the instructions or the input that led there.
    Limits: none known.
    Source: Realtime API reference, `response.done` (read 2026-11-22).
    """

    id = "RSP007"
    name = "content-filter"
    severity = Severity.WARNING
    on = ("response.done",)
    good = (
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "incomplete", "status_details": {"reason": "max_output_tokens"}}}
        """,
    )
    bad = (
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "incomplete", "status_details": {"reason": "content_filter"}}}  # RSP007
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "incomplete", "status_details": "content_filter"}}  # RSP007
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the reason."""
        reason = text(event.get("response.status_details.reason")) or text(event.get("response.status_details"))
        if event.get("response.status") == "incomplete" and reason == "content_filter":
            yield self.finding(
                event,
                f"response {text(event.get('response.id'))} was stopped by the content filter: the assistant breaks off; "
                "tell the user, and look at the instructions and the input",
            )
