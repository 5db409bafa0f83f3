"""Recordings to replay, as transcripts, and a way to play them without a socket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from realtime_inspector.protocol.event import Event
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Header, Kind, Side
from realtime_inspector.replay.causes import build
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.player import Action, Close, Player, Send, Wait
from realtime_inspector.replay.report import Played, Report
from realtime_inspector.replay.script import Script

HEADER = Header(id="01RECORDED", started="2026-11-22T11:10:03.123456Z", url="wss://api.openai.com/v1/realtime")

OPEN = """
    > GET /v1/realtime?model=m {"upgrade": "websocket"}
    < 101
    +50ms < {"type": "session.created", "event_id": "s0", "session": {"id": "sess_1", "output_modalities": ["audio"]}}
"""

TEXT = (
    OPEN
    + """
    > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}
    < {"type": "session.updated", "event_id": "s1", "session": {"id": "sess_1", "instructions": "Be brief."}}
    > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}
    > {"type": "response.create"}
    < {"type": "conversation.item.added", "event_id": "s2", "item": {"id": "item_u1", "type": "message", "role": "user"}}
    < {"type": "conversation.item.done", "event_id": "s3", "item": {"id": "item_u1", "type": "message", "role": "user"}}
    +100ms < {"type": "response.created", "event_id": "s4", "response": {"id": "resp_1", "status": "in_progress"}}
    < {"type": "response.output_item.added", "event_id": "s5", "response_id": "resp_1", "output_index": 0, "item": {"id": "item_a1", "type": "message", "role": "assistant"}}
    < {"type": "conversation.item.added", "event_id": "s6", "previous_item_id": "item_u1", "item": {"id": "item_a1", "type": "message", "role": "assistant"}}
    +200ms < {"type": "response.output_audio.delta",  "event_id": "s7", "response_id": "resp_1", "item_id": "item_a1", "delta": "<400ms>"}
    < {"type": "response.done", "event_id": "s8", "response": {"id": "resp_1", "status": "completed", "output": [{"id": "item_a1", "type": "message"}]}}
    < {"type": "rate_limits.updated", "event_id": "s9", "rate_limits": []}
    """  # noqa: E501
)
"""One text turn; the server made the item's id."""

TOOLS = (
    TEXT
    + """
    > {"type": "conversation.item.create", "item": {"id": "cli_2", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Weather?"}]}}
    > {"type": "response.create", "event_id": "ask_2", "response": {"metadata": {"client_event_id": "rc_00aa11bb"}}}
    < {"type": "conversation.item.added", "previous_item_id": "item_a1", "item": {"id": "cli_2", "type": "message", "role": "user"}}
    < {"type": "response.created", "response": {"id": "resp_2", "status": "in_progress", "metadata": {"client_event_id": "rc_00aa11bb"}}}
    < {"type": "response.output_item.added", "response_id": "resp_2", "output_index": 0, "item": {"id": "item_f1", "type": "function_call", "call_id": "call_1", "name": "sky"}}
    < {"type": "response.output_item.done", "response_id": "resp_2", "output_index": 0, "item": {"id": "item_f1", "type": "function_call", "call_id": "call_1", "name": "sky", "arguments": "{}", "status": "completed"}}
    < {"type": "response.output_item.done", "response_id": "resp_2", "output_index": 1, "item": {"id": "item_f2", "type": "function_call", "call_id": "call_2", "name": "heat", "arguments": "{}", "status": "completed"}}
    < {"type": "response.done", "response": {"id": "resp_2", "status": "completed", "metadata": {"client_event_id": "rc_00aa11bb"}, "output": [{"id": "item_f1", "type": "function_call", "call_id": "call_1", "status": "completed"}, {"id": "item_f2", "type": "function_call", "call_id": "call_2", "status": "completed"}]}}
    > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call_1", "output": "{\\"sky\\": \\"clear\\"}"}}
    < {"type": "conversation.item.added", "item": {"id": "item_o1", "type": "function_call_output", "call_id": "call_1"}}
    > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call_2", "output": "{\\"celsius\\": 21}"}}
    < {"type": "conversation.item.added", "item": {"id": "item_o2", "type": "function_call_output", "call_id": "call_2"}}
    > {"type": "response.create"}
    < {"type": "response.created", "response": {"id": "resp_3", "status": "in_progress"}}
    < {"type": "response.done", "response": {"id": "resp_3", "status": "completed", "output": []}}
    x> 1000
    x
    """  # noqa: E501
)
"""A text turn, then one with two tool calls; this client makes ids of its own in the second."""

