"""`lint`, and every format it writes."""

# ruff: noqa: RUF001 - the sign of multiplication is meant
from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.cli import lint as lint_module
from realtime_inspector.cli.findings import Linted, Trail
from realtime_inspector.cli.findings_ci import junit, markdown
from realtime_inspector.cli.findings_json import Json, JsonLines
from realtime_inspector.cli.findings_text import Concise, Text
from realtime_inspector.cli.output import Ink, json_lines
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from tests.analysis.sessions import events
from tests.cli.helpers import CommandLine, write_recording

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
SESSION = """
> {"type": "session.update", "session": {}}
+40ms < {"type": "error", "error": {"message": "no", "code": "bad"}}
> {"type": "response.create"}
< {"type": "response.created", "response": {"id": "r1"}}
> {"type": "response.create"}
x
"""


class Refused(Rule):
    id = "TST001"
    name = "refused-event"
    severity = Severity.ERROR
    on = ("error",)

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        yield self.finding(event, "the server refused 'no'", cause=1, fix="send it as the API wants it", related=(1,))


class Asked(Rule):
    id = "TST002"
    name = "response-asked"
    severity = Severity.WARNING
    on = ("response.create",)

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        yield self.finding(event, "a response is asked for", fix="do not")


class Ended(Rule):
    id = "INF001"
    name = "it-ended"
    severity = Severity.INFO
    on = ("wire.end",)

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        yield self.finding(event, "it ended", fix="nothing to do")


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint_module, "all_rules", lambda: (Ended(), Refused(), Asked()))


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "recordings/call.jsonl", SESSION)


def linted(*findings: Finding, path: str = "call.jsonl") -> Linted:
    trail = Trail()
    for event in events(SESSION):
        trail.add(event.n, event.entry.line, (event.t,), (event.type,))
    return Linted(path, "01RECORDING", 6, findings, trail, length_s=0.045)


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


def written(form: Any, *found: Linted) -> list[str]:
    return [line for one in found for line in form.recording(one)] + list(form.summary(found))


def test_text_says_what_is_wrong_why_and_what_to_do(rti: CommandLine, call: Path) -> None:
    ran = rti("lint", "recordings/call.jsonl")

    assert ran.out == (
        "recordings/call.jsonl:3: error TST001 refused-event\n"
        "  the server refused 'no'\n"
        "  cause: entry 1 (line 2), session.update, 40 ms before\n"
        "  fix: send it as the API wants it\n"
        "\n"
        "recordings/call.jsonl:4: warning TST002 response-asked  × 2, first at 42 ms\n"
        "  a response is asked for\n"
        "  fix: do not\n"
        "  also: line 6\n"
        "\n"
        "recordings/call.jsonl:7: info INF001 it-ended\n"
        "  it ended\n"
        "  fix: nothing to do\n"
        "\n"
        "1 error, 2 warnings, 1 info in 1 recording (6 entries)\n"
        "run `realtime-inspector explain TST001` for what that rule means and an example\n"
    )
    assert ran.code == 1
    assert ran.err == ""


def test_without_a_path_the_folder_recordings_is_read(rti: CommandLine, call: Path) -> None:
    assert rti("lint", "--format", "concise").out == (
        "recordings/call.jsonl:3: error TST001 refused-event: the server refused 'no'\n"
        "recordings/call.jsonl:4: warning TST002 response-asked: a response is asked for\n"
        "recordings/call.jsonl:6: warning TST002 response-asked: a response is asked for\n"
        "recordings/call.jsonl:7: info INF001 it-ended: it ended\n"
    )


def test_json_is_complete_and_as_it_was_promised(rti: CommandLine, call: Path) -> None:
    ran = rti("lint", "--format", "json", "--select", "TST001", "recordings")

    found = json.loads(ran.out)
    why = found["recordings"][0].pop("why")
    assert (why["answered"], why["cause"]) == (False, "connection-lost")
    assert found == {
        "schema_version": 1,
        "recordings": [
            {
                "path": "recordings/call.jsonl",
                "id": "01RECORDING",
                "events": 6,
                "dialect": "",
                "dialect_reason": "",
                "findings": [
                    {
                        "rule": "TST001",
                        "name": "refused-event",
                        "severity": "error",
                        "entry": 2,
                        "line": 3,
                        "t": 0.041,
                        "message": "the server refused 'no'",
                        "fix": "send it as the API wants it",
                        "cause": 1,
                        "related": [1],
                    }
                ],
                "accepted": [],
            }
        ],
        "summary": {"error": 1, "warning": 0, "info": 0},
    }


