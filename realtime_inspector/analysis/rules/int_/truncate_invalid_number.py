"""A truncation at no whole millisecond."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session


class TruncateInvalidNumber(Rule):
    """The audio_end_ms of a truncation is not a whole number of milliseconds, 0 or more.

    Why: the server refuses it, and the conversation keeps what the user never heard.
    Fix: send an integer of 0 or more: round, and do not subtract more than was played.
    Limits: none known.
    Source: Realtime API reference, `conversation.item.truncate` (read 2026-11-22);
        github.com/livekit/agents-js/issues/304 and 315.
    """

    id = "INT003"
    name = "truncate-invalid-number"
    severity = Severity.ERROR
    on = ("conversation.item.truncate",)
    good = (
        """
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 1500}
        """,
        """
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 0}
        """,
    )
    bad = (
        """
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": -11}  # INT003
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 1500.5}  # INT003
        """,
        """
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": "1500"}  # INT003
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": null}  # INT003
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": true}  # INT003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the number."""
        end_ms = event.body.get("audio_end_ms")
        if isinstance(end_ms, int) and not isinstance(end_ms, bool) and end_ms >= 0:
            return
        if "audio_end_ms" not in event.body:
            return  # what is missing is ENV005's
        yield self.finding(
            event,
            f"audio_end_ms is {end_ms!r}, and the server takes only a whole number of milliseconds, 0 or more: round it, and never "
            "subtract more than was played",
            corrected={**event.body, "audio_end_ms": max(0, int(end_ms))} if isinstance(end_ms, int | float) else None,
        )
