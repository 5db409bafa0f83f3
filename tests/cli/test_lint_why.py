"""`lint --format json` says of each recording why it did not answer, as `why` does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realtime_inspector.cli import findings_json
from tests.analysis.silent_sessions import BEGIN, BEGUN, CALLED, CLOSE, HEARD, SPOKEN
from tests.cli.helpers import CommandLine, write_recording

SILENT = BEGIN + SPOKEN + CALLED + CLOSE


def told(rti: CommandLine, *arguments: str) -> list[dict[str, object] | None]:
    return [one["why"] for one in json.loads(rti("lint", "--format", "json", *arguments).out)["recordings"]]


def test_each_recording_has_the_sentence_that_why_gives(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "recordings/a.jsonl", SILENT)
    write_recording(tmp_path / "recordings/b.jsonl", BEGIN + SPOKEN + BEGUN + HEARD + CLOSE)

    first, second = told(rti, "recordings")
    assert first is not None
    assert second is not None
    assert (first["cause"], second["cause"]) == ("tool-unanswered", "answered")
    (alone,) = json.loads(rti("why", "--format", "json", "recordings/a.jsonl").out)["silences"]
    assert {**first, "path": alone["path"]} == alone


def test_what_cannot_be_read_again_or_is_large_has_none(
    rti: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recording(tmp_path / "a.jsonl", SILENT)
    monkeypatch.setattr(findings_json, "MOST_BYTES", 10)

    assert told(rti, "a.jsonl") == [None]
