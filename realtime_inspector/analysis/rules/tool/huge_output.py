"""An output that is too much to read."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

MOST_BYTES = 16 * 1024


class HugeOutput(Rule):
    """A tool's output is larger than 16 KiB.

    Why: the model reads it before it speaks and again in every response after that: the answer comes late, each turn costs
        more, and earlier parts of the conversation may be cut off to make room.
    Fix: give only what the answer needs: the few best results, the fields that are said aloud.
    Limits: the size is ours, in bytes of UTF-8.
    Source: Realtime guide, "Managing costs" (read 2026-11-22).
    """

    id = "TOOL015"
    name = "huge-output"
    severity = Severity.WARNING
    on = ("conversation.item.create",)
    most_bytes = Threshold(MOST_BYTES, "bytes", "how long an output may be")
    good = (
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "sunny"}}
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "%s"}]}}
        """
        % ("x" * (MOST_BYTES + 1)),
    )
    bad = (
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "%s"}}  # TOOL015
        """
        % ("x" * (MOST_BYTES + 1)),
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "%s"}}  # TOOL015
        """
        % ("é" * (MOST_BYTES // 2 + 1)),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Measure it."""
        output = text(event.get("item.output"))
        if event.get("item.type") != "function_call_output" or len(output) * 4 <= self.most_bytes:
            return
        size = len(output.encode(errors="replace"))
        if size > self.most_bytes:
            call = before.calls.get(text(event.get("item.call_id")))
            yield self.finding(
                event,
                f"the output of {call.name if call is not None and call.name else 'the tool'} "
                f"({text(event.get('item.call_id'))}) has {size / 1024:.0f} KiB, which every response from here on reads: give "
                "only what the answer needs",
                cause=call.done if call is not None else None,
            )
