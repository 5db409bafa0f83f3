"""The same answer twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import is_masked, mapping, mappings, text

_LOOK_BACK = 20


class RepeatedAnswer(Rule):
    """Two responses in a row say the same words, and nothing was said to the assistant between them.

    Why: the response was asked for twice, by two places of the client or by the client and voice detection; the user hears
        everything double.
    Fix: ask for a response in one place only; with create_response on, let voice detection ask.
    Limits: twenty characters or more, the second begun within five seconds of the first one's end, no item of the user, a
        tool or the client between them.
    Source: github.com/livekit/agents/issues/4652 (read 2026-11-22).
    """

    id = "RSP023"
    name = "repeated-answer"
    severity = Severity.WARNING
    on = ("response.done",)
    needs = frozenset({left_out.ITEMS, left_out.CLIENT, left_out.ORDER, "response.created"})
    least_chars = Threshold(20, "characters", "a shorter answer may be said twice")
    soon_s = Threshold(5.0, "s", "how soon an answer must follow to be the same one twice")
    good = (
        """
        # the user asked again
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "We are open until six today."}]}]}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a2", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "We are open until six today."}]}]}}
        """,
        """
        # short words repeat
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Yes."}]}]}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a2", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Yes."}]}]}}
        """,
        """
        # asked again much later
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Are you still there, caller?"}]}]}}
        +9s > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a2", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Are you still there, caller?"}]}]}}
        """,
    )
    bad = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "We are open until six today."}]}]}}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a2", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "We are open until six today."}]}]}}  # RSP023
        """,
        """
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_text.done", "response_id": "r1", "item_id": "a1", "text": "Hello, how can I help you?"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant"}]}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a2", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello, how can I help you?"}]}]}}  # RSP023
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare its words with those of the response before."""
        body = mapping(event.body.get("response"))
        response = before.responses.get(text(body.get("id")))
        if response is None or response.done is not None or response.out_of_band or body.get("status") != "completed":
            return
        first = _before(before, response)
        if first is None or first.done is None or response.created.t - first.done.t > self.soon_s:
            return
        said = _shown(event) or _said(before, response)
        same = said == _said(before, first) and not is_masked(said)
        if len(said) < self.least_chars or not same or _spoken_to(before, first, response):
            return
        yield self.finding(
            event,
            f"responses {first.id} and {response.id} say the same {len(said)} characters, and nothing was said to the assistant "
            "between them: the response was asked for twice, and the user hears it double",
            cause=response.request.at if response.request is not None else first.created,
            related=(first.done.n,),
        )


def _before(session: Session, response: Response) -> Response | None:
    recent = islice(reversed(session.responses.values()), _LOOK_BACK)
    return next((r for r in recent if r.created.n < response.created.n and not r.out_of_band), None)


def _shown(event: Event) -> str:
    """Return the words that the end of a response shows."""
    output = mappings(event.get("response.output"))
    parts = [part for item in output for part in mappings(item.get("content"))]
    return " ".join(word for part in parts if (word := text(part.get("transcript")) or text(part.get("text"))))


def _said(session: Session, response: Response) -> str:
    items = (session.items[item_id] for item_id in response.item_ids if item_id in session.items)
    return " ".join(words for item in items if (words := item.transcript or item.text))


def _spoken_to(session: Session, first: Response, second: Response) -> bool:
    """Tell whether anything was put into the conversation, or the user spoke, after the first began and before the second."""
    recent = islice(reversed(session.items.values()), _LOOK_BACK)
    named = any(
        item.first is not None and first.created.n < item.first.n < second.created.n and item.response_id != first.id
        for item in recent
    )
    outputs = any(first.created.n < output.at.n < second.created.n for output in session.outputs[-_LOOK_BACK:])
    speech = session.input_audio.speech[-1] if session.input_audio.speech else None
    unnamed = any(
        pending.type == "conversation.item.create" and first.created.n < pending.at.n for pending in session.unanswered
    )
    return named or outputs or unnamed or (speech is not None and first.created.n < speech.started_n < second.created.n)
