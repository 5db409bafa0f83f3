"""What a client may put into the conversation, and how the server refuses the rest.

Source: `openai` 3.54.0, `types/realtime/conversation_item*` (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime_inspector.simulator import errors
from realtime_inspector.simulator.shape import Array, Flag, Nullable, Object, Shape, Tagged, Text

_COMMON: Mapping[str, Shape] = {
    "id": Nullable(Text()),
    "type": Text(),
    "object": Nullable(Text(("realtime.item",))),
    "status": Nullable(Text(("completed", "incomplete", "in_progress"))),
}
_TEXT = Object({"type": Text(), "text": Text()}, required=("text",))
_AUDIO = Object({"type": Text(), "audio": Text(), "transcript": Nullable(Text()), "format": Nullable(Text())})
_INPUT_AUDIO = Object(_AUDIO.members, required=("audio",))
_IMAGE = Object(
    {"type": Text(), "image_url": Text(), "detail": Nullable(Text(("auto", "low", "high")))}, required=("image_url",)
)
# The API takes no audio of the assistant from a client: such a part is asked for the text it lacks.
_SPOKEN = Object({"type": Text(), "text": Text(), "transcript": Nullable(Text()), "audio": Text()}, required=("text",))


def _message(role: str, parts: Mapping[str, Object]) -> Object:
    members: dict[str, Shape] = {
        **_COMMON,
        "role": Text((role,)),
        "content": Array(Tagged(parts)),
        "phase": Nullable(Text()),
    }
    return Object(members, required=("content",))


_MESSAGE = Tagged(
    {
        "system": _message("system", {"input_text": _TEXT}),
        "user": _message("user", {"input_text": _TEXT, "input_audio": _INPUT_AUDIO, "input_image": _IMAGE}),
        "assistant": _message("assistant", {"output_text": _TEXT, "output_audio": _SPOKEN}),
    },
    tag="role",
)
ITEM = Tagged(
    {
        "message": _MESSAGE,
        "function_call": Object(
            {**_COMMON, "name": Text(), "arguments": Text(), "call_id": Nullable(Text())},
            required=("name", "arguments"),
        ),
        "function_call_output": Object(
            {**_COMMON, "call_id": Text(), "output": Text()}, required=("call_id", "output")
        ),
        "mcp_approval_response": Object(
            {**_COMMON, "approval_request_id": Text(), "approve": Flag(), "reason": Nullable(Text())},
            required=("approval_request_id", "approve"),
        ),
    }
)
REFERENCE = Object({"type": Text(), "id": Text()}, required=("id",))
INPUT_ITEM = Tagged({**ITEM.variants, "item_reference": REFERENCE})
"""An item of `response.create`'s own `input`."""


def check_item(item: Any) -> dict[str, Any]:
    """Return the item of a `conversation.item.create` if it can be taken.

    Raises:
        Refusal: If it cannot, for the first thing wrong with it.
    """
    if item is None:
        raise errors.missing("item")
    ITEM.check(item, "item")
    checked: dict[str, Any] = item
    return checked


def text_of(item: Mapping[str, Any]) -> str:
    """Return what a message says, written or spoken."""
    parts = item.get("content") or []
    return " ".join(str(part.get("text") or part.get("transcript") or "") for part in parts).strip()


def shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item as events show it: whole, but without its audio."""
    body = dict(item)
    if "content" in body:
        body["content"] = [{name: part for name, part in each.items() if name != "audio"} for each in body["content"]]
    return body
