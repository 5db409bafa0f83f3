"""Asked at the end of every response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text

_CALLS = frozenset({"function_call", "mcp_call"})


class ToolChoiceRequiredLoop(Rule):
    """The session demands a tool in every response, and response after response is nothing but calls.

    Why: the model may not speak: after each output it has to call a tool again, and the user hears nothing.
    Fix: put tool_choice back to "auto" once the tool was called, or demand it in the one response.create that needs it.
    Limits: said at the third such response since the user's last turn. An agent that has a tool for speaking is meant
        to work so: this is information.
    Source: Realtime API reference, `session.tool_choice` (read 2026-11-22).
    """

    id = "SES012"
    name = "tool-choice-required-loop"
    severity = Severity.INFO
    on = ("response.done",)
    needs = frozenset({left_out.ORDER, left_out.ITEMS})
    dialects = frozenset({"ga", "beta"})
    times = Threshold(3, "responses", "how many of nothing but calls are a loop", least=2)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "tool_choice": "required"}}
        < {"type": "response.done", "response": {"id": "r1", "output": [{"id": "f1", "type": "function_call"}]}}
        < {"type": "response.done", "response": {"id": "r2", "output": [{"id": "f2", "type": "function_call"}]}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "response.done", "response": {"id": "r3", "output": [{"id": "f3", "type": "function_call"}]}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "tool_choice": "auto"}}
        < {"type": "response.done", "response": {"id": "r1", "output": [{"id": "f1", "type": "function_call"}]}}
        < {"type": "response.done", "response": {"id": "r2", "output": [{"id": "f2", "type": "function_call"}]}}
        < {"type": "response.done", "response": {"id": "r3", "output": [{"id": "f3", "type": "function_call"}]}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "tool_choice": "required"}}
        < {"type": "response.done", "response": {"id": "r1", "output": [{"id": "f1", "type": "function_call"}]}}
        < {"type": "response.done", "response": {"id": "r2", "output": [{"id": "a1", "type": "message"}]}}
        < {"type": "response.done", "response": {"id": "r3", "output": [{"id": "f3", "type": "function_call"}]}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "tool_choice": "required"}}
        < {"type": "response.done", "response": {"id": "r1", "output": [{"id": "f1", "type": "function_call"}]}}
        < {"type": "response.done", "response": {"id": "r2", "output": [{"id": "f2", "type": "function_call"}]}}
        < {"type": "response.done", "response": {"id": "r3", "output": [{"id": "f3", "type": "function_call"}]}}  # SES012
        < {"type": "response.done", "response": {"id": "r4", "output": [{"id": "f4", "type": "function_call"}]}}
        """,
        """
        < {"type": "session.created", "session": {"audio": {}, "tool_choice": {"type": "function", "name": "a"}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "response.done", "response": {"id": "r1", "output": [{"id": "f1", "type": "function_call"}]}}
        < {"type": "response.done", "response": {"id": "r2", "output": [{"id": "f2", "type": "function_call"}]}}
        < {"type": "response.done", "response": {"id": "r3", "output": [{"id": "f3", "type": "function_call"}]}}  # SES012
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count back from this one."""
        demanded = _demanded(before.config.get("tool_choice"))
        body = mapping(event.body.get("response"))
        if not demanded or not _is_calls([text(item.get("type")) for item in mappings(body.get("output"))]):
            return
        run = _run(before, text(body.get("id")), self.times)
        if run is not None and len(run) == self.times - 1:
            ids = ", ".join([*(response.id for response in reversed(run)), text(body.get("id"))])
            message = f"{ids} are nothing but tool calls, because the session's tool_choice is {demanded}: set it back to auto"
            yield self.finding(event, message, cause=before.config_at)


def _demanded(choice: Any) -> str:
    """Return what the session demands, as words; nothing if the model may speak."""
    if choice == "required":
        return "required"
    named = text(choice.get("name")) if isinstance(choice, Mapping) and choice.get("type") == "function" else ""
    return f"the function {named}" if named else ""


def _is_calls(types: list[str]) -> bool:
    return bool(types) and set(types) <= _CALLS


def _run(session: Session, last_id: str, most: int) -> list[Response] | None:
    """Return so many responses of calls before one, the latest first; None if that one has a choice of its own."""
    turn = max((item.first.n for item in session.items.values() if item.role == "user" and item.first), default=0)
    last = session.responses.get(last_id)
    if last is not None and not _counts(last, turn):
        return None
    run: list[Response] = []
    for response in reversed(session.responses.values()):
        types = [session.items[item_id].type for item_id in response.item_ids if item_id in session.items]
        if response.id == last_id or response.out_of_band:
            continue
        if not _counts(response, turn) or not _is_calls(types) or len(run) == most:
            break
        run.append(response)
    return run


def _counts(response: Response, turn: int) -> bool:
    own = response.request is not None and response.request.body.get("tool_choice") is not None
    return response.created.n > turn and not own and not response.out_of_band
