from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_inspector.capture.recorder import Recorder, Source, Track, make_id
from realtime_inspector.errors import UsageError
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Side
from realtime_inspector.recording.files import find, open_recording
from realtime_inspector.recording.redact import Redactor
from tests.capture.wire import REQUEST, SWITCH, outline, server_frame


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(tmp_path / "rec", redactor=Redactor())
    yield made
    made.close()


def record(recorder: Recorder, *chunks: tuple[Side, bytes], source: Source | None = None) -> Path:
    """Record a call, and return its file."""
    track = recorder.track(source or Source("127.0.0.1:9", "wss://h"))
    for side, data in chunks:
        track.feed(side, data, time.monotonic())
    return finish(track)


def finish(track: Track) -> Path:
    sink = track.end(time.monotonic(), by="client")
    assert sink is not None
    assert sink.done.wait(60)
    return sink.path


def test_a_call_is_a_header_and_its_entries(recorder: Recorder) -> None:
    source = Source("127.0.0.1:9", "wss://h", lambda target: "/base" + target, tags={"case": "7"})
    path = record(recorder, (Side.CLIENT, REQUEST), (Side.SERVER, SWITCH + server_frame(b"{}")), source=source)
    recording = open_recording(path)
    header = recording.header
    assert (header.url, header.client, header.via) == ("wss://h/base/v1/realtime?model=m", "127.0.0.1:9", "relay")
    assert header.tags == {"case": "7"}
    assert header.tool.startswith("realtime-inspector ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", header.started)
    assert path.name == f"{re.sub('[-:]', '', header.started)[:15]}Z_{header.id}.jsonl"
    entries = list(recording)
    assert [entry.n for entry in entries] == [1, 2, 3, 4]
    assert [entry.t for entry in entries] == sorted(entry.t for entry in entries)
    assert outline(entries)[2:] == ["server message {}", "proxy end closed by client"]


def test_a_call_that_begins_with_http_has_an_http_url(recorder: Recorder) -> None:
    path = record(recorder, (Side.CLIENT, b"POST /v1/realtime/calls HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert open_recording(path).header.url == "https://h/v1/realtime/calls"


def test_a_clock_that_goes_back_does_not(recorder: Recorder) -> None:
    track = recorder.track(Source("c"))
    now = time.monotonic()
    track.feed(Side.CLIENT, REQUEST, now + 5)
    track.note("earlier", now)
    entries = list(open_recording(finish(track)))
    assert entries[1].t == entries[0].t


def test_nothing_sent_makes_no_file(recorder: Recorder) -> None:
    assert recorder.track(Source("c")).end(time.monotonic()) is None
    assert not recorder.folder.exists()


def test_what_comes_after_the_end_is_not_recorded_twice(recorder: Recorder) -> None:
    track = recorder.track(Source("c"))
    track.feed(Side.CLIENT, REQUEST, time.monotonic())
    path = finish(track)
    finish(track)
    assert outline(list(open_recording(path)))[-1] == "proxy end closed by client"
    assert track.entries == 2


def test_an_entry_that_cannot_be_written_as_a_line_is_a_gap(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = jsonl.dump

    def fails_once(entry: Entry, n: int) -> bytes:
        monkeypatch.setattr(jsonl, "dump", dump)
        raise ValueError(entry, n)

    monkeypatch.setattr(jsonl, "dump", fails_once)
    entries = list(open_recording(record(recorder, (Side.CLIENT, REQUEST))))
    assert outline(entries)[0] == "proxy gap 1 cannot be written as a line: ValueError"


def test_two_calls_at_once_are_two_files(recorder: Recorder) -> None:
    assert record(recorder, (Side.CLIENT, REQUEST)) != record(recorder, (Side.CLIENT, REQUEST))
    assert len(find(recorder.folder)) == 2


def test_ids_sort_by_time_and_differ() -> None:
    assert make_id(1.0) < make_id(1.002) < make_id(2e9)
    assert len({make_id(1.0) for _ in range(100)}) == 100
    assert len(make_id(time.time())) == 26


def test_a_folder_is_tried_before_the_first_call(recorder: Recorder, tmp_path: Path) -> None:
    recorder.check()
    assert list(recorder.folder.iterdir()) == []
    (tmp_path / "file").touch()
    blocked = Recorder(tmp_path / "file")
    with pytest.raises(UsageError, match="choose another folder with --dir"):
        blocked.check()
    blocked.close()
