"""Findings as continuous integration wants to hear of them: every format, and what does not change between runs."""

# ruff: noqa: RUF001 - the sign of multiplication is meant
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.analysis.selection import usual
from realtime_inspector.cli import findings_ci
from realtime_inspector.cli.ci import github
from realtime_inspector.cli.ci.checked import Case, Check, Problem, Suite, problems
from realtime_inspector.cli.findings import Linted, lint
from realtime_inspector.formats import read_any
from tests.cli.helpers import HEADER, write_recording
from tests.pages import ROOT

SESSION = """
> {"type": "session.update", "session": {}}
+40ms < {"type": "error", "error": {"message": "no", "code": "bad"}}
> {"type": "response.create"}
< {"type": "response.created", "response": {"id": "r1"}}
> {"type": "response.create"}
x
"""
SCHEMAS = Path(__file__).parent / "schemas"
STARTED = "2026-11-22T11:10:03.123456Z"


class Refused(Rule):
    """The server refuses an event.

    Why: it does not happen.
    Fix: send it as the API wants it.
    Limits: none.
    Source: a test.
    """

    id = "TST001"
    name = "refused-event"
    severity = Severity.ERROR
    on = ("error",)


class Quiet(Rule):
    """Nothing.

    Why: it does not matter.
    Fix: nothing.
    Limits: none.
    Source: a test.
    """

    id = "TST002"
    name = "quiet"
    severity = Severity.WARNING
    on = ("wire.end",)


def linted(*findings: Finding, path: str = "call.jsonl") -> Linted:
    whole = lint(read_any(write_recording(Path("session.jsonl"), SESSION, replace(HEADER, started=STARTED))), [])
    return replace(whole, path=path, findings=findings, asked=(Refused(), Quiet()))


def finding(message: str = "a message", **members: Any) -> Finding:
    given: dict[str, Any] = {
        "rule": "TST001",
        "name": "refused-event",
        "severity": Severity.ERROR,
        "entry": 2,
        "line": 3,
        "t": 0.041,
        "fix": "do it",
    }
    return Finding(message=message, **(given | members))


def written(form: findings_ci.Whole, *found: Linted) -> list[str]:
    return [line for one in found for line in form.recording(one)] + list(form.summary(found))


def document(form: findings_ci.Whole, *found: Linted) -> Any:
    return json.loads("\n".join(written(form, *found)))


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_github_annotations_escape_what_github_reads() -> None:
    quiet = finding("x", rule="TST002", severity=Severity.INFO, line=0)
    one = linted(finding("100% of\nit"), quiet, path="a:b,c.jsonl")

    assert written(findings_ci.github(), one) == [
        "::error file=a%3Ab%2Cc.jsonl,line=3,title=TST001 refused-event::100%25 of%0Ait Fix: do it",
        "::notice file=a%3Ab%2Cc.jsonl,line=1,title=TST002 quiet::x Fix: do it",
    ]


def test_of_a_kind_github_shows_ten_so_the_tenth_says_how_many_more_there_are() -> None:
    many = [linted(finding(), finding(line=9), path=f"{n}.jsonl") for n in range(14)]

    lines = written(findings_ci.github(), *many, linted(finding(severity=Severity.WARNING)))
    assert [line.partition(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"]
    assert lines[0].startswith("::error file=0.jsonl,line=3,title=TST001 refused-event × 2::")
    assert lines[9] == (
        "::error title=realtime-inspector::5 more like these; the summary of the step and the log have them"
    )


def test_the_summary_of_a_step_has_every_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    written(findings_ci.github(), *(linted(finding(), path=f"{n}.jsonl") for n in range(14)))
    text = summary.read_text()
    assert text.startswith("before\n### realtime-inspector\n\n**14 errors** in 14 recordings\n")
    assert text.count("TST001 refused-event") == 14


def test_a_summary_never_outgrows_what_a_step_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setattr(github, "SUMMARY_BYTES", 2000)
    one = linted(finding("long " * 20))

    written(findings_ci.github(), *(replace(one, path=f"{n}.jsonl") for n in range(40)))
    assert summary.stat().st_size <= 2100
    assert summary.read_text().endswith("\n\nand 33 more\n\n")


def test_a_summary_that_cannot_be_written_is_told_and_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))

    assert len(written(findings_ci.github(), linted(finding()))) == 1
    assert "the summary cannot be written" in capsys.readouterr().err


