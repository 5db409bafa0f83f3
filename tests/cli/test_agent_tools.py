"""What a coding agent's tools say, what they refuse, and how long an answer may be."""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.policy import Policy
from realtime_inspector.cli.agent import replaying, tools
from realtime_inspector.cli.agent.answers import MIN_TOKENS, NOTICE, Answers, dumped
from realtime_inspector.cli.agent.folder import Folder
from realtime_inspector.cli.agent.tools import Desk
from realtime_inspector.errors import InspectorError, UsageError
from realtime_inspector.formats import digest
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Side
from tests.analysis.sessions import VOICE
from tests.cli.helpers import HEADER, write_recording
from tests.protocol.anything import SESSIONS, entries

ROOT = Path(__file__).parent.parent.parent
SAMPLE = (ROOT / "recordings/missing-call-id.jsonl").read_bytes()
TOOLS = {tool.name: tool for tool in (*tools.LOOKING, replaying.REPLAY)}


def desk(folder: Path, max_tokens: int = 8000) -> Desk:
    shown = Folder(folder)
    return Desk(shown, Answers(max_tokens, shown.place), Policy)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/call.jsonl").write_bytes(SAMPLE)
    write_recording(folder / "talk.jsonl", VOICE)
    return folder


def ask(folder: Path, name: str, max_tokens: int = 8000, /, **told: Any) -> Mapping[str, Any]:
    return TOOLS[name].run(desk(folder, max_tokens), told)


def test_recordings_are_listed_by_the_names_that_the_other_tools_take(calls: Path) -> None:
    answer = ask(calls, "list_recordings")
    assert [each["recording"] for each in answer["recordings"]] == ["sub/call.jsonl", "talk.jsonl"]
    assert (answer["total"], answer["next_cursor"], answer["notice"]) == (2, "", NOTICE)
    assert answer["recordings"][0]["findings"]["error"] == 3
    for each in answer["recordings"]:
        assert ask(calls, "why", recording=each["recording"])["silences"]


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert ask(tmp_path / "later", "list_recordings")["recordings"] == []


def test_it_says_why_it_was_silent_and_at_a_moment(calls: Path) -> None:
    (silence,) = ask(calls, "why", recording="sub/call.jsonl")["silences"]
    assert (silence["cause"], silence["evidence"][-1]["entry"]) == ("tool-output-refused", 22)
    speaking = ask(calls, "why", recording="talk.jsonl", at_s=2.9)
    assert speaking["silences"] or speaking["remark"]
    assert len(ask(calls, "why", recording="talk.jsonl", all=True)["silences"]) > 1


def test_findings_are_chosen_by_severity_and_rule_and_paged(calls: Path) -> None:
    whole = ask(calls, "findings", recording="sub/call.jsonl")
    assert [each["rule"] for each in whole["findings"]] == ["TOOL003", "ERR001", "TOOL002"]
    assert whole["findings"][0]["corrected"]["item"]["call_id"]
    assert [each["rule"] for each in ask(calls, "findings", recording="sub/call.jsonl", rule="TOOL")["findings"]] == [
        "TOOL003", "TOOL002"]  # fmt: skip
    assert ask(calls, "findings", recording="talk.jsonl", severity="error")["chosen"] == 0
    first = ask(calls, "findings", recording="sub/call.jsonl", limit=2)
    rest = ask(calls, "findings", recording="sub/call.jsonl", cursor=first["next_cursor"])
    assert [*first["findings"], *rest["findings"]] == whole["findings"]


def test_events_are_chosen_by_a_filter_that_is_saved_here(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(calls)
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(calls / "data"))
    (calls / "realtime-inspector.toml").write_text('[open.filters]\nbad = "severity>=error"\n')
    direct = ask(calls, "events", recording="sub/call.jsonl", filter="severity>=error")["events"]
    assert ask(calls, "events", recording="sub/call.jsonl", filter="@bad")["events"] == direct != []
    with pytest.raises(UsageError, match="no filter is saved as 'other'"):
        ask(calls, "events", recording="sub/call.jsonl", filter="@other")


def test_every_event_is_read_once_over_the_pages_and_audio_is_in_none(calls: Path) -> None:
    seen: list[int] = []
    cursor = ""
    while True:
        answer = ask(calls, "events", 1500, recording="talk.jsonl", cursor=cursor)
        assert len(dumped(answer)) * 2 <= 1500 * 3
        seen += [each["n"] for each in answer["events"]]
        if not (cursor := answer["next_cursor"]):
            break
    assert seen == list(range(1, len(VOICE.strip().splitlines()) + 1))
    audio, *_ = ask(calls, "events", recording="talk.jsonl", filter="type:response.output_audio.delta")["events"]
    assert audio["event"]["delta"] == "[192000 bytes of audio left out]"
    found = ask(calls, "events", recording="sub/call.jsonl", filter="severity>=error")["events"]
    assert [each["n"] for each in found] == [21, 22]


def test_audio_and_invisible_words_are_in_no_answer_wherever_they_stand(tmp_path: Path) -> None:
    sound = b64encode(os.urandom(600)).decode()
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    item = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": sound},
            {"type": "input_text", "text": f"data:{sound} \u202e\x1b[2J{hidden}"}]}  # fmt: skip
    event = orjson.dumps({"type": "conversation.item.create", "item": item}).decode()
    write_recording(tmp_path / "call.jsonl", f"> {event}\nx")
    shown = dumped(ask(tmp_path, "events", recording="call.jsonl"))
    assert sound[:40] not in shown
    assert not {"\u202e", "\x1b", hidden[0]} & set(shown)
    assert "characters of base64 left out" in shown
    assert "800 characters of audio left out" in shown


