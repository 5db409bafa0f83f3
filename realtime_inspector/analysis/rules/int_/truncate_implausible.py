"""A truncation that cannot be what the user heard."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import Playback
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number, text

SETTLED_S = 0.2
ROUNDING_MS = 1.0
_SPOKE_S = 5.0


class TruncateImplausible(Rule):
    """The client truncates an item to nothing, though it has played for a while, or to more than can have been played.

    Why: the conversation then keeps none of what the user heard, or all of what was not heard: the model repeats itself, or
        refers to words that were never said aloud.
    Fix: count the samples that were really played of this item, in milliseconds of its own format (G.711 has 8 bytes a
        millisecond, PCM 48).
    Limits: playback is not on the wire; it is taken to begin with the first delta and to run in real time, the most that can
        have been heard. 1.5 seconds must have played for nothing to be implausible, and one second more than the most be
        claimed.
    Source: Realtime guide, "Interruption and truncation" (read 2026-11-22);
        github.com/openai/openai-agents-python/issues/4292.
    """

    id = "INT005"
    name = "truncate-implausible"
    severity = Severity.WARNING
    on = ("conversation.item.truncate",)
    needs = frozenset({left_out.OUTPUT_AUDIO, left_out.ORDER, left_out.WIRE})
    played_ms = Threshold(1500.0, "ms", "how much audio must have been played by then")
    ahead_ms = Threshold(1000.0, "ms", "how far a truncation may be ahead of what can have been played")
    good = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<9000ms>"}
        +3s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 2700}
        +1s .
        """,
        """
        # nothing was heard yet; and the second item had not begun to play
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<9000ms>"}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a2", "delta": "<9000ms>"}
        +900ms > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 0}
        > {"type": "conversation.item.truncate", "item_id": "a2", "content_index": 0, "audio_end_ms": 0}
        +1s .
        """,
        """
        # it was played to its end
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<2000ms>"}
        +3s > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 2000}
        +1s .
        """,
    )
    bad = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<9000ms>"}
        +3s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 0}  # INT005
        +1s .
        """,
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<9000ms>"}
        +3s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 9000}  # INT005
        +1s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Take the measure of an item that can be playing; time must pass, for in a log without times nothing plays."""
        playback = after.playback.get(text(event.body.get("item_id")))
        if playback is not None and playback.cut_n == event.n:
            yield Deadline(event.t + SETTLED_S, event, playback.item_id)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Compare what is claimed with what can have been heard."""
        event = deadline.event
        playback = session.playback[deadline.subject]
        end_ms = number(event.body.get("audio_end_ms"))
        if end_ms is None or end_ms < 0 or end_ms > playback.ms + ROUNDING_MS:
            return
        heard_ms = playback.played_ms(_fell_silent(session, event))
        most_ms = playback.played_ms(event.t)
        if end_ms == 0 and heard_ms > self.played_ms:
            yield self._found(event, deadline, playback, f"audio_end_ms is 0, and {heard_ms:.0f} ms", heard_ms)
        elif end_ms > most_ms + self.ahead_ms:
            claim = f"audio_end_ms is {end_ms:.0f}, and at most {most_ms:.0f} ms"
            yield self._found(event, deadline, playback, claim, most_ms)

    def _found(self, event: Event, deadline: Deadline, playback: Playback, claim: str, right_ms: float) -> Finding:
        return self.finding(
            event,
            f"{claim} of {playback.item_id} can have been played by then: count the samples played of this item",
            t=deadline.at,
            corrected={**event.body, "audio_end_ms": int(right_ms)},
        )


def _fell_silent(session: Session, event: Event) -> float:
    """Return when the client stopped playing, as far as that can be told: when the user began to speak, or now."""
    speech = session.input_audio.speech[-1] if session.input_audio.speech else None
    recent = speech is not None and speech.started_n < event.n and event.t - speech.started_t < _SPOKE_S
    return speech.started_t if speech is not None and recent else event.t
