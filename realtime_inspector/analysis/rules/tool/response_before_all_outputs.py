"""A response asked for while some of the calls before it have no output yet."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import ToolCall
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping


class ResponseBeforeAllOutputs(Rule):
    """The client asks for a response although a call of the same response has no output yet.

    Why: the assistant goes on without that result: it makes one up, calls the tool again, or answers twice.
    Fix: collect the outputs of all calls of a response, send them, then send one {"type": "response.create"}.
    Limits: a tool that is meant to run on in the background looks the same.
    Source: Realtime guide, "Function calling" (read 2026-11-22); github.com/openai/openai-agents-python/issues/2760.
    """

    id = "TOOL012"
    name = "response-before-all-outputs"
    severity = Severity.WARNING
    on = ("response.create",)
    needs = frozenset({left_out.CLIENT, left_out.ORDER})
    good = (
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c2", "name": "g"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c2", "output": ""}}
        > {"type": "response.create"}
        """,
        """
        # out of band: it does not go on with the conversation
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c2", "name": "g"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        > {"type": "response.create", "response": {"conversation": "none"}}
        """,
    )
    bad = (
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c2", "name": "g"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        > {"type": "response.create"}  # TOOL012
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c2", "output": ""}}
        > {"type": "response.create"}
        """,
        """
        # the second output was refused
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c2", "name": "g"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": ""}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c2", "output": ""}}
        > {"type": "response.create"}  # TOOL012
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the siblings of the call answered last."""
        last = before.outputs[-1] if before.outputs else None
        asked = before.requests[-1].at.n if before.requests else 0
        if last is None or last.at.n < asked or mapping(event.body.get("response")).get("conversation") == "none":
            return
        answered = before.calls.get(last.call_id)
        if answered is None or answered.by_client:
            return
        missing = [call for call in before.calls_of(answered.response_id) if _is_open(call)]
        if missing:
            names = ", ".join(f"{call.name or 'a tool'} ({call.call_id})" for call in missing)
            yield self.finding(
                event,
                f"a response is asked for before {names} has an output: send the outputs of all calls of "
                f"{answered.response_id or 'the response'} first, then one response.create",
                cause=missing[0].done,
                related=(last.at.n,),
            )


def _is_open(call: ToolCall) -> bool:
    return call.done is not None and not call.outputs and call.status != "incomplete"
