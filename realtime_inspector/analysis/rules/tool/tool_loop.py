"""The same call again and again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

LOOK_BACK = 50


class ToolLoop(Rule):
    """The model makes the same function call, with the same arguments, for the third time in a row.

    Why: it does not see, or cannot use, the result, and goes round in circles at the user's cost.
    Fix: let the output say plainly what happened and what to do next, errors too; set a limit on calls a turn.
    Limits: said at the third call; a tool that is polled on purpose looks the same. Calls made outside of the conversation,
        where nobody gives the model a result, are left out.
    Source: the arithmetic of the recording; Realtime guide, "Function calling" (read 2026-11-22).
    """

    id = "TOOL017"
    name = "tool-loop"
    severity = Severity.WARNING
    on = ("response.function_call_arguments.done",)
    often = Threshold(3, "calls", "how many alike are a loop", least=2)
    good = (
        """
        < {"type": "response.function_call_arguments.done", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.function_call_arguments.done", "call_id": "c2", "name": "f", "arguments": "{}"}
        < {"type": "response.function_call_arguments.done", "call_id": "c3", "name": "g", "arguments": "{}"}
        < {"type": "response.function_call_arguments.done", "call_id": "c4", "name": "f", "arguments": "{}"}
        """,
        """
        < {"type": "response.function_call_arguments.done", "call_id": "c1", "name": "f", "arguments": "{\\"n\\": 1}"}
        < {"type": "response.function_call_arguments.done", "call_id": "c2", "name": "f", "arguments": "{\\"n\\": 2}"}
        < {"type": "response.function_call_arguments.done", "call_id": "c3", "name": "f", "arguments": "{\\"n\\": 3}"}
        """,
        """
        # each turn is classified outside of the conversation
        > {"type": "response.create", "response": {"conversation": "none"}}
        < {"type": "response.created", "response": {"id": "r1", "conversation_id": null}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1"}}
        > {"type": "response.create", "response": {"conversation": "none"}}
        < {"type": "response.created", "response": {"id": "r2", "conversation_id": null}}
        < {"type": "response.function_call_arguments.done", "response_id": "r2", "call_id": "c2", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r2"}}
        > {"type": "response.create", "response": {"conversation": "none"}}
        < {"type": "response.created", "response": {"id": "r3", "conversation_id": null}}
        < {"type": "response.function_call_arguments.done", "response_id": "r3", "call_id": "c3", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r3"}}
        """,
    )
    bad = (
        """
        < {"type": "response.function_call_arguments.done", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.function_call_arguments.done", "call_id": "c2", "name": "f", "arguments": "{}"}
        < {"type": "response.function_call_arguments.done", "call_id": "c3", "name": "f", "arguments": "{}"}  # TOOL017
        < {"type": "response.function_call_arguments.done", "call_id": "c4", "name": "f", "arguments": "{}"}
        """,
        """
        < {"type": "response.output_item.added", "item": {"type": "function_call", "call_id": "c1", "name": "f"}}
        < {"type": "response.function_call_arguments.done", "call_id": "c1", "arguments": "{}"}
        < {"type": "response.output_item.added", "item": {"type": "function_call", "call_id": "c2", "name": "f"}}
        < {"type": "response.function_call_arguments.done", "call_id": "c2", "arguments": "{}"}
        < {"type": "response.output_item.added", "item": {"type": "function_call", "call_id": "c3", "name": "f"}}
        < {"type": "response.function_call_arguments.done", "call_id": "c3", "arguments": "{}"}  # TOOL017
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare with the calls before it."""
        call_id, arguments = text(event.body.get("call_id")), text(event.body.get("arguments"))
        known = before.calls.get(call_id)
        name = text(event.body.get("name")) or (known.name if known is not None else "")
        if _is_beside(before, text(event.body.get("response_id"))):
            return
        recent = islice(reversed(before.calls.values()), LOOK_BACK)
        earlier = (
            c for c in recent if c.call_id != call_id and not c.by_client and not _is_beside(before, c.response_id)
        )
        same = list(
            takewhile(lambda call: (call.name, call.arguments) == (name, arguments), islice(earlier, self.often))
        )
        if name and len(same) == self.often - 1:
            yield self.finding(
                event,
                f"the model calls {name} with the same arguments {self.often} times in a row: it cannot use the result; "
                "let the output say what happened and what to do next",
                cause=same[-1].done or same[-1].named,
            )


def _is_beside(session: Session, response_id: str) -> bool:
    response = session.responses.get(response_id)
    return response is not None and response.out_of_band
