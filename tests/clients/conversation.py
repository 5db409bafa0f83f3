"""One conversation, as four clients hold it: a text turn, a tool call, and an answer that the user talks into.

Each function returns what its client saw, in an order that two runs of the same program share. What is asked and what
the tool answers is the same for all, so that one scenario of the simulator serves them.
"""

from __future__ import annotations

import asyncio
import json
import math
from array import array
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

GREETING = "Hello, who is there?"
QUESTION = "What is the weather in Paris?"
STORY = "Tell me a long story."
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city, now.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SESSION: dict[str, Any] = {
    "type": "realtime",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 300},
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin"},
    },
    "tools": [TOOL],
}
WEATHER = {"city": "Paris", "sky": "clear", "celsius": 21}

CHUNK_MS = 100
_PCM_PER_MS = 24


def speech(duration_ms: int = 900, silence_ms: int = 900) -> list[bytes]:
    """Return a loud tone and the silence after it, in chunks of PCM16 at 24 kHz."""
    tone = array("h", (int(9000 * math.sin(n * 0.06)) for n in range(duration_ms * _PCM_PER_MS))).tobytes()
    samples = tone + bytes(2 * silence_ms * _PCM_PER_MS)
    size = 2 * CHUNK_MS * _PCM_PER_MS
    return [samples[start : start + size] for start in range(0, len(samples), size)]