SPEECH = (
    OPEN
    + """
    > {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
    < {"type": "session.updated", "session": {"id": "sess_1", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
    > {"type": "input_audio_buffer.append", "audio": "<400ms>"}
    > {"type": "input_audio_buffer.append", "audio": "<100ms>"}
    < {"type": "input_audio_buffer.speech_started", "item_id": "item_v1", "audio_start_ms": 100}
    +100ms > {"type": "input_audio_buffer.append", "audio": "<500ms>"}
    > {"type": "input_audio_buffer.append", "audio": "<600ms>"}
    < {"type": "input_audio_buffer.speech_stopped", "item_id": "item_v1", "audio_end_ms": 900}
    < {"type": "input_audio_buffer.committed", "item_id": "item_v1"}
    < {"type": "conversation.item.added", "item": {"id": "item_v1", "type": "message", "role": "user"}}
    < {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}
    < {"type": "response.output_item.added", "response_id": "resp_1", "output_index": 0, "item": {"id": "item_a1", "type": "message", "role": "assistant"}}
    < {"type": "response.output_audio.delta", "response_id": "resp_1", "item_id": "item_a1", "delta": "<2000ms>"}
    < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "item_v1", "content_index": 0, "transcript": "Tell me."}
    > {"type": "input_audio_buffer.append", "audio": "<900ms>"}
    < {"type": "input_audio_buffer.speech_started", "item_id": "item_v2", "audio_start_ms": 2000}
    < {"type": "response.output_item.done", "response_id": "resp_1", "output_index": 0, "item": {"id": "item_a1", "type": "message", "role": "assistant", "status": "incomplete"}}
    < {"type": "response.done", "response": {"id": "resp_1", "status": "cancelled", "status_details": {"type": "cancelled", "reason": "turn_detected"}, "output": [{"id": "item_a1", "type": "message"}]}}
    > {"type": "conversation.item.truncate", "event_id": "t1", "item_id": "item_a1", "content_index": 0, "audio_end_ms": 640}
    < {"type": "conversation.item.truncated", "item_id": "item_a1", "content_index": 0, "audio_end_ms": 640}
    > {"type": "conversation.item.retrieve", "item_id": "item_a1"}
    < {"type": "conversation.item.retrieved", "item": {"id": "item_a1", "type": "message", "role": "assistant"}}
    > {"type": "input_audio_buffer.append", "audio": "<500ms>"}
    < {"type": "input_audio_buffer.speech_stopped", "item_id": "item_v2", "audio_end_ms": 2900}
    < {"type": "input_audio_buffer.committed", "item_id": "item_v2"}
    < {"type": "response.created", "response": {"id": "resp_2", "status": "in_progress"}}
    < {"type": "response.done", "response": {"id": "resp_2", "status": "completed", "output": []}}
    """  # noqa: E501
)
"""Voice detection answers by itself, and the user talks into the answer: truncate, retrieve."""


def script(text: str, name: str = "call.jsonl") -> Script:
    """Return a transcript as a script."""
    return build(transcript.entries(text), name=name, header=HEADER)


def client_messages(text: str) -> list[dict[str, Any]]:
    """Return what the client of a transcript sends."""
    sent = [e for e in transcript.entries(text) if e.side is Side.CLIENT and e.kind is Kind.MESSAGE]
    return [orjson.loads(entry.payload) for entry in sent]


@dataclass
class Live:
    """A live client without a socket: sends when told to, and keeps what it gets."""

    script: Script
    options: Options = field(default_factory=Options)
    now: float = 0.0
    got: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    closed: Close | None = None
    until: float | None = None
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.player = Player(self.script, self.options, self.events.append)
        self._take(self.player.open(self.now))

    def send(self, *messages: dict[str, Any] | bytes) -> list[dict[str, Any]]:
        """Send messages and return what came back."""
        before = len(self.got)
        for message in messages:
            payload = message if isinstance(message, bytes) else orjson.dumps(message)
            self._take(self.player.receive(payload, self.now))
        return self.got[before:]

    def wait(self, seconds: float) -> list[dict[str, Any]]:
        """Let time pass and return what came."""
        before, end = len(self.got), self.now + seconds
        while self.until is not None and self.until <= end:
            self.now = self.until
            self._take(self.player.advance(self.now))
        self.now = end
        return self.got[before:]

    def report(self, *, strict: bool = False) -> Report:
        """Return the verdict."""
        return Report((Played.of(self.player),), strict=strict)

    @property
    def types(self) -> list[str]:
        """The types of all that came."""
        return types(self.got)

    def _take(self, actions: Sequence[Action]) -> None:
        self.until = None
        for action in actions:
            match action:
                case Send(payload):
                    self.raw.append(payload)
                    self.got.append(orjson.loads(payload))
                case Close():
                    self.closed = action
                case Wait(until):
                    self.until = until


def types(events: Iterable[dict[str, Any]]) -> list[str]:
    """Return the types of events."""
    return [event["type"] for event in events]


def silence(ms: float) -> dict[str, Any]:
    """Return an append of that much PCM."""
    from base64 import b64encode

    return {"type": "input_audio_buffer.append", "audio": b64encode(bytes(round(ms * 24) * 2)).decode()}
