"""The player: a live client against a recording, without a socket."""

from __future__ import annotations

import orjson
import pytest

from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Kind, Side
from realtime_inspector.replay.matching import Policy
from realtime_inspector.replay.mismatch import Why
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.player import MISMATCH_CODE
from tests.replay.helpers import OPEN, SPEECH, TEXT, TOOLS, Live, client_messages, script, silence, types

UPDATE, ITEM, RESPOND = client_messages(TEXT)


def test_the_same_program_gets_every_recorded_payload_byte_for_byte() -> None:
    live = Live(script(TEXT))
    live.send(UPDATE, ITEM, RESPOND)
    recorded = [e.payload for e in transcript.entries(TEXT) if e.side is Side.SERVER and e.kind is Kind.MESSAGE]
    assert live.raw == recorded
    assert live.report(strict=True).met


def test_nothing_is_sent_before_its_cause() -> None:
    live = Live(script(TEXT))
    assert live.types == ["session.created"]
    assert types(live.send(UPDATE)) == ["session.updated"]
    assert types(live.send(ITEM)) == ["conversation.item.added", "conversation.item.done"]
    assert types(live.send(RESPOND))[0] == "response.created"


def test_a_response_waits_for_the_configuration_that_came_before_it() -> None:
    live = Live(script(TEXT))
    assert types(live.send(ITEM, RESPOND)) == ["conversation.item.added", "conversation.item.done"]
    assert types(live.send(UPDATE))[:2] == ["session.updated", "response.created"]


def test_a_configuration_that_never_comes_is_named() -> None:
    live = Live(script(TEXT))
    live.send(ITEM, RESPOND)
    live.wait(1.9)
    assert live.report().met
    live.wait(0.2)
    (found,) = live.report().mismatches
    assert (found.why, found.nearest and found.nearest.type) == (Why.NEVER_CAME, "session.update")
    assert live.closed is not None
    assert live.closed.code == MISMATCH_CODE


def test_a_left_out_item_is_named_when_its_response_is_asked_for() -> None:
    live = Live(script(TEXT))
    live.send(UPDATE, RESPOND)
    (found,) = live.report().mismatches
    assert found.message == (
        "call.jsonl: client message 2, response.create, came before the conversation.item.create of line 7, "
        "which it followed in the recording"
    )


def test_a_left_out_response_create_is_named_when_the_next_turn_begins() -> None:
    live = Live(script(TOOLS))
    live.send(UPDATE, ITEM, client_messages(TOOLS)[3])
    (found,) = live.report().mismatches
    assert found.why is Why.EARLY
    assert found.cause == "a missing response.create, or two messages that changed places"


def test_another_text_is_a_mismatch_at_its_path() -> None:
    live = Live(script(TEXT))
    content = [{"type": "input_text", "text": "Bye"}]
    got = live.send(UPDATE, {**ITEM, "item": {**ITEM["item"], "content": content}})
    (found,) = live.report().mismatches
    assert [(d.path, d.recorded, d.live) for d in found.differences] == [("item.content[0].text", "Hi", "Bye")]
    assert got[-1]["error"]["code"] == "replay_mismatch"
    assert live.closed is not None
    assert 4000 <= (live.closed.code or 0) < 5000


def test_after_a_mismatch_nothing_more_is_answered() -> None:
    live = Live(script(TEXT))
    live.send({"type": "response.create", "response": {"instructions": "No."}})
    assert live.send(UPDATE) == []


def test_an_ignored_path_is_not_compared() -> None:
    live = Live(script(TEXT), Options(ignore=("item.content[*].text",)))
    content = [{"type": "input_text", "text": "Bye"}]
    live.send(UPDATE, {**ITEM, "item": {**ITEM["item"], "content": content}}, RESPOND)
    assert live.report(strict=True).met


def test_types_alone_are_compared_if_that_is_asked_for() -> None:
    live = Live(script(TEXT), Options(match=Policy.TYPES))
    update = {"type": "session.update", "session": {"type": "realtime", "instructions": "Be long."}}
    live.send(update, {"type": "conversation.item.create", "item": {"type": "message"}}, RESPOND)
    assert live.report(strict=True).met


