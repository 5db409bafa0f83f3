"""An earlier spoken answer, put into a new conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text

WAIT_S = 1.0
_AUDIO = frozenset({"output_audio", "audio"})
_TEXT = frozenset({"output_text", "text"})


class AssistantAudioRestore(Rule):
    """The client creates a message of the assistant with audio in it, or with a part that has no text.

    Why: a client cannot put the assistant's audio into a conversation: the server refuses the item ("Missing required
        parameter: 'item.content[0].text'"), and the restored history has a hole.
    Fix: restore what the assistant said as text: a part of type output_text (text in the beta) with its transcript.
    Limits: judged after a second, or at the end; not where the server took the item.
    Source: Realtime API reference, `conversation.item.create` (read 2026-11-22);
        github.com/openai/openai-agents-js/issues/963.
    """

    id = "ITM005"
    name = "assistant-audio-restore"
    severity = Severity.ERROR
    on = ("conversation.item.create",)
    good = (
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello."}]}}
        +2s .
        """,
        """
        # audio of the user may be restored
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA"}]}}
        +2s .
        """,
        """
        # the server took it
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hello."}]}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "assistant", "status": "completed"}}
        +2s .
        """,
    )
    bad = (
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hello."}]}}  # ITM005
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.content[0].text", "message": "Missing required parameter: 'item.content[0].text'."}}
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "assistant", "content": [{"type": "text"}]}}  # ITM005
        +2s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Give the server time to take it."""
        item = mapping(event.body.get("item"))
        wrong = any(_problem(part) for part in mappings(item.get("content")))
        if item.get("type") == "message" and item.get("role") == "assistant" and wrong:
            yield Deadline(event.t + WAIT_S, event, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether it did."""
        event = deadline.event
        waiting = any(pending.at.n == event.n for pending in session.unanswered)
        refused = any(error.cause is not None and error.cause.n == event.n for error in session.errors[-50:])
        if not waiting and not refused:
            return
        item = mapping(event.body.get("item"))
        parts = mappings(item.get("content"))
        kept = [_restored(part, session.dialect) for part in parts if not _problem(part) or part.get("transcript")]
        yield self.finding(
            event,
            f"{next(filter(None, map(_problem, parts)))}: the server takes the assistant's earlier answers as text only",
            t=deadline.moment(session),
            corrected={**event.body, "item": {**item, "content": kept}} if kept else None,
        )


def _problem(part: Mapping[str, Any]) -> str:
    kind = text(part.get("type"))
    if kind in _AUDIO:
        return f"a message of the assistant cannot be created with content of type {kind}"
    if kind in _TEXT and not isinstance(part.get("text"), str):
        return f"a part of type {kind} has no text"
    return ""


def _restored(part: Mapping[str, Any], dialect: str) -> Mapping[str, Any]:
    kind = "text" if dialect == "beta" else "output_text"
    return {"type": kind, "text": text(part.get("transcript"))} if _problem(part) else part
