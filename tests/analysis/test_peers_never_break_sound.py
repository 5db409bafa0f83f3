"""Whatever two peers send each other, no rule about sound, transcripts, limits, cost or the recording breaks on it."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.recording.entry import Entry, Kind, Side

GROUPS = {"AUD", "VAD", "OUT", "TRN", "ERR", "RAT", "CST", "REC"}
RULES = [rule for rule in all_rules() if rule.id[:3] in GROUPS]
IDS = st.sampled_from(["a1", "u1", "r1", ""])
NUMBERS = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.sampled_from(
    ["completed", "failed", "server_vad", "semantic_vad", "audio/pcm", "audio/pcmu", "low", "Привет"]
)
NAMES = (
    st.sampled_from(
        ["audio", "input", "output", "format", "type", "rate", "turn_detection", "transcription", "content"]
    )
    | st.sampled_from(
        ["status", "usage", "input_tokens", "input_token_details", "cached_tokens", "text_tokens", "model"]
    )
    | st.sampled_from(["name", "limit", "remaining", "reset_seconds", "silence_duration_ms", "eagerness", "id"])
    | st.sampled_from(["status_details", "error", "code", "truncation", "token_limits", "seconds", "prompt", "delay"])
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS | IDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
TYPES = sorted({name for rule in RULES for name in rule.on if name != "*"})
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "item_id": IDS | JSON,
        "response_id": IDS,
        "transcript": WORDS | JSON,
        "audio_start_ms": NUMBERS | JSON,
        "audio_end_ms": NUMBERS | JSON,
        "session": JSON,
        "response": JSON,
        "item": JSON,
        "rate_limits": JSON,
        "error": JSON,
        "audio": st.sampled_from(["AAAA", "////", "UklGRg==", "%%", ""]) | JSON,
        "delta": st.sampled_from(["AAAA", "////fwAA", ""]) | JSON,
    },
)


@given(st.lists(st.tuples(st.sampled_from([*Side]), st.sampled_from(TYPES), MEMBERS, st.floats(0, 9)), max_size=12))
def test_no_rule_breaks(sent: list[tuple[Side, str, dict[str, Any], float]]) -> None:
    linter = Linter(RULES)
    t, entries = 0.0, []
    for n, (side, kind, members, wait) in enumerate(sent, 1):
        t += wait
        entries.append(Entry(n, t, side, Kind.MESSAGE, orjson.dumps({**members, "type": kind})))
    for event in events(entries):
        linter.feed(event)
    assert linter.failed == {}
