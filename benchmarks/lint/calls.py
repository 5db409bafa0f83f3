"""Recordings to be linted: a call made up turn by turn, until its file has the size that is asked for.

The call is the one of everyday: a client whose microphone is always open (a piece every 40 ms, PCM of 24 kHz), voice
detection, transcription, answers that come faster than they play in pieces of 200 ms, a tool now and then, and one
answer in six interrupted by the user. The audio is noise, which is as long and as incompressible as speech.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import orjson

from realtime_inspector.capture.audio import Audio, AudioPolicy
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.jsonl import dump, dump_header

APPEND_S = 0.04
"""The microphone's pieces."""
DELTA_S = 0.2
"""The assistant's."""
WORD_S = 0.35
"""So long a word is spoken."""
SPEED = 2.5
"""So many times as fast as it plays the answer comes."""

_BYTES_PER_S = 48000
_NOISE_BYTES = 1 << 18
_TURN_S = 11.0
_WORDS = (
    "the",
    "weather",
    "is",
    "mild",
    "today",
    "and",
    "you",
    "will",
    "not",
    "need",
    "a",
    "coat",
    "but",
    "take",
    "an",
    "umbrella",
    "for",
    "evening",
    "there",
    "may",
    "be",
    "light",
    "rain",
    "from",
    "north",
    "west",
    "so",
    "drive",
    "with",
    "care",
)
_CITIES = ("Oslo", "Bergen", "Lisbon", "Kyoto", "Quito", "Accra")
_MODEL = "gpt-realtime-2.1"

_Event = tuple[float, Side, Mapping[str, Any]]


