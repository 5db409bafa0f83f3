"""A client for tests that has no socket: it talks to a machine and decides itself what time it is."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson

from realtime_inspector.simulator.machine import Machine, Opening
from realtime_inspector.simulator.scenario import Scenario, parse
from realtime_inspector.simulator.schedule import Close
from realtime_inspector.simulator.voice import USER, silence, speech_lasting

WEATHER = """
[[turn]]
heard = "What is the weather in Oslo?"
call = [{ name = "get_weather", arguments = { city = "Oslo" } }]
then = { say = "It rains in Oslo." }
"""
TALK = """
[[turn]]
heard = "Hello?"
say = "Hello, this is a long answer that plays for a while."
duration_ms = 4000
[[turn]]
heard = "Stop!"
say = "Sorry."
"""
TOOLS = [{"type": "function", "name": "get_weather", "parameters": {"type": "object"}}]


class Driver:
    """One conversation with a machine; `events` is all that came."""

    def __init__(self, scenario: Scenario | str = TALK, opening: Opening | None = None, seed: str = "0") -> None:
        known = parse(scenario, "test") if isinstance(scenario, str) else scenario
        self.machine = self.made(known, opening, seed)
        self.now = 0.0
        self.events: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.closed: Close | None = None
        self.run()

    def made(self, scenario: Scenario, opening: Opening | None, seed: str) -> Any:
        """Return the machine to talk to."""
        return Machine(scenario, opening, seed=seed)

    def run(self, seconds: float = 0.0) -> list[dict[str, Any]]:
        """Let time pass and return what came."""
        self.now += seconds
        fresh = []
        for out in self.machine.poll(self.now):
            if isinstance(out, Close):
                self.closed = out
            else:
                fresh.append(out.event)
                self.times.append(out.due)
        self.events += fresh
        return fresh

    def send(self, event_type: str, **members: Any) -> list[dict[str, Any]]:
        """Send an event and return what came at once."""
        return self.raw(orjson.dumps({"type": event_type, **members}))

    def raw(self, message: str | bytes) -> list[dict[str, Any]]:
        """Send any message."""
        self.machine.receive(message, self.now)
        return self.run()

    def update(self, **session: Any) -> list[dict[str, Any]]:
        return self.send("session.update", session={"type": "realtime", **session})

    def listen(self, **audio: Any) -> list[dict[str, Any]]:
        """Change the session's input audio."""
        return self.update(audio={"input": audio})

    def write(self, text: str = "hello", **members: Any) -> list[dict[str, Any]]:
        """Send a user message."""
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        return self.send("conversation.item.create", item={**item, **members})

    def append(self, audio: bytes) -> list[dict[str, Any]]:
        return self.send("input_audio_buffer.append", audio=b64encode(audio).decode())

    def speak(self, speech_ms: float = 600, silence_ms: float = 400) -> list[dict[str, Any]]:
        """Append speech and the silence after it."""
        return self.append(speech_lasting("hello there", speech_ms, USER) + silence(silence_ms))

    def called(self) -> str:
        """Have the assistant call `get_weather` and return the call's id."""
        self.update(tools=TOOLS)
        self.write()
        self.send("response.create")
        return str(one(self.run(2), "response.function_call_arguments.done")["call_id"])

    def answered(self) -> dict[str, Any]:
        """Have the assistant speak to the end, and return its item."""
        self.send("response.create")
        item: dict[str, Any] = one(self.run(60), "response.output_item.done")["item"]
        return item


def one(events: list[dict[str, Any]], event_type: str) -> dict[str, Any]:
    """Return the only event of a type."""
    found = [event for event in events if event["type"] == event_type]
    assert len(found) == 1, f"{len(found)} {event_type} in {types(events)}"
    return found[0]


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def error_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the error that is the only answer."""
    assert types(events) == ["error"], types(events)
    error: dict[str, Any] = events[0]["error"]
    return error
