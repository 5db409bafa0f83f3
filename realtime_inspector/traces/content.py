"""What was said, as attributes of spans: words, instructions, tools' arguments and results. Only for those who ask.

Audio itself is never among it: a backend for traces is no place for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from realtime_inspector.analysis.turns import Turn, Utterance
from realtime_inspector.protocol.realtime.conversation import Item, Response, ToolCall
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text
from realtime_inspector.traces import names
from realtime_inspector.traces.facts import finish_reason
from realtime_inspector.traces.span import Attributes, Value

MOST = 16_000
"""Characters of one text: backends cut longer ones, or refuse them."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something a model reads or writes."""

    role: str
    words: str = ""
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""
    """Id of the call whose result it is."""


def of_turn(turn: Turn) -> Attributes:
    """Return what both said in a turn."""
    return _in_out(turn.said, turn.replied)


def of_utterance(utterance: Utterance) -> Attributes:
    """Return what the user said, as far as it was transcribed."""
    if not utterance.text:
        return {}
    return {**_in_out(utterance.text, ""), names.INPUT_MESSAGES: _json([_part(Message("user", utterance.text))])}


def of_response(session: Session, turn: Turn | None, response: Response) -> Attributes:
    """Return what was new to the model when it began, and what it made of it."""
    instructions = text(session.config.get("instructions"))
    given = _given(turn, response) if turn is not None else []
    items = [session.items[item] for item in response.item_ids if item in session.items]
    words = " ".join(said for item in items if item.type == "message" and (said := item.transcript or item.text))
    made = Message("assistant", words, tuple(session.calls_of(response.id)))
    found: dict[str, Value] = dict(_in_out(" ".join(each.words for each in given if each.words), words))
    if instructions:
        found[names.INSTRUCTIONS] = _json([{"type": "text", "content": clip(instructions)}])
        found |= _flat(names.LLM_INPUT_MESSAGE.format(0), Message("system", instructions))
    for place, message in enumerate(given, 1 if instructions else 0):
        found |= _flat(names.LLM_INPUT_MESSAGE.format(place), message)
    if given:
        found[names.INPUT_MESSAGES] = _json([_part(message) for message in given])
    if words or made.calls:
        found |= _flat(names.LLM_OUTPUT_MESSAGE.format(0), made)
        answer = _part(made) | {"finish_reason": finish_reason(session, response)}
        found[names.OUTPUT_MESSAGES] = _json([answer])
        found.setdefault(names.OUTPUT, clip(", ".join(f"{call.name}({call.arguments})" for call in made.calls)))
    return found


def of_call(call: ToolCall) -> Attributes:
    """Return a tool's arguments and its result."""
    return _tool(call.arguments, call.output or "")


def of_mcp(item: Item) -> Attributes:
    """Return the same of a call that the server made."""
    return _tool(text(item.body.get("arguments")) or str(item.argued), text(item.body.get("output")))


def clip(words: str) -> str:
    """Return text that is not too long for a backend."""
    return words if len(words) <= MOST else f"{words[:MOST]}… ({len(words) - MOST} more characters)"


def _given(turn: Turn, response: Response) -> list[Message]:
    """Return what came since the response before: the user's words, and results of calls."""
    before = max((each.created.n for each in turn.responses if each.created.n < response.created.n), default=0)
    new: list[tuple[int, Message]] = []
    for utterance in turn.user:
        n = (utterance.complete or utterance.start).n
        if before < n < response.created.n:
            new.append((n, Message("user", utterance.text)))
    for call in turn.calls:
        sent = next((at.n for at in call.outputs if before < at.n < response.created.n), None)
        if sent is not None:
            new.append((sent, Message("tool", call.output or "", answers=call.call_id)))
    return [message for _, message in sorted(new, key=lambda each: each[0])]


def _part(message: Message) -> dict[str, Any]:
    """Return a message as the GenAI convention writes it."""
    if message.answers:
        result = {"type": "tool_call_response", "id": message.answers, "response": clip(message.words)}
        return {"role": message.role, "parts": [result]}
    parts: list[dict[str, Any]] = [{"type": "text", "content": clip(message.words)}] if message.words else []
    parts += [
        {"type": "tool_call", "id": call.call_id, "name": call.name, "arguments": _object(clip(call.arguments))}
        for call in message.calls
    ]
    return {"role": message.role, "parts": parts}


def _flat(prefix: str, message: Message) -> dict[str, Value]:
    """Return a message as OpenInference writes it: an attribute for each of its members."""
    found: dict[str, Value] = {f"{prefix}role": message.role}
    if message.words:
        found[f"{prefix}content"] = clip(message.words)
    if message.answers:
        found[f"{prefix}tool_call_id"] = message.answers
    for place, call in enumerate(message.calls):
        start = prefix + names.MESSAGE_TOOL_CALL.format(place)
        found[f"{start}id"] = call.call_id
        found[f"{start}function.name"] = call.name
        found[f"{start}function.arguments"] = clip(call.arguments)
    return found


def _tool(arguments: str, result: str) -> Attributes:
    found: dict[str, Value] = dict(_in_out(arguments, result))
    for name, words in ((names.CALL_ARGUMENTS, arguments), (names.CALL_RESULT, result)):
        if words:
            found[name] = clip(words)
    return found


def _in_out(given: str, made: str) -> Attributes:
    """Return what goes in and what comes out, where there is something, and whether it is JSON."""
    found: dict[str, Value] = {}
    for words, name, mime in ((given, names.INPUT, names.INPUT_MIME), (made, names.OUTPUT, names.OUTPUT_MIME)):
        if words:
            found[name] = clip(words)
            found[mime] = "application/json" if isinstance(_object(words), Mapping) else "text/plain"
    return found


def _object(words: str) -> Any:
    """Return text as the JSON object it is, or as it stands."""
    try:
        value = orjson.loads(words)
    except orjson.JSONDecodeError:
        return words
    return value if isinstance(value, dict) else words


def _json(value: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(value).decode()