@dataclass
class Call:
    """A call without an end; `turns` gives its events."""

    spoken: bool = True
    """By voice; else it is typed."""
    random: Random = field(default_factory=lambda: Random(4))
    t: float = 0.3
    """When the turn begins."""
    tokens: int = 400
    """In the conversation so far."""
    appended_ms: float = 0.0
    previous: str | None = None
    """The conversation's last item."""

    def __post_init__(self) -> None:
        self._noise = b64encode(self.random.randbytes(_NOISE_BYTES)).decode()
        self._serial = 0

    def greetings(self) -> Iterator[_Event]:
        """Yield how the session is configured."""
        detection = {
            "type": "server_vad",
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 500,
            "create_response": True,
            "interrupt_response": True,
            "idle_timeout_ms": None,
        }
        form = {"type": "audio/pcm", "rate": 24000}
        tool = {
            "type": "function",
            "name": "get_weather",
            "description": "Look up the weather of a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        }
        asked = {
            "type": "realtime",
            "instructions": "You tell people the weather. Answer in one sentence.",
            "tools": [tool],
            "audio": {
                "input": {"format": form, "transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": detection},
                "output": {"format": form, "voice": "cedar"},
            },
            "output_modalities": ["audio" if self.spoken else "text"],
        }
        more = {
            "object": "realtime.session",
            "id": "sess_" + self._id(),
            "model": _MODEL,
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
        }
        first = {**asked, **more, "tools": [], "instructions": "You are a friendly assistant."}
        yield self._server(0.1, "session.created", session=first)
        yield 0.11, Side.CLIENT, {"type": "session.update", "session": asked, "event_id": "configure"}
        yield self._server(0.15, "session.updated", session={**asked, **more})

    def turn(self) -> list[_Event]:
        """Return the events of one more turn, in the order of time."""
        began, ended = self.t, self.t + _TURN_S
        self.t = ended
        found = [*self._spoken_turn(began)] if self.spoken else [*self._typed_turn(began)]
        if self.spoken:
            found += self._microphone(began, ended)
        return sorted(found, key=lambda event: event[0])

    def _microphone(self, began: float, ended: float) -> Iterator[_Event]:
        for piece in range(round((ended - began) / APPEND_S)):
            audio = {"type": "input_audio_buffer.append", "audio": self._audio(APPEND_S)}
            yield began + piece * APPEND_S, Side.CLIENT, audio
        self.appended_ms += (ended - began) * 1000

    def _spoken_turn(self, began: float) -> Iterator[_Event]:
        speech, stop = self._id("item_"), began + 3.0
        yield self._server(
            began + 0.5,
            "input_audio_buffer.speech_started",
            item_id=speech,
            audio_start_ms=round(self.appended_ms + 100),
        )
        yield self._server(
            stop, "input_audio_buffer.speech_stopped", item_id=speech, audio_end_ms=round(self.appended_ms + 2900)
        )
        yield self._server(stop, "input_audio_buffer.committed", item_id=speech, previous_item_id=self.previous)
        content = [{"type": "input_audio", "audio": None, "transcript": None}]
        item = {
            "id": speech,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": content,
        }
        yield from self._item(stop, item)
        words = ("what", "is", "the", "weather", "in", "Oslo")
        for number, word in enumerate(words):
            yield self._server(
                stop + 0.2 + number * 0.01,
                "conversation.item.input_audio_transcription.delta",
                item_id=speech,
                content_index=0,
                delta=f" {word}",
                obfuscation=self._id()[:8],
            )
        usage = {"type": "tokens", "total_tokens": 33, "input_tokens": 25, "output_tokens": 8}
        yield self._server(
            stop + 0.3,
            "conversation.item.input_audio_transcription.completed",
            item_id=speech,
            content_index=0,
            transcript=" ".join(words),
            usage=usage,
        )
        yield from self._answer(stop + 0.4, cut=self.random.random() < 1 / 6)

    def _typed_turn(self, began: float) -> Iterator[_Event]:
        content = [{"type": "input_text", "text": "What is the weather in Oslo?"}]
        asked = {"id": self._id("item_"), "type": "message", "role": "user", "content": content}
        yield began, Side.CLIENT, {"type": "conversation.item.create", "item": asked, "event_id": self._id("ask_")}
        yield from self._item(began + 0.03, {"object": "realtime.item", "status": "completed", **asked})
        yield began + 0.001, Side.CLIENT, {"type": "response.create", "event_id": self._id("answer_")}
        yield from self._answer(began + 0.1)

    def _answer(self, t: float, *, cut: bool = False) -> Iterator[_Event]:
        if self.random.random() < 1 / 5:
            yield from self._tool(t)
            t += 0.6
        response = self._response()
        yield self._server(t, "response.created", response=response)
        item = {
            "id": self._id("item_"),
            "object": "realtime.item",
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        place = {"response_id": response["id"], "item_id": item["id"], "output_index": 0, "content_index": 0}
        t += 0.25
        yield self._server(t, "response.output_item.added", response_id=response["id"], output_index=0, item=item)
        yield self._server(t, "conversation.item.added", previous_item_id=self.previous, item=item)
        kind = "audio" if self.spoken else "text"
        name = "transcript" if self.spoken else "text"
        yield self._server(t, "response.content_part.added", **place, part={"type": kind, name: ""})
        words = [self.random.choice(_WORDS) for _ in range(self.random.randint(12, 16) * (1 if self.spoken else 3))]
        said = " ".join(words)
        delta = "response.output_audio_transcript.delta" if self.spoken else "response.output_text.delta"
        for number, word in enumerate(words):
            t += WORD_S / SPEED
            yield self._server(t, delta, **place, delta=f" {word}" if number else word, obfuscation=self._id()[:12])
        if self.spoken:
            yield from self._sounds(t, place, len(words))
            t += 0.01
            yield self._server(t, "response.output_audio.done", **place)
        ended = "audio_transcript.done" if self.spoken else "text.done"
        yield self._server(t, f"response.output_{ended}", **place, **{name: said})
        yield self._server(t, "response.content_part.done", **place, part={"type": kind, name: said})
        done = {**item, "status": "completed", "content": [{"type": f"output_{kind}", name: said}]}
        yield self._server(t, "response.output_item.done", response_id=response["id"], output_index=0, item=done)
        yield self._server(t, "conversation.item.done", previous_item_id=self.previous, item=done)
        yield from self._done(t, response, done, len(words))
        self.previous = str(item["id"])
        if cut:
            heard = {"item_id": item["id"], "content_index": 0, "audio_end_ms": 900}
            yield t + 0.1, Side.CLIENT, {"type": "conversation.item.truncate", **heard}
            yield self._server(t + 0.13, "conversation.item.truncated", **heard)

    def _sounds(self, ended: float, place: Mapping[str, Any], words: int) -> Iterator[_Event]:
        pieces = int(words * WORD_S / DELTA_S)
        began = ended - words * WORD_S / SPEED
        for piece in range(pieces):
            at = began + (piece + 1) * DELTA_S / SPEED - 0.001
            yield self._server(at, "response.output_audio.delta", **place, delta=self._audio(DELTA_S))

    def _tool(self, t: float) -> Iterator[_Event]:
        response, call, city = self._response(), self._id("call_"), self.random.choice(_CITIES)
        item = {
            "id": self._id("item_"),
            "object": "realtime.item",
            "type": "function_call",
            "status": "in_progress",
            "name": "get_weather",
            "call_id": call,
            "arguments": "",
        }
        yield self._server(t, "response.created", response=response)
        yield self._server(t + 0.1, "response.output_item.added", response_id=response["id"], output_index=0, item=item)
        yield self._server(t + 0.1, "conversation.item.added", previous_item_id=self.previous, item=item)
        place = {"response_id": response["id"], "item_id": item["id"], "output_index": 0, "call_id": call}
        for number, piece in enumerate(('{"', "city", '":"', city, '"}')):
            yield self._server(
                t + 0.1 + number * 0.01,
                "response.function_call_arguments.delta",
                **place,
                delta=piece,
                obfuscation=self._id()[:9],
            )
        t += 0.16
        arguments = f'{{"city":"{city}"}}'
        yield self._server(t, "response.function_call_arguments.done", **place, name="get_weather", arguments=arguments)
        done = {**item, "status": "completed", "arguments": arguments}
        yield self._server(t, "response.output_item.done", response_id=response["id"], output_index=0, item=done)
        yield self._server(t, "conversation.item.done", previous_item_id=self.previous, item=done)
        yield from self._done(t, response, done, 9)
        self.previous = str(item["id"])
        output = {
            "id": self._id("item_"),
            "type": "function_call_output",
            "call_id": call,
            "output": '{"weather":"9 degrees, light rain"}',
        }
        yield (
            t + 0.2,
            Side.CLIENT,
            {"type": "conversation.item.create", "item": output, "event_id": self._id("output_")},
        )
        yield from self._item(t + 0.23, {"object": "realtime.item", "status": "completed", **output})
        yield t + 0.24, Side.CLIENT, {"type": "response.create", "event_id": self._id("answer_")}

    def _response(self) -> dict[str, Any]:
        return {
            "object": "realtime.response",
            "id": self._id("resp_"),
            "status": "in_progress",
            "status_details": None,
            "output": [],
            "conversation_id": "conv_1",
            "output_modalities": ["audio" if self.spoken else "text"],
            "max_output_tokens": "inf",
            "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "cedar"}},
            "usage": None,
            "metadata": None,
        }

    def _done(self, t: float, response: dict[str, Any], item: Mapping[str, Any], words: int) -> Iterator[_Event]:
        # the conversation is truncated on its way, as a long one is
        asked, said = self.tokens, 3 * words
        self.tokens = 400 + (self.tokens + said - 400) % 8000
        cached = {"text_tokens": asked // 4, "audio_tokens": asked // 2, "image_tokens": 0}
        usage = {
            "total_tokens": asked + said,
            "input_tokens": asked,
            "output_tokens": said,
            "input_token_details": {
                "text_tokens": asked // 3,
                "audio_tokens": asked - asked // 3,
                "image_tokens": 0,
                "cached_tokens": asked // 4 + asked // 2,
                "cached_tokens_details": cached,
            },
            "output_token_details": {"text_tokens": words, "audio_tokens": said - words},
        }
        yield self._server(
            t, "response.done", response={**response, "status": "completed", "output": [item], "usage": usage}
        )
        limit = {"name": "tokens", "limit": 400000, "remaining": 390000, "reset_seconds": 1.5}
        yield self._server(t, "rate_limits.updated", rate_limits=[limit])

    def _item(self, t: float, item: Mapping[str, Any]) -> Iterator[_Event]:
        yield self._server(t, "conversation.item.added", previous_item_id=self.previous, item=item)
        yield self._server(t, "conversation.item.done", previous_item_id=self.previous, item=item)
        self.previous = str(item["id"])

    def _server(self, at: float, kind: str, **members: Any) -> _Event:
        return at, Side.SERVER, {"type": kind, "event_id": self._id("event_"), **members}

    def _id(self, prefix: str = "") -> str:
        self._serial += 1
        return f"{prefix}C{self._serial * 0x9E3779B97F4A7C15 % (1 << 64):021d}"

    def _audio(self, seconds: float) -> str:
        size = round(seconds * _BYTES_PER_S) * 4 // 3
        start = self.random.randrange(0, (len(self._noise) - size) // 4) * 4
        return self._noise[start : start + size]


def _handshake() -> Iterator[Entry]:
    asked = {
        "method": "GET",
        "target": f"/v1/realtime?model={_MODEL}",
        "headers": [
            ["Host", "api.openai.com"],
            ["Upgrade", "websocket"],
            ["Authorization", "[redacted:Authorization]"],
        ],
    }
    yield Entry(1, 0.0, Side.CLIENT, Kind.REQUEST, members=asked)
    yield Entry(2, 0.05, Side.SERVER, Kind.RESPONSE, members={"status": 101, "reason": "", "headers": []})


def _entries(call: Call) -> Iterator[Entry]:
    yield from _handshake()
    n = 2
    events: Iterator[_Event] = call.greetings()
    while True:
        for t, side, body in events:
            n += 1
            yield Entry(n, t, side, Kind.MESSAGE, orjson.dumps(body))
        events = iter(call.turn())


def write(path: Path, size: int, kind: str) -> None:
    """Write a recording of at least so many bytes; `kind` is a key of `KINDS`."""
    entries, of_entry = KINDS[kind]()
    with path.open("wb", buffering=1 << 20) as stream:
        stream.write(
            dump_header(Header("benchmark", "2026-11-23T12:00:00.000000Z", url="wss://api.openai.com/v1/realtime"))
        )
        written = 0
        last: Entry | None = None
        for last in entries:
            written += stream.write(dump(of_entry(last)))
            if written >= size:
                break
        if last is not None:
            close = Entry(last.n + 1, last.t, Side.CLIENT, Kind.CLOSE, members={"code": 1000, "reason": ""})
            end = Entry(last.n + 2, last.t, Side.PROXY, Kind.END, members={"how": "closed"})
            stream.write(dump(close) + dump(replace(end)))


def _as_it_is(entry: Entry) -> Entry:
    return entry


_Made = tuple[Iterator[Entry], Callable[[Entry], Entry]]
KINDS: Mapping[str, Callable[[], _Made]] = {
    "audio": lambda: (_entries(Call()), _as_it_is),
    "audio left out": lambda: (_entries(Call()), AudioPolicy(Audio.DROP, Audio.DROP)),
    "text": lambda: (_entries(Call(spoken=False)), _as_it_is),
}
"""A call with its audio; the same call recorded with `--audio drop`; a typed conversation."""
