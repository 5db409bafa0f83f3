"""Going through the text of a log."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.formats.log_scan import Lines, Sighting, scan
from realtime_inspector.formats.log_wire import Ending

EVENT = '{"type": "response.create"}'


def sightings(text: str) -> list[Sighting]:
    return [sighting for sighting in scan(text) if isinstance(sighting, Sighting)]


def types(text: str) -> list[str]:
    return [sighting.found.type for sighting in sightings(text)]


def test_words_before_and_after_an_event_are_kept() -> None:
    (sighting,) = sightings(f"first line\n12:00 got {EVENT} at 5\nnext")
    assert (sighting.before, sighting.after) == ("12:00 got ", " at 5")


@pytest.mark.parametrize(
    ("text", "before"),
    [
        (f"server sent:\n{EVENT}", "server sent:"),
        (f"server sent:\n\n```json\n{EVENT}\n```", "server sent:"),
        (f"one\ntwo\nthree:\n   {EVENT}", "two\nthree:"),
    ],
)
def test_an_event_alone_on_its_line_is_spoken_of_above(text: str, before: str) -> None:
    (sighting,) = sightings(text)
    assert sighting.before == before


def test_the_words_of_one_event_are_not_those_of_the_next() -> None:
    first, second = sightings(f"sent: {EVENT}\n{EVENT}")
    assert (first.before, second.before) == ("sent: ", "")
    assert (first.follows, second.follows) == (False, True)


def test_events_of_one_object_share_its_words() -> None:
    first, second = sightings(f'sent {{"events": [{EVENT}, {EVENT}]}}')
    assert first.before == second.before == "sent "
    assert (first.follows, second.follows) == (False, True)


@pytest.mark.parametrize(
    "text",
    [
        EVENT,
        "function() { " + EVENT + " }",
        "{ it's broken " + EVENT,
        "{{" + EVENT + "}}",
        '"' + EVENT.replace('"', '\\"') + '"',
        "'" + EVENT.replace('"', '\\\\\\"') + "'",
        'x = {"a": ' + EVENT + ", broken",
        "Created(type='response.create')",
        "12:00 | sent: event_id='e1' type='response.create' response=None",
        "ErrorFrame#1(error: type='response.create' fatal=True, x: 1)",
        '{"other": 1} ' + EVENT,
        "{'a': 1, " + EVENT,
    ],
)
def test_an_event_is_found_whatever_stands_around_it(text: str) -> None:
    assert types(text) == ["response.create"]


@pytest.mark.parametrize("prefix", ["", "b"])
def test_json_in_a_string_of_python_is_read_with_its_escapes(prefix: str) -> None:
    event = {"type": "response.create", "response": {"instructions": 'it\'s "so"\nand so'}}
    text = json.dumps(event)
    (sighting,) = sightings(f"sent {prefix}{text!r} at once")
    assert (sighting.found.body, sighting.found.verbatim, sighting.found.cut) == (event, text, False)
    assert sighting.after == " at once"


def test_the_wire_is_told_in_its_place() -> None:
    told = list(scan(f"HTTP 401: server rejected WebSocket connection: HTTP 401\n{EVENT} closed with code 1001"))
    assert [type(part) for part in told] == [Ending, Sighting, Ending]


def test_words_inside_events_tell_nothing_of_the_wire() -> None:
    assert types('{"type": "error", "event_id": "e", "m": "closed with code 1001"}') == ["error"]
    assert len(list(scan('{"type": "error", "event_id": "e", "m": "closed with code 1001"}'))) == 1


def test_lines_are_counted_from_one() -> None:
    lines = Lines("a\nb\n\nc")
    assert [lines.of(at) for at in (0, 1, 2, 4, 5)] == [1, 1, 2, 3, 4]


@given(st.text(st.sampled_from("{}[]()\"'\\:,= \n.typeresponsecreateA1")), st.integers(0, 3))
def test_no_text_raises_and_an_event_on_its_own_line_is_always_found(text: str, indent: int) -> None:
    assert "response.cancel" in types(text + "\nsent:" + " " * indent + '{"type": "response.cancel"}\n' + text)


UNITS = [
    "{", "{\n", '{"a":', '{"a":[\n', "{}", '"', '\\"', '{\\"', '{\\"a\\":', '{"a', "{'a':", "Foo(a=", "Foo(a=1,",
    "A(", "A", "{'a':<", '{"type":"response.done","a":[1,2],\n', "{`", "{b'", "{1", "closed ", "close code ",
    "received 1000 (", "12:00 ", '{"a":"\\"{', "{ ", "```\n{",
    "type='a' ", "type=A(a=", "{\n//", "{\na: 1,/*", "{\na: 1 #",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_hostile_text_is_read_in_linear_time(unit: str) -> None:
    started = time.process_time()
    for _ in scan(unit * (100_000 // len(unit))):
        pass
    assert time.process_time() - started < 10  # it takes 0.3 s at most, and a quadratic search 15 s and more
