"""What every machine does, whatever kind of session it is: no message breaks it, and its package knows its events."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.protocol.realtime.catalogue import ALL_CLIENT_TYPES
from tests.simulator.driving import Driver, types
from tests.simulator.test_live import MODEL, QUESTION, WEATHER, Line
from tests.simulator.test_machine import JSON
from tests.simulator.test_translation import TALK, TRANSCRIBED, Booth

NAMES = ["session", "audio", "content", "delegation_id", "event_id", "item", "event"]


def interpreted() -> Booth:
    booth = Booth()
    booth.update(**TRANSCRIBED)
    booth.append(TALK)
    booth.raw("{")
    booth.send("session.close")
    return booth


def talked() -> Line:
    line = Line(WEATHER, **MODEL)
    for made in [event for event in line.append(QUESTION) if event["type"] == "session.delegation.created"]:
        for kind in ("instructions", "thinking", "commentary"):
            line.comment(made["delegation"]["id"], kind)
    line.send("session.input_audio.mute")
    line.send("session.input_audio.unmute")
    line.send("session.update", session={})
    line.raw("{")
    line.send("session.close")
    return line


@pytest.mark.parametrize("kind", ["translation", "live"])
def test_every_event_is_one_the_sdk_knows(kind: str) -> None:
    pydantic = pytest.importorskip("pydantic")
    if kind == "live":
        driver: Driver = talked()
        sdk = pydantic.TypeAdapter(pytest.importorskip("openai.types.live").ServerEvent)
    else:
        driver = interpreted()
        sdk = pydantic.TypeAdapter(pytest.importorskip("openai.types.realtime").RealtimeTranslationServerEvent)
    for event in driver.events:
        assert sdk.validate_python(event).type == event["type"]
    ids = [event["event_id"] for event in driver.events if "event_id" in event]
    assert len(set(ids)) == len(ids)
    assert len(set(types(driver.events))) == {"translation": 7, "live": 13}[kind]


@settings(max_examples=40)
@given(
    st.booleans(),
    st.lists(
        st.tuples(
            st.sampled_from(sorted(ALL_CLIENT_TYPES - {"session.close"})),
            st.dictionaries(st.sampled_from(NAMES), JSON),
        ),
        max_size=4,
    ),
)
def test_nothing_a_client_sends_raises(is_live: bool, sent: list[tuple[str, dict[str, Any]]]) -> None:
    driver: Driver = Line() if is_live else Booth()
    for event_type, members in sent:
        driver.raw(orjson.dumps({**members, "type": event_type}))
    assert driver.closed is None


def test_binary_messages_are_refused() -> None:
    for driver in (Booth(), Line(), Driver()):
        driver.machine.receive(b'{"type": "session.close"}', 0.0, binary=True)
        assert driver.run()[0]["error"]["message"] == "Binary messages are not supported."
