"""Logs, from the text to entries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis.lint import lint
from realtime_inspector.errors import RecordingError
from realtime_inspector.formats import pasted
from realtime_inspector.formats.pasted import Log
from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Kind, Side

PATH = Path("report.txt")
MTIME = "2026-11-22T00:00:00.000000Z"

CREATE = '{"type":"response.create"}'
CREATED = '{"type":"response.created"}'
POST = """
My assistant goes silent as soon as it has called a tool. I do send the result, I think. What comes back:

Received event from OpenAI: {'type': 'error', 'event_id': 'event_A1', 'error': {'type': 'invalid_request_error', \
'code': 'missing_required_parameter', 'message': "Missing required parameter: 'item.call_id'.", \
'param': 'item.call_id', 'event_id': None}}

and a little later, when I talk over it:

```json
{
  "type": "response.done",
  "event_id": "event_A2",
  "response": {
    "object": "realtime.response",
    "id": "resp_1",
    "status": "cancelled",
    "status_details": { "type": "cancelled", "reason": "turn_detected" },
    "output": []
  }
}
```
Any idea?
"""


def read(text: str) -> Log:
    return pasted.read(text.encode(), PATH, MTIME)


def shown(text: str) -> list[str]:
    return [line.strip() for line in transcript.render(read(text)).splitlines()]


def test_a_forum_post_is_a_session() -> None:
    log = read(POST)
    assert [(entry.side, entry.line, entry.t) for entry in log] == [(Side.SERVER, 4, 0), (Side.SERVER, 9, 0)]
    bodies = [json.loads(entry.payload) for entry in log]
    assert bodies[0]["error"]["message"] == "Missing required parameter: 'item.call_id'."
    assert bodies[0]["error"]["event_id"] is None
    assert bodies[1]["response"]["status_details"]["reason"] == "turn_detected"
    assert log.problems == []


def test_a_forum_post_can_be_linted() -> None:
    log = read(POST)
    rules = {finding.rule for finding in lint(log, header=log.header)}
    assert {"TOOL003", "RSP008"} <= rules


def test_the_same_event_in_two_notations_is_one() -> None:
    event = {"type": "response.done", "event_id": "event_1", "response": {"id": "r", "x": None}}
    assert len(read(f"got {event!r}\n\n{json.dumps(event, indent=2)}").entries) == 1
    assert len(read(f"got {event!r}\n\n{json.dumps(event | {'event_id': 'event_2'})}").entries) == 2


def test_the_header_says_where_it_comes_from() -> None:
    header = read(POST).header
    assert (header.via, header.started, header.tags["times"]) == ("import:log", MTIME, "unknown")
    assert header.id == read(POST).header.id != read(POST + "x").header.id


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            '10:00:00.000 sent {"type":"response.create"}\n10:00:01.500 recv {"type":"response.created"}',
            ['> {"type":"response.create"}', '+1500ms < {"type":"response.created"}'],
        ),
        (
            '{"ts":1763809803.0,"direction":"out","event":{"type":"response.create"}}\n'
            '{"ts":1763809803.5,"direction":"in","event":"{\\"type\\": \\"response.created\\"}"}',
            ['> {"type":"response.create"}', '+500ms < {"type": "response.created"}'],
        ),
        (
            '{"time":"2026-01-01T00:00:01Z","source":"server","event":{"type":"session.created"}}\n'
            '{"time":"2026-01-01T00:00:03Z","source":"client","event":{"type":"session.update"}}',
            ['< {"type":"session.created"}', '+2000ms > {"type":"session.update"}'],
        ),
        (f'[{CREATE},\n {CREATED}]', [f"> {CREATE}", f"< {CREATED}"]),
        (f'> {CREATE}\n< {{"type":"x.odd"}}\n< {{"type":"error.odd"}}', [f"> {CREATE}", '< {"type":"error.odd"}']),
        (
            "Received event: response.created { type: 'response.created', response: [Object] }",
            ['< {"type":"response.created","response":null}'],
        ),
        ('"{\\"type\\":\\"response.create\\"}"', [f"> {CREATE}"]),
        (f"{CREATE}\t26\t11:10:03.125\n{CREATED}\t26\t11:10:03.250", [f"> {CREATE}", f"+125ms < {CREATED}"]),
        (f"{CREATED}\nConnection closed with code 1001", [f"< {CREATED}", "x< 1001"]),
        (f"{CREATED}\nclosed with code 1006", [f"< {CREATED}", "x reset"]),
        (
            'rejected WebSocket connection: HTTP 401\n{"error":{"type":"a_error","message":"no key","code":"c"}}',
            ["< 401", '< {"type":"error","error":{"type":"a_error","message":"no key","code":"c"}}'],
        ),
    ],
)  # fmt: skip
def test_logs_of_many_shapes_are_read(text: str, lines: list[str]) -> None:
    assert shown(text) == lines


def test_json_on_one_line_keeps_its_bytes() -> None:
    event = '{ "type":"response.create",  "x" : 1.0, "u":"\\u00e9", "big": 123456789012345678901234567890 }'
    (entry,) = read(f"sent: {event}")
    assert entry.payload == event.encode()


def test_unknown_wrappers_are_looked_through() -> None:
    line = {"level": "DEBUG", "logger": "app.ws", "message": "<<<", "extra": {"payload": {"type": "session.created"}}}
    assert shown(json.dumps(line)) == ['< {"type":"session.created"}']


def test_a_server_event_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    log = read(
        'got {"type": "response.done", "response": {"id": "r", "status": "failed", "output": [{"id": "i...\nnext'
    )
    (entry,) = log
    assert json.loads(entry.payload)["response"]["status"] == "failed"
    assert [problem.message for problem in log.problems] == [
        "report.txt:1: response.done is cut off and was read as far as it goes"
    ]


def test_a_client_event_that_is_cut_off_is_left_out_and_named() -> None:
    log = read('{"type": "session.created"}\nsent {"type": "conversation.item.create", "item": {"type": "function_...')
    assert len(log.entries) == 1
    assert [problem.message for problem in log.problems] == [
        "report.txt:2: conversation.item.create is cut off and was left out"
    ]


def test_an_event_nested_beyond_all_use_is_named() -> None:
    deep = '{"type": "session.created"}\n{"type": "response.done",\n "x": ' + "[" * 500 + "]" * 500 + "}"
    log = read(deep)
    assert len(log.entries) >= 1


def test_what_is_said_twice_of_the_end_is_one_end() -> None:
    log = read('{"type": "session.created"}\nclosed with code 1001\nTraceback\n closed with code 1001')
    assert [entry.kind for entry in log] == [Kind.MESSAGE, Kind.CLOSE]


@pytest.mark.parametrize(
    "text",
    [
        "flutter: {type: response.done, event_id: e1, response: {id: r1, status: failed}}",
        "Array\n(\n    [type] => response.done\n    [event_id] => e1\n)",
        'array(1) {\n  ["type"]=>\n  string(13) "response.done"\n}',
        '["type": response.done, "event_id": e1]',
        "ResponseDoneEvent{eventId=e1, type=response.done, additionalProperties={}}",
    ],
    ids=["dart", "print_r", "var_dump", "swift", "java"],
)
def test_a_notation_in_which_no_text_has_an_end_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(
        RecordingError, match=r"report.txt:\d: the events in it \(response.done\) .* print them as JSON"
    ):
        read(text)


def test_an_event_of_the_client_that_is_shown_without_what_it_is_about_is_left_out() -> None:
    log = read(
        "Sending {type: 'session.update', session: {…}}\n"
        "Sending {type: 'conversation.item.create', item: [Object]}\n"
        "Sending {type: 'response.create', response: {…}, tools: Array(2), all: (2) [{…}, {…}]}\n"
        "Received {type: 'response.created', event_id: 'event_1', response: {…}}\n"
    )
    assert [orjson.loads(entry.payload)["type"] for entry in log] == ["response.create", "response.created"]
    assert "client" in log.header.tags["left_out"].split()


@pytest.mark.parametrize("text", ["", "hello", "{}", '{"type": "message"}', "session.created", "[[[[", "{" * 1000])
def test_a_text_without_events_is_refused_with_what_was_looked_for(text: str) -> None:
    with pytest.raises(
        RecordingError, match=r"report.txt: neither a recording nor a log .* such as \"session.created\""
    ):
        read(text)


def test_a_log_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasted, "MAX_BYTES", 10)
    with pytest.raises(RecordingError, match="a log of 27 bytes; at most 10 can be read"):
        read('{"type": "session.created"}')


EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["session.created", "session.update", "response.create", "response.done"])},
    optional={
        "x": st.text(st.characters(exclude_categories=["Cs"])),
        "y": st.none() | st.booleans() | st.integers(-9, 9),
    },
)
PRINTERS: list[Any] = [
    repr,
    json.dumps,
    lambda e: json.dumps(e, indent=2),
    lambda e: "sent: " + json.dumps(e, ensure_ascii=False),
]


@given(st.lists(st.tuples(EVENTS, st.sampled_from(PRINTERS), st.sampled_from(["", "got ", "2026-01-01 "])), min_size=1))
def test_every_event_comes_back_in_order_whatever_prints_it(logged: list[tuple[dict[str, Any], Any, str]]) -> None:
    text = "\n".join(words + printer(event) for event, printer, words in logged)
    assert [json.loads(entry.payload) for entry in read(text)] == [event for event, _, _ in logged]


@given(st.binary() | st.text(st.sampled_from("{}[]\"':,\\\n >typesionresponse.crad")).map(str.encode))
def test_whatever_is_pasted_gives_entries_that_can_be_written_or_one_clear_refusal(content: bytes) -> None:
    try:
        log = pasted.read(content, PATH, MTIME)
    except RecordingError:
        return
    assert [entry.n for entry in log] == list(range(1, len(log.entries) + 1))
    for entry in log:
        assert jsonl.parse(jsonl.dump(entry)).payload == entry.payload


def test_a_log_of_the_live_api_without_any_sign_of_the_side_is_read() -> None:
    text = """
    {"type": "session.start", "session": {"model": "gpt-live-1"}}
    {"type": "session.started", "session": {"id": "live_1"}}
    {"type": "session.input_transcript.delta", "delta": "Hi"}
    {"type": "session.thinking.append", "content": "It rains.", "delegation_id": null}
    """
    sides = [entry.side for entry in read(text).entries if entry.kind is Kind.MESSAGE]
    assert sides == [Side.CLIENT, Side.SERVER, Side.SERVER, Side.CLIENT]
