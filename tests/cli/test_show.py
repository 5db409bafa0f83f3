"""`show`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realtime_inspector.analysis import metrics, policy
from realtime_inspector.analysis.dialogue import dialogue
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.turns import turns
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from tests.analysis.sessions import VOICE, session
from tests.cli.helpers import CommandLine, write_recording


class Called(Rule):
    id = "TST001"
    name = "a-call"
    severity = Severity.WARNING
    on = ("response.function_call_arguments.done",)

    def check(self, event: Event, before: Session) -> list[Finding]:
        return [self.finding(event, "call 'c1' was made", fix="do not")]


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "all_rules", lambda: (Called(),))


def test_a_conversation_is_told_turn_by_turn(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", VOICE)

    assert rti("show", "call.jsonl").out == (
        "call.jsonl\n"
        "gpt-realtime, 0:05, 2 turns, closed 1000, 1 warning\n"
        "\n"
        "turn 1, answered in 304 ms, interrupted\n"
        "  0:00.104  user      Weather in Oslo?\n"
        "  0:02.508  assistant It is [cut]sunny in Oslo today.\n"
        "                      heard 1.0 s of 4.0 s; cancelled: turn_detected\n"
        "\n"
        "turn 2, answered in 409 ms\n"
        "  0:03.510  user      (spoken, not transcribed)\n"
        "  0:04.066  tool      get_time({}) = 12:00\n"
        "                      took 252 ms\n"
        "  0:04.066  ! warning TST001: call 'c1' was made (entry 24)\n"
        "  0:04.422  assistant Noon.\n"
    )


def test_findings_can_be_left_out(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", VOICE)

    assert "TST001" not in rti("show", "--no-findings", "call.jsonl").out


def test_what_went_wrong_stands_in_its_place(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(
        tmp_path / "call.jsonl",
        """
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.create"}
        < {"type": "error", "error": {"code": "busy", "message": "already \\u001b[31mactive"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "failed", "status_details": {"error": {"message": "no quota"}}}}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1"}
        """,  # noqa: E501
    )

    assert rti("show", "call.jsonl").out.splitlines()[2:] == [
        "",
        "turn 1",
        "  0:00.004  server    busy: already \\e[31mactive",
        "  0:00.005  assistant",
        "                      failed: no quota",
        "",
        "turn 2",
        "  0:00.006  user      (spoken, not transcribed)",
        "                      still speaking",
    ]


def test_long_words_are_wrapped_beneath_themselves(rti: CommandLine, tmp_path: Path) -> None:
    said = "word " * 40
    item = f'{{"id": "u1", "type": "message", "role": "user", "content": [{{"type": "input_text", "text": "{said}"}}]}}'
    write_recording(tmp_path / "call.jsonl", f'< {{"type": "conversation.item.added", "item": {item}}}')

    lines = rti("show", "call.jsonl").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[5].startswith(" " * 22 + "word")


def test_a_recording_without_entries_is_cut_off_as_ls_has_it(rti: CommandLine) -> None:
    write_recording(Path("call.jsonl"), "")

    assert rti("show", "call.jsonl").out == "call.jsonl\nunknown model, 0:00, 0 turns, cut off, no findings\n"


def test_the_sessions_of_a_log_are_shown_one_after_the_other(rti: CommandLine) -> None:
    created = '{{"type": "session.created", "event_id": "e{0}", "session": {{"id": "s{0}", "model": "model-{0}"}}}}\n'
    Path("app.log").write_text(created.format(1) + created.format(2))
    ran = rti("show", "app.log")
    assert [line.split(",")[0] for line in ran.out.splitlines() if line.startswith("model-")] == ["model-1", "model-2"]


def test_the_project_says_which_rules_are_asked_and_what_is_suppressed_is_left_out(rti: CommandLine) -> None:
    write_recording(Path("call.jsonl"), VOICE)
    Path("realtime-inspector.toml").write_text(
        '[lint]\nseverity.TST = "error"\n[lint.per-path."call*"]\ndialect = "xai"'
    )
    lines = rti("show", "call.jsonl").out.splitlines()
    assert lines[1:3] == ["gpt-realtime, 0:05, 2 turns, closed 1000, 1 error", "dialect xai: it was asked for"]

    Path("call.jsonl.suppress.toml").write_text('[[suppress]]\nrule = "TST001"\nreason = "meant so"\n')
    assert "TST001" not in rti("show", "call.jsonl").out
    assert "no findings" in rti("show", "call.jsonl").out
    Path("realtime-inspector.toml").write_text('[lint]\nignore = ["TST"]')
    assert rti("show", "call.jsonl").code == 0


def test_json_has_the_conversation_with_turns_items_calls_waits_and_findings(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", VOICE)
    told = json.loads(rti("show", "call.jsonl", "--format", "json").out)
    assert told["schema_version"] == 1
    (one,) = told["recordings"]
    assert (one["path"], one["model"], one["dialect"], one["ended"]) == (
        "call.jsonl",
        "gpt-realtime",
        "ga",
        "closed 1000",
    )
    assert [line["who"] for line in one["lines"]] == [line.who for line in dialogue(session(VOICE))]
    exchanges = turns(session(VOICE))
    assert [turn["turn"] for turn in one["turns"]] == [1, 2]
    assert [turn["latency"]["answer_ms"] for turn in one["turns"]] == list(map(metrics.answer_ms, exchanges))
    (call,) = [call for turn in one["turns"] for call in turn["calls"]]
    assert (call["call_id"], call["output"]) == ("c1", "12:00")
    assert {item["id"] for item in one["items"]} == session(VOICE).items.keys()
    assert [(each["rule"], each["entry"]) for each in one["findings"]] == [("TST001", call["done"]["entry"])]
    (quiet,) = json.loads(rti("show", "call.jsonl", "--format", "json", "--no-findings").out)["recordings"]
    assert quiet["findings"] is None


def test_the_shape_of_json_is_a_promise(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", VOICE)
    (one,) = json.loads(rti("show", "call.jsonl", "--format", "json").out)["recordings"]
    page = (Path(__file__).parents[2] / "docs/exports.md").read_text(encoding="utf-8")
    shown = page.partition("## The conversation as JSON")[2]
    names = {*one, *one["turns"][0], *one["turns"][0]["latency"], *one["turns"][0]["responses"][0], *one["lines"][0]}
    names |= {*one["items"][0], *one["turns"][1]["calls"][0]}
    assert [name for name in sorted(names) if f"`{name}`" not in shown] == []


def test_markdown_is_that_of_export(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", VOICE)
    assert rti("show", "call.jsonl", "--format", "markdown").out == rti("export", "call.jsonl", "--to", "markdown").out
    assert "TST001" not in rti("show", "call.jsonl", "--format", "markdown", "--no-findings").out
