"""Lines: what is written is read again, byte for byte, and what is no entry is named."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.errors import NotAnEntry
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Header, Kind, Side

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.builds(
    lambda value, indent, ascii_only, separators: json.dumps(
        value, indent=indent, ensure_ascii=ascii_only, separators=separators
    ).encode(errors="surrogatepass"),
    st.dictionaries(st.text(), JSON_VALUES, max_size=4),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
    st.sampled_from([None, (",", ":"), (" , ", "  :  "), (",\t", "\t:")]),
)
PAYLOADS = st.binary() | OBJECTS | st.text().map(lambda text: text.encode(errors="surrogatepass"))
TIMES = st.integers(0, 10**12).map(lambda micros: micros / 1e6)


def message(payload: bytes, **members: Any) -> Entry:
    return Entry(3, 0.052134, Side.SERVER, Kind.MESSAGE, payload, **members)


def back(entry: Entry) -> Entry:
    line = jsonl.dump(entry)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    orjson.loads(line)
    return jsonl.parse(line)


@given(PAYLOADS, st.booleans())
def test_a_payload_comes_back_byte_for_byte(payload: bytes, binary: bool) -> None:
    assert back(message(payload, binary=binary)) == message(payload, binary=binary)


@given(PAYLOADS, TIMES, st.integers(1, 2**40), st.sampled_from(Side), st.integers(1, 9), st.booleans(), st.booleans())
def test_an_entry_comes_back_whole(
    payload: bytes, t: float, n: int, side: Side, fragments: int, compressed: bool, redacted: bool
) -> None:
    paths = ("session.tools[0].headers", ',"event":{') if redacted else ()
    entry = Entry(n, t, side, Kind.MESSAGE, payload, fragments=fragments, compressed=compressed, redacted=paths)
    assert back(entry) == entry


@pytest.mark.parametrize(
    "payload",
    [
        '{"b":1,"a":2,"a":3}',
        '{ "spaced" :\t[ 1 , 2 ] } ',
        ' \t{"leading":1}',
        '{"n":1.0,"e":1E+2,"big":123456789012345678901234567890,"neg":-0}',
        '{"u":"\\u00e9é\\/\u2028\u2029😀","nul":"\\u0000"}',
        '{"text":"a \\"quoted\\" ,\\"event\\":{}}"}',
        '{"event":{"event":{"n":1}}}',
        "{}",
    ],
)
def test_an_object_on_one_line_stands_in_its_line_as_it_was(payload: str) -> None:
    line = jsonl.dump(message(payload.encode()))
    assert line[line.index(b'"event":') + 8 : -2] == payload.encode()
    assert jsonl.parse(line).payload == payload.encode()


@pytest.mark.parametrize(
    "payload",
    [
        '{"broken":',
        '{"two"\n:"lines"}',
        '{"cr":\r1}',
        "[1,2]",
        '"a string"',
        "",
        "plain",
        '\ufeff{"bom":1}',
        '{"surrogate":"\\ud800"}',
        '{"infinite":1e999}',
        '{"a":1}{"b":2}',
        '{"deep":' + "[" * 2000 + "]" * 2000 + "}",
    ],
)
def test_any_other_text_is_kept_as_a_string(payload: str) -> None:
    line = jsonl.dump(message(payload.encode()))
    assert json.loads(line)["text"] == payload
    assert jsonl.parse(line) == message(payload.encode())


def test_text_that_is_not_utf8_is_kept_and_stays_text() -> None:
    line = jsonl.dump(message(b'{"a":"\xff"}'))
    assert json.loads(line)["invalid_utf8"] is True
    assert jsonl.parse(line) == message(b'{"a":"\xff"}')


def test_the_line_reads_as_the_format_says() -> None:
    payload = b'{"type":"session.created","event_id":"event_A","session":{}}'
    assert (
        jsonl.dump(message(payload))
        == b'{"n":3,"t":0.052134,"from":"server","kind":"message","event":' + payload + b"}\n"
    )


def test_the_payload_is_the_last_member() -> None:
    entry = message(b"{}", fragments=2, compressed=True, redacted=("a",), members={"injected": True})
    line = jsonl.dump(entry)
    assert list(json.loads(line)) == [
        "n", "t", "from", "kind", "fragments", "compressed", "redacted", "injected", "event"
    ]  # fmt: skip
    assert jsonl.parse(line) == entry


@pytest.mark.parametrize(
    ("kind", "payload", "members"),
    [
        (Kind.REQUEST, b"", {"method": "GET", "target": "/v1/realtime?model=m", "headers": [["Host", "h"], ["A", ""]]}),
        (Kind.REQUEST, b"", {"method": "POST", "target": "/", "headers": [], "body": "{}"}),
        (Kind.RESPONSE, b"", {"status": 101, "reason": "Switching Protocols", "headers": []}),
        (Kind.RESPONSE, b"", {"status": 401, "reason": "", "headers": [], "body": '{"error": {}}'}),
        (Kind.PING, b"\x00\xff", {}),
        (Kind.PONG, b"", {}),
        (Kind.CLOSE, b"", {"code": 1000, "reason": "bye\n\x1b[31m"}),
        (Kind.CLOSE, b"", {"code": None, "reason": ""}),
        (Kind.CLOSE, b"", {"code": 1001, "reason": None}),
        (Kind.END, b"", {"how": "reset", "error": "Connection reset by peer"}),
        (Kind.GAP, b"", {"lost": 12, "why": "disk full"}),
        (Kind.NOTE, b"", {"text": "here it went wrong"}),
    ],
)
def test_every_other_kind_comes_back_too(kind: Kind, payload: bytes, members: dict[str, Any]) -> None:
    entry = Entry(1, 0.0, Side.CLIENT, kind, payload, members=members, redacted=("headers[0]",))
    assert back(entry) == entry


def test_an_event_that_an_editor_moved_keeps_its_meaning() -> None:
    line = b'{"kind":"message","event":{"type": "x","a":{}},"from":"client","t":1,"n":2}'
    entry = jsonl.parse(line)
    assert json.loads(entry.payload) == {"type": "x", "a": {}}
    assert (entry.n, entry.t, entry.side) == (2, 1.0, Side.CLIENT)


def test_members_that_an_editor_added_after_the_event_are_no_part_of_it() -> None:
    entry = jsonl.parse(b'{"n":1,"t":0.000000,"from":"client","kind":"message","event":{"a":{}},"comment":{"b":1}}')
    assert entry.payload == b'{"a":{}}'
    assert entry.members == {"comment": {"b": 1}}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"", "an empty line"),
        (b'{"n":1,"t":0.0', "(line is cut off)"),
        (b'{"n":"\xff"}', "byte 7 is not of a text in UTF-8"),
        (b"[1]", "a JSON list, not an object"),
        (b"{}", 'no "kind"'),
        (b'{"n":1,"t":0,"from":"client","kind":"telegram"}', "\"kind\" is 'telegram'; known are request, response"),
        (b'{"n":1,"t":0,"from":"me","kind":"ping","base64":""}', "\"from\" is 'me'; known are client, server, proxy"),
        (b'{"n":1,"from":"client","kind":"ping","base64":""}', 'no "t"'),
        (b'{"n":0,"t":0,"from":"client","kind":"ping","base64":""}', '"n" is 0, not a whole number from 1'),
        (b'{"n":true,"t":0,"from":"client","kind":"ping","base64":""}', '"n" is True'),
        (b'{"n":1,"t":"0","from":"client","kind":"ping","base64":""}', "\"t\" is '0', not a number of seconds"),
        (b'{"n":1,"t":1e30,"from":"client","kind":"ping","base64":""}', '"t" is 1e+30, not a number of seconds below'),
        (b'{"n":1,"t":0,"from":"client","kind":"message"}', 'a message with none of "event", "text" and "base64"'),
        (b'{"n":1,"t":0,"from":"client","kind":"message","text":1}', '"text" is not a string'),
        (b'{"n":1,"t":0,"from":"client","kind":"message","base64":"?"}', '"base64" is not base64'),
        (b'{"n":1,"t":0,"from":"client","kind":"ping","base64":7}', '"base64" is not base64'),
        (b'{"n":1,"t":0,"from":"client","kind":"request","method":"GET","target":"/"}', 'no "headers"'),
        (
            b'{"n":1,"t":0,"from":"client","kind":"request","method":"GET","target":"/","headers":[["a"]]}',
            '"headers" is not a list of [name, value]',
        ),
        (b'{"n":1,"t":0,"from":"client","kind":"close","code":"1000"}', '"code" is not a whole number or null'),
        (b'{"n":1,"t":0,"from":"client","kind":"close","code":1,"reason":7}', '"reason" is not a string'),
        (b'{"n":1,"t":0,"from":"proxy","kind":"gap","lost":null}', '"lost" is not a whole number'),
        (
            b'{"n":1,"t":0,"from":"client","kind":"ping","base64":"","redacted":"x"}',
            '"redacted" is not a list of paths',
        ),
        (b'{"n":1,"t":0,"from":"client","kind":"ping","base64":"","fragments":0}', '"fragments" is 0'),
    ],
)
def test_what_is_no_entry_is_named(line: bytes, problem: str) -> None:
    with pytest.raises(NotAnEntry) as caught:
        jsonl.parse(line)
    assert str(caught.value).startswith("not an entry: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_torn_line_is_never_taken_for_an_entry(cut: int) -> None:
    line = jsonl.dump(message(b'{"type":"x","a":{"b":{"c":{}}}}')).rstrip()
    with pytest.raises(NotAnEntry):
        jsonl.parse(line[:-cut])


@given(st.binary() | st.builds(lambda a, b: b'{"n":1,"t":0.000000,"from":"client","kind":' + a + b, PAYLOADS, PAYLOADS))
def test_reading_a_line_raises_nothing_but_that_it_is_no_entry(line: bytes) -> None:
    with suppress(NotAnEntry):
        jsonl.parse(line)


@given(
    JSON_VALUES, st.sampled_from(["n", "t", "from", "kind", "event", "text", "base64", "headers", "redacted", "code"])
)
def test_a_member_of_any_type_raises_nothing_else_either(value: Any, name: str) -> None:
    for kind in Kind:
        members = {"n": 1, "t": 0, "from": "client", "kind": kind, "base64": "", "headers": [], name: value}
        try:
            entry = jsonl.parse(json.dumps(members).encode())
        except NotAnEntry:
            continue
        assert jsonl.parse(jsonl.dump(entry)) == entry
        assert isinstance(entry.headers, list)


HEADER = Header(
    id="01KAN3",
    started="2026-11-22T11:10:03.123456Z",
    tool="realtime-inspector 0.1.0",
    via="relay",
    url="wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1",
    client="127.0.0.1:51324",
    tags={"app": "shop"},
    extra={"future": [1, {"a": None}]},
)


def test_a_header_comes_back_whole() -> None:
    line = jsonl.dump_header(HEADER)
    assert line.startswith(b'{"recording":1,"id":"01KAN3","started":')
    assert jsonl.parse_header(line) == HEADER


def test_a_header_needs_its_version_id_and_start_only() -> None:
    header = jsonl.parse_header(b'{"recording":1,"id":"x","started":"2026-11-22T11:10:03.123456Z","tags":7}')
    assert header.tags == {}
    assert header.via == ""


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"recording":1,"started":"x"}', 'no "id"'),
        (b'{"id":"x","started":"x"}', 'no "recording"'),
        (b'{"recording":"1","id":"x","started":"x"}', "\"recording\" is '1', not a whole number"),
        (b'{"recording":', "(line is cut off)"),
        (b"7", "a JSON int, not an object"),
    ],
)
def test_what_is_no_header_is_named(line: bytes, problem: str) -> None:
    with pytest.raises(NotAnEntry, match="not a recording's header: ") as caught:
        jsonl.parse_header(line)
    assert problem in str(caught.value)


def test_a_text_that_is_no_json_at_all_is_not_said_to_be_cut_off() -> None:
    with pytest.raises(NotAnEntry, match="not a recording's header: ") as caught:
        jsonl.parse_header(b"hello")
    assert "cut off" not in str(caught.value)


def test_binary_stays_binary_though_it_looks_like_json() -> None:
    line = jsonl.dump(message(b"{}", binary=True))
    assert json.loads(line)["base64"] == b64encode(b"{}").decode()
