"""The user interrupted the assistant."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from realtime_inspector.analysis import own_words
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import At, Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

LAST = 10


class TurnDetected(Rule):
    """A response was cancelled because voice detection heard the user.

    Why: this is how an interruption looks, not a fault: status cancelled with the reason turn_detected. If it happens to
        most responses, the microphone hears the assistant itself, or noise.
    Fix: stop playback at once and truncate the item to what was heard; by WebRTC or SIP the server does both. If it
        happens too often: headphones or echo cancellation, a higher threshold, semantic_vad, noise_reduction, or
        interrupt_response false.
    Limits: information; a warning from the fifth of ten responses on, without those in which the transcript shows that
        the user had something of his own to say. How much was heard is an estimate: playback is
        taken to begin with the first delta.
    Source: Realtime API reference, `response.done` (read 2026-11-22); community.openai.com/t/966495.
    """

    id = "RSP008"
    name = "turn-detected"
    severity = Severity.INFO
    on = ("response.done",)
    often = Threshold(4, "responses", "how many of the last ten may be cut off", least=1, most=10)
    good = (
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "client_cancelled"}}}
        """,
    )
    bad = (
        """
        # all there is of a pasted log
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"type": "cancelled", "reason": "turn_detected"}}}  # RSP008
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1200ms < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "turn_detected"}}}  # RSP008
        """,
        """
        # beside a call: its sound goes another way
        > GET /v1/realtime?call_id=rtc_1
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "turn_detected"}}}  # RSP008
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the reason, and how often it came."""
        reason = text(event.get("response.status_details.reason")) or text(event.get("response.status_details"))
        if event.get("response.status") != "cancelled" or reason != "turn_detected":
            return
        response_id = text(event.get("response.id"))
        others = [r for r in islice(reversed(before.responses.values()), LAST) if r.id != response_id]
        cut = 1 + sum(r.reason == "turn_detected" and not _by_words(before, r) for r in others[: LAST - 1])
        often = cut > self.often
        speech = before.input_audio.speech[-1] if before.input_audio.speech else None
        yield self.finding(
            event,
            f"voice detection works: the user interrupted response {response_id}{_heard(before, response_id)}"
            + (
                f"; {cut} of the last {len(others) + 1} responses ended so: the microphone may hear the assistant, or noise"
                if often
                else f"; {_what_now(before)}"
            ),
            severity=Severity.WARNING if often else Severity.INFO,
            cause=At(speech.started_n, speech.started_t) if speech is not None else None,
        )


def _by_words(before: Session, response: Response) -> bool:
    """Tell whether the transcript shows that the user had something to say."""
    speech = own_words.interruption(before, response)
    return speech is not None and own_words.are_own(own_words.heard(before, speech), own_words.said(before))


def _what_now(before: Session) -> str:
    if before.is_sideband:
        return "the server stops playing and cuts the item by itself, as in every call by WebRTC or SIP"
    return "stop playback and truncate the item to what was heard"


def _heard(before: Session, response_id: str) -> str:
    """Say how much of the response's audio can have been played when the user began to speak, where that is known."""
    response = before.responses.get(response_id)
    speech = before.input_audio.speech[-1] if before.input_audio.speech else None
    if response is None or speech is None:
        return ""
    playbacks = [
        before.playback[item_id]
        for item_id in response.item_ids or _items(before, response_id)
        if item_id in before.playback
    ]
    sent_ms = sum(playback.ms for playback in playbacks)
    if not playbacks or sent_ms <= 0 or speech.started_t <= playbacks[0].start_t:
        return ""
    played_ms = sum(playback.played_ms(speech.started_t) for playback in playbacks)
    return f" after at most {played_ms / 1000:.1f} s of the {sent_ms / 1000:.1f} s of audio sent"


def _items(before: Session, response_id: str) -> list[str]:
    recent = islice(reversed(before.items.values()), LAST)
    return [item.id for item in recent if item.response_id == response_id]
