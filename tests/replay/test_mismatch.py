"""What a report says: enough to mend it, and no secret."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from realtime_inspector.replay.matching import MISSING, Difference
from realtime_inspector.replay.mismatch import SHOWN_CHARS, Mismatch, Why
from realtime_inspector.replay.report import Played, Report
from tests.replay.helpers import TEXT, TOOLS, Live, client_messages, script

NEAREST = script(TEXT).expected[0]


def differing(*found: Difference) -> Mismatch:
    """Return a mismatch with these differences."""
    return Mismatch(Why.DIFFERS, "call.jsonl", "session.update", 3, {}, NEAREST, found)


def test_one_line_says_what_came_where_it_belongs_and_where_it_differs() -> None:
    found = differing(Difference("session.audio.output.voice", "alloy", "marin"))
    assert found.message == (
        "call.jsonl: client message 3 fits no recorded one; nearest is line 5: "
        "session.update differs at session.audio.output.voice ('alloy' → 'marin')"
    )


def test_what_differs_in_nothing_came_at_another_moment() -> None:
    found = differing()
    assert found.message.endswith("nearest is line 5: session.update came at another moment")
    assert found.to_json()["message"] == found.message


def test_the_text_has_every_difference_the_cause_and_what_accepts_it() -> None:
    found = differing(Difference("session.a", 1, 2), Difference("session.b", MISSING, {"x": "y"}))
    assert found.text().splitlines()[1:] == [
        "    session.a: recorded 1, came 2",
        '    session.b: recorded nothing, came {"x":"y"}',
        "    probably: the client says something else than it did when this was recorded",
        "    to accept it: --ignore-path 'session.a' --ignore-path 'session.b'",
    ]


@pytest.mark.parametrize(
    ("recorded", "live", "cause"),
    [
        ("order_8d3f2a1b", "order_00ff11ee", "a random id"),
        ("It is 2026-11-22.", "It is 2026-11-23.", "a clock"),
        ("It is 10:15 on Monday", "It is 9:03 on Friday", "a clock"),
        (MISSING, {"mode": "new"}, "a newer SDK"),
        ("old", MISSING, "another SDK version"),
        ("Hi", "Bye", "says something else"),
    ],
)
def test_the_probable_cause_is_told(recorded: Any, live: Any, cause: str) -> None:
    assert cause in differing(Difference("session.x", recorded, live)).cause


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("item.output.sky", "the tool gave another result"),
        ("item.arguments.city", "a call with other arguments"),
        ("session.tools[sky].parameters.required[0]", "the tools were changed"),
        ("session.instructions", "the instructions were changed"),
    ],
)
def test_the_place_of_a_difference_tells_its_cause(path: str, cause: str) -> None:
    assert cause in differing(Difference(path, "clear", "cloudy")).cause


def test_a_long_value_is_cut_in_text_and_whole_in_json() -> None:
    found = differing(Difference("session.instructions", "a" * 5000, "b"))
    assert len(found.text().splitlines()[1]) < SHOWN_CHARS + 80
    assert found.to_json()["differences"][0]["recorded"] == "a" * 5000


def test_long_texts_are_shown_from_where_they_part() -> None:
    rules = "Be kind to whoever calls, and never speak of the weather. " * 40
    found = differing(Difference("session.instructions", f"{rules}Be brief.{rules}", f"{rules}Be exact.{rules}"))
    line = found.text().splitlines()[1]
    assert line.startswith("    session.instructions: recorded '…ever speak of the weather. Be brief.Be kind")
    assert ", came '…ever speak of the weather. Be exact.Be kind" in line
    assert "('…ever speak of the weather. Be brief." in found.message


def test_another_kind_of_message_is_not_accepted_by_leaving_its_kind_out() -> None:
    found = differing(
        Difference("item.type", "function_call_output", "message"), Difference("item.output", "{}", MISSING)
    )
    assert found.text().splitlines()[-1] == (
        "    probably: another message in its place: the recorded one was left out, or this one is new "
        "('message' for 'function_call_output')"
    )


def test_the_report_as_json_is_complete() -> None:
    live = Live(script(TOOLS))
    update, item, *_ = client_messages(TOOLS)
    live.send(update, {"type": "response.cancel"}, {**item, "item": {**item["item"], "role": "system"}})
    told = orjson.loads(orjson.dumps(live.report().to_json()))
    assert (told["schema_version"], told["verdict"], told["exit_code"]) == (1, "not met", 1)
    (played,) = told["connections"]
    assert (played["recording"], played["id"], played["matched"], played["expected"]) == (
        "call.jsonl",
        "01RECORDED",
        1,
        8,
    )
    assert played["extras"] == ["response.cancel"]
    (found,) = played["mismatches"]
    assert (found["why"], found["nearest"]) == (
        "differs",
        {"type": "conversation.item.create", "line": 7, "entry": 6},
    )
    assert found["came"]["event"]["item"]["role"] == "system"
    assert found["differences"] == [{"path": "item.role", "recorded": "user", "came": "system"}]
    assert played["never_came"][0] == {"type": "conversation.item.create", "line": 7, "entry": 6, "needed": True}
    assert played["never_asked_for"][0]["type"] == "conversation.item.added"


def test_what_is_left_fails_only_if_that_is_asked_for() -> None:
    live = Live(script(TEXT))
    live.send(client_messages(TEXT)[0])
    assert live.report().exit_code == 0
    assert live.report(strict=True).exit_code == 1
    assert "2 recorded client events never came: conversation.item.create (line 7), " in live.report().text()
    assert "probably: a missing conversation.item.create (line 7): the client ended there" in live.report().text()


def test_a_client_that_left_out_the_end_is_told_to_have_met_a_part() -> None:
    live = Live(script(TEXT))
    live.send(client_messages(TEXT)[0])
    live.player.left(live.now)
    verdict = live.report().text().splitlines()[-1]
    assert verdict.startswith(
        "the recording was met in part, up to a missing conversation.item.create (line 7) (--strict"
    )
    assert live.report().to_json()["complete"] is False


def test_a_client_that_did_all_met_the_recording_whole() -> None:
    live = Live(script(TEXT))
    live.send(*client_messages(TEXT))
    live.player.left(live.now)
    assert live.report().text().splitlines()[-1].startswith("the recording was met: ")
    assert live.report().to_json()["complete"] is True


def test_a_client_that_goes_before_an_answer_stuck_on_what_it_left_out_is_not_met_either() -> None:
    live = Live(script(TEXT))
    live.send(*client_messages(TEXT)[1:])
    live.player.left(live.now)
    (found,) = live.report().mismatches
    assert found.why is Why.NEVER_CAME
    assert live.report().exit_code == 1
    assert "session.update (line 5)" in live.report().text()


def test_a_recording_that_nobody_connected_for_is_not_met() -> None:
    assert not Report((), unserved=("call.jsonl",)).met
    assert "call.jsonl: no client connected for it" in Report((), unserved=("call.jsonl",)).text()


def test_a_recording_left_over_beside_others_fails_only_if_strict() -> None:
    live = Live(script(TEXT))
    live.send(*client_messages(TEXT))
    played = (Played.of(live.player),)
    assert Report(played, unserved=("more.jsonl",)).met
    assert not Report(played, unserved=("more.jsonl",), strict=True).met
