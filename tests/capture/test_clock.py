"""A wall clock that is set during a call: order and times are those of the monotonic clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime_inspector.capture import recorder as recorder_module
from realtime_inspector.capture import tls
from realtime_inspector.capture.recorder import Recorder, Source, Track
from realtime_inspector.capture.sink import Rotation
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.recording.entry import Side
from realtime_inspector.recording.files import find, open_recording
from realtime_inspector.recording.redact import Redactor
from tests.capture.wire import REQUEST, SWITCH, server_frame

HOUR_S = 3600.0
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
FRAME = server_frame(b'{"type":"' + b"x" * 1000 + b'"}')


class Clocks:
    """A wall clock that can be set, and one that only goes on."""

    def __init__(self) -> None:
        self.wall = NOON
        self.passed = 100.0

    def time(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.passed

    def go_on(self, seconds: float) -> None:
        self.wall += seconds
        self.passed += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    made = Clocks()
    monkeypatch.setattr(recorder_module, "time", made)
    return made


def end(track: Track, at: float) -> None:
    sink = track.end(at, by="client")
    assert sink is not None
    assert sink.done.wait(60)


@pytest.mark.parametrize("jump_s", [-5 * HOUR_S, 5 * HOUR_S])
def test_order_and_times_of_a_call_stay_right_and_so_do_its_parts(
    jump_s: float, clocks: Clocks, tmp_path: Path
) -> None:
    recorder = Recorder(tmp_path, redactor=Redactor(), rotation=Rotation(max_bytes=3000))
    track = recorder.track(Source("127.0.0.1:9", "wss://h"))
    track.feed(Side.CLIENT, REQUEST, clocks.passed)
    track.feed(Side.SERVER, SWITCH, clocks.passed)
    for _ in range(5):
        clocks.go_on(1.5)
        track.feed(Side.SERVER, FRAME, clocks.passed)
        clocks.wall += jump_s
        jump_s = -2 * jump_s
    end(track, clocks.passed)
    recorder.close()
    (path,) = find(tmp_path)
    recording = open_recording(path)
    entries = list(recording)
    assert len(list(tmp_path.iterdir())) > 1
    assert recording.header.started == "2026-11-22T12:00:00.000000Z"
    assert [entry.t for entry in entries] == [0.0, 0.0, 1.5, 3.0, 4.5, 6.0, 7.5, 7.5]
    assert [entry.n for entry in entries] == list(range(1, 9))


def test_a_call_after_the_clock_was_set_back_still_follows_the_one_before(clocks: Clocks, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, redactor=Redactor())
    request = REQUEST.replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer key\r\n\r\n")
    for _ in range(2):
        track = recorder.track(Source("127.0.0.1:9", "wss://h"))
        track.feed(Side.CLIENT, request, clocks.passed)
        clocks.go_on(1.0)
        end(track, clocks.passed)
        clocks.wall -= 5 * HOUR_S
    recorder.close()
    second, first = (open_recording(path).header for path in find(tmp_path))
    assert (first.started[11:16], second.started[11:16]) == ("12:00", "07:00")
    assert second.extra["after"] == first.id


def test_an_answer_that_mitmproxy_read_took_as_long_as_it_did(tmp_path: Path) -> None:
    pytest.importorskip("mitmproxy")
    from mitmproxy.test import tflow

    from realtime_inspector.capture.intercept.flows import Flows
    from realtime_inspector.capture.intercept.plan import Plan

    def ignore(track: Track) -> None:
        """Do nothing with it."""

    recorder = Recorder(tmp_path, redactor=Redactor())
    flows = Flows(Plan(recorder, None, False, "", print, ignore, ignore))
    flow = tflow.tflow(resp=True)
    flow.request.path = "/v1/realtime/client_secrets"
    assert flow.response is not None
    flow.response.timestamp_end = flow.request.timestamp_start + 5 * HOUR_S
    flows.requestheaders(flow)
    flows.request(flow)
    flows.response(flow)
    recorder.close()
    (path,) = find(tmp_path)
    request, answer, last = open_recording(path)
    assert 0 == request.t <= answer.t <= last.t < HOUR_S


def test_a_certificate_that_a_clock_ahead_has_made_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = LocalCA(tmp_path)
    with monkeypatch.context() as ahead:
        later = datetime.now(UTC) + timedelta(days=30)
        ahead.setattr(tls, "datetime", SimpleNamespace(now=lambda zone: later))
        before = authority.certificate.read_bytes()
        assert authority.certificate.read_bytes() == before
    assert authority.certificate.read_bytes() != before
