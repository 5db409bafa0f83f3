"""YAML of test suites, and what is said where a library is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from realtime_inspector.analysis.lint import lint
from realtime_inspector.errors import InspectorError
from realtime_inspector.formats import flow_file, foreign, read_any, reading
from realtime_inspector.recording.entry import Kind, Side
from tests.formats.recorded import recorded

SUITE = """\
version: 1
interactions:
- kind: message
  direction: received
  data:
    type: session.created
    session: {type: realtime, expires_at: 1783444869, audio: {output: {speed: 1.0}}}
- direction: sent
  data: {type: response.create}
- direction: received
  data: {type: response.output_audio.delta, response_id: r1, item_id: i1, delta: AAAAAAAA}
- kind: close
  code: 1001
  reason: bye
  ok: false
"""


AGAIN = """version: 1
interactions:
- {kind: message, direction: received, at: 0.0, data: {type: session.created, session: {id: s1}}}
- {kind: message, direction: sent, at: 0.072, data: {type: response.create}}
- {kind: close, code: 1011, reason: drop, ok: false}
- {kind: message, direction: received, at: 1.5, data: {type: session.created, session: {id: s2}}}
- {kind: message, direction: sent, at: 1.75, data: {type: response.create}}
"""


def test_times_of_a_suite_s_yaml_are_kept_and_each_of_its_connections_is_a_recording(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    path = tmp_path / "test_again.yaml"
    path.write_text(AGAIN)
    first, second = (list(session) for session in reading.read_each(path))
    assert [(entry.n, entry.t, entry.kind) for entry in first] == [
        (1, 0.0, Kind.MESSAGE),
        (2, 0.072, Kind.MESSAGE),
        (3, 0.072, Kind.CLOSE),
    ]
    assert [(entry.n, entry.t) for entry in second] == [(1, 0.0), (2, 0.25)]
    headers = [session.header for session in reading.read_each(path)]
    assert all("times" not in header.tags for header in headers)
    assert headers[0].id != headers[1].id


def test_the_messages_of_a_suite_s_yaml_become_a_recording(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    path = tmp_path / "test_call.yaml"
    path.write_text(SUITE)
    back = read_any(path)
    entries = [*back]
    assert [(entry.side, entry.kind) for entry in entries] == [
        (Side.SERVER, Kind.MESSAGE), (Side.CLIENT, Kind.MESSAGE), (Side.SERVER, Kind.MESSAGE),
        (Side.SERVER, Kind.CLOSE)]  # fmt: skip
    assert entries[0].payload.startswith(b'{"type":"session.created","session":{"type":"realtime"')
    assert entries[1].payload == b'{"type":"response.create"}'
    assert entries[3].members == {"code": 1001, "reason": "bye"}
    assert (back.header.via, back.header.tags["times"]) == ("import:yaml", "unknown")
    assert {"wire", "output-audio"} <= set(back.header.tags["left_out"].split())
    assert [finding.rule for finding in lint(back, header=back.header) if finding.rule.startswith(("OUT", "AUD"))] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("interactions:\n- direction: [\n", r"x.yaml:3: no YAML that can be read: "),
        ("interactions:\n- request: {uri: http://x}\n  response: {}\n", "x.yaml: no WebSocket message in it"),
        (
            "interactions:\n- data: !!python/object/apply:os.system [ls]\n",
            r"x.yaml:2: no YAML that can be read: could",
        ),
    ],
)
def test_other_yaml_is_refused_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(InspectorError, match=said) as raised:
        read_any(path)
    assert "\n" not in str(raised.value)


def test_what_json_cannot_hold_is_left_out_of_a_suite_s_yaml(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    path = tmp_path / "x.yaml"
    large = "- {direction: sent, data: {type: x, of: 99999999999999999999999999}}\n"
    path.write_text(f"interactions:\n- {{direction: sent, data: &a {{type: x, of: *a}}}}\n{large}")
    back = read_any(path)
    assert [entry.payload for entry in back] == [b'{"type":"x","of":99999999999999999999999999}']
    assert [problem.message.partition(": ")[2] for problem in back.problems] == [
        "item 1 has no direction, or no data of JSON, and was left out"
    ]


@pytest.mark.parametrize(
    ("content", "module", "extra"),
    [(SUITE.encode(), "yaml", "realtime-inspector[yaml]"), (b"99:9:websocket;0:~", "mitmproxy", "[intercept]")],
)
def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    content: bytes, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InspectorError) as raised:
        foreign.read(content, Path("x"))
    assert extra in str(raised.value)
    if module == "mitmproxy":
        with pytest.raises(InspectorError, match="--to mitm needs mitmproxy"):
            list(flow_file.write(recorded("x")))


@pytest.mark.parametrize("text", ["12:30:45 hello", '{"log": "line"}', "messages:\n- hi", "interactions: none", ""])
def test_logs_are_left_to_the_reader_of_logs(text: str) -> None:
    assert foreign.read(text.encode(), Path("x")) is None


CREATED = '{"type": "session.created", "session": {}}'
LOGS = {
    "console": f'{{"time": "2026-11-20T10:00:00Z", "source": "server", "event": {CREATED}}}\n'
    '{"time": "2026-11-20T10:00:01Z", "source": "client", "event": {"type": "response.create"}}',
    "agents": '{"ts": 1795341600, "type": "raw_model_event", '
    f'"data": {{"type": "raw_server_event", "data": {CREATED}}}}}\n'
    '{"ts": 1795341601, "type": "raw_client_event", "data": {"type": "response.create"}}',
    "wrapped": '{"dir": "in", "t": 1, "data": "{\\"type\\": \\"session.created\\"}"}\n'
    '{"dir": "out", "t": 2, "data": "{\\"type\\": \\"response.create\\"}"}',
}


@pytest.mark.parametrize("name", LOGS)
def test_event_logs_of_sdks_are_read_with_their_sides_and_times(name: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(LOGS[name])
    assert [(entry.side, entry.t) for entry in read_any(path)] == [(Side.SERVER, 0.0), (Side.CLIENT, 1.0)]