def test_junit_has_a_suite_a_recording_and_a_case_a_rule() -> None:
    bad = finding("<b> & \x1b[31m \"quoted\" 'é'")
    root = ElementTree.fromstring("\n".join(written(findings_ci.junit(), linted(bad, bad), linted(path="b.jsonl"))))

    # not `skipped`: the schema of Jenkins' xUnit plugin has it for a suite alone
    assert root.attrib == {"name": "realtime-inspector", "tests": "4", "failures": "1", "errors": "0"}
    first, second = root.findall("testsuite")
    assert (first.get("name"), first.get("failures"), first.get("tests"), second.get("failures")) == (
        "call.jsonl",
        "1",
        "2",
        "0",
    )
    assert first.get("timestamp") == "2026-11-22T11:10:03"
    failure = first.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "<b> & \\e[31m \"quoted\" 'é' (× 2)"
    assert (failure.text or "").count("call.jsonl:3: <b>") == 2
    assert [(case.get("name"), len(case)) for case in second] == [("TST001 refused-event", 0), ("TST002 quiet", 0)]


def test_junit_fails_nothing_for_information() -> None:
    root = ElementTree.fromstring("\n".join(written(findings_ci.junit(), linted(finding(severity=Severity.INFO)))))

    assert root.get("failures") == "0"
    assert root.findtext("testsuite/testcase/system-out") == "call.jsonl:3: a message\nFix: do it"


def test_ctrf_tells_of_every_check_in_the_time_of_the_recordings() -> None:
    found = document(findings_ci.ctrf(), linted(finding()), linted(path="b.jsonl"))

    assert found["results"]["summary"] == {
        "tests": 4,
        "passed": 3,
        "failed": 1,
        "skipped": 0,
        "pending": 0,
        "other": 0,
        "suites": 2,
        "start": 1795345803123,
        "stop": 1795345803168,
    }
    assert found["results"]["tests"][0] == {
        "name": "TST001 refused-event",
        "status": "failed",
        "duration": 0,
        "suite": ["call.jsonl"],
        "filePath": "call.jsonl",
        "tags": ["TST", "realtime-api"],
        "rawStatus": "error",
        "message": "a message",
        "trace": "call.jsonl:3: a message\nFix: do it",
        "line": 3,
    }


def test_markdown_keeps_a_cell_in_its_column_and_repeats_nothing() -> None:
    assert written(findings_ci.markdown(), linted(finding("a|b <script>\nc ![x](y) @all"), finding())) == [
        "**2 errors** in 1 recording",
        "",
        "| | check | where | what | fix |",
        "|---|---|---|---|---|",
        "| error | TST001 refused-event × 2 | call.jsonl:3 | a\\|b &lt;script&gt; c !\\[x\\](y) &#64;all | do it |",
    ]
    assert written(findings_ci.markdown(), linted()) == ["**no findings** in 1 recording"]


def test_gitlab_is_given_a_fingerprint_of_its_own_for_each_finding() -> None:
    found = document(findings_ci.gitlab(), linted(finding(), finding(line=7)), linted(finding(), path="b.jsonl"))

    assert found[0] == {
        "description": "TST001 refused-event: a message",
        "check_name": "TST001",
        "fingerprint": found[0]["fingerprint"],
        "severity": "critical",
        "location": {"path": "call.jsonl", "lines": {"begin": 3, "end": 3}},
    }
    assert [one["location"]["lines"]["begin"] for one in found] == [3, 7, 3]
    assert len({one["fingerprint"] for one in found}) == 3


def test_sarif_points_to_the_line_what_began_it_and_the_corrected_event() -> None:
    right = {"type": "session.update", "session": {"type": "realtime"}}
    (run,) = document(findings_ci.sarif(), linted(finding(cause=1, related=(1, 5), corrected=right)))["runs"]

    (result,) = run["results"]
    assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "TST001"
    assert result["level"] == "error"
    assert result["message"]["text"] == "a message\nFix: do it"
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "call.jsonl", "uriBaseId": "%SRCROOT%", "index": 0},
                "region": {"startLine": 3},
            }
        }
    ]
    steps = result["relatedLocations"]
    assert [(step["physicalLocation"]["region"]["startLine"], step["message"]["text"]) for step in steps] == [
        (2, "it began with this session.update"),
        (6, "this response.create has to do with it"),
    ]
    assert result["properties"] == {"entry": 2, "t": 0.041, "corrected": right}