def test_a_digest_fits_into_an_answer_and_names_the_file(calls: Path) -> None:
    answer = ask(calls, "digest", recording="sub/call.jsonl", max_tokens=900)
    assert "calls/sub/call.jsonl" in answer["digest"]
    assert "tool-output-refused" in answer["digest"]
    assert digest.tokens(answer["digest"]) <= 900
    assert "TOOL003" in ask(calls, "digest")["digest"]


def test_a_rule_is_explained_and_one_that_is_not_there_is_named(calls: Path) -> None:
    assert ask(calls, "explain_rule", rule="missing-call-id")["rules"][0]["id"] == "TOOL003"
    with pytest.raises(UsageError, match="TOOL999"):
        ask(calls, "explain_rule", rule="TOOL999")


def test_a_pasted_log_is_judged(calls: Path) -> None:
    answer = ask(
        calls,
        "lint_log",
        text="""
        < {"type": "response.function_call_arguments.done", "call_id": "call_9f3", "arguments": "{}"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "ok"}}
    """,
    )
    (session,) = answer["sessions"]
    assert "TOOL003" in [each["rule"] for each in session["findings"]]
    assert session["why"]["sentence"]
    with pytest.raises(InspectorError, match=r"pasted\.log: "):
        ask(calls, "lint_log", text="nothing of the kind")


@pytest.mark.parametrize("name", ["../secret.jsonl", "/etc/passwd", "sub/../../secret.jsonl", "", ".", "a\0b", "sub"])
def test_what_is_not_a_file_of_the_folder_is_refused(calls: Path, name: str) -> None:
    (calls.parent / "secret.jsonl").write_bytes(SAMPLE)
    with pytest.raises(UsageError, match="list_recordings"):
        ask(calls, "findings", recording=name)


def test_links_are_not_followed_wherever_they_stand(calls: Path) -> None:
    outside = calls.parent / "outside"
    outside.mkdir()
    (outside / "call.jsonl").write_bytes(SAMPLE)
    (calls / "linked.jsonl").symlink_to(outside / "call.jsonl")
    (calls / "folder").symlink_to(outside)
    (calls / "talk.2.jsonl").symlink_to(outside / "call.jsonl")
    for name in ("linked.jsonl", "folder/call.jsonl", "talk.jsonl"):
        with pytest.raises(UsageError, match="links are not followed"):
            ask(calls, "events", recording=name)
    listed = ask(calls, "list_recordings")["recordings"]
    assert [each["recording"] for each in listed] == ["sub/call.jsonl"]


def test_a_recording_plays_against_itself_and_not_against_another(calls: Path) -> None:
    assert ask(calls, "replay", recording="sub/call.jsonl")["met"] is True
    other = ask(calls, "replay", recording="sub/call.jsonl", against="talk.jsonl", match="types")
    assert other["met"] is False
    assert str(calls.parent) not in dumped(other)


def test_the_program_of_the_start_is_run_against_the_recording_and_nothing_else(calls: Path) -> None:
    script = "import os; print(os.environ['OPENAI_BASE_URL'][:17], 'x' * 9000); raise SystemExit(3)"
    tool = replaying.program([sys.executable, "-c", script], 60)
    answer = tool.run(desk(calls), {"recording": "talk.jsonl"})
    assert (answer["exit_code"], answer["passed"]) == (3, False)
    assert answer["output_tail"].endswith("\n")
    assert len(answer["output_tail"]) < 4100
    assert "no client connected for it" in answer["verdict"]
    assert set(tool.takes) == {"recording", "match"}
    endless = replaying.program([sys.executable, "-c", "import time; time.sleep(600)"], 0.1)
    with pytest.raises(UsageError, match=r"ran longer than 0\.1 s and was ended"):
        endless.run(desk(calls), {"recording": "talk.jsonl"})
    with pytest.raises(UsageError, match="cannot run 'no-such-program'"):
        replaying.program(["no-such-program"], 60).run(desk(calls), {"recording": "talk.jsonl"})


@given(SESSIONS, st.integers(MIN_TOKENS, 3000))
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_was_recorded_no_answer_is_longer_than_said(
    tmp_path: Path, session: list[tuple[float, tuple[Side, bytes]]], max_tokens: int
) -> None:
    lines = b"".join(map(jsonl.dump, entries(session)))
    (tmp_path / "call.jsonl").write_bytes(jsonl.dump_header(HEADER) + lines)
    told: dict[str, dict[str, Any]] = {
        "list_recordings": {}, "digest": {}, "why": {"all": True}, "findings": {}, "events": {},
    }  # fmt: skip
    for name, arguments in told.items():
        of_one = {"recording": "call.jsonl"} if "recording" in TOOLS[name].needs else {}
        answer = ask(tmp_path, name, max_tokens, **of_one, **arguments)
        assert len(dumped(answer).encode()) * 2 <= max_tokens * 3, name
        assert next(iter(answer)) == "notice"
    page = dumped(ask(tmp_path, "explain_rule", max_tokens, rule="TOOL"))
    assert len(page.encode()) * 2 <= max_tokens * 3


def test_an_expression_that_never_ends_is_ended_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recording(tmp_path / "call.jsonl", f'> {{"type": "x", "text": "{"a" * 60}"}}')
    found = ask(tmp_path, "events", recording="call.jsonl", filter="/a{60}/")["events"]
    assert [event["type"] for event in found] == ["x"]
    monkeypatch.setattr(tools, "EXPRESSION_S", 0.3)
    with pytest.raises(UsageError, match=r"no answer in 0\.3 s"):
        ask(tmp_path, "events", recording="call.jsonl", filter="/(a+)+b/")
