"""A truncation of what was heard to its end."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number, text

NEAR_MS = 200.0


class TruncateAfterEnd(Rule):
    """The client truncates an item that had been played to its end.

    Why: nothing is cut, but the server drops the item's transcript: the model forgets the words of an answer that was heard
        in full.
    Fix: truncate only while the item is playing; drop it from the player's queue once its last sample is out.
    Limits: information. Playback is taken to begin with the first delta; a second more than its length must have passed, and
        the truncation be at its end.
    Source: Realtime API reference, `conversation.item.truncate` (read 2026-11-22).
    """

    id = "INT010"
    name = "truncate-after-end"
    severity = Severity.INFO
    on = ("conversation.item.truncate",)
    needs = frozenset({left_out.OUTPUT_AUDIO, left_out.ORDER})
    over_s = Threshold(1.0, "s", "how long the answer must have been over")
    good = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +1s > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 900}
        """,
        """
        # the player was late: it stopped in the middle
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +6s > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 2000}
        """,
    )
    bad = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +6s > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 4000}  # INT010
        """,
        """
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<1000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +9s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 9000}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 990}  # INT010
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the moment with the end of its playback."""
        playback = before.playback.get(text(event.body.get("item_id")))
        end_ms = number(event.body.get("audio_end_ms"))
        item = before.items.get(text(event.body.get("item_id")))
        response = before.responses.get(item.response_id) if item is not None else None
        if playback is None or end_ms is None or playback.cut_ms is not None:
            return
        if response is None or response.status != "completed" or end_ms < playback.ms - NEAR_MS:
            return
        over_s = event.t - playback.end_t - playback.stalled_ms / 1000
        if over_s > self.over_s:
            yield self.finding(
                event,
                f"{playback.item_id} had been played to its end {over_s:.1f} s before: truncating it only takes its "
                "transcript from the conversation; truncate only what is still playing",
                cause=response.done,
            )
