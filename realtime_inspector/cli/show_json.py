"""A conversation for other programs: who said what and when, turn by turn, with items, tool calls, waits and findings.

The shape is a promise: members may be added under the same `schema_version`, never renamed or removed. Times are
seconds since the recording's start, waits milliseconds; what is not known is null. `entry` is an entry's `n`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.dialogue import Line, dialogue
from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.summary import Summary
from realtime_inspector.analysis.turns import Turn, turns
from realtime_inspector.cli import findings_json
from realtime_inspector.formats import Readable
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, ToolCall
from realtime_inspector.protocol.realtime.session import Session

SCHEMA_VERSION = 1


def members(
    recording: Readable, session: Session, summary: Summary, findings: Iterable[Finding] | None
) -> dict[str, Any]:
    """Return one conversation; `findings` is null where nobody asked for them."""
    return {
        "path": str(recording.path),
        "id": recording.header.id,
        "started": recording.header.started,
        "length_s": round(summary.length_s, 6),
        "session": summary.session_id,
        "model": summary.model,
        "dialect": summary.dialect,
        "dialect_reason": summary.dialect_sign,
        "ended": summary.ended,
        "tokens": {"input": summary.tokens.input, "output": summary.tokens.output},
        "turns": [_turn(turn, session) for turn in turns(session)],
        "lines": list(map(_line, dialogue(session))),
        "items": [_item(item) for item in session.items.values()],
        "findings": None if findings is None else list(map(findings_json.members, findings)),
    }


def _turn(turn: Turn, session: Session) -> dict[str, Any]:
    return {
        "turn": turn.number,
        "entry": turn.start.n,
        "t": turn.start.t,
        "spoken": turn.spoken,
        "said": turn.said,
        "replied": turn.replied,
        "interrupted": turn.interrupted,
        "audio_ms": round(turn.audio_ms, 3),
        "heard_ms": turn.heard_ms,
        "latency": {
            "answer_ms": metrics.answer_ms(turn),
            "voice_to_voice_ms": metrics.voice_to_voice_ms(turn),
            "speech_stop_to_audio_ms": metrics.speech_stop_to_audio_ms(turn),
            "dead_air_ms": metrics.dead_air_ms(session, turn),
        },
        "responses": list(map(_response, turn.responses)),
        "calls": list(map(_call, turn.calls)),
    }


def _response(response: Response) -> dict[str, Any]:
    spent = metrics.tokens_of(response)
    return {
        "id": response.id,
        "status": response.status,
        "reason": response.reason or None,
        "created": _at(response.created),
        "done": _at(response.done),
        "asked": _at(response.request.at if response.request is not None else None),
        "items": list(response.item_ids),
        "audio_ms": round(response.audio_ms, 3),
        "time_to_first_audio_ms": metrics.time_to_first_audio_ms(response),
        "generation_ms": metrics.generation_ms(response),
        "tokens": {"input": spent.input, "output": spent.output},
    }


def _call(call: ToolCall) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "name": call.name,
        "arguments": call.arguments,
        "status": call.status or None,
        "done": _at(call.done),
        "output": call.output,
        "outputs": list(map(_at, call.outputs)),
        "round_trip_ms": metrics.tool_round_trip_ms(call),
    }


def _line(line: Line) -> dict[str, Any]:
    heard = line.heard
    return {
        "entry": line.at.n,
        "t": line.at.t,
        "who": line.who,
        "text": line.text,
        "turn": line.turn,
        "spoken": line.spoken,
        "output": line.output,
        "took_ms": line.took_ms,
        "heard": None if heard is None else {"heard_ms": heard.heard_ms, "of_ms": heard.of_ms, "at": heard.at},
        "remark": line.remark or None,
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "type": item.type or None,
        "role": item.role or None,
        "status": item.status or None,
        "by_client": item.by_client,
        "response": item.response_id or None,
        "first": _at(item.first),
        "text": item.text,
        "transcript": item.transcript,
        "audio_ms": round(item.audio_ms, 3),
        "truncated_ms": item.truncated_ms,
        "deleted": item.deleted,
    }


def _at(at: At | None) -> dict[str, Any] | None:
    return None if at is None else {"entry": at.n, "t": at.t}
