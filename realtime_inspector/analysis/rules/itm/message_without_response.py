"""A message to the assistant, and nobody asks it to answer."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.rules.rsp.requests import asked_since
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mappings


class MessageWithoutResponse(Rule):
    """The client adds a text message of the user, and asks for no response.

    Why: an item is only put into the conversation: the assistant answers when a response is asked for.
    Fix: send {"type": "response.create"} after the message.
    Limits: counts ten seconds after the last of several messages; a session that also sends audio is left out, for there a
        message is often only context.
    Source: Realtime guide, "Text inputs and outputs" (read 2026-11-22).
    """

    id = "ITM007"
    name = "message-without-response"
    severity = Severity.WARNING
    on = ("conversation.item.create",)
    needs = frozenset({left_out.CLIENT, "response.created"})
    wait_s = Threshold(10.0, "s", "how long the request for a response may take", least=0.1)
    good = (
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}
        > {"type": "response.create"}
        +20s .
        """,
        """
        # context, and the user speaks
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}
        +20s .
        """,
        """
        # the same where the audio is not on this connection
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}
        +2s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 900}
        +20s .
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be kind."}]}}
        +20s .
        """,
    )
    bad = (
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}  # ITM007
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        +20s .
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "A"}]}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "B"}]}}  # ITM007
        < {"type": "conversation.item.created", "item": {"id": "m1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.created", "item": {"id": "m2", "type": "message", "role": "user"}}
        +20s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for a response to be asked for."""
        written = any(part.get("type") == "input_text" for part in mappings(event.get("item.content")))
        if written and event.get("item.role") == "user" and not after.input_audio.appends:
            yield Deadline(event.t + self.wait_s, event, str(after.counts[event.type]))

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether it was, or whether another item followed."""
        followed = session.counts[deadline.event.type] != int(deadline.subject)
        refused = any(error.cause is not None and error.cause.n == deadline.event.n for error in session.errors[-50:])
        busy = session.active_response is not None or _is_spoken(session)
        if followed or refused or busy or asked_since(session, deadline.event.n):
            return
        yield self.finding(
            deadline.event,
            f"the user's message was added {self.wait_s:g} s ago, and nobody asked for a response: the assistant answers only after "
            '{"type": "response.create"}',
            t=deadline.at,
        )


def _is_spoken(session: Session) -> bool:
    """Tell whether the user speaks in this session, so that the message may be meant for what comes with the voice."""
    audio = session.input_audio
    heard = audio.appends > 0 or bool(audio.speech) or audio.commits > 0
    return heard or session.plays_elsewhere
