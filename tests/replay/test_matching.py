"""What counts as the same client event."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from realtime_inspector.protocol.event import Event, read
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.ids import IdMap
from realtime_inspector.replay.matching import MISSING, Difference, differences, look_random


def event(body: Any) -> Event:
    """Return a client event."""
    payload = body if isinstance(body, bytes) else orjson.dumps(body)
    return read(Entry(1, 0.0, Side.CLIENT, Kind.MESSAGE, payload=payload))


def between(recorded: Any, live: Any, **options: Any) -> list[Difference]:
    """Return the differences of two bodies."""
    return differences(event(recorded), event(live), IdMap(), **options)


def update(**session: Any) -> dict[str, Any]:
    """Return a session.update."""
    return {"type": "session.update", "session": session}


def item(**members: Any) -> dict[str, Any]:
    """Return a conversation.item.create."""
    return {"type": "conversation.item.create", "item": members}


def respond(**members: Any) -> dict[str, Any]:
    """Return a response.create."""
    return {"type": "response.create", "response": members}


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ({"type": "response.create", "event_id": "a"}, {"type": "response.create", "event_id": "b"}),
        ({"type": "response.create"}, respond()),
        ({"type": "response.create", "response": None}, {"type": "response.create"}),
        (item(id="a", type="message"), item(id="b", type="message")),
        (item(id="a", type="message"), item(type="message")),
        ({"type": "x", "previous_item_id": None}, {"type": "x"}),
        (update(speed=1), update(speed=1.0)),
        (
            {"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": 10},
            {"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": 999},
        ),
        (
            item(content=[{"type": "input_audio", "audio": "AAAA"}]),
            item(content=[{"type": "input_audio", "audio": "BBBBBBBB"}]),
        ),
        (item(output='{"a": 1, "b": [2]}'), item(output='{"b":[2],"a":1}')),
        (item(output='{"at": 1763800000}'), item(output='{"at": 1795900000}')),
        (item(output='{"at": "2026-11-22T10:00:00Z"}'), item(output='{"at": "2027-01-02T03:04:05.678+01:00"}')),
        (update(instructions="Now: 2026-11-22 10:00"), update(instructions="Now: 2026-11-23 11:30")),
        (update(tools=[{"name": "a"}, {"name": "b"}]), update(tools=[{"name": "b"}, {"name": "a"}])),
        (respond(metadata={"client_event_id": "rc_00aa11bb"}), respond(metadata={"client_event_id": "rc_99zz88yy"})),
        (update(tools=[{"authorization": "Bearer [redacted:Bearer]"}]), update(tools=[{"authorization": "Bearer x"}])),
        (b'{"type":"x","a":1,"b":2}', b'{ "b" : 2, "a" : 1, "type" : "x" }'),
        (b"\xff\xfe", b"\xff\xfe"),
    ],
)
def test_these_mean_the_same(recorded: Any, live: Any) -> None:
    assert between(recorded, live) == []


@pytest.mark.parametrize(
    ("recorded", "live", "path"),
    [
        (update(instructions="a"), update(instructions="b"), "session.instructions"),
        (update(turn_detection=None), update(), "session.turn_detection"),
        (update(), update(voice="ash"), "session.voice"),
        (update(on=True), update(on=1), "session.on"),
        (update(tools=[{"name": "a", "x": 1}]), update(tools=[{"name": "a", "x": 2}]), "session.tools[a].x"),
        (update(tools=[{"name": "a"}]), update(tools=[]), "session.tools[0]"),
        (item(call_id="c1"), item(call_id="c2"), "item.call_id"),
        (item(output='{"a": 1}'), item(output='{"a": 2}'), "item.output.a"),
        (item(output="2026-11-22"), item(output="2026-11-23"), "item.output"),
        (item(content=[{"text": "a"}]), item(content=[{"text": "a"}, {"text": "b"}]), "item.content[1]"),
        (respond(metadata={"topic": "weather"}), respond(metadata={"topic": "music"}), "response.metadata.topic"),
        (respond(metadata={"n": "1"}), respond(metadata={}), "response.metadata.n"),
        ({"type": "x", "previous_item_id": "a"}, {"type": "x", "previous_item_id": "b"}, "previous_item_id"),
        (b"\xff\xfe", b"\xff\xff", ""),
    ],
)
def test_these_differ(recorded: Any, live: Any, path: str) -> None:
    assert [difference.path for difference in between(recorded, live)] == [path]


def test_what_one_side_lacks_is_shown_as_missing() -> None:
    (found,) = between(update(), update(voice="ash"))
    assert (found.recorded, found.live) == (MISSING, "ash")


@pytest.mark.parametrize(
    "pattern", ["session.tools[a].x", "session.tools", "session.tools[*].x", "session.*", "session"]
)
def test_an_ignored_path_covers_what_is_beneath_it(pattern: str) -> None:
    one, other = update(tools=[{"name": "a", "x": 1}]), update(tools=[{"name": "a", "x": 2}])
    assert between(one, other, ignore=(pattern,)) == []


def test_an_ignored_path_covers_nothing_else() -> None:
    assert between(update(a=1, b=1), update(a=2, b=2), ignore=("session.a",))[0].path == "session.b"
    assert between(update(a=1), update(a=2), ignore=("session.a.b", "sess"))


def test_a_number_that_was_redacted_may_be_any_number() -> None:
    assert between(update(phone="[redacted:phone-1]"), update(phone=4915123456789)) == []
    assert between(update(phone="call [redacted:phone-1]"), update(phone=4915123456789)) != []
    assert between(update(phone="[redacted:phone-1]"), update(phone=True)) != []


@pytest.mark.parametrize(
    ("recorded", "live", "same"),
    [
        ("call [redacted:phone-1] or [redacted:phone-2].", "call 1 or 2.", True),
        ("call [redacted:phone-1] or [redacted:phone-2].", "call 1 or 2 or 3.", True),
        ("call [redacted:phone-1] or [redacted:phone-2].", "call 1, 2.", False),
        ("call [redacted:phone-1] or [redacted:phone-2].", "call 1 or .", False),
        ("call [redacted:phone-1] or [redacted:phone-2].", "call  or 2.", False),
        ("call [redacted:phone-1] or [redacted:phone-2].", "dial 1 or 2.", False),
        ("call [redacted:phone-1] or [redacted:phone-2].", "call 1 or 2!", False),
        ("[redacted:a][redacted:b]", "12", True),
        ("[redacted:a][redacted:b]", "1", False),
        ("a[redacted:1]a", "aa", False),
        ("a [redacted:cut off", "a b", False),
    ],
)
def test_where_something_was_redacted_anything_may_stand(recorded: str, live: str, same: bool) -> None:
    assert (between(update(instructions=recorded), update(instructions=live)) == []) is same


def test_many_places_that_were_redacted_are_compared_at_once() -> None:
    names = " ".join(f"[redacted:mail-{number}]" for number in range(40))
    assert between(update(instructions=f"{names} end"), update(instructions="a " * 2000)) != []


def test_a_matcher_may_accept_refuse_or_leave_it() -> None:
    one, other = update(a=1), update(a=2)
    assert between(one, other, matcher=lambda recorded, live: True) == []
    assert between(one, one, matcher=lambda recorded, live: False)[0].live == "refused by the matcher"
    assert between(one, other, matcher=lambda recorded, live: None)[0].path == "session.a"


@pytest.mark.parametrize(
    ("one", "other", "random"),
    [
        ("item_8d3f2a1b", "item_00ff11ee", True),
        ("8d3f2a1b-1111-4222-8333-0123456789ab", "00000000-1111-4222-8333-ba9876543210", True),
        ("rc_Xy3kLm9", "rc_Qw8eRt1", True),
        ("abcdefab", "01234567", True),
        ("weather", "traffic", False),
        ("step_1", "step_2", False),
        ("item_8d3f2a1b", "call_8d3f2a1b", False),
    ],
)
def test_random_ids_are_told_from_words(one: str, other: str, random: bool) -> None:
    assert look_random(one, other) is random
