"""A recording written entry by entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.errors import UsageError
from realtime_inspector.recording import files, transcript
from realtime_inspector.recording.entry import Header
from realtime_inspector.recording.keeping import Keeper
from realtime_inspector.recording.redact import Redactor

HEADER = Header("01", "2026-11-22T11:10:03.123456Z", url="wss://h/?api-key=abcdefgh")


def test_each_entry_is_on_the_disk_at_once_numbered_and_without_secrets(tmp_path: Path) -> None:
    path = tmp_path / "made" / "call.jsonl"
    entries = transcript.entries('> GET /v1/realtime {"Authorization": "Bearer abcdefgh"}\n< 101\n< {"type": "x"}\nx')
    with Keeper(path, HEADER, Redactor()) as keeper:
        for count, entry in enumerate(reversed(entries), 1):
            keeper.add(entry)
            assert [read.n for read in files.open_recording(path)] == list(range(1, count + 1))
    assert keeper.entries == len(entries)
    assert "abcdefgh" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: Is a directory"):
        Keeper(tmp_path, HEADER, Redactor())
