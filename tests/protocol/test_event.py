"""Every entry becomes one event, whatever it holds."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.protocol.event import AUDIO_FIELDS, MOST_DEPTH, Event, base64_bytes, dig, read, without_audio
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Kind, Side

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
AUDIO_TYPES = st.sampled_from([*AUDIO_FIELDS, "response.output_text.delta"])


def message(payload: bytes, *, binary: bool = False) -> Event:
    return read(Entry(1, 0.0, Side.CLIENT, Kind.MESSAGE, payload, binary=binary))


def test_an_event_has_the_type_of_its_json_and_the_place_of_its_entry() -> None:
    event = read(transcript.entries('+2s < {"type": "session.created", "session": {"id": "s1"}}')[0])
    assert (event.type, event.n, event.t, event.side) == ("session.created", 1, 2.0, Side.SERVER)
    assert (event.from_server, event.from_client, event.is_wire) == (True, False, False)
    assert event.get("session.id") == "s1"
    assert event.get("session.voice.id", "none") == "none"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("> GET /v1/realtime?model=m", "wire.request"),
        ("< 101", "wire.response"),
        ("x> 1000 bye", "wire.close"),
        ("x", "wire.end"),
        ("! 3 disk full", "wire.gap"),
    ],
)
def test_what_is_no_message_has_a_type_of_ours(line: str, kind: str) -> None:
    event = read(transcript.entries(line)[0])
    assert event.type == kind
    assert event.is_wire


def test_a_wire_event_has_the_members_of_its_entry() -> None:
    assert read(transcript.entries("x> 1000 bye")[0]).body == {"code": 1000, "reason": "bye"}


@pytest.mark.parametrize("kind", [Kind.PING, Kind.PONG, Kind.NOTE])
def test_pings_and_notes_are_events_too(kind: Kind) -> None:
    assert read(Entry(1, 0.0, Side.PROXY, kind, members={"text": "x"})).type == f"wire.{kind}"


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"[1]", "a JSON array, not an object"),
        (b'"hello"', "a JSON string, not an object"),
        (b"7", "a JSON number, not an object"),
        (b"true", "a JSON boolean, not an object"),
        (b"null", "a JSON null, not an object"),
    ],
)
def test_json_that_is_no_object_is_malformed_and_named(payload: bytes, problem: str) -> None:
    event = message(payload)
    assert (event.type, event.body) == ("wire.malformed", {"problem": problem})


@pytest.mark.parametrize("payload", [b"", b"{", b"hello", b'{"type": "x"} {}', b'{"type": "\xff"}', b"[" * 5000])
def test_text_that_is_no_json_is_malformed(payload: bytes) -> None:
    event = message(payload)
    assert event.type == "wire.malformed"
    assert event.body["problem"].startswith("not JSON: ")


@pytest.mark.parametrize("payload", [b"{}", b'{"event": "x"}', b'{"type": 5}', b'{"type": ""}', b'{"type": ["a"]}'])
def test_an_object_without_a_type_is_untyped_and_keeps_its_body(payload: bytes) -> None:
    event = message(payload)
    assert event.type == "wire.untyped"
    assert event.body == orjson.loads(payload)


def test_a_peer_cannot_pretend_that_the_connection_ended() -> None:
    assert message(b'{"type": "wire.end"}').type == "wire.untyped"


def nested(depth: int, lists: bool = False) -> Any:
    inner: Any = 1
    for _ in range(depth):
        inner = [inner] if lists else {"a": inner}
    return inner


@pytest.mark.parametrize("lists", [False, True])
def test_what_is_nested_too_deep_is_malformed(lists: bool) -> None:
    whole = {"type": "session.update", "session": nested(MOST_DEPTH - 1, lists)}
    assert message(orjson.dumps(whole)).body == whole
    deeper = {"type": "session.update", "session": nested(MOST_DEPTH, lists)}
    event = message(orjson.dumps(deeper))
    assert (event.type, event.body) == (
        "wire.malformed",
        {"problem": "objects within objects, more than 100 deep"},
    )
    assert read(event.entry, deeper).type == "wire.malformed"


def test_a_binary_message_is_not_looked_into() -> None:
    event = message(b'{"type": "response.create"}', binary=True)
    assert (event.type, event.body) == ("wire.binary", {})


def test_audio_is_taken_out_of_the_body_and_counted() -> None:
    audio = b64encode(bytes(4800)).decode()
    event = message(orjson.dumps({"type": "input_audio_buffer.append", "event_id": "e", "audio": audio}))
    assert event.body == {"type": "input_audio_buffer.append", "event_id": "e", "audio": ""}
    assert event.audio_bytes == 4800
    assert event.audio() == audio


def test_audio_is_found_behind_escapes_and_odd_spacing() -> None:
    event = message(b'{ "delta" : "AAE\\u003d" ,\n "type" : "response.output_audio.delta" }')
    assert event.body == {"delta": "", "type": "response.output_audio.delta"}
    assert (event.audio_bytes, event.audio()) == (2, "AAE=")


@pytest.mark.parametrize("value", [None, 5, ["AAAA"], {"a": "AAAA"}])
def test_an_audio_field_that_is_no_text_stays_as_it_is(value: Any) -> None:
    event = message(orjson.dumps({"type": "input_audio_buffer.append", "audio": value}))
    assert event.body["audio"] == value
    assert (event.audio_bytes, event.audio()) == (0, "")


def test_a_text_delta_is_no_audio() -> None:
    event = message(b'{"type": "response.output_text.delta", "delta": "Hello"}')
    assert (event.body["delta"], event.audio_bytes, event.audio()) == ("Hello", 0, "")


def test_a_member_without_a_name_is_no_audio() -> None:
    event = message(b'{"type": "response.output_text.delta", "": "AAAA"}')
    assert (event.body[""], event.audio_bytes) == ("AAAA", 0)


def test_audio_that_the_recording_left_out_is_counted_by_what_it_says() -> None:
    def left_out(said: object) -> int:
        payload = b'{"type": "input_audio_buffer.append", "audio": ""}'
        return read(Entry(1, 0.0, Side.CLIENT, Kind.MESSAGE, payload, members={"audio": said})).audio_bytes

    assert left_out({"audio": {"bytes": 4800}}) == 4800
    strange: list[object] = [None, 5, {}, {"audio": 5}, {"audio": {"bytes": -1}}, {"audio": {"bytes": True}}]
    assert [left_out(said) for said in [*strange, {"audio": {"bytes": "9"}}, {"delta": {"bytes": 9}}]] == [0] * 8


@given(st.dictionaries(st.text(), JSON), AUDIO_TYPES, st.binary(max_size=200), st.booleans())
def test_the_body_is_the_whole_json_with_only_the_audio_gone(
    members: dict[str, Any], kind: str, sound: bytes, spaced: bool
) -> None:
    audio = b64encode(sound).decode()
    whole = {**members, "type": kind, "audio": audio, "delta": audio}
    event = message(orjson.dumps(whole, option=orjson.OPT_INDENT_2 if spaced else 0))
    field = AUDIO_FIELDS.get(kind)
    assert event.body == (whole if field is None else {**whole, field: ""})
    assert event.audio_bytes == (len(sound) if field else 0)
    assert event.audio() == (audio if field else "")


@given(st.binary(max_size=300), st.booleans())
def test_reading_never_raises(payload: bytes, binary: bool) -> None:
    event = message(payload, binary=binary)
    assert event.type
    assert isinstance(event.body, dict)


@given(JSON, AUDIO_TYPES)
def test_reading_any_json_never_raises(value: Any, kind: str) -> None:
    event = message(orjson.dumps({"type": kind, "audio": value, "delta": value}))
    assert event.type == kind
    assert isinstance(event.audio(), str)


@given(st.binary(max_size=60))
def test_base64_is_counted_without_decoding(sound: bytes) -> None:
    assert base64_bytes(b64encode(sound).decode()) == len(sound)


@pytest.mark.parametrize("text", ["", "=", "==", "A", "===="])
def test_what_is_no_base64_counts_as_nothing(text: str) -> None:
    assert base64_bytes(text) in {0, 1}


def test_a_null_in_a_path_counts_as_absent() -> None:
    assert dig({"a": {"b": None}}, "a.b", 7) == 7
    assert dig({"a": {"b": 0}}, "a.b", 7) == 0
    assert dig({"a": [1]}, "a.b", 7) == 7


def test_a_message_without_its_audio_is_the_rest_of_it_byte_for_byte() -> None:
    sound = message(b'{ "audio" : "AAAA", "type":"input_audio_buffer.append"}')
    assert without_audio(sound) == b'{ "audio" : "", "type":"input_audio_buffer.append"}'
    words = message(b'{"type":"response.output_text.delta","delta":"AAAA"}')
    assert without_audio(words) == words.entry.payload
