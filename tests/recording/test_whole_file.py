"""A file appears when it is whole, for its owner alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from realtime_inspector.recording.whole_file import check, replacing


def test_a_file_is_replaced_when_all_of_it_is_there_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "call.md"
    path.write_bytes(b"before")
    with replacing(path) as stream:
        stream.write(b"after")
        stream.flush()
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o077 == 0


def test_what_failed_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "call.md"
    path.write_bytes(b"before")
    with pytest.raises(TypeError), replacing(path) as stream:
        stream.writelines([b"half", None])  # type: ignore[list-item] # what fails midway
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders")
def test_what_is_no_file_is_written_to_and_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        check(pipe)
        with replacing(pipe) as stream:
            stream.write(b"all of it")
        assert os.read(reader, 100) == b"all of it"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_whether_it_can_be_written_is_found_out_without_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    check(path)
    with pytest.raises(FileNotFoundError):
        check(tmp_path / "nowhere" / "report.json")
    with pytest.raises(IsADirectoryError):
        check(tmp_path)
    assert list(tmp_path.iterdir()) == []
