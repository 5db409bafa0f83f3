"""Asked at every binary message."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import speaks_realtime
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_BINARY, Event
from realtime_inspector.protocol.realtime.session import Session


class BinaryFrame(Rule):
    """A message was sent as binary data instead of text.

    Why: events are JSON in text frames and audio is base64 in them; a server may ignore anything else.
    Fix: send the JSON as text; put audio in input_audio_buffer.append, base64 encoded.
    Limits: only the first one is reported. A few compatible servers have a binary transport of their own.
    Source: Realtime API, client events (read 2026-11-22).
    """

    id = "CON013"
    name = "binary-frame"
    severity = Severity.WARNING
    on = (WIRE_BINARY,)
    good = (
        """
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        """,
        """
        > GET /v1/live/sessions
        < 101
        > {"type": "session.start"}
        """,
    )
    bad = (
        """
        > {"type": "input_audio_buffer.clear"}
        b> AAAAAA==  # CON013
        b> AAAAAA==
        """,
        """
        b< AAAAAA==  # CON013
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Report the first."""
        if not before.counts.get(WIRE_BINARY) and speaks_realtime(before):
            payload = event.entry.payload
            advice = "send them as text"
            if event.from_client and not payload.lstrip().startswith(b"{"):
                advice += "; if it is audio, encode it with base64 and put it in input_audio_buffer.append"
            yield self.finding(
                event,
                f"the {event.side} sent {len(payload)} bytes of binary data: events are JSON in text frames, {advice}",
            )
