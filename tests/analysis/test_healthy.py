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
CLIENTS = {
    "openai": OPENAI,
    "openai-agents": AGENTS,
    "livekit": LIVEKIT,
    "pipecat": PIPECAT,
    "push to talk": MANUAL,
    "azure": AZURE,
}


def serious(entries: list[Entry]) -> list[Finding]:
    return [found for found in lint(entries) if found.severity is not Severity.INFO]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_healthy_client_is_not_blamed(client: str) -> None:
    assert serious(transcript.entries(CLIENTS[client])) == []


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
def test_of_connection_envelope_and_configuration_there_is_nothing_to_say_at_all(client: str) -> None:
    whole = transcript.entries(CLIENTS[client])
    timeless = [replace(entry, t=0.0) for entry in whole]
    cut = [whole[:length] for length in range(len(whole))]
    found = [each for entries in (whole, timeless, *cut) for each in lint(entries)]
    assert [each for each in found if each.rule[:3] in {"CON", "ENV", "SES"}] == []


@pytest.mark.parametrize("client", CLIENTS)
def test_any_end_of_it_is_not_blamed(client: str) -> None:
    whole = transcript.entries(CLIENTS[client])
    assert [serious(whole[:length]) for length in range(len(whole))] == [[]] * len(whole)


@pytest.mark.parametrize("client", CLIENTS)
def test_any_beginning_of_it_left_out_is_not_blamed(client: str) -> None:
    whole = transcript.entries(CLIENTS[client])
    assert [serious(whole[first:]) for first in range(len(whole))] == [[]] * len(whole)