def test_a_recording_without_findings_is_in_the_json_too() -> None:
    (document,) = written(Json(), linted())

    assert json.loads(document)["recordings"] == [
        {
            "path": "call.jsonl",
            "id": "01RECORDING",
            "events": 6,
            "dialect": "",
            "dialect_reason": "",
            "findings": [],
            "accepted": [],
            "why": None,
        }
    ]


def test_json_shows_the_corrected_event_where_it_is_known() -> None:
    (line,) = written(JsonLines(), linted(finding(corrected={"type": "response.create"})))

    assert json.loads(line)["corrected"] == {"type": "response.create"}


def test_json_lines_name_the_recording_in_each() -> None:
    lines = [json.loads(line) for line in written(JsonLines(), linted(finding()), linted(finding(), path="b.jsonl"))]

    assert [(line["path"], line["rule"], line["line"]) for line in lines] == [
        ("call.jsonl", "TST001", 3),
        ("b.jsonl", "TST001", 3),
    ]


def test_control_characters_of_a_recording_never_reach_the_terminal() -> None:
    one = linted(finding("\x1b]0;owned\x07 \u202e"), path="\x1b[2J.jsonl")

    for form in (Text(Ink(on=False), 80), Concise(), markdown(), junit()):
        text = "\n".join(written(form, one))
        assert not any(char in text for char in "\x1b\x07\u202e")


def test_long_messages_are_wrapped_beneath_themselves() -> None:
    lines = written(Text(Ink(on=False), 40), linted(finding("word " * 12)))

    assert lines[1:3] == ["  word word word word word word word", "  word word word word word"]
    assert all(len(line) <= 40 for line in lines[1:4])


def test_many_findings_that_are_alike_are_folded() -> None:
    lines = written(Text(Ink(on=False), 80), linted(*(finding(line=line) for line in range(3, 15))))

    assert lines[0] == "call.jsonl:3: error TST001 refused-event  × 12, first at 41 ms"
    assert lines[3] == "  also: lines 4, 5, 6, 7, 8, 9 and 5 more"


def test_a_refusal_is_told_with_the_wrong_event_that_it_answers() -> None:
    trail = Trail()
    trail.add(0, 2, [0.0, 0.1, 0.2], ["conversation.item.create", "error", "error"])
    refused = [finding(rule="ERR001", entry=n, line=n + 2, cause=0, message="'no'") for n in (1, 2)]
    found = replace(linted(finding(rule="TOOL003", entry=0, line=2, fix="add it"), *refused), trail=trail)

    lines = written(Text(Ink(on=False), 80), found)

    assert lines[0].endswith("TOOL003 refused-event")
    assert lines[-5:] == [
        "  fix: add it",
        "  then: error ERR001 refused-event (lines 3, 4): 'no'",
        "",
        "3 errors in 1 recording (6 entries); 2 of them follow from another",
        "run `realtime-inspector explain TOOL003` for what that rule means and an example",
    ]


def test_a_rule_that_knows_an_error_stands_before_the_one_for_any_error_and_is_the_one_to_read_about() -> None:
    found = linted(finding(rule="ERR001"), finding(rule="TOOL003"))

    lines = written(Text(Ink(on=False), 80), found)

    assert [line.split()[2] for line in lines if line.startswith("call.jsonl")] == ["TOOL003"]
    assert "  then: error ERR001 refused-event (line 3): a message" in lines
    assert "explain TOOL003" in lines[-1]


def test_the_corrected_event_is_shown_to_be_copied() -> None:
    right = {"type": "session.update", "session": {"type": "realtime"}}
    lines = written(Text(Ink(on=False), 80), linted(finding(corrected=right)))

    assert lines[3:5] == ["  corrected:", '    {"type":"session.update","session":{"type":"realtime"}}']


def test_a_correction_that_two_rules_share_is_shown_once() -> None:
    right = {"type": "session.update"}
    both = linted(finding(corrected=right), finding(rule="TST002", corrected=right))

    assert [line for line in written(Text(Ink(on=False), 80), both) if "corrected" in line] == [
        "  corrected:",
        "  corrected: as above",
    ]


@given(JSON, st.integers(10, 80))
def test_json_for_people_is_json(value: Any, columns: int) -> None:
    assert json.loads("\n".join(json_lines(value, columns))) == value


def test_json_for_people_keeps_on_one_line_what_fits() -> None:
    assert json_lines({"a": {"b": [1, 2]}, "c": "d" * 20}, 24) == [
        "{",
        '  "a": {"b":[1,2]},',
        f'  "c": "{"d" * 20}"',
        "}",
    ]


