"""mitmproxy's flow files, checked with mitmproxy's own reader and made by its own classes."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.errors import RecordingError
from realtime_inspector.formats import flow_file, mapped
from realtime_inspector.formats.reading import read_each
from realtime_inspector.recording.entry import Kind, Side
from tests.formats.recorded import HEADER, recorded

if not flow_file._is_installed():
    pytest.skip("no mitmproxy here", allow_module_level=True)

TEXT = """
    > GET /v1/realtime?model=m {"Upgrade": "websocket", "X-A": "1"}
    +20ms < 101
    < {"type": "session.created"}
    > {"type": "session.update",  "session": {}}
    b< AAEC
    x< 1001 going away
    x
"""


def flows(content: bytes) -> list[Any]:
    from mitmproxy.io import FlowReader

    return [*FlowReader(BytesIO(content)).stream()]


def dumped(*made: Any) -> bytes:
    from mitmproxy.io import FlowWriter

    out = BytesIO()
    for flow in made:
        FlowWriter(out).add(flow)  # type: ignore[no-untyped-call]  # mitmproxy's
    return out.getvalue()


def test_mitmproxy_reads_the_messages_the_handshake_and_the_end() -> None:
    (flow,) = flows(b"".join(flow_file.write(recorded(TEXT))))
    assert flow.request.pretty_url == "https://api.openai.com/v1/realtime?model=gpt-realtime-2.1"
    assert (flow.request.headers["X-A"], flow.response.status_code) == ("1", 101)
    assert [(m.from_client, m.is_text, m.content) for m in flow.websocket.messages] == [
        (False, True, b'{"type": "session.created"}'),
        (True, True, b'{"type": "session.update",  "session": {}}'),
        (False, False, b"\0\1\2"),
    ]
    assert (flow.websocket.closed_by_client, flow.websocket.close_code) == (False, 1001)
    assert flow.websocket.messages[0].timestamp == pytest.approx(1795345803.123456 + 0.022, abs=1e-5)


def test_what_was_written_comes_back_entry_by_entry(tmp_path: Path) -> None:
    recording = recorded(TEXT + "+1s > {}")
    path = tmp_path / "call.flow"
    path.write_bytes(b"".join(flow_file.write(recording)))
    (back,) = read_each(path)
    assert [*back] == [replace(entry, line=0) for entry in recording]
    assert (back.header.id, back.header.via) == (HEADER.id, "import:mitm")
    path.write_bytes(b"".join(flow_file.write(back)))
    assert [*read_each(path)[0]] == [*back]


def test_a_flow_of_mitmproxy_itself_is_read(tmp_path: Path) -> None:
    from mitmproxy.test import tflow

    flow = tflow.twebsocketflow(close_code=1006)
    path = tmp_path / "theirs.flow"
    path.write_bytes(dumped(tflow.tflow(resp=True), flow))
    (back,) = read_each(path)
    assert [entry.kind for entry in back] == [
        Kind.REQUEST, Kind.RESPONSE, Kind.MESSAGE, Kind.MESSAGE, Kind.MESSAGE, Kind.END]  # fmt: skip
    assert [entry.payload for entry in back if entry.kind is Kind.MESSAGE] == [
        b"hello binary",
        b"hello text",
        b"it's me",
    ]
    assert [entry.side for entry in back][2:5] == [Side.CLIENT, Side.CLIENT, Side.SERVER]
    assert back.header.url == "ws://example.com/ws"
    assert [*back][-1].members == {"how": "reset"}


def test_a_flow_that_somebody_edited_keeps_its_messages() -> None:
    (flow,) = flows(b"".join(flow_file.write(recorded(TEXT))))
    del flow.websocket.messages[0]
    (back,) = flow_file.read(dumped(flow), Path("x.flow"))
    assert [entry.kind for entry in back][-4:] == [Kind.MESSAGE, Kind.MESSAGE, Kind.CLOSE, Kind.END]
    assert "2 messages instead of 3" in back.problems[0].message


def test_a_torn_file_gives_what_is_whole_and_says_so() -> None:
    whole = b"".join(flow_file.write(recorded(TEXT)))
    (back,) = flow_file.read(whole + whole[:200], Path("x.flow"))
    assert "what comes after flow 1 cannot be read" in back.problems[0].message


def test_messages_up_to_one_that_mitmproxy_cannot_read_are_kept() -> None:
    from mitmproxy.test import tflow

    flow = tflow.twebsocketflow()
    assert flow.websocket is not None
    number = len(flow.websocket.messages)
    flow.websocket.messages[-1].content = b"the last"
    content = dumped(flow).replace(b"8:the last,", b"8:the last?")
    (back,) = flow_file.read(content, Path("x.flow"))
    assert sum(1 for entry in back if entry.kind is Kind.MESSAGE) == number - 1
    (problem,) = back.problems
    assert problem.message.startswith(f"x.flow: what comes after message {number - 1} cannot be read: ")


def test_flows_without_a_websocket_are_refused() -> None:
    from mitmproxy.test import tflow

    with pytest.raises(RecordingError, match=r"x\.flow: 1 flows without a WebSocket among them"):
        flow_file.read(dumped(tflow.tflow(resp=True)), Path("x.flow"))


def test_flows_of_another_version_of_mitmproxy_are_converted_by_it() -> None:
    from mitmproxy.io import tnetstring

    (flow,) = flows(b"".join(flow_file.write(recorded(TEXT))))
    state = flow.get_state() | {"version": 20}
    (back,) = flow_file.read(tnetstring.dumps(state), Path("x.flow"))
    assert [*back] == [replace(entry, line=0) for entry in recorded(TEXT)]


def test_a_large_flow_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mitmproxy.test import tflow

    monkeypatch.setattr(mapped, "SMALL_BYTES", 1 << 20)
    flow = tflow.twebsocketflow()
    assert flow.websocket is not None
    flow.websocket.messages[-1].content = b"A" * 100_000
    flow.websocket.messages *= 20
    path = tmp_path / "large.flow"
    path.write_bytes(dumped(flow))
    number = len(flow.websocket.messages)
    next(iter(read_each(path)[0]))  # what is imported for it is not counted
    tracemalloc.start()
    try:
        (back,) = read_each(path)
        assert sum(1 for entry in back if entry.kind is Kind.MESSAGE) == number
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < path.stat().st_size / 2


def test_garbage_that_begins_like_a_flow_file_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "x.flow"
    path.write_bytes(b"99:9:websocket;0:~")
    with pytest.raises(RecordingError, match="a flow file that mitmproxy cannot read"):
        read_each(path)
