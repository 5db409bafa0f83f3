"""A client's message as an event: JSON, its type, its members, and what a `response.create` may hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from realtime_inspector.simulator import config, errors
from realtime_inspector.simulator.errors import Refusal
from realtime_inspector.simulator.items import INPUT_ITEM
from realtime_inspector.simulator.shape import Array, Nullable, Number, Object, Pairs, Text

_LONGEST_EVENT_ID = 512
_OUTPUT = Object({"format": Nullable(config.FORMAT), "voice": Nullable(config.VOICE)})
_RESPONSE = Object(
    {
        "instructions": Nullable(Text()),
        "tools": Nullable(Array(config.TOOL)),
        "tool_choice": Nullable(config.TOOL_CHOICE),
        "output_modalities": Nullable(config.MODALITIES),
        "audio": Nullable(Object({"output": Nullable(_OUTPUT)})),
        "max_output_tokens": Nullable(config.MAX_TOKENS),
        "metadata": Nullable(Pairs(16, 64, 512)),
        "conversation": Nullable(Text(("auto", "none"))),
        "input": Nullable(Array(INPUT_ITEM)),
        "prompt": Nullable(Object({}, is_open=True)),
        "parallel_tool_calls": Nullable(config.FLAG),
        "reasoning": Nullable(config.REASONING),
    }
)
_WHOLE = Number(0, integer=True)


def read(message: str | bytes, *, binary: bool = False) -> dict[str, Any]:
    """Return the event in a message.

    Raises:
        Refusal: If it is binary, or no JSON object.
    """
    if binary:
        raise Refusal("Binary messages are not supported.", "invalid_event")
    try:
        event = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise Refusal(f"The event could not be parsed as JSON: {error}.", "invalid_event") from None
    if not isinstance(event, dict):
        raise Refusal(f"An event is a JSON object, but this is {errors.json_kind(event)}.", "invalid_event")
    return event


def check(event: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse an event without a type, or of none that clients send, which are those known.

    Raises:
        Refusal: With the parameter `type` or `event_id`.
    """
    if event.get("type") is None:
        raise Refusal("The 'type' field is missing.", "invalid_event")
    Text(sorted(known)).check(event["type"], "type")
    event_id = event.get("event_id")
    if event_id is not None:
        Text(max_length=_LONGEST_EVENT_ID).check(event_id, "event_id")


def only(event: Mapping[str, Any], *names: str) -> None:
    """Refuse members that an event of this type does not have.

    Raises:
        Refusal: For the first of them.
    """
    for name in event:
        if name not in {"type", "event_id", *names}:
            raise errors.unknown(name)


def item_id(event: Mapping[str, Any]) -> str:
    """Return the event's `item_id`.

    Raises:
        Refusal: If it has none.
    """
    if event.get("item_id") is None:
        raise errors.missing("item_id")
    Text().check(event["item_id"], "item_id")
    return str(event["item_id"])


def whole(event: Mapping[str, Any], name: str) -> int:
    """Return a whole number of 0 or more.

    Raises:
        Refusal: If the member is missing, or is none.
    """
    if event.get(name) is None:
        raise errors.missing(name)
    _WHOLE.check(event[name], name)
    return int(event[name])


def asked_response(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the `response` of a `response.create`; empty if it has none.

    Raises:
        Refusal: For the first thing wrong with it.
    """
    only(event, "response")
    asked = event.get("response")
    if asked is None:
        return {}
    _RESPONSE.check(asked, "response")
    config.check_modalities(asked.get("output_modalities"), "response.output_modalities")
    items = asked.get("input") or []
    calls = {item.get("call_id") for item in items if item["type"] == "function_call"}
    for item in items:
        if item["type"] == "function_call_output" and item["call_id"] not in calls:
            raise errors.unknown_call(item["call_id"])
    return dict(asked)


def asked_cancel(event: Mapping[str, Any]) -> str | None:
    """Return the `response_id` of a `response.cancel`; None if it means the response of the conversation.

    Raises:
        Refusal: If it is no string.
    """
    only(event, "response_id")
    Nullable(Text()).check(event.get("response_id"), "response_id")
    return event.get("response_id")