def test_of_a_long_corrected_event_the_beginning_is_shown() -> None:
    lines = written(Text(Ink(on=False), 80), linted(finding(corrected={"tools": [f"{n:60}" for n in range(100)]})))

    assert lines[44] == "    ... 64 more lines; --format json has them"


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch, rti: CommandLine, call: Path) -> None:
    assert "\x1b" not in rti("lint").out

    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31;1merror\x1b[0m" in rti("lint").out

    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in rti("lint").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 1),
        (["--exit-zero"], 0),
        (["--fail-on", "error"], 1),
        (["--ignore", "TST001", "--fail-on", "error"], 0),
        (["--select", "INF"], 0),
        (["--select", "INF", "--fail-on", "info"], 1),
        (["--select", "response-asked"], 1),
        (["--ignore", "tst,INF001"], 0),
    ],
)
def test_errors_and_warnings_fail_a_run_and_information_does_not(
    rti: CommandLine, call: Path, arguments: list[str], code: int
) -> None:
    assert rti("lint", *arguments).code == code


def test_no_findings_is_said(rti: CommandLine, call: Path) -> None:
    assert rti("lint", "--ignore", "TST,INF").out == "no findings in 1 recording (6 entries)\n"


def test_a_rule_that_is_not_there_is_answered_with_the_nearest(rti: CommandLine, call: Path) -> None:
    ran = rti("lint", "--select", "TST01")

    assert ran.code == 2
    assert ran.err == "realtime-inspector: no rule 'TST01'; did you mean 'TST001'?\n"


def test_statistics_count_by_rule(rti: CommandLine, call: Path) -> None:
    ran = rti("lint", "--statistics")

    assert ran.out == (
        "2  TST002  response-asked  warning  first at recordings/call.jsonl:4\n"
        "1  INF001  it-ended        info     first at recordings/call.jsonl:7\n"
        "1  TST001  refused-event   error    first at recordings/call.jsonl:3\n"
    )
    assert json.loads(rti("lint", "--statistics", "--format", "json").out)["statistics"][0] == {
        "rule": "TST002",
        "name": "response-asked",
        "severity": "warning",
        "count": 2,
        "recordings": 1,
        "first": {"path": "recordings/call.jsonl", "entry": 3, "line": 4, "t": 0.042},
    }
    assert rti("lint", "--statistics", "--format", "junit").code == 2
    assert rti("lint", "--statistics", "--select", "RSP").code == 2


def test_statistics_of_several_recordings_say_in_how_many(rti: CommandLine, call: Path) -> None:
    write_recording(call.parent / "d.jsonl", '> {"type": "session.update"}\nx')

    lines = rti("lint", "--statistics").out.splitlines()
    assert lines[0] == "2  INF001  it-ended        info     in 2 of 2  first at recordings/call.jsonl:7"
    assert lines[1] == "2  TST002  response-asked  warning  in 1 of 2  first at recordings/call.jsonl:4"


def test_github_workflows_get_annotations_beside_the_text(
    rti: CommandLine, call: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    lines = rti("lint").out.splitlines()
    assert lines[0] == "recordings/call.jsonl:3: error TST001 refused-event"
    assert lines[-1].startswith("::notice file=recordings/call.jsonl,line=7")
    assert not rti("lint", "--format", "concise").out.count("::notice")


def test_standard_input_is_read_as_a_dash(rti: CommandLine, call: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(call.read_bytes())))

    assert rti("lint", "--format", "concise", "-").out.startswith("-:3: error TST001")


def test_a_torn_line_is_told_and_the_rest_is_linted(rti: CommandLine, call: Path) -> None:
    with call.open("ab") as stream:
        stream.write(b'{"n":7,"t":1')

    ran = rti("lint", "--select", "TST001")
    assert ran.code == 1
    assert "recordings/call.jsonl:8: the last line is cut off" in ran.err


def test_one_unreadable_recording_among_others_is_told(rti: CommandLine, call: Path) -> None:
    (call.parent / "bad.jsonl").write_bytes(b"\x00\x01 nothing that could be read")

    ran = rti("lint", "--ignore", "TST")
    assert ran.code == 0
    assert ran.err.startswith("realtime-inspector: recordings/bad.jsonl")
    assert "1 recording (6 entries)" in ran.out


def test_nothing_readable_is_exit_code_4(rti: CommandLine, tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(b"\x00\x01 nothing that could be read")

    assert rti("lint", "a.jsonl").code == 4
    ran = rti("lint", "a.jsonl", "b.jsonl")
    assert ran.code == 4
    assert ran.err.splitlines()[-1] == "realtime-inspector: none of the 2 files could be read"


@pytest.mark.parametrize("arguments", [[], ["nowhere"], ["empty"]])
def test_a_path_without_recordings_is_a_mistake_of_usage(
    rti: CommandLine, tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "empty").mkdir()

    ran = rti("lint", *arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
