# ruff: noqa: E501 - an event of a transcript is one line
"""Traffic of clients that do nothing wrong gives no error and no warning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry

START = """
    > GET /v1/realtime?model=gpt-realtime-2.1 {"Authorization": "[redacted:Authorization]"}
    +80ms < 101
    < {"type": "session.created", "session": {"type": "realtime", "id": "sess_1", "model": "gpt-realtime-2.1", "output_modalities": ["audio"], "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": {"type": "server_vad", "silence_duration_ms": 200, "create_response": true, "interrupt_response": true}}, "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin"}}, "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}]}}
    """
UPDATED = START.split("session.created", 1)[1].strip().removeprefix('", ')
SESSION_UPDATED = f'< {{"type": "session.updated", {UPDATED}'

TALK = """
    > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
    +300ms < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
    +1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
    < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 1900}
    < {"type": "input_audio_buffer.committed", "item_id": "u1", "previous_item_id": null}
    < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_audio", "transcript": null}]}}
    < {"type": "conversation.item.done", "item": {"id": "u1", "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_audio", "transcript": null}]}}
    < {"type": "response.created", "response": {"id": "r1", "status": "in_progress", "conversation_id": "conv_1", "metadata": null}}
    < {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": {"id": "a1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}
    < {"type": "conversation.item.added", "previous_item_id": "u1", "item": {"id": "a1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}
    +200ms < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0, "delta": "<2000ms>"}
    < {"type": "response.output_audio_transcript.delta", "response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0, "delta": "Hello there."}
    +50ms < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0, "delta": "<2000ms>"}
    """
INTERRUPTED = """
    +900ms < {"type": "input_audio_buffer.speech_started", "item_id": "u2", "audio_start_ms": 1950}
    < {"type": "response.output_item.done", "response_id": "r1", "output_index": 0, "item": {"id": "a1", "type": "message", "role": "assistant", "status": "incomplete", "content": [{"type": "output_audio", "transcript": "Hello there."}]}}
    < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"type": "cancelled", "reason": "turn_detected"}, "output": []}}
    """
TRUNCATED = """
    > {"type": "conversation.item.truncate", "event_id": "t1", "item_id": "a1", "content_index": 0, "audio_end_ms": 850}
    +30ms < {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 850}
    """
TOOL_CALL = """
    < {"type": "input_audio_buffer.speech_stopped", "item_id": "u2", "audio_end_ms": 2000}
    < {"type": "input_audio_buffer.committed", "item_id": "u2", "previous_item_id": "a1"}
    < {"type": "conversation.item.added", "item": {"id": "u2", "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_audio", "transcript": null}]}}
    < {"type": "response.created", "response": {"id": "r2", "status": "in_progress", "conversation_id": "conv_1", "metadata": null}}
    < {"type": "response.output_item.added", "response_id": "r2", "output_index": 0, "item": {"id": "f1", "type": "function_call", "call_id": "call_1", "name": "weather", "status": "in_progress", "arguments": ""}}
    < {"type": "response.function_call_arguments.delta", "response_id": "r2", "item_id": "f1", "output_index": 0, "call_id": "call_1", "delta": "{}"}
    < {"type": "response.function_call_arguments.done", "response_id": "r2", "item_id": "f1", "output_index": 0, "call_id": "call_1", "name": "weather", "arguments": "{}"}
    < {"type": "response.output_item.done", "response_id": "r2", "output_index": 0, "item": {"id": "f1", "type": "function_call", "call_id": "call_1", "name": "weather", "status": "completed", "arguments": "{}"}}
    < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "f1", "type": "function_call", "call_id": "call_1", "name": "weather", "status": "completed", "arguments": "{}"}]}}
    +300ms > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}}
    """
ANSWER = """
    +30ms < {"type": "conversation.item.added", "item": {"id": "o1", "type": "function_call_output", "status": "completed", "call_id": "call_1", "output": "sunny"}}
    < {"type": "conversation.item.done", "item": {"id": "o1", "type": "function_call_output", "status": "completed", "call_id": "call_1", "output": "sunny"}}
    < {"type": "response.created", "response": {"id": "r3", "status": "in_progress", "conversation_id": "conv_1", "metadata": null}}
    < {"type": "response.output_item.added", "response_id": "r3", "output_index": 0, "item": {"id": "a3", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}
    < {"type": "response.output_audio.delta", "response_id": "r3", "item_id": "a3", "output_index": 0, "content_index": 0, "delta": "<1000ms>"}
    < {"type": "response.output_audio_transcript.done", "response_id": "r3", "item_id": "a3", "output_index": 0, "content_index": 0, "transcript": "It is sunny."}
    < {"type": "response.output_item.done", "response_id": "r3", "output_index": 0, "item": {"id": "a3", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_audio", "transcript": "It is sunny."}]}}
    < {"type": "response.done", "response": {"id": "r3", "status": "completed", "output": [{"id": "a3", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_audio", "transcript": "It is sunny."}]}]}}
    """
CLOSE = """
    +5s x> 1000
    x
    """

OPENAI = (
    START
    + '> {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}\n'
    + SESSION_UPDATED
    + TALK
    + INTERRUPTED
    + TRUNCATED
    + TOOL_CALL
    + '> {"type": "response.create"}\n'
    + ANSWER
    + CLOSE
)
AGENTS = (
    START.replace("< {", '> {"type": "session.update", "session": {"type": "realtime", "audio": {}}}\n    < {', 1)
    + '> {"type": "session.update", "session": {"type": "realtime", "tracing": "auto"}}\n'
    + SESSION_UPDATED
    + "\n"
    + SESSION_UPDATED
    + TALK
    + INTERRUPTED
    + TRUNCATED
    + '> {"type": "conversation.item.retrieve", "item_id": "a1"}\n'
    + '< {"type": "conversation.item.retrieved", "item": {"id": "a1", "type": "message", "role": "assistant"}}\n'
    + TOOL_CALL
    + '> {"type": "response.create", "event_id": "agents_py_response_create_1"}\n'
    + ANSWER
    + CLOSE
)
LIVEKIT = (
    START.replace("< {", '> {"type": "session.update", "event_id": "session_update_1", "session": {"type": "realtime"}}\n    < {', 1)
    + '> {"type": "session.update", "event_id": "instructions_1", "session": {"type": "realtime", "instructions": "Be brief."}}\n'
    + '> {"type": "session.update", "event_id": "tools_update_1", "session": {"type": "realtime", "tools": []}}\n'
    + (SESSION_UPDATED + "\n") * 3
    + '> {"type": "conversation.item.create", "event_id": "chat_ctx_create_1", "previous_item_id": "root", "item": {"id": "item_m1", "type": "message", "role": "system", "content": [{"type": "input_text", "text": "Hi."}]}}\n'
    + '< {"type": "conversation.item.added", "previous_item_id": null, "item": {"id": "item_m1", "type": "message", "role": "system", "status": "completed", "content": [{"type": "input_text", "text": "Hi."}]}}\n'
    + TALK
    + INTERRUPTED
    + '> {"type": "response.cancel", "event_id": "cancel_1"}\n'
    + TRUNCATED
    + '< {"type": "error", "error": {"type": "invalid_request_error", "code": "response_cancel_not_active", "message": "Cancellation failed: no active response found", "event_id": "cancel_1"}}\n'
    + TOOL_CALL
    + '> {"type": "response.create", "event_id": "response_create_1", "response": {"metadata": {"client_event_id": "response_create_1"}}}\n'
    + ANSWER.replace('"metadata": null', '"metadata": {"client_event_id": "response_create_1"}')
    + '+5s > {"type": "conversation.item.truncate", "item_id": "a3", "content_index": 0, "audio_end_ms": 1000}\n'
    + "x> 1000\nx"
)  # fmt: skip
PIPECAT = (
    START
    + '> {"type": "session.update", "event_id": "0c7e", "session": {"type": "realtime", "instructions": "Be brief."}}\n'
    + SESSION_UPDATED
    + "\n"
    + '> {"type": "conversation.item.create", "event_id": "1", "item": {"id": "3fa0", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]}}\n'
    + '> {"type": "response.create", "event_id": "2", "response": {"output_modalities": ["audio"]}}\n'
    + '< {"type": "conversation.item.added", "item": {"id": "3fa0", "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_text", "text": "Hi."}]}}\n'
    + '< {"type": "response.created", "response": {"id": "r0", "status": "in_progress", "conversation_id": "conv_1", "metadata": null}}\n'
    + '< {"type": "response.output_audio.delta", "response_id": "r0", "item_id": "a0", "output_index": 0, "content_index": 0, "delta": "<500ms>"}\n'
    + '< {"type": "response.done", "response": {"id": "r0", "status": "completed", "output": [{"id": "a0", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi!"}]}]}}\n'
    + "+2s > "
    + TALK.strip().removeprefix("> ")
    + INTERRUPTED
    + TRUNCATED
    + TOOL_CALL
    + '> {"type": "response.create", "event_id": "3"}\n'
    + ANSWER
    + CLOSE
)  # fmt: skip
MANUAL = (
    START
    + """
    > {"type": "session.update", "session": {"type": "realtime", "reasoning": {"effort": "low"}, "parallel_tool_calls": false, "tool_choice": "required", "truncation": {"type": "retention_ratio", "retention_ratio": 0.8}, "audio": {"input": {"noise_reduction": {"type": "near_field"}, "turn_detection": null, "transcription": null}}}}
    < {"type": "session.updated", "session": {"type": "realtime", "id": "sess_1", "model": "gpt-realtime-2.1", "output_modalities": ["audio"], "reasoning": {"effort": "low"}, "parallel_tool_calls": false, "tool_choice": "required", "truncation": {"type": "retention_ratio", "retention_ratio": 0.8}, "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": null, "transcription": null, "noise_reduction": {"type": "near_field"}}, "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin"}}, "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}]}}
    +500ms > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
    > {"type": "input_audio_buffer.commit"}
    < {"type": "input_audio_buffer.committed", "item_id": "u2", "previous_item_id": null}
    < {"type": "conversation.item.added", "item": {"id": "u2", "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_audio", "transcript": null}]}}
    +2s > {"type": "response.create", "response": {"metadata": {"for": "answer"}}}
    """
    + TOOL_CALL[TOOL_CALL.index('< {"type": "response.created"') :].replace('"metadata": null', '"metadata": {"for": "answer"}')
    + '> {"type": "response.create", "response": {"tool_choice": "none"}}\n'
    + ANSWER
    + CLOSE
)  # fmt: skip
AZURE = """
    > GET /openai/realtime?api-version=2025-04-01-preview&deployment=talk {"Host": "a.openai.azure.com", "api-key": "[redacted:api-key]"}
    < 101
    < {"type": "session.created", "session": {"id": "s1", "model": "gpt-4o-realtime-preview", "modalities": ["audio", "text"], "instructions": "Be helpful.", "voice": "alloy", "input_audio_format": "pcm16", "output_audio_format": "pcm16", "turn_detection": {"type": "server_vad", "create_response": true}, "tools": [], "tool_choice": "auto", "temperature": 0.8, "max_response_output_tokens": "inf"}}
    > {"type": "session.update", "session": {"modalities": ["text", "audio"], "instructions": "Be brief.", "voice": "echo", "temperature": 0.7, "max_response_output_tokens": "inf", "tool_choice": "auto"}}
    < {"type": "session.updated", "session": {"id": "s1", "model": "gpt-4o-realtime-preview", "modalities": ["audio", "text"], "instructions": "Be brief.", "voice": "echo", "input_audio_format": "pcm16", "output_audio_format": "pcm16", "turn_detection": {"type": "server_vad", "create_response": true}, "tools": [], "tool_choice": "auto", "temperature": 0.7, "max_response_output_tokens": "inf"}}
    > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]}}
    > {"type": "response.create", "response": {"modalities": ["text"]}}
    < {"type": "conversation.item.created", "item": {"id": "u1", "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_text", "text": "Hi."}]}}
    < {"type": "response.created", "response": {"id": "r1", "status": "in_progress"}}
    < {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": {"id": "a1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}
    < {"type": "response.text.delta", "response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0, "delta": "Hello."}
    < {"type": "response.text.done", "response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0, "text": "Hello."}
    < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "text", "text": "Hello."}]}]}}
    """ + CLOSE  # fmt: skip
MCP = (
    START.replace(
        '"tools": [{"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}]',
        '"tools": []',
    )
    + """
    > {"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example/mcp", "require_approval": "never"}]}}
    +90ms < {"type": "session.updated", "session": {"type": "realtime", "output_modalities": ["audio"], "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": {"type": "server_vad", "create_response": true, "interrupt_response": true}}, "output": {"format": {"type": "audio/pcm", "rate": 24000}}}, "tools": [{"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example/mcp", "allowed_tools": null, "headers": null, "require_approval": "never"}]}}
    < {"type": "conversation.item.added", "previous_item_id": null, "item": {"id": "l1", "type": "mcp_list_tools", "server_label": "wiki", "tools": []}}
    < {"type": "mcp_list_tools.in_progress", "item_id": "l1"}
    +400ms < {"type": "conversation.item.done", "previous_item_id": null, "item": {"id": "l1", "type": "mcp_list_tools", "server_label": "wiki", "tools": [{"name": "ask", "input_schema": {"type": "object"}}]}}
    < {"type": "mcp_list_tools.completed", "item_id": "l1"}
    """
    + TALK.partition('< {"type": "response.output_item.added"')[0]
    + """
    < {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": {"id": "m1", "type": "mcp_call", "server_label": "wiki", "name": "ask", "arguments": "", "output": null, "error": null}}
    < {"type": "conversation.item.added", "previous_item_id": "u1", "item": {"id": "m1", "type": "mcp_call", "server_label": "wiki", "name": "ask", "arguments": "", "output": null, "error": null}}
    < {"type": "response.mcp_call_arguments.delta", "response_id": "r1", "item_id": "m1", "output_index": 0, "delta": "{}", "obfuscation": "x"}
    < {"type": "response.mcp_call_arguments.done", "response_id": "r1", "item_id": "m1", "output_index": 0, "arguments": "{}"}
    < {"type": "response.output_item.done", "response_id": "r1", "output_index": 0, "item": {"id": "m1", "type": "mcp_call", "server_label": "wiki", "name": "ask", "arguments": "{}", "output": null, "error": null}}
    < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "m1", "type": "mcp_call", "server_label": "wiki", "name": "ask", "arguments": "{}", "output": null, "error": null}]}}
    < {"type": "response.mcp_call.in_progress", "item_id": "m1", "output_index": 0}
    +800ms < {"type": "response.mcp_call.completed", "item_id": "m1", "output_index": 0}
    < {"type": "conversation.item.done", "previous_item_id": "u1", "item": {"id": "m1", "type": "mcp_call", "server_label": "wiki", "name": "ask", "arguments": "{}", "output": "sunny", "error": null}}
    > {"type": "response.create"}
    """
    + ANSWER.partition('< {"type": "response.created"')[1]
    + ANSWER.partition('< {"type": "response.created"')[2]
    + CLOSE
)
"""The server calls a tool of its own, and the call ends after the response that made it."""

PHONE = (
    """
    > GET /v1/realtime?call_id=rtc_1 {"Authorization": "[redacted:Authorization]"}
    +80ms < 101
    < {"type": "session.created", "session": {"type": "realtime", "id": "sess_1", "model": "gpt-realtime-2.1", "output_modalities": ["audio"], "audio": {"input": {"format": {"type": "audio/pcmu"}, "turn_detection": {"type": "server_vad", "create_response": true, "interrupt_response": true}}, "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"}}, "tools": []}}
    > {"type": "response.create", "response": {"instructions": "Greet the caller."}}
    +100ms < {"type": "response.created", "response": {"id": "r1", "status": "in_progress", "conversation_id": "conv_1", "metadata": null}}
    < {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": {"id": "a1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}
    < {"type": "conversation.item.added", "previous_item_id": null, "item": {"id": "a1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}
    < {"type": "response.output_audio_transcript.delta", "response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0, "delta": "Hello."}
    < {"type": "output_audio_buffer.started", "event_id": "e1", "response_id": "r1"}
    < {"type": "response.output_audio.done", "response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
    < {"type": "response.output_audio_transcript.done", "response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0, "transcript": "Hello."}
    < {"type": "response.output_item.done", "response_id": "r1", "output_index": 0, "item": {"id": "a1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_audio", "transcript": "Hello."}]}}
    < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_audio", "transcript": "Hello."}]}]}}
    +700ms < {"type": "output_audio_buffer.stopped", "event_id": "e2", "response_id": "r1"}
    < {"type": "input_audio_buffer.dtmf_event_received", "event": "5", "received_at": 1790000000}
    +4s < {"type": "input_audio_buffer.speech_started", "item_id": "u2", "audio_start_ms": 5200}
    +900ms < {"type": "input_audio_buffer.speech_stopped", "item_id": "u2", "audio_end_ms": 6000}
    < {"type": "input_audio_buffer.committed", "item_id": "u2", "previous_item_id": "a1"}
    < {"type": "conversation.item.added", "previous_item_id": "a1", "item": {"id": "u2", "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_audio", "transcript": null}]}}
    < {"type": "response.created", "response": {"id": "r2", "status": "in_progress", "conversation_id": "conv_1", "metadata": null}}
    +150ms < {"type": "input_audio_buffer.speech_started", "item_id": "u3", "audio_start_ms": 6100}
    < {"type": "response.done", "response": {"id": "r2", "status": "cancelled", "status_details": {"type": "cancelled", "reason": "turn_detected"}, "output": []}}
    +900ms < {"type": "input_audio_buffer.speech_stopped", "item_id": "u3", "audio_end_ms": 7000}
    < {"type": "input_audio_buffer.committed", "item_id": "u3", "previous_item_id": "u2"}
    """
    + ANSWER.partition('< {"type": "response.created"')[1]
    + ANSWER.partition('< {"type": "response.created"')[2]
    .replace('"delta": "<1000ms>"', '"delta": ""')
    .partition('\n    < {"type": "response.output_audio.delta')[0]
    + """
    < {"type": "output_audio_buffer.started", "event_id": "e3", "response_id": "r3"}
    < {"type": "response.output_audio_transcript.done", "response_id": "r3", "item_id": "a3", "output_index": 0, "content_index": 0, "transcript": "You pressed five."}
    < {"type": "response.output_item.done", "response_id": "r3", "output_index": 0, "item": {"id": "a3", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_audio", "transcript": "You pressed five."}]}}
    < {"type": "response.done", "response": {"id": "r3", "status": "completed", "output": [{"id": "a3", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_audio", "transcript": "You pressed five."}]}]}}
    """
    + CLOSE
)
"""A phone call seen from a second connection: keys, and a caller who goes on talking before the answer began."""

XAI = (
    """
    > GET /v1/realtime {"Authorization": "[redacted:Authorization]"}
    +80ms < 101
    < {"type": "session.created", "session": {"id": "s1", "object": "realtime.session", "instructions": "", "voice": "ara", "modalities": ["audio"], "turn_detection": {"type": null}, "tools": [], "model": "grok-voice-latest"}}
    > {"type": "session.update", "session": {"instructions": "Be brief.", "turn_detection": null, "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}, "transcription": {"model": "grok-transcribe"}}, "output": {"format": {"type": "audio/pcm", "rate": 24000}}}, "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}]}}
    < {"type": "conversation.created", "conversation": {"id": "c1", "object": "realtime.conversation"}, "previous_item_id": null}
    < {"type": "ping", "timestamp": 1790700661241, "previous_item_id": null}
    +300ms < {"type": "session.updated", "session": {"instructions": "Be brief.", "model": "grok-voice-latest", "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}], "input_audio_transcription": {"model": "grok-transcribe"}, "modalities": ["audio"], "input_audio_format": "not specified", "output_audio_format": "not specified", "temperature": -1.0, "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}, "transport": "json", "transcription": {"model": "grok-transcribe"}}, "output": {"format": {"type": "audio/pcm", "rate": 24000}, "transport": "json"}}}, "previous_item_id": null}
    +1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
    > {"type": "input_audio_buffer.commit", "event_id": "c1"}
    +60ms < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300, "previous_item_id": null}
    < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 900, "previous_item_id": null}
    < {"type": "input_audio_buffer.committed", "item_id": "u1", "previous_item_id": null}
    < {"type": "conversation.item.added", "item": {"id": "u1", "object": "realtime.item", "type": "message", "status": "in_progress", "role": "user", "content": [{"type": "input_audio", "transcript": ""}], "replayed": false}, "previous_item_id": null}
    < {"type": "conversation.item.input_audio_transcription.updated", "item_id": "u1", "transcript": "I am", "content_index": 0, "previous_item_id": null}
    < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "I am", "content_index": 0, "status": "in_progress", "previous_item_id": null}
    < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "I am Ann.", "content_index": 0, "status": "completed", "previous_item_id": null}
    < {"type": "response.created", "response": {"id": "r1", "object": "realtime.response", "output": [], "status": "in_progress", "status_details": "unimplemented", "usage": {}}, "previous_item_id": null}
    < {"type": "response.output_item.added", "item": {"id": "a1", "object": "realtime.item", "type": "message", "status": "in_progress", "role": "assistant", "replayed": false}, "response_id": "r1", "output_index": 0, "previous_item_id": null}
    < {"type": "conversation.item.added", "item": {"id": "a1", "object": "realtime.item", "type": "message", "status": "in_progress", "role": "assistant", "content": []}, "previous_item_id": "u1"}
    < {"type": "response.content_part.added", "item_id": "a1", "previous_item_id": "0", "part": {"type": "audio", "transcript": ""}, "response_id": "r1", "content_index": 0, "output_index": 0}
    +400ms < {"type": "response.output_audio.delta", "item_id": "a1", "response_id": "r1", "delta": "<1000ms>", "content_index": 0, "output_index": 0, "rid": "x", "audio_duration_ms": 1000}
    < {"type": "response.output_audio_transcript.delta", "item_id": "a1", "response_id": "r1", "delta": "Hello Ann.", "content_index": 0, "output_index": 0, "rid": "x", "start_time": 0.0}
    < {"type": "response.output_audio_transcript.done", "item_id": "a1", "transcript": "Hello Ann.", "response_id": "r1", "content_index": 0, "output_index": 0}
    < {"type": "response.content_part.done", "item_id": "a1", "response_id": "r1", "content_index": 0, "output_index": 0}
    < {"type": "response.output_audio.done", "item_id": "a1", "response_id": "r1", "content_index": 0, "output_index": 0}
    < {"type": "response.output_item.done", "item": {"id": "a1", "object": "realtime.item", "type": "message", "status": "completed", "role": "assistant", "replayed": false}, "response_id": "r1", "output_index": 0}
    < {"type": "response.done", "response": {"id": "r1", "object": "realtime.response", "output": [{"id": "a1", "object": "realtime.item", "type": "message", "status": "completed", "role": "assistant", "content": [{"type": "audio", "transcript": "Hello Ann."}]}], "status": "completed", "status_details": "unimplemented", "usage": {}}, "response_id": "r1", "usage": {"input_tokens": 92, "output_tokens": 104, "total_tokens": 196}}
    """
    + CLOSE
)
"""xAI behind a gateway, so that no URL shows whose server it is: settings of both shapes, no item.done, odd numbers."""

CLIENTS = {
    "openai": OPENAI,
    "openai-agents": AGENTS,
    "livekit": LIVEKIT,
    "pipecat": PIPECAT,
    "push to talk": MANUAL,
    "azure": AZURE,
}


OTHERS = {"mcp": MCP, "phone": PHONE, "xai": XAI}


def serious(entries: list[Entry]) -> list[Finding]:
    return [found for found in lint(entries) if found.severity is not Severity.INFO]


@pytest.mark.parametrize("client", [*CLIENTS, *OTHERS])
def test_a_healthy_client_is_not_blamed(client: str) -> None:
    assert serious(transcript.entries({**CLIENTS, **OTHERS}[client])) == []


@pytest.mark.parametrize("client", CLIENTS)
def test_a_log_of_it_without_times_is_not_blamed(client: str) -> None:
    timeless = [replace(entry, t=0.0) for entry in transcript.entries(CLIENTS[client])]
    assert serious(timeless) == []


@pytest.mark.parametrize("client", CLIENTS)
def test_the_servers_side_of_it_alone_is_not_blamed(client: str) -> None:
    received = [entry for entry in transcript.entries(CLIENTS[client]) if entry.side == "server"]
    timeless = [replace(entry, t=0.0, n=n) for n, entry in enumerate(received, 1)]
    assert serious(timeless) == []


@pytest.mark.parametrize("client", CLIENTS)
def test_any_end_of_it_is_not_blamed_and_says_nothing_of_connection_envelope_and_configuration(client: str) -> None:
    whole = transcript.entries(CLIENTS[client])
    timeless = [replace(entry, t=0.0) for entry in whole]
    cut = [whole[:length] for length in range(len(whole))]
    found = [each for entries in (whole, timeless, *cut) for each in lint(entries)]
    quiet = {"CON", "ENV", "SES"}
    assert [each for each in found if each.severity is not Severity.INFO or each.rule[:3] in quiet] == []


@pytest.mark.parametrize("client", CLIENTS)
def test_any_beginning_of_it_left_out_is_not_blamed(client: str) -> None:
    whole = transcript.entries(CLIENTS[client])
    assert [serious(whole[first:]) for first in range(len(whole))] == [[]] * len(whole)
