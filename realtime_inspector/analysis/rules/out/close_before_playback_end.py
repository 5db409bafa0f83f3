"""The line cut while the assistant can still be heard."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session


class CloseBeforePlaybackEnd(Rule):
    """The client closes the connection as soon as the response is done, though its audio has not played to its end.

    Why: audio comes faster than it plays: response.done is not the end of speech, and the user misses the rest.
    Fix: close when your player has played the last sample, not on response.done.
    Limits: within one second of response.done, with more than half a second left by the earliest possible playback; a user who
        hangs up in that second looks the same.
    Source: Realtime guide, "Handling audio" (read 2026-11-22); community.openai.com/t/980587.
    """

    id = "OUT005"
    name = "close-before-playback-end"
    severity = Severity.WARNING
    on = ("wire.close",)
    needs = frozenset({left_out.OUTPUT_AUDIO})
    least_ms = Threshold(500.0, "ms", "how much unheard audio is worth a word")
    within_s = Threshold(1.0, "s", "how soon after the answer's end it counts as hanging up on it")
    good = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +5s x> 1000
        """,
        """
        # interrupted and truncated
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 5}
        x> 1000
        """,
    )
    bad = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +20ms x> 1000  # OUT005
        """,
        """
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<2000ms>"}
        +300ms < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +500ms x>  # OUT005
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at what can still be playing."""
        last, playing = before.last_response, before.playing(event.t, self.least_ms)
        if not event.from_client or playing is None or before.close is not None or before.now <= 0:
            return
        if last is None or last.done is None or event.t - last.done.t > self.within_s or last.status != "completed":
            return
        yield self.finding(
            event,
            f"the client closes {1000 * (event.t - last.done.t):.0f} ms after response.done, but at least "
            f"{playing.remaining_ms(event.t):.0f} ms of {playing.item_id} are not yet played: response.done is not the "
            "end of speech; close when the playback queue is empty",
            cause=last.done,
        )
