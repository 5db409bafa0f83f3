"""Calls to make traces of, as transcripts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from realtime_inspector.analysis.lint import Linter
from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.traces import tracer
from realtime_inspector.traces.span import Span

HEADER = Header(
    id="01CALL",
    started="2026-11-22T11:10:03.123456Z",
    url="wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1",
    tags={"stage": "test"},
)
BEGIN = """
    > GET /v1/realtime?model=gpt-realtime-2.1 HEADERS
    +20ms < 101
    < {"type": "session.created", "session": {"id": "sess_1", "type": "realtime", "model": "gpt-realtime-2.1",
    "instructions": "secret plan", "output_modalities": ["audio"], "audio": {"input": {"turn_detection":
    {"type": "server_vad", "silence_duration_ms": 200}}, "output": {"voice": "marin"}}}}
"""
SPOKEN = """
    > {"type": "input_audio_buffer.append", "audio": "<600ms>"}
    +100ms < {"type": "input_audio_buffer.speech_started", "audio_start_ms": 100, "item_id": "u1"}
    +500ms > {"type": "input_audio_buffer.append", "audio": "<600ms>"}
    +100ms < {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 1100, "item_id": "u1"}
    < {"type": "input_audio_buffer.committed", "item_id": "u1"}
    < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user", "content": []}}
    < {"type": "response.created", "response": {"id": "r1", "conversation_id": "conv_1"}}
    < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0,
    "transcript": "What is said here?"}
    +150ms < {"type": "response.output_item.added", "response_id": "r1", "item": CALL}
    < {"type": "response.function_call_arguments.done", "response_id": "r1", "item_id": "f1", "call_id": "c1",
    "name": "look", "arguments": "{\\"city\\": \\"Bergen\\"}"}
    < {"type": "response.done", "response": {"id": "r1", "status": "completed", "usage": {"total_tokens": 60,
    "input_tokens": 50, "output_tokens": 10, "input_token_details": {"text_tokens": 20, "audio_tokens": 30,
    "cached_tokens": 16, "cached_tokens_details": {"text_tokens": 6, "audio_tokens": 10}},
    "output_token_details": {"text_tokens": 10, "audio_tokens": 0}}}}
    +300ms > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1",
    "output": "{\\"sky\\": \\"cloudless\\"}"}}
    < {"type": "conversation.item.added", "item": {"id": "o1", "type": "function_call_output", "call_id": "c1"}}
    > {"type": "response.create"}
    < {"type": "response.created", "response": {"id": "r2", "conversation_id": "conv_1"}}
    < {"type": "response.output_item.added", "response_id": "r2", "item": ANSWER}
    +200ms < {"type": "response.output_audio.delta", "response_id": "r2", "item_id": "a1", "delta": "<400ms>"}
    < {"type": "response.output_audio_transcript.done", "response_id": "r2", "item_id": "a1", "content_index": 0,
    "transcript": "All words of the answer"}
    < {"type": "response.done", "response": {"id": "r2", "status": "completed"}}
"""
TYPED = """
    +SECONDS > {"type": "conversation.item.create", "item": {"id": "w1", "type": "message", "role": "user",
    "content": [{"type": "input_text", "text": "Typed words"}]}}
    < {"type": "conversation.item.added", "item": {"id": "w1", "type": "message", "role": "user",
    "content": [{"type": "input_text", "text": "Typed words"}]}}
    > {"type": "response.create"}
    < {"type": "response.created", "response": {"id": "r3"}}
    < {"type": "response.done", "response": {"id": "r3", "status": "failed",
    "status_details": {"error": {"code": "rate_limit_exceeded", "message": "secret reason"}}}}
"""
END = """
    +1s x> 1000
    x
"""
_ITEMS = {
    "CALL": '{"id": "f1", "type": "function_call", "call_id": "c1", "name": "look"}',
    "ANSWER": '{"id": "a1", "type": "message", "role": "assistant"}',
}


def text(*parts: str, headers: str = "{}", seconds: str = "2s") -> str:
    """Return a call as a transcript: one line an event."""
    joined = "".join(parts).replace("HEADERS", headers).replace("SECONDS", seconds)
    for name, item in _ITEMS.items():
        joined = joined.replace(f'"item": {name}', f'"item": {item}')
    lines: list[str] = []
    for line in joined.splitlines():
        if line.strip().startswith('"') or line.strip().startswith("{"):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return "\n".join(lines)


CALL = text(BEGIN, SPOKEN, TYPED, END)


def entries(call: str = CALL) -> list[Entry]:
    """Return a call's entries."""
    return transcript.entries(call)


def spans(call: str = CALL, *, header: Header = HEADER, with_content: bool = False) -> list[Span]:
    """Return the spans of a call."""
    return tracer.spans(entries(call), header, Linter(header=header), with_content=with_content)


def write(path: Path, call: str = CALL, *, count: int | None = None, header: Header = HEADER) -> Path:
    """Write a call, or its first entries, as a recording of a relay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jsonl.dump_header(replace(header, via="relay")))
    return grow(path, call, 0, count)


def grow(path: Path, call: str, start: int, end: int | None) -> Path:
    """Write some more of a call."""
    with path.open("ab") as stream:
        stream.writelines(map(jsonl.dump, entries(call)[start:end]))
    return path