def test_strict_takes_the_recorded_order_alone() -> None:
    live = Live(script(TEXT), Options(match=Policy.STRICT))
    live.send(ITEM)
    (found,) = live.report().mismatches
    assert "the recording has session.update (line 5) in its place" in found.message


def test_strict_wants_the_whole_recording() -> None:
    live = Live(script(TEXT), Options(match=Policy.STRICT))
    live.send(UPDATE, ITEM)
    assert not live.report().met
    live.send(RESPOND)
    assert live.report().met


def test_strict_takes_no_harmless_event() -> None:
    live = Live(script(TEXT), Options(match=Policy.STRICT))
    live.send(UPDATE, {"type": "input_audio_buffer.clear"})
    assert not live.report().met


def test_without_matching_the_events_come_by_the_clock_alone() -> None:
    live = Live(script(TEXT), Options(match=Policy.NONE, speed=1.0))
    assert live.types == []
    live.wait(0.2)
    assert live.types[:2] == ["session.created", "session.updated"]
    live.send({"type": "what"}, b"ever")
    live.wait(1)
    assert len(live.got) == 10
    assert live.report(strict=True).met


def test_a_matcher_of_the_user_decides_first() -> None:
    def about_items(recorded: object, live: object) -> bool | None:
        return True if "Bye" in str(live) else None

    live = Live(script(TEXT), Options(matcher=about_items))
    content = [{"type": "input_text", "text": "Bye"}]
    live.send(UPDATE, {**ITEM, "item": {**ITEM["item"], "content": content}}, RESPOND)
    assert live.report(strict=True).met


# ids


def test_an_item_that_the_live_client_names_keeps_that_name_everywhere() -> None:
    live = Live(script(TEXT))
    live.send(UPDATE, {**ITEM, "item": {**ITEM["item"], "id": "mine"}}, RESPOND)
    assert [event["item"]["id"] for event in live.got[2:4]] == ["mine", "mine"]
    assert next(e for e in live.got if e.get("event_id") == "s6")["previous_item_id"] == "mine"


def test_an_item_that_only_the_recorded_client_named_keeps_the_recorded_name() -> None:
    live = Live(script(TOOLS))
    item, respond = client_messages(TOOLS)[3:5]
    del item["item"]["id"]
    live.send(UPDATE, ITEM, RESPOND)
    got = live.send(item, respond)
    assert got[0]["item"]["id"] == "cli_2"


def test_metadata_comes_back_as_the_live_client_sent_it() -> None:
    live = Live(script(TOOLS))
    item, respond = client_messages(TOOLS)[3:5]
    respond["response"]["metadata"] = {"client_event_id": "rc_99ff88ee"}
    live.send(UPDATE, ITEM, RESPOND)
    got = live.send(item, respond)
    shown = [event["response"]["metadata"] for event in got if event["type"] in {"response.created", "response.done"}]
    assert shown == [{"client_event_id": "rc_99ff88ee"}] * 2


def test_a_recorded_error_names_the_live_event() -> None:
    text = (
        OPEN
        + """
        > {"type": "response.cancel", "event_id": "recorded"}
        < {"type": "error", "event_id": "x", "error": {"code": "response_cancel_not_active", "event_id": "recorded"}}
    """
    )
    live = Live(script(text))
    (error,) = live.send({"type": "response.cancel", "event_id": "alive"})
    assert error["error"] == {"code": "response_cancel_not_active", "event_id": "alive"}
    (error,) = Live(script(text)).send({"type": "response.cancel"})
    assert error["error"]["event_id"] is None


