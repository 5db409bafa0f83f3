"""Comparisons and drives in the formats of continuous integration."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from realtime_inspector.cli import ci, drive_ci
from realtime_inspector.replay.driven import Driven, Line
from tests.analysis.test_diff import WHOLE
from tests.cli.helpers import CommandLine, write_recording

SCHEMAS = Path(__file__).parent / "schemas"
DRIVEN = Driven(
    recording="calls/a.jsonl",
    url="wss://127.0.0.1/v1/realtime",
    sent=3,
    messages=4,
    appends=0,
    took_s=1.5,
    lines=(
        Line("not sent", "conversation.item.create (line 22): it names the 1st call, which did not come", 22),
        Line("added", "300 ms of silence", fails=False),
    ),
)


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    write_recording(tmp_path / "a.jsonl", WHOLE)
    write_recording(tmp_path / "b.jsonl", WHOLE.replace('\\"Oslo\\"', '\\"Rome\\"'))


def diff(rti: CommandLine, form: str, *more: str) -> str:
    ran = rti("diff", "a.jsonl", "b.jsonl", "--format", form, *more)
    assert ran.code == 1, ran.err
    return ran.out


def test_a_comparison_is_a_suite_with_a_case_an_aspect(rti: CommandLine) -> None:
    root = ElementTree.fromstring(diff(rti, "junit", "--ignore", "order"))
    names = [case.get("name") for case in root.iter("testcase")]
    assert names == [f"diff-{word}" for word in ("configuration", "turns", "text", "tools", "errors", "end")]
    (failed,) = (case for case in root.iter("testcase") if case.find("failure") is not None)
    failure = failed.find("failure")
    assert failure is not None
    assert (failed.get("name"), failed.get("file")) == ("diff-tools", "b.jsonl")
    assert failure.get("message") == "turn 2: sky.arguments.city: 'Oslo' → 'Rome' (a is a.jsonl)"


def test_a_difference_is_annotated_at_its_line_of_the_second_recording(rti: CommandLine) -> None:
    lines = Path("b.jsonl").read_text().splitlines()
    (annotation,) = diff(rti, "github").splitlines()
    line = int(annotation.partition("line=")[2].partition(",")[0])
    assert "sky" in lines[line - 1]
    assert annotation.startswith(f"::error file=b.jsonl,line={line},title=diff-tools::turn 2")


def test_a_tolerance_is_a_check_too(rti: CommandLine) -> None:
    told = json.loads(diff(rti, "ctrf", "--latency", "10%"))
    assert "diff-latency" in [test["name"] for test in told["results"]["tests"]]


@pytest.mark.parametrize("name", ["sarif", "ctrf", "gitlab"])
def test_a_comparison_is_one_that_its_schema_allows(rti: CommandLine, name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_bytes())
    jsonschema_rs.validator_for(schema).validate(json.loads(diff(rti, name)))


@pytest.mark.parametrize("name", ["sarif", "ctrf", "gitlab"])
def test_a_drive_is_one_that_its_schema_allows(name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_bytes())
    jsonschema_rs.validator_for(schema).validate(json.loads("\n".join(ci.writer(name)([drive_ci.suite(DRIVEN)]))))


def test_what_a_drive_could_not_do_fails_and_what_went_another_way_does_not() -> None:
    root = ElementTree.fromstring("\n".join(ci.writer("junit")([drive_ci.suite(DRIVEN)])))
    told = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase") if len(case)}
    assert told == {"drive-not-sent": ["failure"], "drive-added": ["system-out"]}
    (failed,) = (case for case in root.iter("testcase") if case.find("failure") is not None)
    assert (failed.get("file"), failed.get("line")) == ("calls/a.jsonl", "22")
