"""A file appears when it is whole, for its owner alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.recording.whole_file import replacing


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
