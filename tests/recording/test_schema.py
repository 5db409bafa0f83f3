"""The JSON Schema of the format, held against what is written."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.recording import jsonl, schema
from realtime_inspector.recording.entry import Entry, Header, Kind, Side

PART = jsonl.part_header(jsonl.dump_header(Header("r", "2026-11-22T11:10:03.000000Z")), 2, 100)
SCHEMA = json.loads(schema.text())
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)
HEADERS = st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=3)
BODY = st.fixed_dictionaries({}, optional={"body": st.text()})


def fields(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(strategies)


def members(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    match kind:
        case Kind.REQUEST:
            own = fields(method=st.text(), target=st.text(), headers=HEADERS)
        case Kind.RESPONSE:
            own = fields(status=st.integers(100, 599), reason=st.text(), headers=HEADERS)
        case Kind.CLOSE:
            own = fields(code=st.none() | st.integers(1000, 4999), reason=st.text())
        case Kind.END:
            own = fields(how=st.sampled_from(["closed", "reset", "timeout"]))
        case Kind.GAP:
            own = fields(lost=st.integers(0, 9999), why=st.text())
        case Kind.NOTE:
            own = fields(text=st.text())
        case _:
            return st.just({})
    return st.builds(lambda a, b: a | b, own, BODY if kind in {Kind.REQUEST, Kind.RESPONSE} else st.just({}))


ENTRIES = st.sampled_from(Kind).flatmap(
    lambda kind: st.builds(
        Entry,
        n=st.integers(1, 10**9),
        t=st.floats(0, 10**6),
        side=st.sampled_from(Side),
        kind=st.just(kind),
        payload=st.just(b'{"type":"x"}') | st.binary(max_size=50) | st.text(max_size=50).map(str.encode),
        binary=st.booleans(),
        fragments=st.integers(1, 5),
        compressed=st.booleans(),
        members=members(kind),
        redacted=st.lists(st.text(), max_size=2).map(tuple),
    )
)


def problem(line: bytes | dict[str, Any]) -> str:
    error = next(iter(VALIDATOR.iter_errors(json.loads(line) if isinstance(line, bytes) else line)), None)
    return error.message if error is not None else ""


@given(ENTRIES)
def test_every_entry_that_is_written_fits_the_schema(entry: Entry) -> None:
    assert problem(jsonl.dump(entry)) == ""


def test_a_header_that_is_written_fits_the_schema() -> None:
    header = Header("01", "2026-11-22T11:10:03.123456Z", "t", "import:log", "wss://h/", "c", {"a": "b"}, extra={"x": 1})
    assert problem(jsonl.dump_header(header)) == ""


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"recording": 2, "id": "x", "started": "2026-11-22T11:10:03.123456Z"},
        {"recording": 1, "id": "x", "started": "yesterday"},
        {"recording": 1, "started": "2026-11-22T11:10:03.123456Z"},
        {"n": 0, "t": 0, "from": "client", "kind": "end", "how": "closed"},
        {"n": 1, "t": 0, "from": "nobody", "kind": "end", "how": "closed"},
        {"n": 1, "t": 0, "from": "client", "kind": "telegram"},
        {"n": 1, "t": 0, "from": "client", "kind": "message"},
        {"n": 1, "t": 0, "from": "client", "kind": "message", "event": {}, "text": ""},
        {"n": 1, "t": 0, "from": "client", "kind": "message", "event": []},
        {"n": 1, "t": 0, "from": "client", "kind": "message", "base64": "???"},
        {"n": 1, "t": 0, "from": "client", "kind": "ping"},
        {"n": 1, "t": 0, "from": "client", "kind": "close", "code": "1000"},
        {"n": 1, "t": 0, "from": "client", "kind": "request", "method": "GET", "target": "/", "headers": {"a": "b"}},
    ],
)
def test_what_is_not_of_the_format_does_not_fit(line: dict[str, Any]) -> None:
    assert problem(line)


@pytest.mark.parametrize("kind", Kind)
def test_the_schema_asks_for_what_the_reader_asks_for(kind: Kind) -> None:
    named = SCHEMA["$defs"]["ping" if kind is Kind.PONG else kind.value]
    assert set(named.get("required", ())) == set(jsonl._MEMBERS.get(kind, ())) | (
        {"base64"} if kind in {Kind.PING, Kind.PONG} else set()
    )


@pytest.mark.parametrize("line", [PART, jsonl.dump_part_end(jsonl.PartEnd(3, 7))])
def test_the_lines_around_a_part_are_as_the_schema_says(line: bytes) -> None:
    VALIDATOR.validate(json.loads(line))


@pytest.mark.parametrize(
    "line", ['{"next_part": 1, "first": 1}', '{"next_part": 2}', '{"next_part": 2, "first": 1, "x": 1}']
)
def test_another_end_of_a_part_is_refused(line: str) -> None:
    assert not VALIDATOR.is_valid(json.loads(line))
