"""The user interrupts, and the conversation keeps what nobody heard."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

_LOOK_BACK = 10


class BargeInWithoutTruncate(Rule):
    """The user speaks while the assistant's audio is still playing, and the client does not truncate it.

    Why: the conversation keeps the whole answer, so the model believes that the user heard all of it.
    Fix: on input_audio_buffer.speech_started stop playback and send conversation.item.truncate with the item's id,
        content_index 0 and the milliseconds really played.
    Limits: playback is not on the wire; it is taken to begin with the first delta, the earliest it can, and 200 ms must be
        left. Not flagged with interrupt_response false, or where the server does the truncating (WebRTC, SIP, Voice
        Live's auto_truncate); information only where the recording does not show the session's settings.
    Source: Realtime guide, "Interruption and truncation" (read 2026-11-22); community.openai.com/t/1378522.
    """

    id = "INT001"
    name = "barge-in-without-truncate"
    severity = Severity.WARNING
    on = ("input_audio_buffer.speech_started",)
    needs = frozenset({left_out.CLIENT})
    wait_s = Threshold(1.5, "s", "how long the client may take to truncate", least=0.1)
    least_ms = Threshold(200.0, "ms", "how much unheard audio is worth a word")
    good = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        +50ms > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 1000}
        +3s .
        """,
        """
        # it had played to its end
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +5s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        +3s .
        """,
        """
        # the assistant is meant to speak on
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        +3s .
        """,
        """
        # the server truncates by itself
        < {"type": "session.created", "session": {"turn_detection": {"type": "azure_semantic_vad", "auto_truncate": true}}}
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        +3s .
        """,
        """
        # outside of the conversation: the model does not remember it anyway
        > {"type": "response.create", "response": {"conversation": "none"}}
        < {"type": "response.created", "response": {"id": "r1", "conversation_id": null}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        +2s .
        """,
    )
    bad = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}  # INT001
        +2s .
        """,
        """
        # too late
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<9000ms>"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}  # INT001
        +2s > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 3000}
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the truncation, where something can still be playing."""
        detection = after.turn_detection or {}
        spoken_over = detection.get("interrupt_response") is False or detection.get("auto_truncate") is True
        playing = None if spoken_over or after.plays_elsewhere else after.playing(event.t, self.least_ms)
        if playing is not None and not _is_beside(after, playing.item_id):
            yield Deadline(event.t + self.wait_s, event, playing.item_id)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether it came, for any item then playing."""
        speech_n, speech_t = deadline.event.n, deadline.event.t
        recent = islice(reversed(session.playback.values()), _LOOK_BACK)
        item = session.items.get(deadline.subject)
        if any((playback.cut_n or 0) > speech_n for playback in recent) or (item is not None and item.deleted):
            return
        playback = session.playback[deadline.subject]
        yield self.finding(
            deadline.event,
            f"the user speaks while at least {playback.ms - playback.played_ms(speech_t):.0f} ms of item {playback.item_id} "
            "are not yet played, and the client does not truncate it: the model believes all of it was heard; send "
            f"conversation.item.truncate with the milliseconds played (at most {playback.played_ms(speech_t):.0f})",
            severity=None if session.config else Severity.INFO,
            t=deadline.at,
        )


def _is_beside(session: Session, item_id: str) -> bool:
    """Tell whether an item is of a response outside of the conversation, where there is nothing to truncate."""
    item = session.items.get(item_id)
    response = session.responses.get(item.response_id) if item is not None else None
    return response is not None and response.out_of_band
