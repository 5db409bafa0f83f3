"""Text where the user listens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text

_TEXT = frozenset({"text", "output_text"})
_FIELDS = ("output_modalities", "modalities")


class TextInsteadOfAudio(Rule):
    """A response of a session that speaks brought text and no audio.

    Why: the user hears silence, though an answer was made. The usual cause is a history with written answers of the
        assistant: the model goes on as it seems to have begun.
    Fix: restore earlier answers of the assistant as system messages or as a summary; ask again with
        {"type": "response.create", "response": {"output_modalities": ["audio"]}}.
    Limits: only where the response, its request or the session says audio, the configuration did not change meanwhile, and
        no function was called; by the session only where the client's side is in the recording. Responses outside the
        conversation are left out.
    Source: Realtime API reference, `response.create` (read 2026-11-22); github.com/livekit/agents/issues/1121.
    """

    id = "RSP011"
    name = "text-instead-of-audio"
    severity = Severity.WARNING
    on = ("response.done",)
    good = (
        """
        < {"type": "session.created", "session": {"output_modalities": ["audio"]}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi"}]}]}}
        """,
        """
        # asked for
        < {"type": "session.created", "session": {"output_modalities": ["audio"]}}
        > {"type": "response.create", "response": {"output_modalities": ["text"]}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}]}}
        """,
        """
        # the session was one of text when it began
        < {"type": "session.created", "session": {"output_modalities": ["text"]}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "session.updated", "session": {"output_modalities": ["audio"]}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}]}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"output_modalities": ["audio"]}}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}]}}  # RSP011
        """,
        """
        < {"type": "session.created", "session": {"modalities": ["audio", "text"]}}
        > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.text.delta", "response_id": "r1", "item_id": "a1", "delta": "Hi"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hi"}]}]}}  # RSP011
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare what it brought with what was wanted."""
        body = mapping(event.body.get("response"))
        response = before.responses.get(text(body.get("id")))
        output = mappings(body.get("output"))
        if response is None or response.out_of_band or response.first_audio is not None or not output:
            return
        if body.get("status") != "completed" or not all(_is_text(item) for item in output):
            return
        if "audio" not in _wanted(body, response, before):
            return
        yield self.finding(
            event,
            f"response {response.id} brought text and no audio, and the session speaks: the user hears nothing; ask "
            'again with "output_modalities": ["audio"], and restore earlier answers as a summary: written ones in the history '
            "make the model write on",
            cause=response.created,
        )


def _is_text(item: Mapping[str, Any]) -> bool:
    """Tell whether an item is a message that has words and is all text."""
    parts = mappings(item.get("content"))
    kinds = {text(part.get("type")) for part in parts}
    return item.get("type") == "message" and kinds <= _TEXT and any(text(part.get("text")) for part in parts)


def _wanted(body: Mapping[str, Any], response: Response, before: Session) -> list[Any]:
    """Return the modalities of a response: its own, those asked for, or the session's if they hold since its beginning."""
    asked = response.request.body if response.request is not None else {}
    settled = before.config_at is not None and before.config_at.n < response.created.n and not before.pending_updates
    both_sides = bool(before.requests) or before.input_audio.appends > 0
    for source in (body, asked, before.config if settled and both_sides else {}):
        for field in _FIELDS:
            found = source.get(field)
            if isinstance(found, list) and found:
                return found
    return []
