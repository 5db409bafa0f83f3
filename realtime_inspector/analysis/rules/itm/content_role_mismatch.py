"""Content of the wrong kind for who says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text

WRONG = {
    "user": {"output_text", "output_audio"},
    "assistant": {"input_text", "input_audio", "input_image"},
    "system": {"input_audio", "input_image", "output_text", "output_audio"},
}
RIGHT = {"user": "input_text", "assistant": "output_text (text in the beta)", "system": "input_text"}


class ContentRoleMismatch(Rule):
    """A message's content has a type that its role cannot have.

    Why: the server refuses the item: input_… is what goes in, output_… what the assistant said.
    Fix: use input_text, input_audio or input_image for user, input_text for system, output_text for assistant (text in the
        beta).
    Limits: content of a type that is not known is left out.
    Source: Realtime API reference, `conversation.item.create` (read 2026-11-22); community.openai.com/t/1068134.
    """

    id = "ITM004"
    name = "content-role-mismatch"
    severity = Severity.ERROR
    on = ("conversation.item.create",)
    good = (
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hi"}]}}
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Hi"}]}}
        """,
    )
    bad = (
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "assistant", "content": [{"type": "input_text", "text": "Hi"}]}}  # ITM004
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "output_text", "text": "Hi"}]}}  # ITM004
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "system", "content": [{"type": "input_audio", "audio": ""}]}}  # ITM004
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at each part's type."""
        item = mapping(event.body.get("item"))
        role = text(item.get("role"))
        wrong = [
            text(part.get("type"))
            for part in mappings(item.get("content"))
            if text(part.get("type")) in WRONG.get(role, ())
        ]
        if item.get("type") == "message" and wrong:
            yield self.finding(
                event,
                f"a message of the {role} cannot have content of type {wrong[0]}: use {RIGHT[role]} instead",
                corrected=_mended(event, role, before),
            )


def _mended(event: Event, role: str, session: Session) -> dict[str, Any] | None:
    """Return the event with its texts called as the role wants it; None where a part is no text."""
    item = mapping(event.body.get("item"))
    name = "text" if role == "assistant" and session.dialect == "beta" else RIGHT[role].split()[0]
    parts = [
        {**part, "type": name} if part.get("type") in WRONG[role] else dict(part)
        for part in mappings(item.get("content"))
    ]
    if any("text" not in part for part in parts):
        return None
    return {**event.body, "item": {**item, "content": parts}}
