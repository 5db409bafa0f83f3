from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.protocol.event import read
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES, SERVER_TYPES
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.printable import printable as safe
from realtime_inspector.tui import state
from tests.tui.sample import CALL


def told(text: str, until_n: int = 10_000) -> list[str]:
    session = Session()
    for entry in transcript.entries(text):
        if entry.n <= until_n:
            session.apply(read(entry))
    return [line.text for line in state.lines(session, session.now)]


def section(lines: list[str], title: str) -> list[str]:
    start = lines.index(title) + 1
    return lines[start : lines.index("", start) if "" in lines[start:] else None]


def test_before_the_session_there_is_none() -> None:
    assert told(CALL, 2) == ["no session yet", "it begins with session.created; this is the state at the cursor"]


def test_a_refused_connection_says_so() -> None:
    assert told('> GET /v1/realtime\n< 401 {"error":{}}') == ["no session yet", "refused: 401"]


def test_a_tool_call_waits_until_its_output_was_sent() -> None:
    assert section(told(CALL, 40), "Tool calls without an output") == ['  get_weather: {"city":"Ulm"} call_7  ⏎ #39']
    assert "Tool calls without an output" not in told(CALL, 43)


def test_a_client_event_is_unanswered_until_the_server_answers() -> None:
    assert section(told(CALL, 4), "Client events without an answer") == ["  session.update: 0 ms ago  ⏎ #4"]
    assert "Client events without an answer" not in told(CALL, 5)


def test_the_response_in_progress_is_shown_with_its_audio() -> None:
    (line,) = section(told(CALL, 55), "Response")
    assert line.startswith("  in progress: resp_2 for ")
    assert "300 ms of audio" in line


def test_the_users_audio_is_counted() -> None:
    assert "240 ms in the buffer, 240 ms in all" in section(told(CALL, 17), "Audio")[0]
    assert "the user is speaking" in section(told(CALL, 20), "Audio")[0]


def test_the_configuration_is_the_one_in_force() -> None:
    assert "  voice: alloy" in section(told(CALL, 5), "Configuration in force")


def test_only_the_latest_items_of_a_long_conversation_are_shown() -> None:
    items = "\n".join(
        f'< {{"type":"conversation.item.added","item":{{"id":"i{n}","type":"message","role":"user"}}}}'
        for n in range(state.MAX_ITEMS + 5)
    )
    lines = told(items)
    assert "  … 5 earlier items" in lines
    assert len(lines) < state.MAX_ITEMS + 10


NAMES = [
    "session", "response", "item", "error", "delta", "audio", "content", "tools", "rate_limits", "status", "id", "name",
    "status_details", "output", "input", "code", "call_id", "item_id", "response_id", "voice", "turn_detection", "type",
    "previous_item_id", "audio_end_ms", "transcript", "text", "role", "arguments", "model", "limit", "remaining",
]  # fmt: skip
WORDS = st.sampled_from(["a", "message", "function_call", "function_call_output", "user", "\x1b[2J", "\u202e"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=10,
)
EVENTS = st.tuples(
    st.sampled_from(sorted(CLIENT_TYPES | SERVER_TYPES)),
    st.sampled_from([Side.CLIENT, Side.SERVER]),
    st.dictionaries(st.sampled_from(NAMES[:20]), VALUES, max_size=6),
)


@given(st.lists(EVENTS, max_size=8))
@settings(max_examples=60, deadline=None)
def test_whatever_was_sent_has_a_state_without_a_control_character(sent: list[tuple[str, Side, Any]]) -> None:
    session = Session()
    for n, (kind, side, body) in enumerate(sent, 1):
        payload = json.dumps({**body, "type": kind}).encode()
        session.apply(read(Entry(n, n / 10, side, Kind.MESSAGE, payload)))
    assert all(safe(line.text) == line.text for line in state.lines(session, session.now))
