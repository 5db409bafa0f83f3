# ruff: noqa: E501 - an event of a transcript is one line
"""Sessions in which the assistant was silent, by what kept it from answering."""

from __future__ import annotations

BEGIN = """
> GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com"}
+50ms < 101
+50ms < {"type": "session.created", "session": {"type": "realtime", "id": "sess_1", "model": "gpt-realtime", "output_modalities": ["audio"], "tools": [], "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": {"type": "server_vad", "silence_duration_ms": 500}}}}}
"""
MANUAL = BEGIN.replace('{"type": "server_vad", "silence_duration_ms": 500}', "null")
SPOKEN = """
> {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
+1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
> {"type": "input_audio_buffer.append", "audio": "<1500ms>"}
+1s < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 2400}
< {"type": "input_audio_buffer.committed", "item_id": "u1"}
< {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_audio", "transcript": null}]}}
"""
BEGUN = (
    '< {"type": "response.created", "response": {"id": "r1", "status": "in_progress", "conversation_id": "conv_1"}}\n'
)
ASKED = '> {"type": "response.create"}\n'
TEXT = """
> {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}
+50ms < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_text", "text": "Hi"}]}}
"""
CALLED = (
    BEGUN
    + """
< {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": {"id": "f1", "type": "function_call", "call_id": "call_1", "name": "weather", "status": "in_progress", "arguments": ""}}
< {"type": "response.function_call_arguments.done", "response_id": "r1", "item_id": "f1", "output_index": 0, "call_id": "call_1", "name": "weather", "arguments": "{}"}
< {"type": "response.output_item.done", "response_id": "r1", "output_index": 0, "item": {"id": "f1", "type": "function_call", "call_id": "call_1", "name": "weather", "status": "completed", "arguments": "{}"}}
< {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "f1", "type": "function_call", "call_id": "call_1", "name": "weather", "status": "completed", "arguments": "{}"}]}}
"""
)
OUTPUT = """
+300ms > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}}
+30ms < {"type": "conversation.item.added", "item": {"id": "o1", "type": "function_call_output", "call_id": "call_1", "output": "sunny"}}
"""
HEARD = """
< {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": {"id": "a1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}
+200ms < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0, "delta": "<3000ms>"}
< {"type": "response.output_audio_transcript.done", "response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0, "transcript": "Hello there."}
< {"type": "response.output_item.done", "response_id": "r1", "output_index": 0, "item": {"id": "a1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_audio", "transcript": "Hello there."}]}}
< {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_audio", "transcript": "Hello there."}]}]}}
"""
CLOSE = "+9s x> 1000\nx\n"


def ended(status: str, details: str = "{}", output: str = "[]") -> str:
    return f'+200ms < {{"type": "response.done", "response": {{"id": "r1", "status": "{status}", "status_details": {details}, "output": {output}}}}}\n'


def refused(code: str, message: str, param: str = "null") -> str:
    return f'+40ms < {{"type": "error", "error": {{"type": "invalid_request_error", "code": "{code}", "message": "{message}", "param": {param}}}}}\n'


