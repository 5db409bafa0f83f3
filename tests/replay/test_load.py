"""Scripts from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.replay.load import load
from tests.cli.helpers import write_recording
from tests.replay.helpers import TEXT, TOOLS


def test_a_folder_is_served_in_the_order_of_its_names(tmp_path: Path) -> None:
    write_recording(tmp_path / "b.jsonl", TEXT)
    write_recording(tmp_path / "a.jsonl", TOOLS)
    assert [Path(played.name).name for played in load(tmp_path)] == ["a.jsonl", "b.jsonl"]


def test_a_missing_recording_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.jsonl: no such recording"):
        load(tmp_path / "none.jsonl")


def test_an_empty_folder_is_one_too(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no recording in this folder"):
        load(tmp_path)


def test_a_torn_last_line_is_a_recording_that_was_cut_off(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.jsonl", TEXT)
    path.write_bytes(path.read_bytes()[:-30])
    (played,) = load(path)
    assert played.cut_off
    assert played.steps[-1].type == "response.done"


def test_a_broken_line_in_the_middle_is_told_instead_of_blaming_the_client(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.jsonl", TEXT)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:5], b"nonsense\n", *lines[6:]]))
    with pytest.raises(RecordingError, match=r"a\.jsonl:6: not an entry.*; a replay needs all of it: mend it there"):
        load(path)


def test_what_was_cut_out_by_hand_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.jsonl", TEXT)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:5], *lines[6:]]))
    with pytest.raises(RecordingError, match=r"a\.jsonl:6: entry 6 follows 4: 5 is missing.*numbered 1, 2, 3 …"):
        load(path)