def test_sarif_has_the_page_of_every_rule_that_was_asked() -> None:
    (run,) = document(findings_ci.sarif(), linted())["runs"]

    rule = run["tool"]["driver"]["rules"][0]
    assert (rule["id"], rule["name"], rule["defaultConfiguration"]) == ("TST001", "RefusedEvent", {"level": "error"})
    assert rule["shortDescription"] == {"text": "The server refuses an event."}
    assert "**Why**: it does not happen." in rule["help"]["markdown"]
    assert "Why: it does not happen." in rule["help"]["text"]


def fingerprints(*found: Linted) -> list[str]:
    (run,) = document(findings_ci.sarif(), *found)["runs"]
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]


def test_a_fingerprint_outlives_a_new_recording_of_the_same_session() -> None:
    first = linted(finding("item_1 is 20 ms late"), path="calls/20261122T111003Z_01KAN0000000000000000000AA.jsonl")
    again = finding("item_2 is 3 ms late", line=9, t=1.5)
    second = replace(first, findings=(again,), path="calls/20261123T080000Z_01KAP0000000000000000000BB.jsonl")
    elsewhere = replace(second, path="calls/other.jsonl")

    assert fingerprints(first) == fingerprints(second)
    assert fingerprints(second) != fingerprints(elsewhere)
    assert [one.rpartition(":")[2] for one in fingerprints(first, second)] == ["1", "2"]


def test_paths_are_those_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app/calls").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path / "app")
    assert findings_ci.suite(linted(path="calls/a b.jsonl")).path == "app/calls/a b.jsonl"

    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path / "app"))
    assert findings_ci.suite(linted(path="calls/a.jsonl")).path == "calls/a.jsonl"
    outside = findings_ci.suite(linted(path="/elsewhere/a.jsonl"))
    assert outside.path == "/elsewhere/a.jsonl"
    (run,) = document(findings_ci.sarif(), linted(path="/elsewhere/a b.jsonl"))["runs"]
    assert run["artifacts"][0]["location"] == {"uri": "file:///elsewhere/a%20b.jsonl"}
    assert findings_ci.suite(linted(path="-")).path == "-"
    assert findings_ci.suite(linted(path="../a.jsonl")).path == (tmp_path / "a.jsonl").as_posix()


@pytest.fixture(scope="module")
def samples() -> list[Linted]:
    """Return three of the sample recordings with everything that the rules find in them."""
    names = ("missing-call-id", "beta-session", "barge-in")
    return [lint(read_any(ROOT / f"recordings/{name}.jsonl"), usual(all_rules())) for name in names]


@pytest.mark.parametrize("name", ["sarif", "ctrf", "gitlab"])
def test_a_document_is_one_that_its_schema_allows(name: str, samples: Sequence[Linted]) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_bytes())
    found = document(getattr(findings_ci, name)(), *samples)

    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(found)] == []
    assert len(json.dumps(found)) > 1000


@pytest.mark.parametrize("name", ["github", "gitlab", "sarif", "junit", "ctrf", "markdown"])
def test_the_same_findings_are_the_same_bytes(name: str, samples: Sequence[Linted]) -> None:
    again = [lint(read_any(Path(one.path)), usual(all_rules())) for one in samples[:1]]

    assert written(getattr(findings_ci, name)(), *samples[:1]) == written(getattr(findings_ci, name)(), *again)


def test_control_characters_of_a_recording_reach_no_report() -> None:
    one = linted(finding("\x1b]0;owned\x07 \u202e", fix="\x1b[2J"), path="\x1b[2J.jsonl")

    for name in ("github", "gitlab", "sarif", "junit", "ctrf", "markdown"):
        text = "\n".join(written(getattr(findings_ci, name)(), one))
        assert not any(char in text for char in "\x1b\x07\u202e"), name


def test_a_check_that_could_not_be_made_is_told_as_such() -> None:
    check = Check("budget-cost", "", Severity.ERROR, "What a session costs.")
    suite = Suite("budgets", (Case(check, skipped="no price of my-model"),))

    from realtime_inspector.cli.ci import ctrf, junit, markdown

    assert '<skipped message="no price of my-model"/>' in "\n".join(junit.lines([suite]))
    assert json.loads("\n".join(ctrf.lines([suite])))["results"]["tests"][0]["status"] == "skipped"
    assert list(markdown.lines([suite]))[-1] == "- not known: budget-cost of budgets: no price of my-model"


def test_problems_come_in_the_order_of_lines() -> None:
    check = Check("A", "a", Severity.ERROR, "A.")
    suite = Suite("x", (Case(check, (Problem(Severity.ERROR, "2", line=2), Problem(Severity.ERROR, "1", line=1))),))

    assert [told.problem.message for told in problems([suite])] == ["1", "2"]
