"""The assistant interrupts itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import Speech
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

LAST = 5
SOONEST_S, LATEST_S = 0.1, 1.5
SIMILAR = 0.6
_LEAST_LETTERS = 6
_LOOK_BACK = 30
_WORDS = re.compile(r"\w+")


class EchoLoop(Rule):
    """Responses are interrupted again and again, as soon as their audio begins.

    Why: the microphone hears the loudspeaker: the assistant takes its own voice for the user's, stops, and begins anew.
    Fix: use headphones or echo cancellation, mute the microphone while the assistant speaks, raise the threshold, or use
        semantic_vad with low eagerness.
    Limits: three of the last five responses, speech 0.1 to 1.5 s after their first audio. Not where the transcript shows
        that the user said something of his own; an impatient user without transcripts looks the same.
    Source: github.com/openai/openai-realtime-api-beta/issues/48 (read 2026-11-22).
    """

    id = "INT006"
    name = "echo-loop"
    severity = Severity.WARNING
    on = ("response.done",)
    needs = frozenset({left_out.OUTPUT_AUDIO, left_out.ORDER, left_out.WIRE})
    often = Threshold(3, "responses", "how many of the last five may be cut off by their own echo", least=2, most=5)
    good = (
        "".join(
            f"""
        < {{"type": "response.created", "response": {{"id": "r{n}"}}}}
        < {{"type": "response.output_audio.delta", "response_id": "r{n}", "item_id": "a{n}", "delta": "<4000ms>"}}
        +3s < {{"type": "input_audio_buffer.speech_started", "item_id": "u{n}", "audio_start_ms": 3000}}
        < {{"type": "response.done", "response": {{"id": "r{n}", "status": "cancelled", "status_details": {{"reason": "turn_detected"}}}}}}
        < {{"type": "input_audio_buffer.speech_stopped", "item_id": "u{n}"}}
        """
            for n in range(5)
        ),
        # an impatient user, who says something
        "".join(
            f"""
        < {{"type": "response.created", "response": {{"id": "r{n}"}}}}
        < {{"type": "response.output_audio.delta", "response_id": "r{n}", "item_id": "a{n}", "delta": "<4000ms>"}}
        < {{"type": "response.output_audio_transcript.delta", "response_id": "r{n}", "item_id": "a{n}", "delta": "Welcome to the bank."}}
        +900ms < {{"type": "input_audio_buffer.speech_started", "item_id": "u{n}", "audio_start_ms": 3000}}
        < {{"type": "conversation.item.input_audio_transcription.completed", "item_id": "u{n}", "transcript": "No, I want a human being"}}
        < {{"type": "response.done", "response": {{"id": "r{n}", "status": "cancelled", "status_details": {{"reason": "turn_detected"}}}}}}
        """
            for n in range(5)
        ),
    )
    bad = (
        "".join(
            f"""
        < {{"type": "response.created", "response": {{"id": "r{n}"}}}}
        < {{"type": "response.output_audio.delta", "response_id": "r{n}", "item_id": "a{n}", "delta": "<4000ms>"}}
        +700ms < {{"type": "input_audio_buffer.speech_started", "item_id": "u{n}", "audio_start_ms": 3000}}
        < {{"type": "response.done", "response": {{"id": "r{n}", "status": "cancelled", "status_details": {{"reason": "turn_detected"}}}}}}{"  # INT006" if n == 2 else ""}
        < {{"type": "input_audio_buffer.speech_stopped", "item_id": "u{n}"}}
        """
            for n in range(4)
        ),
        "".join(
            f"""
        < {{"type": "response.created", "response": {{"id": "r{n}"}}}}
        < {{"type": "response.output_audio.delta", "response_id": "r{n}", "item_id": "a{n}", "delta": "<4000ms>"}}
        < {{"type": "response.output_audio_transcript.delta", "response_id": "r{n}", "item_id": "a{n}", "delta": "Welcome to the bank, how can I help?"}}
        +500ms < {{"type": "input_audio_buffer.speech_started", "item_id": "u{n}", "audio_start_ms": 3000}}
        < {{"type": "conversation.item.input_audio_transcription.completed", "item_id": "u{n}", "transcript": "Welcome to the bank."}}
        < {{"type": "response.done", "response": {{"id": "r{n}", "status": "cancelled", "status_details": {{"reason": "turn_detected"}}}}}}{"  # INT006" if n == 2 else ""}
        """
            for n in range(3)
        ),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count how many of the last responses ended so, this one last."""
        body = mapping(event.body.get("response"))
        response = before.responses.get(text(body.get("id")))
        reason = text(mapping(body.get("status_details")).get("reason"))
        if response is None or body.get("status") != "cancelled" or reason != "turn_detected":
            return
        if not _echoes(before, response):
            return
        recent = [r for r in islice(reversed(before.responses.values()), LAST) if r is not response]
        earlier = [r for r in recent[: LAST - 1] if r.reason == "turn_detected" and _echoes(before, r)]
        if len(earlier) == self.often - 1:
            yield self.finding(
                event,
                f"{self.often} of the last {min(LAST, len(recent) + 1)} responses were interrupted within {LATEST_S} s of their "
                "first audio: the microphone most likely hears the assistant itself; cancel the echo, use headphones, or raise the "
                "threshold",
                cause=earlier[-1].created,
                related=[r.done.n for r in reversed(earlier) if r.done is not None],
            )


def _echoes(session: Session, response: Response) -> bool:
    """Tell whether speech began just after a response's first audio, and nothing shows that it was the user's."""
    speech = _interruption(session, response)
    if speech is None or response.first_audio is None:
        return False
    if not SOONEST_S <= speech.started_t - response.first_audio.t <= LATEST_S:
        return False
    heard = session.items[speech.item_id].transcript if speech.item_id in session.items else ""
    recent = islice(reversed(session.items.values()), _LOOK_BACK)
    said = " ".join(item.transcript for item in recent if item.role != "user")
    return len("".join(_WORDS.findall(heard))) < _LEAST_LETTERS or _likeness(heard, said) >= SIMILAR


def _interruption(session: Session, response: Response) -> Speech | None:
    if response.first_audio is None:
        return None
    end_n = response.done.n if response.done is not None else None
    for speech in islice(reversed(session.input_audio.speech), LAST * 2):
        if speech.started_n > response.first_audio.n and (end_n is None or speech.started_n < end_n):
            return speech
    return None


def _likeness(heard: str, said: str) -> float:
    """Return which part of the words heard are words said; of a text that has no spaces, of its pairs of letters."""
    words, others = (set(_WORDS.findall(each.lower())) for each in (heard, said))
    if len(words) < 2:
        words, others = _pairs(heard), _pairs(said)
    return len(words & others) / len(words) if words else 1.0


def _pairs(words: str) -> set[str]:
    letters = "".join(_WORDS.findall(words.lower()))
    return {letters[place : place + 2] for place in range(len(letters) - 1)}
