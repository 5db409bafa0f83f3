"""A recording that was cut off, made whole."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_inspector.errors import RecordingError
from realtime_inspector.recording import jsonl, repair, transcript
from realtime_inspector.recording.entry import Header
from realtime_inspector.recording.files import open_recording

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HEADER = jsonl.dump_header(Header("01TEST", "2026-11-22T11:10:03.123456Z"))
LINES = [jsonl.dump(entry) for entry in transcript.entries('> {"type": "a"}\n< {"type": "b"}\nx')]
WHOLE = HEADER + b"".join(LINES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "call.jsonl"


def test_a_torn_line_is_cut_and_the_old_file_kept(path: Path) -> None:
    path.write_bytes(WHOLE + LINES[0][:17])
    done = repair.repair(path)
    assert path.read_bytes() == WHOLE
    assert (done.entries, done.cut_bytes, done.written, done.kept) == (3, 17, path, path.with_name("call.jsonl.bak"))
    assert path.with_name("call.jsonl.bak").read_bytes() == WHOLE + LINES[0][:17]


def test_a_whole_recording_is_left_alone(path: Path) -> None:
    path.write_bytes(WHOLE)
    before = path.stat()
    done = repair.repair(path)
    assert not done.needed
    assert path.stat() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_last_line_without_its_break_gets_it(path: Path) -> None:
    path.write_bytes(WHOLE[:-1])
    done = repair.repair(path)
    assert (done.unended, done.cut_bytes, done.entries) == (True, 0, 3)
    assert path.read_bytes() == WHOLE


def test_a_bad_line_in_the_middle_stays(path: Path) -> None:
    path.write_bytes(HEADER + LINES[0] + b"rubbish\n" + LINES[1] + b'{"torn')
    done = repair.repair(path)
    assert path.read_bytes() == HEADER + LINES[0] + b"rubbish\n" + LINES[1]
    assert (done.bad_lines, done.entries) == (1, 2)


def test_a_line_too_long_in_the_middle_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 300)
    whole = HEADER + LINES[0] + b"x" * 1000 + b"\n" + LINES[1]
    path.write_bytes(whole + b'{"torn')
    assert repair.repair(path).entries == 2
    assert path.read_bytes() == whole


def test_a_torn_frame_is_compressed_anew(path: Path) -> None:
    content = zstd.ZstdCompressor().compress(WHOLE + LINES[0][:9], zstd.ZstdCompressor.FLUSH_BLOCK)
    path.write_bytes(content)
    done = repair.repair(path)
    assert (done.torn_frame, done.cut_bytes) == (True, 9)
    assert zstd.decompress(path.read_bytes()) == WHOLE
    assert path.with_name("call.jsonl.bak").read_bytes() == content


def test_another_output_leaves_the_file_as_it_is(path: Path, tmp_path: Path) -> None:
    path.write_bytes(WHOLE + b"torn")
    out = tmp_path / "new.jsonl"
    done = repair.repair(path, out)
    assert (done.written, done.kept) == (out, None)
    assert out.read_bytes() == WHOLE
    assert path.read_bytes() == WHOLE + b"torn"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["call.jsonl", "new.jsonl"]


def test_an_older_backup_is_not_overwritten(path: Path) -> None:
    for torn in (b"one", b"two", b"three"):
        path.write_bytes(WHOLE + torn)
        repair.repair(path)
    backups = ["call.jsonl.bak", "call.jsonl.bak2", "call.jsonl.bak3"]
    assert [path.with_name(name).read_bytes()[len(WHOLE) :] for name in backups] == [b"one", b"two", b"three"]


def test_the_mode_of_the_file_is_kept(path: Path) -> None:
    path.write_bytes(WHOLE + b"torn")
    path.chmod(0o640)
    repair.repair(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_grows_meanwhile_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(WHOLE + b"torn")

    def sync(handle: int) -> None:
        with path.open("ab") as stream:
            stream.write(b"more")

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(RecordingError, match="still being written; stop that first"):
        repair.repair(path)
    assert path.read_bytes() == WHOLE + b"tornmore"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(WHOLE + b"torn")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecordingError, match="No space left on device"):
        repair.repair(path)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_system_without_links_gets_a_copy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(WHOLE + b"torn")

    def refuse(*paths: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    done = repair.repair(path)
    assert done.kept is not None
    assert done.kept.read_bytes() == WHOLE + b"torn"


def test_what_is_no_recording_is_refused(path: Path) -> None:
    path.write_bytes(b"hello")
    with pytest.raises(RecordingError, match="not a recording's header"):
        repair.repair(path)


@settings(suppress_health_check=list(HealthCheck), max_examples=40)
@given(cut=st.integers(len(HEADER), len(WHOLE)))
def test_wherever_it_is_cut_no_entry_that_can_be_read_is_lost(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "any.jsonl"
    path.write_bytes(WHOLE[:cut])
    before = [entry.n for entry in open_recording(path)]
    repair.repair(path, tmp_path / "out.jsonl")
    mended = open_recording(tmp_path / "out.jsonl")
    assert [entry.n for entry in mended] == before
    assert mended.problems == []
    assert not repair.repair(tmp_path / "out.jsonl").needed
