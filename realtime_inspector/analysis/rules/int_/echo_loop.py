"""The assistant interrupts itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from realtime_inspector.analysis import own_words
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Item, Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

LAST = 5
SOONEST_S, LATEST_S = 0.1, 1.5
LEAST_WORDS = 5
"""Who says so many words of the assistant's after it, while it says them, is the assistant."""
_TRANSCRIBED = "conversation.item.input_audio_transcription.completed"


class EchoLoop(Rule):
    """Responses are interrupted again and again as soon as their audio begins, or by the assistant's own words.

    Why: the microphone hears the loudspeaker: the assistant takes its own voice for the user's, stops, and begins anew.
    Fix: use headphones or echo cancellation, mute the microphone while the assistant speaks, raise the threshold, or use
        semantic_vad with low eagerness.
    Limits: three of the last five responses, speech 0.1 to 1.5 s after their first audio. Not where the transcript shows
        that the user said something of his own; an impatient user without transcripts looks the same. One interruption
        is enough where its transcript is five or more of the words that the assistant was saying, in their order.
    Source: github.com/openai/openai-realtime-api-beta/issues/48 (read 2026-11-22).
    """

    id = "INT006"
    name = "echo-loop"
    severity = Severity.WARNING
    on = ("response.done", _TRANSCRIBED)
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
        # the user repeats what he heard, behind it
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.output_audio_transcript.delta", "response_id": "r1", "item_id": "a1", "delta": "It is sunny in Oslo today."}
        +5s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "It is sunny in Oslo?"}
        """,
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
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.output_audio_transcript.delta", "response_id": "r1", "item_id": "a1", "delta": "It is sunny in Oslo, and a little windy."}
        +2s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "Sunny in Oslo and a."}  # INT006
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count how many of the last responses ended so, this one last; listen to what interrupted one."""
        if event.type == _TRANSCRIBED:
            yield from self._own_words(event, before)
            return
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

    def _own_words(self, event: Event, before: Session) -> Iterator[Finding]:
        spoken = _spoken_over(before, text(event.body.get("item_id")))
        words = text(event.body.get("transcript")).strip()
        if spoken is None or not own_words.repeats(words, spoken.transcript, LEAST_WORDS):
            return
        yield self.finding(
            event,
            f'"{words}" was heard while the assistant was saying these very words ({spoken.id}): the microphone hears the '
            "assistant, and it answers itself; cancel the echo, use headphones, or close the microphone while it speaks",
            cause=spoken.first,
        )


def _echoes(session: Session, response: Response) -> bool:
    """Tell whether speech began just after a response's first audio, and nothing shows that it was the user's."""
    speech = own_words.interruption(session, response)
    if speech is None or response.first_audio is None:
        return False
    if not SOONEST_S <= speech.started_t - response.first_audio.t <= LATEST_S:
        return False
    return not own_words.are_own(own_words.heard(session, speech), own_words.said(session))


def _spoken_over(session: Session, item_id: str) -> Item | None:
    """Return what the assistant was saying when a turn of the user began; None if nothing."""
    recent = islice(reversed(session.input_audio.speech), own_words.RECENT)
    speech = next((each for each in recent if each.item_id == item_id), None)
    if speech is None:
        return None
    for playback in islice(reversed(session.playback.values()), own_words.RECENT):
        if playback.start_t < speech.started_t < playback.end_t:
            return session.items.get(playback.item_id)
    return None
