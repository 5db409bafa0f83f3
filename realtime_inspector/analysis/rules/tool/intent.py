"""What a client seems to have meant with a call: that it is all it wanted, or that a message answers it."""

from __future__ import annotations

from itertools import islice

from realtime_inspector.protocol.event import dig
from realtime_inspector.protocol.realtime.conversation import Item, ToolCall
from realtime_inspector.protocol.realtime.state import State

LOOK_BACK = 50


def was_forced(state: State, call: ToolCall) -> bool:
    """Tell whether `tool_choice` named the function: its arguments may be all that the client wanted of the model."""
    caller = state.responses.get(call.response_id)
    asked = caller.request.body if caller is not None and caller.request is not None else {}
    choice = asked.get("tool_choice", state.config.get("tool_choice"))
    return bool(call.name) and call.name in {dig(choice, "name"), dig(choice, "function.name")}


def message_instead(state: State, call: ToolCall) -> Item | None:
    """Return the message that the client put in first after a call, if the user has not spoken since."""
    if call.done is None:
        return None
    found = None
    for item in islice(reversed(state.items.values()), LOOK_BACK):
        if item.type != "message" or item.first is None or item.first.n < call.done.n:
            continue
        if item.committed is not None:
            return None
        if item.by_client and item.asked is not None and item.asked.n > call.done.n:
            found = item
    return found