SILENT: dict[str, tuple[str, str]] = {
    "handshake-refused": (
        '> GET /v1/realtime?model=gpt-realtime {}\n< 401 {"error": {"message": "Incorrect API key provided."}}\nx',
        "Incorrect API key provided",
    ),
    "server-silent": ("> GET /v1/realtime?model=gpt-realtime {}\n< 101\n" + CLOSE, "not even session.created"),
    "server-closed": (
        BEGIN.rpartition("+50ms")[0]
        + refused("beta_api_shape_disabled", "The Realtime Beta API is no longer supported.")
        + "x< 4000 invalid_request_error.beta_api_shape_disabled\nx",
        "4000: invalid_request_error.beta_api_shape_disabled",
    ),
    "session-expired": (
        BEGIN
        + SPOKEN
        + BEGUN
        + refused("session_expired", "Your session hit the maximum duration of 60 minutes.")
        + "x< 1001 \nx",
        "maximum duration of 60 minutes",
    ),
    "connection-lost": (BEGIN + SPOKEN + BEGUN + "+1s x reset", "(reset)"),
    "client-closed": (BEGIN + SPOKEN + BEGUN + "+300ms x> 1000\nx", "before it came"),
    "account": (
        BEGIN
        + SPOKEN
        + BEGUN
        + ended("failed", '{"error": {"code": "insufficient_quota", "message": "You exceeded your quota."}}')
        + CLOSE,
        "You exceeded your quota",
    ),
    "rate-limit": (
        BEGIN
        + SPOKEN
        + BEGUN
        + ended("failed", '{"error": {"code": "rate_limit_exceeded", "message": "Rate limit reached."}}')
        + CLOSE,
        "Rate limit reached",
    ),
    "response-failed": (
        BEGIN
        + SPOKEN
        + BEGUN
        + ended("failed", '{"error": {"type": "server_error", "code": "server_error", "message": "Sorry."}}')
        + CLOSE,
        "response r1 failed",
    ),
    "max-tokens": (
        BEGIN + SPOKEN + BEGUN + ended("incomplete", '{"reason": "max_output_tokens"}') + CLOSE,
        "max_output_tokens",
    ),
    "content-filter": (
        BEGIN + SPOKEN + BEGUN + ended("incomplete", '{"reason": "content_filter"}') + CLOSE,
        "content filter",
    ),
    "cancelled": (
        BEGIN
        + SPOKEN
        + BEGUN
        + '> {"type": "response.cancel"}\n'
        + ended("cancelled", '{"reason": "client_cancelled"}')
        + CLOSE,
        "by the client",
    ),
    "interrupted": (
        BEGIN + SPOKEN + BEGUN + ended("cancelled", '{"reason": "turn_detected"}') + CLOSE,
        "response r1 was interrupted",
    ),
    "response-running": (BEGIN + SPOKEN + BEGUN + "+20s x> 1000\nx", "neither ended nor brought anything"),
    "create-refused": (
        BEGIN
        + SPOKEN
        + CALLED.replace(
            '< {"type": "response.done"',
            OUTPUT
            + ASKED
            + refused(
                "conversation_already_has_active_response",
                "Conversation already has an active response in progress: r1.",
            )
            + '< {"type": "response.done"',
        )
        + CLOSE,
        "already has an active response",
    ),
    "create-unanswered": (BEGIN + TEXT + ASKED + CLOSE, "neither began one nor refused"),
    "tool-unanswered": (BEGIN + SPOKEN + CALLED + CLOSE, "weather (call_1)"),
    "tool-output-refused": (
        BEGIN
        + SPOKEN
        + CALLED
        + '> {"type": "conversation.item.create", "call_id": "call_1", "item": {"type": "function_call_output", "output": "sunny"}}\n'
        + refused("missing_required_parameter", "Missing required parameter: 'item.call_id'.", '"item.call_id"')
        + ASKED * 0
        + CLOSE,
        "Missing required parameter: 'item.call_id'",
    ),
    "output-without-response": (BEGIN + SPOKEN + CALLED + OUTPUT + CLOSE, "nobody asked for a response"),
    "silence-meant": (BEGIN + SPOKEN + (CALLED + OUTPUT).replace("weather", "end_call") + CLOSE, "silence is meant"),
    "approval-pending": (
        BEGIN
        + SPOKEN
        + BEGUN
        + '< {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "p1", "type": "mcp_approval_request", "server_label": "docs", "name": "search", "arguments": "{}"}}\n'
        + ended(
            "completed",
            "{}",
            '[{"id": "p1", "type": "mcp_approval_request", "server_label": "docs", "name": "search"}]',
        )
        + CLOSE,
        "the MCP call search",
    ),
    "mcp-call-running": (
        BEGIN
        + SPOKEN
        + BEGUN
        + '< {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "m1", "type": "mcp_call", "server_label": "docs", "name": "search"}}\n'
        + "+20s x> 1000\nx",
        "search of MCP server 'docs'",
    ),
    "audio-missing": (
        BEGIN
        + SPOKEN
        + BEGUN
        + ended(
            "completed",
            "{}",
            '[{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hello."}]}]',
        )
        + CLOSE,
        "none of its audio came",
    ),
    "text-instead-of-audio": (
        BEGIN
        + SPOKEN
        + BEGUN
        + ended(
            "completed",
            "{}",
            '[{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello."}]}]',
        )
        + CLOSE,
        "answered in text",
    ),
    "empty-response": (BEGIN + SPOKEN + BEGUN + ended("completed") + CLOSE, "completed and empty"),
    "message-refused": (
        BEGIN
        + '> {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "output_text", "text": "Hi"}]}}\n'
        + refused("invalid_value", "Invalid value: 'output_text'.", '"item.content[0].type"')
        + CLOSE,
        "Invalid value: 'output_text'",
    ),
    "message-without-response": (BEGIN + TEXT + CLOSE, "nobody asked for a response"),
    "transcription-session": (
        BEGIN.replace('"type": "realtime"', '"type": "transcription"')
        + SPOKEN
        + '< {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": "Hi"}\n'
        + CLOSE,
        "(1 transcript came) and never answers",
    ),
    "transcript-missing": (
        BEGIN.replace('"type": "realtime"', '"type": "transcription"') + SPOKEN + CLOSE,
        "the session has no transcription model",
    ),
    "event-unknown": (
        BEGIN
        + '> {"type": "media", "media": {"payload": "//8="}}\n'
        + refused("invalid_value", "Invalid value: 'media'.", '"type"')
        + CLOSE,
        "does not know the events",
    ),
    "commit-without-create": (
        MANUAL
        + '> {"type": "input_audio_buffer.append", "audio": "<1000ms>"}\n> {"type": "input_audio_buffer.commit"}\n< {"type": "input_audio_buffer.committed", "item_id": "u1"}\n'
        + CLOSE,
        "a commit alone asks for no answer",
    ),
    "commit-refused": (
        MANUAL
        + '> {"type": "input_audio_buffer.commit"}\n'
        + refused("input_audio_buffer_commit_empty", "Error committing input audio buffer: buffer too small.")
        + CLOSE,
        "buffer too small",
    ),
    "create-response-off": (
        BEGIN.replace('"server_vad"', '"server_vad", "create_response": false') + SPOKEN + CLOSE,
        "create_response is false",
    ),
    "commit-without-response": (BEGIN + SPOKEN + CLOSE, "the server began no response"),
    "speech-never-stops": (
        BEGIN
        + SPOKEN.partition('+1s < {"type": "input_audio_buffer.speech_stopped')[0]
        + '+1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}\n' * 16
        + "x> 1000\nx",
        "heard the user speak for 16",
    ),
    "audio-stopped": (
        BEGIN + SPOKEN.partition('+1s < {"type": "input_audio_buffer.speech_stopped')[0] + CLOSE,
        "in the middle of speech",
    ),
    "speech-not-committed": (
        BEGIN + SPOKEN.partition('< {"type": "input_audio_buffer.committed"')[0] + CLOSE,
        "made no turn of it",
    ),
    "audio-not-committed": (
        MANUAL + '> {"type": "input_audio_buffer.append", "audio": "<2000ms>"}\n' + CLOSE,
        "2.0 s of audio were sent and not committed",
    ),
    "no-speech-heard": (
        BEGIN + '+1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}\n' * 8 + CLOSE,
        "8.0 s of audio were sent",
    ),
    "mcp-call-ended": (
        BEGIN
        + SPOKEN
        + BEGUN
        + '< {"type": "response.output_item.done", "response_id": "r1", "output_index": 0, "item": {"id": "m1", "type": "mcp_call", "server_label": "wiki", "name": "ask", "arguments": "{}", "output": null, "error": null}}\n'
        + ended("completed")
        + '+1s < {"type": "conversation.item.done", "item": {"id": "m1", "type": "mcp_call", "server_label": "wiki", "name": "ask", "arguments": "{}", "output": "sunny", "error": null}}\n'
        + CLOSE,
        "ask of MCP server 'wiki' ended",
    ),
    "server-error": (
        BEGIN
        + '+1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}\n' * 8
        + '< {"type": "error", "error": {"type": "server_error", "code": null, "message": "The server had an error."}}\n'
        + CLOSE,
        "an error of its own",
    ),
    "configuration-refused": (
        BEGIN
        + '> {"type": "session.update", "session": {"modalities": ["audio"], "turn_detection": {"type": "server_vad"}}}\n'
        + refused("missing_required_parameter", "Missing required parameter: 'session.type'.", '"session.type"')
        + CLOSE,
        "Missing required parameter: 'session.type'",
    ),
    "configuration-unanswered": (
        BEGIN + '> {"type": "session.update", "session": {"type": "realtime"}}\n' + CLOSE,
        "has not answered session.update",
    ),
    "message-unanswered": (
        BEGIN + TEXT.rpartition("+50ms")[0] + CLOSE,
        "the server neither took nor refused it",
    ),
    "asked-out-of-band": (
        BEGIN
        + TEXT
        + '> {"type": "response.create", "response": {"conversation": "none", "metadata": {"for": "title"}, "output_modalities": ["text"]}}\n'
        + '< {"type": "response.created", "response": {"id": "r1", "status": "in_progress", "conversation_id": null, "metadata": {"for": "title"}}}\n'
        + ended(
            "completed",
            "{}",
            '[{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Greeting"}]}]',
        )
        + CLOSE,
        "outside of the conversation",
    ),
    "cut-at-once": (
        BEGIN
        + SPOKEN
        + BEGUN
        + HEARD
        + '> {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 0}\n< {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 0}\n'
        + CLOSE,
        "nothing of it was played",
    ),
    "audio-cleared": (
        BEGIN
        + SPOKEN.partition('+1s < {"type": "input_audio_buffer.speech_stopped')[0]
        + '> {"type": "input_audio_buffer.clear"}\n< {"type": "input_audio_buffer.cleared"}\n'
        + CLOSE,
        "cleared 2.5 s of the user's audio",
    ),
    "commit-while-responding": (
        BEGIN.replace('"server_vad"', '"server_vad", "interrupt_response": false')
        + SPOKEN
        + BEGUN
        + HEARD.rpartition("<")[0]
        + SPOKEN.replace('"u1"', '"u2"').replace(": 100}", ": 2600}").replace("2400", "4900")
        + "<"
        + HEARD.rpartition("<")[2]
        + CLOSE,
        "while response r1 was in progress",
    ),
    "audio-refused": (
        BEGIN
        + '> {"type": "input_audio_buffer.append", "audio": "!"}\n'
        + refused("invalid_value", "Invalid 'audio'. Expected base64-encoded audio bytes.", '"audio.audio"')
        + CLOSE,
        "Expected base64-encoded audio bytes",
    ),
    "message-unreadable": (
        BEGIN + "> {'type': 'response.create'}\n" + refused("invalid_event", "The event could not be parsed.") + CLOSE,
        'cannot read what the client sends as events: "The event could not be parsed"',
    ),
    "nobody-spoke": (BEGIN + CLOSE, "the client sent no audio"),
    "closed-before-played": (BEGIN + SPOKEN + BEGUN + HEARD + "+200ms x> 1000\nx", "can have been played"),
    "answered": (BEGIN + SPOKEN + BEGUN + HEARD + CLOSE, "it did answer: 3.0 s of audio of response r1"),
    "unknown": ('> {"type": "input_audio_buffer.clear"}\n+9s x> 1000\nx', "the traffic does not tell"),
}
"""The cause's label → a session that ends in a silence of that cause, and words of the sentence that tells it."""
