"""The recording of a connection that may be anything."""

from __future__ import annotations

import time
from pathlib import Path

from realtime_inspector.capture.intercept.track import RealtimeTrack
from realtime_inspector.capture.recorder import Recorder, Source
from realtime_inspector.recording.entry import Side
from realtime_inspector.recording.files import find, open_recording
from tests.capture.wire import REQUEST, SWITCH, client_frame, outline, server_frame


def lines(tmp_path: Path, *fed: tuple[Side, bytes]) -> list[str]:
    """Return what is recorded of these bytes."""
    recorder = Recorder(tmp_path)
    track = RealtimeTrack(recorder, Source("127.0.0.1:1"), lambda track: None)
    for side, data in fed:
        track.feed(side, data, time.monotonic())
    track.end(time.monotonic())
    recorder.close()
    return [line for path in find(tmp_path) for line in outline(list(open_recording(path)))]


def test_a_realtime_connection_is_recorded_with_what_came_behind_its_answer(tmp_path: Path) -> None:
    assert lines(
        tmp_path,
        (Side.CLIENT, REQUEST + client_frame(b'{"type":"early"}')),
        (Side.SERVER, SWITCH + server_frame(b'{"type":"session.created"}')),
        (Side.CLIENT, client_frame(b'{"type":"later"}')),
    ) == [
        "client request GET /v1/realtime?model=m",
        "server response 101",
        'client message {"type":"early"}',
        'server message {"type":"session.created"}',
        'client message {"type":"later"}',
        "proxy end closed by None",
    ]


def test_of_something_else_there_is_no_file(tmp_path: Path) -> None:
    other = REQUEST.replace(b"realtime", b"chat")
    assert lines(tmp_path, (Side.CLIENT, other), (Side.SERVER, SWITCH), (Side.SERVER, server_frame(b"{}"))) == []


def test_a_refusal_of_something_else_leaves_the_next_request_to_be_judged(tmp_path: Path) -> None:
    assert lines(
        tmp_path,
        (Side.CLIENT, REQUEST.replace(b"realtime", b"chat")),
        (Side.SERVER, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        (Side.CLIENT, REQUEST),
        (Side.SERVER, SWITCH),
    ) == ["client request GET /v1/realtime?model=m", "server response 101", "proxy end closed by None"]
