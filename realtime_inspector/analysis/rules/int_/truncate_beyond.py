"""A truncation beyond the end of what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import cause_of
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Item
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number, text

SETTLED_S = 0.15
ROUNDING_MS = 1.0
_REFUSED = re.compile(r"(?i)audio content of (?P<sent>\d{1,9}) ?ms is already shorter than (?P<asked>\d{1,9}) ?ms")


class TruncateBeyond(Rule):
    """The client truncates an item beyond the end of its audio.

    Why: the server refuses it, and the conversation keeps what the user never heard. The usual cause is wall-clock time
        since the first delta in place of the samples really played.
    Fix: count the samples played of that item, and never send more than was received of it.
    Limits: judged once the item is complete; while its audio is still coming only a refusal counts. The audio's length
        follows from the session's output format, so nothing is said where that is unknown. In a log without the audio the
        server's words count.
    Source: Realtime API reference, `conversation.item.truncate` (read 2026-11-22); github.com/openai/openai-agents-python/issues/2370.
    """

    id = "INT002"
    name = "truncate-beyond"
    severity = Severity.ERROR
    on = ("conversation.item.truncate", "error")
    good = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 4000}
        """,
        """
        # more of it is still on its way
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<400ms>"}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 500}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<400ms>"}
        < {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 500}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 4085}  # INT002
        """,
        """
        # a second time behind the first
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 1000}
        < {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 1000}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 2000}  # INT002
        """,
        """
        # the server says so, though the format is not in the recording
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 5000}  # INT002
        < {"type": "error", "error": {"code": "invalid_value", "message": "Audio content of 4000ms is already shorter than 5000ms"}}
        """,
        """
        # the server's side alone
        < {"type": "error", "error": {"code": "invalid_value", "message": "Audio content of 4000ms is already shorter than 5000ms"}}  # INT002
        """,
        """
        # a log that left the audio out
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "a1", "type": "message", "role": "assistant"}}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 5000}
        < {"type": "error", "error": {"code": "invalid_value", "message": "Audio content of 4000ms is already shorter than 5000ms"}}  # INT002
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Take the server's word where the recording has no audio to compare with."""
        refused = _REFUSED.search(text(event.get("error.message")))
        if refused is None or not event.from_server:
            return
        cause = cause_of(event, before)
        item = before.items.get(text(cause.body.get("item_id"))) if cause is not None else None
        if left_out.OUTPUT_AUDIO not in before.left_out and item is not None and item.audio_ms > 0:
            return
        named = f" of {item.id}" if item is not None else ""
        yield self.finding(
            event,
            f"the server refused a truncation to {refused['asked']} ms: there are {refused['sent']} ms{named}, and the "
            "conversation keeps what nobody heard; count the samples played, not the time",
            cause=cause.at if cause is not None else None,
        )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait until the item is as long as it gets, and for the server's word."""
        item = after.items.get(text(event.body.get("item_id")))
        end_ms = number(event.body.get("audio_end_ms"))
        if item is None or end_ms is None or event.type == "error" or left_out.OUTPUT_AUDIO in after.left_out:
            return
        limit_ms = item.audio_ms if item.truncated_ms is None else min(item.audio_ms, item.truncated_ms)
        if item.audio_ms > 0 and end_ms > limit_ms + ROUNDING_MS:
            yield Deadline(
                event.t + SETTLED_S, event, "" if item.truncated_ms is None else str(item.truncated_ms), at_end=True
            )

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Compare with what there is by now."""
        event = deadline.event
        item = session.items[text(event.body.get("item_id"))]
        end_ms = number(event.body.get("audio_end_ms")) or 0.0
        limit_ms = min(item.audio_ms, float(deadline.subject or item.audio_ms))
        refused = any(error.cause is not None and error.cause.n == event.n for error in session.errors[-50:])
        if end_ms <= limit_ms + ROUNDING_MS or not (refused or _is_settled(session, item, event)):
            return
        yield self.finding(
            event,
            f"audio_end_ms {end_ms:.0f} is beyond the {limit_ms:.0f} ms that "
            + (f"were left of {item.id}" if deadline.subject else f"were sent of {item.id}")
            + ": the server refuses it and the conversation keeps what nobody heard; count the samples played, not the time",
            cause=item.first,
            t=deadline.moment(session),
            corrected={**event.body, "audio_end_ms": int(limit_ms)},
        )


def _is_settled(session: Session, item: Item, event: Event) -> bool:
    """Tell whether the item's length is known: the format is, its response has ended, and the server did not agree."""
    response = session.responses.get(item.response_id)
    ended = response is None or not response.active
    agreed = item.truncated_ms is not None and item.truncated_ms == event.body.get("audio_end_ms")
    return session.config_at is not None and ended and not agreed
