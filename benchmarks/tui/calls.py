"""The recording that is opened: one long call, of as many events as are asked for.

The call of `benchmarks.lint`, with a microphone that sends a piece every 20 ms, as browsers and telephones do: an event
has 1.8 KB in the mean, many of them 1.4 KB and some 13 KB. Now and then the client leaves out a call_id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any

import orjson

from benchmarks.lint.calls import Call
from realtime_inspector.recording import zst
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.jsonl import dump, dump_header

APPEND_S = 0.02
MISTAKE_TURNS = 40
"""One turn of so many has a mistake in it."""

_Event = tuple[float, Side, Any]


@dataclass
class LongCall(Call):
    """A call without an end."""

    turns: int = 0
    """How many there were so far."""

    def turn(self) -> list[_Event]:
        """Return the events of one more turn, in the order of time."""
        events = super().turn()
        self.turns += 1
        if self.turns % MISTAKE_TURNS == 0:
            events += self._mistake(events[-1][0])
        return events

    def _mistake(self, t: float) -> Iterator[_Event]:
        output = {"type": "function_call_output", "output": '{"weather":"rain"}'}
        sent = self._id("late_")
        yield t, Side.CLIENT, {"type": "conversation.item.create", "event_id": sent, "item": output}
        error = {
            "type": "invalid_request_error",
            "code": "missing_required_parameter",
            "message": "Missing required parameter: 'item.call_id'.",
            "param": "item.call_id",
            "event_id": sent,
        }
        yield self._server(t, "error", error=error)

    def _microphone(self, began: float, ended: float) -> Iterator[_Event]:
        for piece in range(round((ended - began) / APPEND_S)):
            audio = {"type": "input_audio_buffer.append", "audio": self._audio(APPEND_S)}
            yield began + piece * APPEND_S, Side.CLIENT, audio
        self.appended_ms += (ended - began) * 1000


def write(path: Path, events: int) -> int:
    """Write a recording of so many entries, compressed if its name says so; return its bytes, inflated."""
    with path.open("wb", buffering=1 << 20) as plain:
        stream: IO[bytes] = zst.compress(plain) if path.suffix == ".zst" else plain
        header = Header("benchmark", "2026-11-23T12:00:00.000000Z", url="wss://api.openai.com/v1/realtime")
        size = stream.write(dump_header(header))
        for entry in _entries(events):
            size += stream.write(dump(entry))
        if stream is not plain:
            stream.close()
    return size


def _entries(events: int) -> Iterator[Entry]:
    asked = {"method": "GET", "target": "/v1/realtime?model=gpt-realtime-2.1", "headers": [["Host", "api.openai.com"]]}
    yield Entry(1, 0.0, Side.CLIENT, Kind.REQUEST, members=asked)
    yield Entry(2, 0.05, Side.SERVER, Kind.RESPONSE, members={"status": 101, "reason": "", "headers": []})
    n = count(3)
    t = 0.05
    for t, side, body in _events():
        at = next(n)
        if at > events - 2:
            yield Entry(at, t, Side.CLIENT, Kind.CLOSE, members={"code": 1000, "reason": ""})
            yield Entry(at + 1, t, Side.PROXY, Kind.END, members={"how": "closed"})
            return
        yield Entry(at, t, side, Kind.MESSAGE, orjson.dumps(body))


def _events() -> Iterator[_Event]:
    call = LongCall()
    yield from call.greetings()
    while True:
        yield from call.turn()
