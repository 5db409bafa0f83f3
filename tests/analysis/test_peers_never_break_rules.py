"""Whatever two peers send each other, no rule of these groups breaks on it."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES
from realtime_inspector.recording.entry import Entry, Kind, Side

RULES = [rule for rule in all_rules() if rule.id[:3] in {"CON", "ENV", "SES"}]
NAMES = (
    st.sampled_from(["type", "audio", "input", "output", "format", "voice", "rate", "modalities", "output_modalities"])
    | st.sampled_from(["tools", "tool_choice", "function", "name", "parameters", "required", "properties", "strict"])
    | st.sampled_from(["turn_detection", "transcription", "threshold", "idle_timeout_ms", "max_output_tokens", "model"])
    | st.sampled_from(["id", "code", "param", "role", "content", "call_id", "truncation", "prompt"])
)
WORDS = st.sampled_from(["realtime", "transcription", "function", "audio/pcm", "pcm16", "alloy", "required", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=16,
)
CLIENT = st.tuples(st.just(Side.CLIENT), st.sampled_from(sorted(CLIENT_TYPES)))
SERVER = st.tuples(
    st.just(Side.SERVER),
    st.sampled_from(["session.created", "session.updated", "error", "response.created", "response.output_audio.delta"]),
)
MEMBERS = st.dictionaries(st.sampled_from(["session", "response", "item", "error", "event_id", "item_id"]), JSON)


@given(st.lists(st.tuples(CLIENT | SERVER, MEMBERS), max_size=8))
def test_no_rule_breaks(sent: list[tuple[tuple[Side, str], dict[str, Any]]]) -> None:
    linter = Linter(RULES)
    entries = [
        Entry(n, n * 0.7, side, Kind.MESSAGE, orjson.dumps({**members, "type": kind}))
        for n, ((side, kind), members) in enumerate(sent, 1)
    ]
    for event in events(entries):
        linter.feed(event)
    assert linter.failed == {}


@given(st.lists(st.tuples(st.sampled_from([Kind.REQUEST, Kind.RESPONSE, Kind.CLOSE, Kind.END]), MEMBERS, JSON)))
def test_no_rule_breaks_on_the_wire(sent: list[tuple[Kind, dict[str, Any], Any]]) -> None:
    linter = Linter(RULES)
    for n, (kind, members, value) in enumerate(sent, 1):
        for name in ("target", "status", "body", "code", "reason", "how"):
            entry = Entry(n, float(n), Side.SERVER, kind, members={**members, name: value})
            for event in events([entry]):
                linter.feed(event)
    assert linter.failed == {}