def test_an_error_speaks_of_the_live_item() -> None:
    text = (
        OPEN
        + """
        > {"type": "conversation.item.create", "item": {"id": "item_recorded", "type": "message", "role": "user"}}
        < {"type": "conversation.item.added", "item": {"id": "item_recorded", "type": "message", "role": "user"}}
        > {"type": "conversation.item.delete", "event_id": "d", "item_id": "item_recorded"}
        < {"type": "error", "error": {"code": "oops", "event_id": "d", "message": "'item_recorded' is pinned."}}
    """
    )
    live = Live(script(text))
    live.send({"type": "conversation.item.create", "item": {"id": "item_alive", "type": "message", "role": "user"}})
    (error,) = live.send({"type": "conversation.item.delete", "event_id": "e", "item_id": "item_alive"})
    assert (error["error"]["message"], error["error"]["event_id"]) == ("'item_alive' is pinned.", "e")


def test_ids_in_the_input_of_a_response_are_learnt_too() -> None:
    text = (
        OPEN
        + """
        > {"type": "response.create", "response": {"conversation": "none", "input": [{"id": "in_1"}]}}
        < {"type": "response.created", "response": {"id": "r", "conversation_id": null}}
        < {"type": "response.output_item.added", "response_id": "r", "item": {"id": "o", "previous_item_id": "in_1"}}
    """
    )
    live = Live(script(text))
    asked = {"conversation": "none", "input": [{"id": "mine"}]}
    got = live.send({"type": "response.create", "response": asked})
    assert got[-1]["item"]["previous_item_id"] == "mine"


def test_with_types_alone_the_event_about_the_same_thing_is_found_first() -> None:
    live = Live(script(SPEECH), Options(match=Policy.TYPES))
    live.send(client_messages(SPEECH)[0], silence(3000))
    got = live.send({"type": "conversation.item.retrieve", "item_id": "item_a1"})
    assert got[0]["type"] == "conversation.item.retrieved"


def test_lost_messages_of_the_recording_are_told_of() -> None:
    live = Live(script(TEXT + "\n! 12 disk full\nx"))
    live.send(UPDATE, ITEM, RESPOND, RESPOND)
    assert "12 messages are missing from it" in live.report().mismatches[0].message


# audio


