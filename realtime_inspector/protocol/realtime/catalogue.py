"""The events of the Realtime API by name: who sends them, in which dialect, and what became of a beta name.

Source: `openai` 3.54.0, `openai/types/realtime` and `openai/types/beta/realtime` (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping

GA_CLIENT_TYPES = frozenset(
    {
        "conversation.item.create",
        "conversation.item.delete",
        "conversation.item.retrieve",
        "conversation.item.truncate",
        "input_audio_buffer.append",
        "input_audio_buffer.clear",
        "input_audio_buffer.commit",
        "output_audio_buffer.clear",
        "response.cancel",
        "response.create",
        "session.update",
    }
)
"""What a client may send since general availability."""

BETA_CLIENT_TYPES = GA_CLIENT_TYPES | {"transcription_session.update"}
"""What a client could send before."""

CLIENT_TYPES = GA_CLIENT_TYPES | BETA_CLIENT_TYPES

GA_SERVER_TYPES = frozenset(
    {
        "conversation.created",
        "conversation.item.added",
        "conversation.item.created",
        "conversation.item.deleted",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.failed",
        "conversation.item.input_audio_transcription.segment",
        "conversation.item.retrieved",
        "conversation.item.truncated",
        "error",
        "input_audio_buffer.cleared",
        "input_audio_buffer.committed",
        "input_audio_buffer.dtmf_event_received",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.timeout_triggered",
        "mcp_list_tools.completed",
        "mcp_list_tools.failed",
        "mcp_list_tools.in_progress",
        "output_audio_buffer.cleared",
        "output_audio_buffer.started",
        "output_audio_buffer.stopped",
        "rate_limits.updated",
        "response.content_part.added",
        "response.content_part.done",
        "response.created",
        "response.done",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.mcp_call.completed",
        "response.mcp_call.failed",
        "response.mcp_call.in_progress",
        "response.mcp_call_arguments.delta",
        "response.mcp_call_arguments.done",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.done",
        "response.output_item.added",
        "response.output_item.done",
        "response.output_text.delta",
        "response.output_text.done",
        "session.created",
        "session.updated",
    }
)
"""What the server sends since general availability."""

BETA_TO_GA: Mapping[str, str] = {
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
    "transcription_session.update": "session.update",
    "transcription_session.created": "session.created",
    "transcription_session.updated": "session.updated",
}
"""Beta name → its name since. `conversation.item.created` became two events and is handled where items are."""

SERVER_TYPES = GA_SERVER_TYPES | {name for name in BETA_TO_GA if name != "transcription_session.update"}


def ga_name(event_type: str) -> str:
    """Return the name the event has since general availability."""
    return BETA_TO_GA.get(event_type, event_type)


STREAM_CLIENT_TYPES = frozenset(
    {
        "decision.create",
        "decision.item.create",
        "decision.item.delete",
        "response.item.create",
        "session.close",
        "session.commentary.append",
        "session.input_audio.append",
        "session.input_audio.mute",
        "session.input_audio.unmute",
        "session.input_audio_buffer.append",
        "session.instructions.append",
        "session.output_audio.fixture.play",
        "session.start",
        "session.thinking.append",
        "transport.dtmf.send",
    }
)
"""What only clients of translations and of the Live API send.

Source: `openai` 3.54.0, `openai/types/live` and `openai/types/realtime/realtime_translation_*` (read 2026-11-24).
"""

STREAM_SERVER_TYPES = frozenset(
    {
        "decision.event",
        "decision.item.created",
        "decision.item.deleted",
        "info",
        "response.event",
        "session.closed",
        "session.commentary.appended",
        "session.delegation.created",
        "session.input_audio.muted",
        "session.input_audio.unmuted",
        "session.input_transcript.delta",
        "session.instructions.appended",
        "session.output_audio.delta",
        "session.output_audio.fixture.played",
        "session.output_audio.fixture.playing",
        "session.output_transcript.delta",
        "session.started",
        "session.thinking.appended",
        "session.usage.updated",
        "transport.answered",
        "transport.dtmf.received",
        "transport.dtmf.sent",
        "transport.failed",
        "transport.ringing",
    }
)
"""What only their servers send."""

ALL_CLIENT_TYPES = CLIENT_TYPES | STREAM_CLIENT_TYPES
ALL_SERVER_TYPES = SERVER_TYPES | STREAM_SERVER_TYPES
"""What a client, and a server, of any of OpenAI's APIs for voice sends."""
