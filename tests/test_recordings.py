"""The sample recordings: each gives the findings its table promises, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import Linter, events, lint
from realtime_inspector.recording import files, jsonl
from realtime_inspector.recording.entry import Kind
from realtime_inspector.simulator.stories import STORIES

FOLDER = Path(__file__).parent.parent / "recordings"
_ROW = re.compile(r"^\| \[(?P<file>[^]]+)\]\((?P=file)\) \| (?P<lesson>[^|]+) \| (?P<rules>[^|]+) \|$", re.MULTILINE)
_LARGEST_BYTES = 400_000

TABLE = {row["file"]: row for row in _ROW.finditer((FOLDER / "README.md").read_text(encoding="utf-8"))}


def promised(name: str) -> set[str]:
    rules = TABLE[name]["rules"]
    return set() if rules == "none" else set(rules.split(", "))


def test_the_table_names_every_sample_once() -> None:
    recorded_here = re.compile(r"\d{8}T\d{6}Z_")  # what `proxy` makes in this folder when run in a checkout
    samples = [path.name for path in files.find(FOLDER) if not recorded_here.match(path.name)]
    assert sorted(TABLE) == sorted(samples)
    assert len(TABLE) >= 6


@pytest.mark.parametrize("name", TABLE)
def test_a_recording_gives_the_errors_and_warnings_of_its_row(name: str) -> None:
    found = lint(files.open_recording(FOLDER / name))
    assert {finding.rule for finding in found if finding.severity is not Severity.INFO} == promised(name)


@pytest.mark.parametrize("name", TABLE)
def test_a_recording_is_whole_and_small_and_of_a_story(name: str) -> None:
    path = FOLDER / name
    recording = files.open_recording(path)
    entries = list(recording)
    assert recording.problems == []
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry.kind for entry in entries][:2] == [Kind.REQUEST, Kind.RESPONSE]
    assert entries[-1].kind is Kind.END
    assert path.stat().st_size < _LARGEST_BYTES
    assert recording.header.tags["story"] == name.removesuffix(".jsonl")
    assert name.removesuffix(".jsonl") in STORIES


@pytest.mark.parametrize("name", TABLE)
def test_no_key_is_in_a_recording(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert "demo-key" not in text
    assert "[redacted:Authorization]" in text


@pytest.mark.parametrize("name", TABLE)
def test_every_line_of_a_recording_is_written_as_this_release_writes_it(name: str) -> None:
    lines = (FOLDER / name).read_bytes().splitlines(keepends=True)
    assert [jsonl.dump(jsonl.parse(line)) for line in lines[1:]] == lines[1:]


@pytest.mark.parametrize("name", TABLE)
def test_everything_the_client_asked_for_was_answered(name: str) -> None:
    linter = Linter([])
    for event in events(files.open_recording(FOLDER / name)):
        linter.feed(event)
    assert linter.session.unanswered == []
