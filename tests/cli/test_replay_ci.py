"""A replay's report in the formats of continuous integration."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from realtime_inspector.cli import ci, replay_ci
from realtime_inspector.replay.mismatch import Mismatch, Why
from realtime_inspector.replay.report import Played, Report
from tests.cli.helpers import CommandLine, write_recording
from tests.replay.helpers import TEXT, script


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def played(*mismatches: Mismatch, left: bool = False, path: str = "calls/a.jsonl") -> Played:
    whole = script(TEXT)
    return Played(
        recording=path,
        id="01R",
        matched=2,
        expected=3,
        extras=(),
        mismatches=mismatches,
        never_came=(whole.expected[2],) if left else (),
        never_asked_for=(whole.steps[-1],) if left else (),
    )


def refused(path: str = "calls/a.jsonl") -> Mismatch:
    nearest = script(TEXT).expected[1]
    return Mismatch(Why.REFUSED, path, "response.create", 3, nearest=nearest, detail="no such item")


def written(name: str, report: Report) -> str:
    return "\n".join(ci.writer(name)(replay_ci.suites(report)))


def test_a_mismatch_is_a_failed_case_at_the_recorded_line() -> None:
    root = ElementTree.fromstring(written("junit", Report((played(refused()),))))

    assert (root.get("tests"), root.get("failures")) == ("8", "1")
    (failed,) = (case for case in root.iter("testcase") if case.find("failure") is not None)
    assert (failed.get("name"), failed.get("file"), failed.get("line")) == ("replay-refused", "calls/a.jsonl", "7")
    failure = failed.find("failure")
    assert failure is not None
    assert failure.get("message") == "client message 3, response.create, is one the API refuses: no such item"


@pytest.mark.parametrize(("strict", "severity"), [(True, "critical"), (False, "info")])
def test_what_is_left_fails_only_where_it_counts(strict: bool, severity: str) -> None:
    (problem,) = json.loads(written("gitlab", Report((played(left=True),), strict=strict)))

    assert (problem["check_name"], problem["severity"]) == ("replay-left-over", severity)
    assert problem["description"] == (
        "replay-left-over: 1 recorded client event never came, 1 recorded server event was never asked for"
    )


def test_a_recording_nobody_asked_for_and_what_came_beside_are_suites_too() -> None:
    beside = Mismatch(Why.HTTP, "calls/a.jsonl", "GET /v1/models")
    report = Report((), unserved=("calls/b.jsonl",), others=(beside,))

    (run,) = json.loads(written("sarif", report))["runs"]
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [
        ("replay-http", "error"),
        ("replay-unserved", "error"),
    ]
    assert written("markdown", report).startswith("**2 errors** in 2 recordings")


def statuses(report: Report) -> Sequence[str]:
    tests: list[dict[str, Any]] = json.loads(written("ctrf", report))["results"]["tests"]
    return [test["status"] for test in tests]


def test_a_recording_that_was_met_passes_every_case() -> None:
    assert set(statuses(Report((played(),)))) == {"passed"}


@pytest.mark.parametrize("name", ["sarif", "ctrf", "gitlab"])
def test_a_report_is_one_that_its_schema_allows(name: str) -> None:
    beside = Mismatch(Why.HTTP, "calls/a.jsonl", "GET /v1/models")
    report = Report((played(refused(), left=True),), unserved=("calls/b.jsonl",), others=(beside,))
    schema = json.loads((Path(__file__).parent / f"schemas/{name}.json").read_bytes())

    jsonschema_rs.validator_for(schema).validate(json.loads(written(name, report)))


def test_exec_writes_its_report_as_junit(rti: CommandLine, tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "call.jsonl", TEXT)
    options = ("--recording", recording, "--report", tmp_path / "replay.xml", "--report-format", "junit")
    assert rti("exec", *options, "--", sys.executable, "-S", "-c", "").code == 1

    root = ElementTree.fromstring((tmp_path / "replay.xml").read_text())
    assert [case.get("name") for case in root.iter("testcase") if len(case)] == ["replay-unserved"]
