"""Sessions that several tests look at, as transcripts."""

# ruff: noqa: E501 - a transcript has one event a line
from __future__ import annotations

from realtime_inspector.protocol.event import Event, read
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import transcript

VOICE = """
> GET /v1/realtime?model=gpt-realtime {}
< 101
+100ms < {"type": "session.created", "session": {"id": "sess_1", "model": "gpt-realtime", "output_modalities": ["audio"], "audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 200}}}}}
> {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
< {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}
+1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
+1s > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
+100ms < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 2200}
< {"type": "input_audio_buffer.committed", "item_id": "u1"}
< {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}}
< {"type": "response.created", "response": {"id": "r1"}}
< {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "a1", "type": "message", "role": "assistant"}}
+300ms < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
< {"type": "response.output_audio_transcript.done", "response_id": "r1", "item_id": "a1", "transcript": "It is sunny in Oslo today."}
< {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "Weather in Oslo?"}
+1s < {"type": "input_audio_buffer.speech_started", "item_id": "u2", "audio_start_ms": 2250}
< {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "turn_detected"}, "usage": {"input_tokens": 100, "output_tokens": 50, "input_token_details": {"text_tokens": 60, "audio_tokens": 40, "cached_tokens": 30}, "output_token_details": {"text_tokens": 10, "audio_tokens": 40}}}}
> {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 1000}
< {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 1000}
+500ms < {"type": "input_audio_buffer.speech_stopped", "item_id": "u2"}
< {"type": "input_audio_buffer.committed", "item_id": "u2"}
< {"type": "response.created", "response": {"id": "r2"}}
< {"type": "response.output_item.added", "response_id": "r2", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "get_time"}}
+50ms < {"type": "response.function_call_arguments.done", "response_id": "r2", "item_id": "f1", "call_id": "c1", "arguments": "{}"}
< {"type": "response.output_item.done", "response_id": "r2", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "get_time", "arguments": "{}", "status": "completed"}}
< {"type": "response.done", "response": {"id": "r2", "status": "completed", "usage": {"input_tokens": 10, "output_tokens": 5}}}
+250ms > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "12:00"}}
> {"type": "response.create"}
< {"type": "conversation.item.added", "item": {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "12:00"}}
< {"type": "response.created", "response": {"id": "r3"}}
< {"type": "response.output_item.added", "response_id": "r3", "item": {"id": "a2", "type": "message", "role": "assistant"}}
+100ms < {"type": "response.output_audio.delta", "response_id": "r3", "item_id": "a2", "delta": "<500ms>"}
< {"type": "response.output_audio_transcript.done", "response_id": "r3", "item_id": "a2", "transcript": "Noon."}
< {"type": "response.done", "response": {"id": "r3", "status": "completed"}}
+1s x> 1000
x
"""
"""Two spoken turns: the first is interrupted, the second calls a tool."""

WRITTEN = """
< {"type": "session.created", "session": {"id": "sess_2"}}
> {"type": "response.create"}
< {"type": "response.created", "response": {"id": "r1"}}
< {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "a1", "type": "message", "role": "assistant"}}
< {"type": "response.output_text.done", "response_id": "r1", "item_id": "a1", "text": "Hello!"}
< {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
> {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}
> {"type": "response.create"}
< {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}
< {"type": "response.created", "response": {"id": "r2"}}
> {"type": "response.create", "response": {"conversation": "none", "metadata": {"for": "titles"}}}
< {"type": "response.created", "response": {"id": "r3", "metadata": {"for": "titles"}}}
+70ms < {"type": "response.output_text.delta", "response_id": "r2", "item_id": "a2", "delta": "How are you?"}
< {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a2", "type": "message", "role": "assistant"}]}}
"""
"""A greeting, then a written turn with an out-of-band response beside it."""


def events(text: str) -> list[Event]:
    """Return the events of a transcript."""
    return [read(entry) for entry in transcript.entries(text)]


def session(text: str) -> Session:
    """Return the session after a whole transcript."""
    folded = Session()
    for event in events(text):
        folded.apply(event)
    return folded
