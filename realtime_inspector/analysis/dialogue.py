"""A session as a dialogue: who said what and when, what was cut off, which tools were called, what went wrong.

Read off a session and its turns; nothing here is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from realtime_inspector.analysis.metrics import tool_round_trip_ms
from realtime_inspector.analysis.turns import Turn, Utterance, turns
from realtime_inspector.protocol.event import dig
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, ServerError, ToolCall
from realtime_inspector.protocol.realtime.state import State


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of an item's audio the user heard."""

    heard_ms: float
    of_ms: float
    at: int
    """Where in the text the sound stopped, as a number of characters: in proportion to the audio, hence about."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was said or done."""

    at: At
    who: str
    """`user`, `assistant`, `tool`, `system` or `server`."""
    text: str = ""
    """What was said; of a tool, its call. Empty where it is not known."""
    turn: int | None = None
    spoken: bool = False
    output: str | None = None
    """What a tool's call came to; None while there is nothing."""
    took_ms: float | None = None
    """How long the tool took."""
    heard: Heard | None = None
    """Where the assistant was cut off, if it was."""
    remark: str = ""
    """Why it is not whole: `cancelled: turn_detected`, `failed: …`, `still speaking`, `out of band`."""


def dialogue(session: State) -> list[Line]:
    """Return everything that was said and done, in the order in which it began."""
    lines = [*_system(session), *map(_error, session.errors), *_out_of_band(session)]
    for turn in turns(session):
        lines += [_said(utterance, turn) for utterance in turn.user]
        for response in turn.responses:
            lines += _response(response, session, turn.number)
    return sorted(lines, key=lambda line: line.at.n)


def without_repeats(lines: Iterable[Line]) -> Iterator[tuple[Line, int]]:
    """Yield each line with how often it is said on end: what a server says of every piece of audio stands once."""
    for _, same in groupby(lines, key=lambda line: line.text if line.who == "server" else line.at.n):
        first, *more = same
        yield first, 1 + len(more)


def _said(utterance: Utterance, turn: Turn) -> Line:
    speech = utterance.speech
    speaking = speech is not None and speech.stopped_t is None and utterance.complete is None
    return Line(
        at=utterance.start,
        who="user",
        text=utterance.text,
        turn=turn.number,
        spoken=turn.spoken,
        remark="never committed"
        if utterance.complete is None and not speaking
        else "still speaking"
        if speaking
        else "",
    )


def _response(response: Response, session: State, number: int | None) -> Iterator[Line]:
    remark = _why(response)
    items = [session.items[item_id] for item_id in response.item_ids if item_id in session.items]
    for item in items:
        if item.type == "message":
            yield _message(item, response, number, remark)
            remark = ""
        elif item.type == "mcp_call":
            yield _mcp_call(item, response, number)
    for call in session.calls_of(response.id):
        yield _call(call, response, number)
    if remark and remark != "in progress":
        yield Line(response.done or response.created, "assistant", turn=number, remark=remark)


def _why(response: Response) -> str:
    """Say why a response is not what it could have been; empty if it is."""
    where = "out of band" if response.out_of_band else ""
    if response.status in {"completed", ""}:
        return where
    if response.status == "in_progress":
        return "in progress"
    error = dig(response.error, "message") or dig(response.error, "code") or ""
    return ": ".join(word for word in (where, response.status, response.reason, str(error)) if word)


def _message(item: Item, response: Response, number: int | None, remark: str) -> Line:
    text = item.transcript or item.text
    heard = None
    if item.truncated_ms is not None and item.audio_ms > 0:
        part = min(1.0, item.truncated_ms / item.audio_ms)
        heard = Heard(item.truncated_ms, item.audio_ms, round(part * len(text)))
    began = response.first_output if response.item_ids[:1] == [item.id] else item.first
    return Line(
        at=began or item.first or response.created,
        who="assistant",
        text=text,
        turn=number,
        spoken=item.audio_ms > 0,
        heard=heard,
        remark=remark,
    )


def _call(call: ToolCall, response: Response, number: int | None) -> Line:
    unfinished = "" if call.status in {"completed", ""} or call.done is None else f"arguments {call.status}"
    return Line(
        at=call.done or response.created,
        who="tool",
        text=f"{call.name or call.call_id}({call.arguments})",
        turn=number,
        output=call.output,
        took_ms=tool_round_trip_ms(call),
        remark=unfinished,
    )


def _mcp_call(item: Item, response: Response, number: int | None) -> Line:
    name, arguments, output = (dig(item.body, field) for field in ("name", "arguments", "output"))
    failure = dig(item.body, "error.message") or dig(item.body, "error.type")
    return Line(
        at=item.first or response.created,
        who="tool",
        text=f"{name or item.id}({arguments or ''})",
        turn=number,
        output=output if isinstance(output, str) else None,
        remark=f"failed: {failure}" if failure else "",
    )


def _system(session: State) -> Iterator[Line]:
    for item in session.items.values():
        if item.type == "message" and item.role == "system" and item.first is not None:
            yield Line(item.first, "system", item.text)


def _out_of_band(session: State) -> Iterator[Line]:
    for response in session.responses.values():
        if response.out_of_band:
            yield from _response(response, session, None)


def _error(error: ServerError) -> Line:
    return Line(error.at, "server", ": ".join(word for word in (error.code or error.type, error.message) if word))