@dataclass
class Seen:
    """What a client saw of the conversation."""

    said: list[str] = field(default_factory=list)
    """Transcripts of the answers that were heard to their end."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    """How each response ended."""
    types: set[str] = field(default_factory=set, compare=False)
    """Every type until the client hung up; what trails the last answer may or may not be among them."""
    errors: list[str] = field(default_factory=list)
    truncated: int = 0


class Talk:
    """The conversation as a machine: one server event in, client events out. Any SDK can carry it."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.over = False
        self._text = ""
        self._steps = iter((self._ask(GREETING), self._ask(QUESTION), self._ask(STORY)))
        self._interrupting = False
        self._item = ""

    def start(self) -> Iterator[dict[str, Any]]:
        """Return what is sent when the session was created."""
        yield {"type": "session.update", "session": SESSION}

    def take(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Take one server event and return what to send."""
        kind = event["type"]
        self.seen.types.add(kind)
        handler: Callable[[dict[str, Any]], Iterator[dict[str, Any]]] | None = {
            "session.updated": self._next,
            "response.output_audio.delta": self._audio,
            "response.output_audio_transcript.done": self._transcript,
            "response.done": self._done,
            "conversation.item.truncated": self._truncated,
            "error": self._error,
        }.get(kind)
        return handler(event) if handler is not None else iter(())

    def _ask(self, text: str) -> list[dict[str, Any]]:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        return [{"type": "conversation.item.create", "item": item}, {"type": "response.create"}]

    def _next(self, _: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from next(self._steps, [])

    def _audio(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        self._item = event["item_id"]
        if len(self.seen.ended) == 3 and not self._interrupting:
            self._interrupting = True
            for chunk in speech():
                yield {"type": "input_audio_buffer.append", "audio": b64encode(chunk).decode()}

    def _transcript(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        self._text = event["transcript"]
        return iter(())

    def _done(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        response = event["response"]
        details = response.get("status_details") or {}
        self.seen.ended.append(" ".join(filter(None, [response["status"], details.get("reason")])))
        calls = [item for item in response["output"] if item["type"] == "function_call"]
        for call in calls:
            self.seen.calls.append((call["name"], json.dumps(json.loads(call["arguments"]))))
            output = {"type": "function_call_output", "call_id": call["call_id"], "output": json.dumps(WEATHER)}
            yield {"type": "conversation.item.create", "item": output}
        if calls:
            yield {"type": "response.create"}
        elif response["status"] == "cancelled":
            yield {
                "type": "conversation.item.truncate",
                "item_id": self._item,
                "content_index": 0,
                "audio_end_ms": 40,
            }
        else:
            self.seen.said.append(self._text)
            if not self._interrupting:
                yield from next(self._steps, [])
            self._end()

    def _truncated(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        self.seen.truncated += 1
        self._end()
        return iter(())

    def _end(self) -> None:
        """End after the last answer and the truncation, which may come in either order."""
        self.over = len(self.seen.said) == 3 and self.seen.truncated > 0

    def _error(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        self.seen.errors.append(event["error"]["message"])
        self.over = True
        return iter(())


def openai_sync(base_url: str, **options: Any) -> Seen:
    """Hold the conversation with `openai.OpenAI`."""
    from openai import OpenAI

    talk = Talk()
    with (
        OpenAI(api_key="sk-test", base_url=base_url) as client,
        client.realtime.connect(**_model(options)) as connection,
    ):
        for event in talk.start():
            connection.send_raw(json.dumps(event))
        while not talk.over:
            for answer in talk.take(json.loads(connection.recv_bytes())):
                connection.send_raw(json.dumps(answer))
    return talk.seen


async def openai_async(base_url: str, **options: Any) -> Seen:
    """Hold the conversation with `openai.AsyncOpenAI`, by its typed methods."""
    from openai import AsyncOpenAI

    talk = Talk()
    async with (
        AsyncOpenAI(api_key="sk-test", base_url=base_url) as client,
        client.realtime.connect(**_model(options)) as connection,
    ):
        for event in talk.start():
            await connection.send(event)  # type: ignore[arg-type]  # a dict is what the SDK's own params are
        async for received in connection:
            for answer in talk.take(received.to_dict()):
                await connection.send(answer)  # type: ignore[arg-type]  # see above
            if talk.over:
                break
    return talk.seen


def _model(options: dict[str, Any]) -> dict[str, Any]:
    return {"model": "gpt-realtime", **options}


async def agents(url: str, **config: Any) -> Seen:
    """Hold the conversation with `openai-agents`: it answers tool calls and truncates by itself."""
    from agents import function_tool, set_tracing_disabled
    from agents.realtime import RealtimeAgent, RealtimeRunner

    set_tracing_disabled(True)

    @function_tool
    def get_weather(city: str) -> str:
        """The weather of a city, now."""
        return json.dumps({**WEATHER, "city": city})

    agent: RealtimeAgent[Any] = RealtimeAgent(name="weather", instructions="Be brief.", tools=[get_weather])
    runner = RealtimeRunner(agent)
    seen = Seen()
    questions = iter((GREETING, QUESTION, STORY))
    interrupting = False
    detection = {"type": "server_vad", "silence_duration_ms": 300}
    settings = {"audio": {"input": {"turn_detection": detection}}, "model_name": "gpt-realtime"}
    model_config: Any = {"url": url, "api_key": "sk-test", "initial_model_settings": settings, **config}
    session = await runner.run(model_config=model_config)
    async with session:
        await session.send_message(next(questions))
        async for event in session:
            if event.type == "error":
                seen.errors.append(str(event.error))
                break
            if event.type == "tool_end":
                seen.calls.append((event.tool.name, json.dumps(json.loads(event.arguments))))
            if event.type == "audio_interrupted":
                seen.truncated += 1
            raw = event.data if event.type == "raw_model_event" else None
            body = raw.data if raw is not None and raw.type == "raw_server_event" else None
            if not isinstance(body, dict):
                continue
            seen.types.add(body["type"])
            if len(seen.said) == 3 and "conversation.item.retrieved" in seen.types:
                break
            if body["type"] == "response.output_audio.delta" and len(seen.ended) == 3 and not interrupting:
                interrupting = True
                for chunk in speech():
                    await session.send_audio(chunk)
            if body["type"] != "response.done":
                continue
            response = body["response"]
            details = response.get("status_details") or {}
            seen.ended.append(" ".join(filter(None, [response["status"], details.get("reason")])))
            spoken = [part["transcript"] for item in response["output"] for part in item.get("content", ())]
            if response["status"] == "completed" and spoken:
                seen.said.append(spoken[0])
                if not interrupting:
                    await session.send_message(next(questions))
                elif "conversation.item.retrieved" in seen.types:
                    break
    return seen


def run_agents(url: str, **config: Any) -> Seen:
    """Run `agents` in a loop of its own."""
    return asyncio.run(agents(url, **config))


def run_openai_async(base_url: str, **options: Any) -> Seen:
    """Run `openai_async` in a loop of its own."""
    return asyncio.run(openai_async(base_url, **options))