@pytest.mark.parametrize("chunk_ms", [10, 20, 100, 500, 3000])
def test_voice_detection_speaks_when_as_much_audio_has_come(chunk_ms: int) -> None:
    live = Live(script(SPEECH))
    live.send(client_messages(SPEECH)[0])
    appended = {}
    for count in range(3000 // chunk_ms):
        for event in live.send(silence(chunk_ms)):
            appended[event["type"], event.get("item_id")] = (count + 1) * chunk_ms
    rounded = {"started": max(500, -(-500 // chunk_ms) * chunk_ms), "stopped": -(-1600 // chunk_ms) * chunk_ms}
    assert appended["input_audio_buffer.speech_started", "item_v1"] == rounded["started"]
    assert appended["input_audio_buffer.speech_stopped", "item_v1"] == rounded["stopped"]
    assert live.report().met


PHONE = (
    OPEN
    + """
    > {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcmu"}}}}}
    +100ms < {"type": "session.updated", "session": {"id": "sess_1", "audio": {"input": {"format": {"type": "audio/pcmu"}}}}}
    > {"type": "input_audio_buffer.append", "audio": "<100ms>"}
    < {"type": "input_audio_buffer.speech_started", "item_id": "item_v1", "audio_start_ms": 100}
    """  # noqa: E501
)
"""The bytes of 100 ms of PCM are 600 ms of G.711."""


def test_audio_is_of_the_format_asked_for_before_that_is_confirmed() -> None:
    live = Live(script(PHONE), Options(speed=1))
    live.wait(0.1)
    live.send(*client_messages(PHONE))
    assert "session.updated" not in live.types
    live.wait(0.05)
    assert live.types[-1] == "input_audio_buffer.speech_started"


SLOW = (
    OPEN
    + """
    > {"type": "response.create"}
    +6s < {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}
    < {"type": "response.done", "response": {"id": "resp_1", "status": "completed", "output": []}}
    > {"type": "response.create"}
    < {"type": "response.created", "response": {"id": "resp_2", "status": "in_progress"}}
    < {"type": "response.done", "response": {"id": "resp_2", "status": "completed", "output": []}}
    > {"type": "input_audio_buffer.append", "audio": "<100ms>"}
    < {"type": "input_audio_buffer.timeout_triggered", "item_id": "item_v1"}
    """
)


def test_a_client_that_waits_for_what_is_yet_to_come_is_given_time() -> None:
    live = Live(script(SLOW), Options(speed=1))
    live.send(client_messages(SLOW)[0], silence(100))
    live.wait(5)
    assert live.report().met
    live.wait(5)
    (found,) = live.report().mismatches
    assert found.message.endswith(
        "of line 8 did not come; the input_audio_buffer.timeout_triggered (line 12) waits for it"
    )


def test_the_end_of_an_interrupted_response_waits_for_the_speech() -> None:
    live = Live(script(SPEECH))
    live.send(client_messages(SPEECH)[0], silence(1600))
    assert "response.output_audio.delta" in live.types
    assert "response.done" not in live.types
    assert types(live.send(silence(900))) == [
        "input_audio_buffer.speech_started",
        "response.output_item.done",
        "response.done",
    ]


def test_a_truncation_is_confirmed_where_the_live_client_cut() -> None:
    live = Live(script(SPEECH))
    live.send(client_messages(SPEECH)[0], silence(2500))
    cut = {"type": "conversation.item.truncate", "item_id": "item_a1", "content_index": 0, "audio_end_ms": 1234}
    (answer,) = live.send(cut)
    assert (answer["type"], answer["audio_end_ms"]) == ("conversation.item.truncated", 1234)


def test_truncate_and_retrieve_may_stay_away() -> None:
    live = Live(script(SPEECH))
    live.send(client_messages(SPEECH)[0], silence(3000))
    assert live.types[-1] == "response.done"
    assert live.report().met
    assert [expected.type for expected in live.player.never_came] == [
        "conversation.item.truncate",
        "conversation.item.retrieve",
    ]


def test_audio_that_is_no_base64_is_refused_once() -> None:
    live = Live(script(SPEECH))
    bad = {"type": "input_audio_buffer.append", "audio": "§§"}
    assert types(live.send(bad, bad)) == ["error"]
    assert not live.report().met


# harmless events


def test_a_cancel_with_nothing_to_cancel_gets_the_error_of_the_api_and_no_blame() -> None:
    live = Live(script(TEXT))
    (error,) = live.send({"type": "response.cancel", "event_id": "c1"})
    assert (error["error"]["code"], error["error"]["event_id"]) == ("response_cancel_not_active", "c1")
    assert live.report().met
    assert live.player.extras == ["response.cancel"]


def test_an_early_cancel_does_not_use_up_the_recorded_one() -> None:
    text = TEXT.replace('"status": "completed"', '"status": "cancelled"').replace(
        '< {"type": "response.done"', '> {"type": "response.cancel"}\n < {"type": "response.done"'
    )
    live = Live(script(text))
    live.send({"type": "response.cancel"}, UPDATE, ITEM, RESPOND)
    assert "response.done" not in live.types
    assert types(live.send({"type": "response.cancel"})) == ["response.done", "rate_limits.updated"]


def test_a_cancel_that_the_recording_has_not_ends_the_response() -> None:
    live = Live(script(TEXT), Options(speed=1.0))
    live.wait(0.1)
    live.send(UPDATE, ITEM, RESPOND)
    live.wait(0.15)
    assert live.types[-1] == "conversation.item.added"
    got = live.send({"type": "response.cancel"})
    assert types(got) == ["response.output_item.done", "response.done"]
    assert got[0]["item"]["status"] == "incomplete"
    assert got[1]["response"]["status_details"]["reason"] == "client_cancelled"
    assert live.wait(9) == []
    assert live.player.session.active_response is None


def test_a_second_truncate_and_a_retrieve_are_answered_from_the_live_session() -> None:
    live = Live(script(TEXT))
    live.send(UPDATE, ITEM, RESPOND)
    cut = {"type": "conversation.item.truncate", "item_id": "item_a1", "content_index": 0, "audio_end_ms": 40}
    got = live.send(
        cut, {"type": "conversation.item.retrieve", "item_id": "item_a1"}, {"type": "input_audio_buffer.clear"}
    )
    assert types(got) == [
        "conversation.item.truncated",
        "conversation.item.retrieved",
        "input_audio_buffer.cleared",
    ]
    assert got[1]["item"]["id"] == "item_a1"
    assert live.report(strict=True).met


def test_a_repeated_configuration_is_confirmed_again() -> None:
    live = Live(script(TEXT))
    (_, again) = live.send(UPDATE, UPDATE)
    assert again["session"] == {"id": "sess_1", "instructions": "Be brief."}
    assert live.report().met


# time


def test_at_the_recorded_speed_each_event_keeps_its_distance_to_its_cause() -> None:
    live = Live(script(TEXT), Options(speed=1.0))
    live.wait(5)
    live.send(UPDATE, ITEM)
    live.wait(0.01)
    assert live.types[-1] == "conversation.item.done"
    live.send(RESPOND)
    live.wait(0.09)
    assert live.types[-1] == "conversation.item.done"
    live.wait(0.02)
    assert live.types[-1] == "conversation.item.added"
    live.wait(0.25)
    assert live.types[-1] == "rate_limits.updated"


def test_a_speed_of_ten_takes_a_tenth() -> None:
    live = Live(script(TEXT), Options(speed=10.0))
    live.wait(0.01)
    live.send(UPDATE, ITEM, RESPOND)
    live.wait(0.032)
    assert live.types[-1] == "rate_limits.updated"


# the end


def test_a_recorded_close_comes_when_all_before_it_is_done() -> None:
    live = Live(script(TEXT + "\n x< 4000 enough \n x"))
    live.send(UPDATE, ITEM)
    assert live.closed is None
    live.send(RESPOND)
    assert live.closed is not None
    assert (live.closed.code, live.closed.reason) == (4000, "enough")


def test_a_recorded_close_does_not_wait_for_events_that_may_stay_away() -> None:
    live = Live(script(SPEECH + "\n x< 1001 \n x"))
    live.send(client_messages(SPEECH)[0], silence(3000))
    assert live.closed is not None


def test_a_recording_that_was_cut_off_says_so() -> None:
    live = Live(script(TEXT))
    live.send(UPDATE, ITEM, RESPOND, RESPOND)
    (found,) = live.report().mismatches
    assert "the recording is cut off after line 16" in found.message


def test_events_of_the_proxy_are_not_played() -> None:
    entries = transcript.entries(TEXT)
    from dataclasses import replace

    from realtime_inspector.replay.causes import build

    injected = [replace(e, side=Side.PROXY) if b'"s9"' in e.payload else e for e in entries]
    assert "rate_limits.updated" not in [step.type for step in build(injected).steps]


def test_what_happened_is_a_session_with_the_live_ids() -> None:
    live = Live(script(TEXT))
    live.send(UPDATE, {**ITEM, "item": {**ITEM["item"], "id": "mine"}}, RESPOND)
    assert "mine" in live.player.session.items
    assert live.player.session.responses["resp_1"].status == "completed"
    assert [event.n for event in live.events] == list(range(1, len(live.events) + 1))


def test_secrets_do_not_get_into_a_report() -> None:
    text = (
        OPEN
        + """
        > {"type": "session.update", "session": {"type": "realtime", "tools": [{"authorization": "[redacted:tool]"}]}}
        < {"type": "session.updated", "session": {}}
    """
    )
    (update,) = client_messages(text)
    update["session"]["tools"][0]["authorization"] = "hunter2-hunter2"
    assert Live(script(text)).send(update)[0]["type"] == "session.updated", "a redacted value stands for any"
    update["session"]["instructions"] = "My key is sk-abcdefghijklmnop"
    live = Live(script(text))
    live.send(update)
    told = orjson.dumps(live.report().to_json()).decode() + live.report().text() + str(live.got)
    assert "hunter2" not in told
    assert "sk-abc" not in told
