from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.protocol.event import read
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES, SERVER_TYPES
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.printable import printable as safe
from realtime_inspector.tui import detail, rows
from realtime_inspector.tui.detail import Known
from realtime_inspector.tui.gist import gist
from realtime_inspector.tui.rows import Formats


def said(line: str) -> str:
    return gist(read(transcript.entries(line)[0]))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("> GET /v1/realtime?model=m", "GET /v1/realtime?model=m"),
        ('< 401 {"error":{}}', '401 {"error":{}}'),
        ("x> 1000 bye", "1000 bye"),
        ("x<", "no code"),
        ("x reset", "reset"),
        ("! 12 disk full", "12 messages lost: disk full"),
        (
            '> {"type":"session.update","session":{"audio":{"output":{"voice":"marin"}},"tools":[{}]}}',
            "voice marin 1 tool",
        ),
        ('> {"type":"session.update","session":{"turn_detection":null}}', "no turn detection"),
        ('< {"type":"response.text.delta","delta":"hi"}', "“hi”"),
        ('< {"type":"error","error":{"code":"c","message":"no"}}', "c no"),
        (
            '< {"type":"response.done","response":{"id":"r","status":"failed","status_details":{"reason":"x"}}}',
            "r failed x",
        ),
        ('> {"type":"response.create","response":{"conversation":"none"}}', "out of band"),
        ('> {"type":"conversation.item.truncate","item_id":"i","audio_end_ms":480}', "i at 480 ms"),
        (
            '> {"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"text":"hi"}]}}',
            "user “hi”",
        ),
        ('< {"type":"conversation.item.added","item":{"type":"function_call","name":"f","arguments":"{}"}}', "f({})"),
        ('> {"type":"conversation.item.create","item":{"type":"function_call_output"}}', "output of no call:"),
        ('< {"type":"something.new","item_id":"i"}', "i"),
        ("> {", "not JSON: unexpected end of data: line 1 column 2 (char 1)"),
    ],
)
def test_an_event_is_told_in_a_few_words(line: str, expected: str) -> None:
    assert said(line).rstrip() == expected


def test_control_sequences_are_shown() -> None:
    assert said('< {"type":"response.text.delta","delta":"\\u001b[2J\\u202e"}') == "“\\e[2J\\u202e”"


NAMES = [
    "session", "response", "item", "part", "error", "delta", "audio", "content", "tools", "rate_limits", "status",
    "status_details", "usage", "output_modalities", "code", "message", "audio_end_ms", "name", "turn_detection", "text",
]  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False), st.text("a\x1b\u202e\n", max_size=3)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=12,
)


@given(
    kind=st.sampled_from([*sorted(CLIENT_TYPES | SERVER_TYPES), "x.delta", ""]),
    body=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
    side=st.sampled_from(list(Side)),
)
def test_whatever_a_peer_sends_is_shown_without_a_control_character(
    kind: str, body: dict[str, Any], side: Side
) -> None:
    event = read(Entry(1, 0.5, side, Kind.MESSAGE, json.dumps({"type": kind, **body}).encode()))
    row = rows.line(rows.of_event(event, None, Formats()), 80, 4)
    lines = [row, *detail.of_event(event, Known())]
    assert all(safe(line.text) == line.text for line in lines)
    assert row.width == 80
