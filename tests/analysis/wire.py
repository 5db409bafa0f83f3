"""A connection written down step by step: what a client and a server send each other, every event in full.

For sessions that the simulator would not hold: of other servers, of clients with faults, of logs.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson

from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.sounds import sound

PCM24, ULAW = {"type": "audio/pcm", "rate": 24000}, {"type": "audio/pcmu"}
SERVER_VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500,
              "create_response": True, "interrupt_response": True, "idle_timeout_ms": None}  # fmt: skip
SEMANTIC_VAD = {"type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True}
CHUNK_MS = 100
_BYTES_PER_MS = {"audio/pcm": 48, "audio/pcmu": 8, "pcm16": 48, "g711_ulaw": 8}


@cache
def _sound(name: str, size: int) -> str:
    return b64encode(bytes(size) if not name else sound(name, size)).decode()


class Wire:
    """A connection, and what both sides have sent so far."""

    def __init__(
        self, target: str = "/v1/realtime?model=gpt-realtime", host: str = "api.openai.com", **headers: str
    ) -> None:
        self.entries: list[Entry] = []
        self.t = 0.0
        self.mic = ""
        """What the microphone hears while time passes; empty while it is off."""
        self.bytes_per_ms = 48
        self.out_per_ms = 48
        self.sent_ms = 0
        self.session: dict[str, Any] = {}
        self._n = 0
        self._last = ""
        if target:
            told = [["Host", host], ["Authorization", "[redacted:Authorization]"]]
            told += [[name.replace("_", "-"), value] for name, value in headers.items()]
            self.put(Side.CLIENT, Kind.REQUEST, method="GET", target=target, headers=told)
            self.wait(0.12)
            self.put(Side.SERVER, Kind.RESPONSE, status=101, reason="", headers=[])

    def put(self, side: Side, kind: Kind, payload: bytes = b"", **members: Any) -> None:
        """Write an entry down."""
        n = len(self.entries) + 1
        self.entries.append(Entry(n, round(self.t, 6), side, kind, payload, members=members, line=n + 1))

    def wait(self, seconds: float) -> Wire:
        """Let time pass; a microphone that is on sends what it hears."""
        until = self.t + seconds
        next_t = self.t + CHUNK_MS / 1000
        while self.mic and next_t <= until + 1e-9:
            self.t = next_t - 0.001
            self.append(CHUNK_MS, self.mic)
            next_t += CHUNK_MS / 1000
        self.t = max(self.t, until)
        return self

    def append(self, ms: float, name: str = "", event: str = "input_audio_buffer.append") -> None:
        """Send a piece of a sound; silence if it has no name."""
        size = int(ms * self.bytes_per_ms) // 2 * 2
        self.c(event, audio=_sound("" if name == "silence" else name, size))
        self.sent_ms += int(ms)

    def sounds(self, event_type: str, ms: float, **members: Any) -> Wire:
        """Send a piece of the assistant's voice."""
        return self.s(event_type, **members, delta=_sound("speech", int(ms * self.out_per_ms) // 2 * 2))

    def new(self, kind: str) -> str:
        """Return an id that no other has."""
        self._n += 1
        return f"{kind}_{self._n:04d}"

    def c(self, event_type: str, /, **members: Any) -> Wire:
        """Send an event of the client."""
        self.t += 0.001
        self.put(Side.CLIENT, Kind.MESSAGE, orjson.dumps({"type": event_type, **members}))
        return self

    def s(self, event_type: str, /, **members: Any) -> Wire:
        """Send an event of the server."""
        self.t += 0.001
        body = {"type": event_type, "event_id": self.new("event"), **members}
        self.put(Side.SERVER, Kind.MESSAGE, orjson.dumps(body))
        return self

    def error(self, code: str | None, message: str, param: str | None = None, event_id: str | None = None) -> Wire:
        """Let the server refuse something."""
        self.t += 0.03
        error = {"type": "invalid_request_error", "code": code, "message": message, "param": param}
        return self.s("error", error={**error, "event_id": event_id})

    # the session

    def created(self, model: str = "gpt-realtime", **session: Any) -> Wire:
        """Begin a session of GA with the server's defaults."""
        audio_in = {"format": PCM24, "transcription": None, "noise_reduction": None, "turn_detection": SERVER_VAD}
        audio = {"input": audio_in, "output": {"format": PCM24, "voice": "marin", "speed": 1.0}}
        said = "Your knowledge cutoff is 2023-10. You are a helpful, witty, and friendly AI."
        self.session = {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": model,
                        "output_modalities": ["audio"], "instructions": said, "tools": [], "tool_choice": "auto",
                        "max_output_tokens": "inf", "tracing": None, "truncation": "auto", "prompt": None,
                        "expires_at": 1_763_900_000, "audio": audio, "include": None, **session}  # fmt: skip
        self.wait(0.1)
        return self.s("session.created", session=self.session)

    def configure(self, _answer: bool = True, **session: Any) -> Wire:
        """Send a session.update of GA, and take it."""
        self.c("session.update", session={"type": "realtime", **session})
        self.session = _merged(self.session, session)
        form = self.session["audio"]
        self.bytes_per_ms = _BYTES_PER_MS[form["input"]["format"]["type"]]
        self.out_per_ms = _BYTES_PER_MS[form["output"]["format"]["type"]]
        if _answer:
            self.wait(0.06)
            self.s("session.updated", session=self.session)
        return self

    # the user

    def spoken(self, seconds: float = 2.0, transcript: str = "", *, stopped: bool = True) -> str:
        """Let the user speak a turn that voice detection hears, and return its item's id."""
        item_id, mic = self.new("item"), self.mic
        self.mic = "speech"
        self.wait(0.3)
        self.s("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=max(0, self.sent_ms - 300))
        self.wait(seconds)
        self.mic = "silence"
        if stopped:
            self.wait(0.5)
            self.stopped(item_id, transcript)
        self.mic = mic or "silence"
        return item_id

    def stopped(self, item_id: str, transcript: str = "") -> None:
        """Let voice detection end the turn."""
        self.s("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=self.sent_ms)
        self.committed(item_id, transcript)

    def committed(self, item_id: str = "", transcript: str = "") -> str:
        """Let the buffer become an item."""
        item_id = item_id or self.new("item")
        self.s("input_audio_buffer.committed", item_id=item_id, previous_item_id=self._last or None)
        part = {"type": "input_audio", "transcript": None}
        self.item({"id": item_id, "type": "message", "role": "user", "status": "completed", "content": [part]})
        if transcript:
            self.transcribed(item_id, transcript)
        return item_id

    def transcribed(self, item_id: str, transcript: str) -> Wire:
        """Send a transcript of the user's words."""
        kind = "conversation.item.input_audio_transcription"
        self.s(f"{kind}.delta", item_id=item_id, content_index=0, delta=transcript)
        usage = {"type": "duration", "seconds": 2}
        return self.s(f"{kind}.completed", item_id=item_id, content_index=0, transcript=transcript, usage=usage)

    def written(self, text: str, **members: Any) -> Wire:
        """Write a message of the user, and let it be taken."""
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **members}
        return self.create(item)

    def create(self, item: Mapping[str, Any], **members: Any) -> Wire:
        """Create an item, and let it be taken."""
        self.c("conversation.item.create", item=item, **members).wait(0.03)
        return self.item({"id": self.new("item"), "object": "realtime.item", "status": "completed", **item})

    def item(self, item: Mapping[str, Any]) -> Wire:
        """Let an item stand in the conversation."""
        before, self._last = self._last or None, str(item["id"])
        self.s("conversation.item.added", previous_item_id=before, item=item)
        return self.s("conversation.item.done", previous_item_id=before, item=item)

    # the assistant

    def response(self, *, conversation: str | None = "conv_1", **members: Any) -> str:
        """Begin a response, and return its id."""
        response_id = self.new("resp")
        self.wait(0.02)
        body = {"object": "realtime.response", "id": response_id, "status": "in_progress", "status_details": None,
                "output": [], "conversation_id": conversation, "output_modalities": ["audio"], "metadata": None,
                "usage": None, **members}  # fmt: skip
        self.s("response.created", response=body)
        return response_id

    def says(self, words: str, ms: float, response_id: str = "", *, index: int = 0, done: bool = True) -> str:
        """Let the assistant say something; it comes five times as fast as it plays. Return its item's id."""
        response_id = response_id or self.response()
        item_id = self.new("item")
        ids = {"response_id": response_id, "item_id": item_id, "output_index": index, "content_index": 0}
        empty = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self.wait(0.3)
        self.s("response.output_item.added", response_id=response_id, output_index=index, item=empty)
        self.s("conversation.item.added", previous_item_id=self._last or None, item=empty)
        self._last = item_id
        self.s("response.content_part.added", **ids, part={"type": "audio", "transcript": ""})
        for start in range(0, int(ms), 400):
            self.s("response.output_audio_transcript.delta", **ids, delta=words if not start else "")
            self.sounds("response.output_audio.delta", min(400, ms - start), **ids).wait(0.08)
        if done:
            self.s("response.output_audio.done", **ids)
            self.s("response.output_audio_transcript.done", **ids, transcript=words)
            self.s("response.content_part.done", **ids, part={"type": "audio", "transcript": words})
            item = {**empty, "status": "completed", "content": [{"type": "output_audio", "transcript": words}]}
            self.s("conversation.item.done", previous_item_id=None, item=item)
            self.s("response.output_item.done", response_id=response_id, output_index=index, item=item)
        return item_id

    def writes(self, words: str, response_id: str = "", *, index: int = 0) -> str:
        """Let the assistant write something."""
        response_id = response_id or self.response(output_modalities=["text"])
        item_id = self.new("item")
        ids = {"response_id": response_id, "item_id": item_id, "output_index": index, "content_index": 0}
        empty = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self.wait(0.3)
        self.s("response.output_item.added", response_id=response_id, output_index=index, item=empty)
        self.s("response.content_part.added", **ids, part={"type": "text", "text": ""})
        self.s("response.output_text.delta", **ids, delta=words)
        self.s("response.output_text.done", **ids, text=words)
        item = {**empty, "status": "completed", "content": [{"type": "output_text", "text": words}]}
        self.s("response.output_item.done", response_id=response_id, output_index=index, item=item)
        return item_id

    def calls(self, name: str, response_id: str, arguments: str = "{}", *, index: int = 0) -> str:
        """Let the assistant call a tool, and return the call's id."""
        item_id, call_id = self.new("item"), self.new("call")
        call = {"id": item_id, "type": "function_call", "name": name, "call_id": call_id}
        begun = {**call, "status": "in_progress", "arguments": ""}
        ids = {"response_id": response_id, "item_id": item_id, "output_index": index, "call_id": call_id}
        self.wait(0.2)
        self.s("response.output_item.added", response_id=response_id, output_index=index, item=begun)
        self.s("conversation.item.added", previous_item_id=self._last or None, item=begun)
        self._last = item_id
        self.s("response.function_call_arguments.delta", **ids, delta=arguments)
        self.s("response.function_call_arguments.done", **ids, name=name, arguments=arguments)
        item = {**call, "status": "completed", "arguments": arguments}
        self.s("conversation.item.done", previous_item_id=None, item=item)
        self.s("response.output_item.done", response_id=response_id, output_index=index, item=item)
        return call_id

    def done(self, response_id: str, status: str = "completed", **members: Any) -> Wire:
        """End a response."""
        ids = {"object": "realtime.response", "id": response_id, "conversation_id": "conv_1", "metadata": None}
        output = [item for item in map(_finished(response_id), self.entries) if item]
        return self.s("response.done", response={**ids, "status": status, "status_details": None, "output": output,
                                                 "usage": _USAGE, **members})  # fmt: skip

    def answers(self, words: str = "It is sunny in Oslo today.", ms: float = 2400) -> str:
        """Let the assistant give one answer, and let it play to its end; return its item's id."""
        response_id = self.response()
        item_id = self.says(words, ms, response_id)
        self.done(response_id)
        self.wait(ms / 1000)
        return item_id

    def output(self, call_id: str, output: Any = "sunny") -> Wire:
        """Give a tool's output, and let it be taken."""
        return self.create({"type": "function_call_output", "call_id": call_id, "output": output})

    # the end

    def close(self, code: int = 1000, reason: str = "", *, by: Side = Side.CLIENT) -> list[Entry]:
        """Close the connection, and return the recording."""
        self.t += 0.3
        self.put(by, Kind.CLOSE, code=code, reason=reason)
        self.t += 0.01
        self.put(Side.PROXY, Kind.END, how="closed")
        return self.entries

    def lost(self, how: str = "reset") -> list[Entry]:
        """Lose the connection, and return the recording."""
        self.put(Side.PROXY, Kind.END, how=how)
        return self.entries


_USAGE = {"total_tokens": 250, "input_tokens": 200, "output_tokens": 50,
          "input_token_details": {"text_tokens": 120, "audio_tokens": 80, "image_tokens": 0, "cached_tokens": 64},
          "output_token_details": {"text_tokens": 10, "audio_tokens": 40}}  # fmt: skip


def _finished(response_id: str) -> Any:
    def item(entry: Entry) -> Any:
        if response_id.encode() not in entry.payload or b"output_item.done" not in entry.payload:
            return None
        return orjson.loads(entry.payload)["item"]

    return item


def _merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in change.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping) and key != "turn_detection"
        merged[key] = _merged(merged[key], value) if both else value
    return merged
