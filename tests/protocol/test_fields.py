"""What the reference says of a field: where an event could be several things, of the one that it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.protocol.realtime.fields import explain

UPDATE: dict[str, Any] = {
    "type": "session.update",
    "session": {
        "type": "realtime",
        "output_modalities": ["audio"],
        "audio": {"output": {"voice": "cedar"}, "input": {"turn_detection": {"type": "server_vad", "threshold": 0.5}}},
        "colour": "red",
        "tools": [{"type": "function", "name": "look"}],
    },
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
STEPS = st.text(max_size=8) | st.integers(0, 3) | st.sampled_from(["session", "audio", "tools"])


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("session", "type"), "one of realtime, transcription; required"),
        (("session", "output_modalities"), "list, each one of text, audio"),
        (("session", "output_modalities", 0), "one of text, audio"),
        (("session", "audio"), "object: input, output"),
        (("session", "audio", "output", "voice"), "object or text"),
        (("session", "audio", "input", "turn_detection", "threshold"), "number"),
        (("session", "tools", 0, "name"), "text"),
        (("session", "colour"), "not in the reference"),
        ((), ""),
    ],
)
def test_a_field_is_explained(path: tuple[str | int, ...], said: str) -> None:
    assert explain("client", UPDATE, path) == said


def test_an_object_names_its_members_not_all_of_many() -> None:
    said = explain("client", UPDATE, ("session",))
    assert said.startswith("object: type, audio, include")
    assert said.endswith(" more; required")


def test_an_event_that_is_not_known_has_nothing_to_say() -> None:
    assert explain("client", {"type": "no.such.event"}, ("type",)) == ""
    assert explain("proxy", UPDATE, ("type",)) == ""


@given(JSON, st.lists(STEPS, max_size=5))
def test_nothing_that_a_peer_sends_breaks_it(value: Any, path: list[str | int]) -> None:
    for body in ({**UPDATE, "session": value}, {"type": value}):
        assert isinstance(explain("client", body, path), str)
