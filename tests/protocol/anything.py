"""Event sequences as no well-meaning peer sends them: known types, known members, values of any type."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import strategies as st

from realtime_inspector.protocol.event import Event, read
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES, SERVER_TYPES
from realtime_inspector.recording.entry import Entry, Kind, Side

IDS = st.sampled_from(["", "a", "b", "call_1", "undefined"])
WORDS = st.sampled_from(
    [
        *[
            "function_call",
            "function_call_output",
            "message",
            "mcp_call",
            "user",
            "assistant",
            "completed",
            "cancelled",
        ],
        *[
            "incomplete",
            "failed",
            "in_progress",
            "turn_detected",
            "max_output_tokens",
            "none",
            "server_vad",
            "realtime",
        ],
        *["audio/pcm", "audio/pcmu", "pcm16", "AAAA", "AAA=", "input_text", "output_audio", "root", "tokens"],
        *["conversation_already_has_active_response", "missing_required_parameter", "invalid_value", "item.call_id"],
        *["session.tools[0].name", "input_audio_buffer_commit_empty", "Missing required parameter: 'item.call_id'."],
        *["{", "{}", "[1]", "Audio content of 5ms is already shorter than 9ms", "insufficient_quota"],
    ]
)
MEMBERS = [
    *["session", "item", "response", "error", "item_id", "response_id", "call_id", "event_id", "previous_item_id"],
    *[
        "audio",
        "delta",
        "transcript",
        "text",
        "arguments",
        "name",
        "output",
        "content",
        "content_index",
        "audio_end_ms",
    ],
    *["audio_start_ms", "rate_limits", "id", "type", "role", "status", "status_details", "reason", "code", "param"],
    *["message", "metadata", "conversation", "conversation_id", "usage", "output_tokens", "tools", "tool_choice"],
    *["input", "format", "rate", "turn_detection", "model", "expires_at", "modalities", "output_modalities"],
    *["max_output_tokens", "input_audio_format", "server_label", "approval_request_id", "parameters", "voice"],
    *["instructions", "interrupt_response", "create_response", "silence_duration_ms", "part", "object", "part_type"],
]
SCALARS = IDS | WORDS | st.none() | st.booleans() | st.integers(-3, 9000) | st.floats(-1e9, 1e9)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=6)
CLIENT = st.tuples(st.just(Side.CLIENT), st.sampled_from([*sorted(CLIENT_TYPES), "made.up"]))
SERVER = st.tuples(st.just(Side.SERVER), st.sampled_from([*sorted(SERVER_TYPES), "made.up"]))


@st.composite
def messages(draw: st.DrawFn) -> tuple[Side, bytes]:
    """A message of one of the two sides; its parts are often objects, as they should be."""
    side, kind = draw(CLIENT | SERVER)
    body: dict[str, Any] = draw(OBJECTS)
    for name in ("session", "item", "response", "error"):
        if draw(st.booleans()):
            body[name] = draw(OBJECTS)
    return side, orjson.dumps({**body, "type": kind})


OTHERS = st.tuples(st.sampled_from(list(Side)), st.sampled_from([b"", b"{", b"[]", b'{"type": 5}', b"\xff"]))
WAITS = st.sampled_from([0.0, 0.001, 0.1, 1.0, 5.0, 20.0])
SESSIONS = st.lists(st.tuples(WAITS, messages() | OTHERS), max_size=25)


def entries(session: list[tuple[float, tuple[Side, bytes]]]) -> list[Entry]:
    """Return a drawn session as the entries of a recording."""
    found: list[Entry] = []
    t = 0.0
    for n, (wait, (side, payload)) in enumerate(session, 1):
        t += wait
        found.append(Entry(n, t, side, Kind.MESSAGE, payload))
    return found


def events(session: list[tuple[float, tuple[Side, bytes]]]) -> list[Event]:
    """Return a drawn session as events."""
    return [read(entry) for entry in entries(session)]
