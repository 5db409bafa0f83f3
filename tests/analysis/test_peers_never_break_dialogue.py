"""Whatever two peers send each other, no rule about responses, items, tools and interruptions breaks on it."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES, SERVER_TYPES
from realtime_inspector.recording.entry import Entry, Kind, Side

GROUPS = {"RSP", "ITM", "TOO", "MCP", "INT"}
RULES = [rule for rule in all_rules() if rule.id[:3] in GROUPS]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5000) | st.sampled_from(["a", "", "none", "completed"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "type", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def like(**fields: list[Any] | st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with these members, some left out, some of another kind."""
    known = {name: (st.sampled_from(values) if isinstance(values, list) else values) for name, values in fields.items()}
    return st.fixed_dictionaries(
        {}, optional={name: st.one_of(values, values, values, JSON) for name, values in known.items()}
    )


IDS = ["a", "b", "undefined", ""]
PARTS = like(
    type=["output_audio", "output_text", "text", "input_text"], text=["Hi"], transcript=["Hello there, caller."]
)
KINDS = ["message", "function_call", "function_call_output", "mcp_call", "mcp_approval_request", "item_reference"]
ITEMS = like(
    id=IDS,
    type=KINDS,
    role=["user", "assistant"],
    status=["completed", "in_progress"],
    call_id=IDS,
    name=["f"],
    arguments=["{}", '{"a": 1}', "{"],
    output=["1"],
    approval_request_id=IDS,
    content=st.lists(PARTS | JSON, max_size=2),
)
SCHEMAS = like(type=["object"], required=[["a"]], properties=[{"a": {"type": "string"}}, {"a": {"$ref": "b"}}])
TOOLS = st.lists(
    like(type=["function", "mcp"], name=["f"], parameters=SCHEMAS, headers=[{"k": "v"}]) | JSON, max_size=2
)
RESPONSES = like(
    id=IDS,
    status=["completed", "cancelled", "in_progress"],
    status_details=like(reason=["turn_detected", "client_cancelled"]),
    conversation=["none", "auto"],
    conversation_id=["c", None],
    metadata=[{"k": "v"}, {}],
    input=st.lists(ITEMS | JSON, max_size=2),
    output=st.lists(ITEMS | JSON, max_size=2),
    output_modalities=[["audio"], ["text"]],
    tools=TOOLS,
)
SESSIONS = like(
    turn_detection=like(type=["server_vad"], interrupt_response=[True, False]),
    tools=TOOLS,
    instructions=["Be kind."],
    output_modalities=[["audio"]],
)
MEMBERS = like(
    item=ITEMS,
    response=RESPONSES,
    session=SESSIONS,
    item_id=IDS,
    response_id=IDS,
    call_id=IDS,
    delta=["AAAA"],
    audio_end_ms=[0, 7, 5000],
    content_index=[0, 1],
    output_index=[0, 1],
    previous_item_id=IDS,
    name=["f"],
    arguments=["{}", "{"],
    transcript=["Hello there, caller."],
)
TYPES = {name for rule in RULES for name in rule.on}
CLIENT = st.tuples(st.just(Side.CLIENT), st.sampled_from(sorted(TYPES & CLIENT_TYPES)))
SERVER = st.tuples(st.just(Side.SERVER), st.sampled_from(sorted(TYPES & SERVER_TYPES)))


@given(st.lists(st.tuples(CLIENT | SERVER, MEMBERS), max_size=12))
def test_no_rule_breaks(sent: list[tuple[tuple[Side, str], dict[str, Any]]]) -> None:
    linter = Linter(RULES)
    entries = [Entry(1, 0.0, Side.SERVER, Kind.MESSAGE, b'{"type":"session.created","session":{"audio":{}}}')]
    entries += [
        Entry(n, n * 0.7, side, Kind.MESSAGE, orjson.dumps({**members, "type": kind}))
        for n, ((side, kind), members) in enumerate(sent, 2)
    ]
    for event in events(entries):
        linter.feed(event)
    assert linter.failed == {}
