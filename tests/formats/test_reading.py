"""The one door: recordings and logs, told by content."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from realtime_inspector.errors import RecordingError, UnknownVersion
from realtime_inspector.formats import read_any
from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Header

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HEADER = jsonl.dump_header(Header("01TEST", "2026-11-22T11:10:03.123456Z"))
RECORDING = HEADER + b"".join(map(jsonl.dump, transcript.entries('> {"type": "response.create"}\nx')))
LOG = b'sent: {"type": "response.create"}\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "anything.txt"


@pytest.mark.parametrize(
    ("content", "via", "entries"),
    [
        (RECORDING, "relay", 2),
        (zstd.compress(RECORDING), "relay", 2),
        (RECORDING.replace(b'{"recording"', b'{ "recording"'), "relay", 2),
        (LOG, "import:log", 1),
    ],
)
def test_content_tells_what_a_file_is(path: Path, content: bytes, via: str, entries: int) -> None:
    path.write_bytes(content)
    opened = read_any(path)
    assert opened.path == path
    assert (opened.header.via, len(list(opened)), opened.problems) == (via, entries, [])


@pytest.mark.parametrize("content", [RECORDING, zstd.compress(RECORDING), LOG])
def test_standard_input_is_read_the_same(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    opened = read_any(Path("-"))
    assert len(list(opened)) == len(list(opened)) > 0


def test_a_pipe_is_read_once_and_iterated_at_will(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(RECORDING,))
    writer.start()
    opened = read_any(pipe)
    writer.join()
    assert len(list(opened)) == len(list(opened)) == 2


def test_a_log_without_times_has_the_date_of_its_file(path: Path) -> None:
    path.write_bytes(LOG)
    os.utime(path, (0, 86400))
    assert read_any(path).header.started == "1970-01-02T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "anything.txt: empty"),
        (HEADER[:30], "anything.txt:1: not a recording's header"),
        (b"\x28\xb5\x2f\xfd\x00", "the last zstd frame is cut off"),
        (b"hello\n", "neither a recording nor a log of Realtime events"),
        (zstd.compress(b"hello"), "not a recording's header"),
        (os.urandom(5000), "neither a recording nor a log"),
    ],
)
def test_what_is_neither_is_refused(path: Path, content: bytes, problem: str) -> None:
    path.write_bytes(content)
    with pytest.raises(RecordingError) as caught:
        read_any(path)
    assert problem in str(caught.value)


def test_a_newer_recording_is_not_taken_for_a_log(path: Path) -> None:
    path.write_bytes(RECORDING.replace(b'"recording":1', b'"recording":9'))
    with pytest.raises(UnknownVersion):
        read_any(path)


def test_a_path_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="absent: No such file or directory"):
        read_any(tmp_path / "absent")
    with pytest.raises(RecordingError, match="Is a directory"):
        read_any(tmp_path)
