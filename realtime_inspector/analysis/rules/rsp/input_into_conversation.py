"""A side question whose answer becomes part of the conversation."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text


class InputIntoConversation(Rule):
    """A response.create has an input of its own, but not conversation "none".

    Why: the model reads that input instead of the conversation, and its answer is put into the conversation all the same:
        later responses read an answer to a question that is not there.
    Fix: add "conversation": "none" for a side question; for what belongs to the conversation send conversation.item.create
        and then response.create without input.
    Limits: a warning where it looks like a side question (it has metadata, or asks for text in a session that speaks);
        information otherwise. An empty input is left out.
    Source: Realtime API reference, `response.create` (read 2026-11-22).
    """

    id = "RSP014"
    name = "input-into-conversation"
    severity = Severity.WARNING
    on = ("response.create",)
    good = (
        """
        > {"type": "response.create", "response": {"conversation": "none", "metadata": {"purpose": "title"}, "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Name it."}]}]}}
        """,
        """
        > {"type": "response.create"}
        > {"type": "response.create", "response": {"input": []}}
        > {"type": "response.create", "response": {"metadata": {"purpose": "title"}}}
        """,
    )
    bad = (
        """
        > {"type": "response.create", "response": {"metadata": {"purpose": "title"}, "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Name it."}]}]}}  # RSP014
        """,
        """
        < {"type": "session.created", "session": {"output_modalities": ["audio"]}}
        > {"type": "response.create", "response": {"output_modalities": ["text"], "input": [{"type": "item_reference", "id": "u1"}]}}  # RSP014
        """,
        """
        > {"type": "response.create", "response": {"conversation": "auto", "input": [{"type": "item_reference", "id": "u1"}]}}  # RSP014
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at where the answer goes."""
        request = mapping(event.body.get("response"))
        count = len(mappings(request.get("input")))
        if not count or (text(request.get("conversation")) or "auto") != "auto":
            return
        silent = request.get("output_modalities") == ["text"] and before.config.get("output_modalities") == ["audio"]
        side = bool(request.get("metadata")) or silent
        yield self.finding(
            event,
            f"the model reads {_counted(count)} instead of the conversation, and its answer goes into the conversation: add "
            '"conversation": "none" if it is a side question',
            severity=Severity.WARNING if side else Severity.INFO,
            corrected={**event.body, "response": {**request, "conversation": "none"}} if side else None,
        )


def _counted(count: int) -> str:
    return f"these {count} items" if count > 1 else "this one item"
