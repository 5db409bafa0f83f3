"""A call to replay: questions, and answers in audio, as the simulator's machine gives them; no socket, no clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.simulator import schedule
from realtime_inspector.simulator.machine import Machine
from realtime_inspector.simulator.scenario import parse

SCENARIO = parse(
    """
    [[turn]]
    when = ["story"]
    say = "Once upon a time there was a king who had three daughters, and each of them had a horse that could speak."
    """,
    "benchmark",
)
HEADER = Header(id="01REPLAY", started="2026-11-23T00:00:00.000000Z", tool="benchmark", via="simulator")
PAUSE_S = 3.0
"""Until the next question: answers come faster than they play, and are heard out."""


def write(path: Path, seconds: float) -> int:
    """Write a call of at least so many seconds; return how many entries it has."""
    call = _Call()
    while call.now < seconds:
        call.ask()
    lines = [jsonl.dump_header(HEADER), *map(jsonl.dump, call.end())]
    path.write_bytes(b"".join(lines))
    return len(lines) - 1


class _Call:
    def __init__(self) -> None:
        self.machine = Machine(SCENARIO, seed="benchmark")
        self.now = 0.0
        self.entries: list[Entry] = []
        target = "/v1/realtime?model=gpt-realtime"
        headers = [["Upgrade", "websocket"]]
        self._note(Side.CLIENT, Kind.REQUEST, {"method": "GET", "target": target, "headers": headers})
        self._note(Side.SERVER, Kind.RESPONSE, {"status": 101, "reason": "Switching Protocols", "headers": []})
        self._until("session.created")
        self._send("session.update", session={"type": "realtime", "instructions": "Be brief."})
        self._until("session.updated")

    def ask(self) -> None:
        """Ask for a story and hear it out."""
        self.now += PAUSE_S
        content = [{"type": "input_text", "text": "Tell me a story."}]
        self._send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        self._send("response.create")
        self._until("response.done")

    def end(self) -> list[Entry]:
        """Hang up and return the recording."""
        self.now += PAUSE_S
        self._take()
        self._note(Side.CLIENT, Kind.CLOSE, {"code": 1000, "reason": ""})
        self._note(Side.PROXY, Kind.END, {"how": "closed", "by": "client"})
        return self.entries

    def _send(self, kind: str, **members: Any) -> None:
        payload = orjson.dumps({"type": kind, **members})
        self._note(Side.CLIENT, Kind.MESSAGE, payload=payload)
        self.machine.receive(payload, self.now)

    def _until(self, kind: str) -> None:
        seen = len(self.entries)
        self._take()
        while not any(f'"type":"{kind}"'.encode() in entry.payload for entry in self.entries[seen:]):
            due = self.machine.next_due
            if due is None:
                raise RuntimeError(f"the simulator never says {kind}")
            self.now = max(self.now, due)
            self._take()

    def _take(self) -> None:
        for action in self.machine.poll(self.now):
            if isinstance(action, schedule.Send):
                self._note(Side.SERVER, Kind.MESSAGE, payload=orjson.dumps(action.event))

    def _note(self, side: Side, kind: Kind, members: dict[str, Any] | None = None, payload: bytes = b"") -> None:
        n = len(self.entries) + 1
        self.entries.append(Entry(n, round(self.now, 6), side, kind, payload=payload, members=members or {}))
