from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from realtime_inspector.analysis import dialogue as dialogue_of
from realtime_inspector.analysis.dialogue import dialogue
from realtime_inspector.analysis.turns import turns
from realtime_inspector.analysis.why import explain
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.recording import files
from realtime_inspector.tui import reasons, talk
from realtime_inspector.tui.study import Study
from tests.tui import sample


def test_what_was_heard_stands_before_the_cut_and_hostile_text_is_shown_not_sent(tmp_path: Path) -> None:
    study = Study(sample.write(tmp_path / "call.jsonl"), sample.RULES)
    study.read_on(lambda: True)
    study.analyse(lambda: True)
    shown = talk.lines(dialogue(study.session), turns(study.session))
    study.close()
    assert [line.text for line in shown] == [
        "turn 1 · voice to voice 1.5 s · interrupted",
        " 0:00.358  user      “Weather in Ulm?”",
        ' 0:01.105  tool      get_weather({"city":"Ulm"})',
        "                     → 18 degrees, \\e[31msunny\\u202e after 921 ms",
        " 0:01.526  server    missing_required_parameter: Missing required parameter: 'item.call_id'.",
        " 0:02.085  assistant “It is 18 degrees in Ulm and[cut] sunny.”",
        "                     heard 480 ms of 600 ms",
    ]
    assert [line.target for line in shown] == [18, 18, 39, 39, 42, 49, 49]


def test_what_the_server_says_again_and_again_stands_once() -> None:
    errors = [dialogue_of.Line(At(n, n / 10), "server", "unknown_parameter" if n < 4 else "other") for n in range(1, 6)]
    shown = [line.text.split("server")[1].strip() for line in talk.lines(errors, ())]
    assert shown == ["unknown_parameter x3", "other x2"]


def test_why_tells_of_the_silence_at_the_cursor_and_of_the_others(tmp_path: Path) -> None:
    recording = files.open_recording(sample.write(tmp_path / "call.jsonl"))
    found = explain(recording, recording.header)
    slow, speaking, before, last = ([line.text for line in reasons.lines(found, t)] for t in (1.5, 2.2, 0.0, 4.0))
    assert slow[1].endswith("slow-tool")
    assert "  ⏎ #39      0:01.105  from here" in slow
    assert "The last time that somebody waited" in slow
    assert speaking[1] == "the assistant was speaking, or its words were playing"
    assert before[1:4] == ["the session had not begun", "", "The last time that somebody waited"]
    assert before[4].endswith("create-unanswered")
    assert "Elsewhere" not in before  # nobody waited for long but then
    assert last[1].endswith("create-unanswered")
    assert "Elsewhere" not in last


def test_another_silence_leads_to_what_shows_it() -> None:
    call = Path(__file__).parents[2] / "recordings/missing-call-id.jsonl"
    recording = files.open_recording(call)
    (refused,) = [each for each in explain(recording, recording.header) if each.cause.label == "tool-output-refused"]
    earlier = replace(refused, silence=replace(refused.silence, start=0.0, end=1.0))
    (line,) = [line for line in reasons.lines([refused, earlier], 0.5) if line.text.startswith("  0:0")]
    assert line.target == 21  # the output that was refused, not what the user had asked for before


def test_a_turn_begins_with_its_own_line_not_with_the_blank_one_above_it() -> None:
    call = Path(__file__).parents[2] / "recordings/barge-in.jsonl"
    study = Study(call, sample.RULES)
    study.read_on(lambda: True)
    study.analyse(lambda: True)
    shown = talk.lines(dialogue(study.session), turns(study.session))
    study.close()
    blank = next(at for at, line in enumerate(shown) if not line.text)
    assert shown[blank].target == shown[blank - 1].target
    assert shown[blank + 1].text.startswith("turn 2")
    assert (shown[blank + 1].target or 0) > (shown[blank].target or 0)
