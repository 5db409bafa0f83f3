"""Values changed where they stand."""

from __future__ import annotations

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.recording.splicing import Change, splice


def test_what_is_not_changed_keeps_its_bytes() -> None:
    payload = b'{ "a" : "x\\/y" ,"n":1.50, "l":[null,true,"x"] }'
    made, changes = splice(payload, lambda found, raw: '"z"' if found.name == "l[2]" else None)
    assert made == b'{ "a" : "x\\/y" ,"n":1.50, "l":[null,true,"z"] }'
    assert changes == [Change("l[2]", '"x"')]


def test_numbers_and_nulls_can_be_changed_and_names_cannot() -> None:
    made, _ = splice(b'{"n":1,"null":null}', lambda found, raw: {"1": "2", "null": '"x"'}.get(raw))
    assert made == b'{"n":2,"null":"x"}'
    assert splice(b'{"a":1}', lambda found, raw: '"b"' if raw == '"a"' else None)[1] == []


def test_what_was_there_put_back_is_what_it_was() -> None:
    payload = b'{"a":"\\u00e4","b":[1,{"a":"x"}]}'
    made, changes = splice(payload, lambda found, raw: '"*"')
    before = {change.path: change.before for change in changes}
    assert splice(made, lambda found, raw: before.get(found.name))[0] == payload


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode(errors="replace")))
@settings(max_examples=25, deadline=None)
def test_what_is_no_json_is_returned_as_it_is(payload: bytes) -> None:
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError:
        assert splice(payload, lambda found, raw: "0") == (payload, [])
