"""From a recording to its script."""

from __future__ import annotations

import pytest

from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.causes import build
from realtime_inspector.replay.script import Script, Step
from tests.replay.helpers import OPEN, SPEECH, TEXT, TOOLS, Live, client_messages, script


def step(played: Script, line: int) -> Step:
    """Return the step of a line."""
    return next(step for step in played.steps if step.line == line)


def causes(played: Script, found: Step) -> list[int]:
    """Return the lines of the client events a step waits for by itself."""
    return [played.expected[cause].line for cause in found.causes]


def after(played: Script, found: Step) -> list[int]:
    """Return the lines of the steps a step waits for by itself."""
    return [played.steps[before].line for before in found.after]


def test_the_greeting_waits_for_nothing() -> None:
    first = script(TEXT).steps[0]
    assert (first.after, first.causes, first.gate_ms) == ((), (), None)


def test_its_delay_counts_from_the_handshake() -> None:
    assert script(TEXT).steps[0].delay_s == pytest.approx(0.05)


def test_an_acknowledgement_waits_for_the_event_it_acknowledges_alone() -> None:
    played = script(TEXT)
    assert causes(played, step(played, 9)) == [7]
    assert after(played, step(played, 9)) == []


def test_a_response_waits_for_its_request_and_the_configuration_before_it() -> None:
    played = script(TEXT)
    assert causes(played, step(played, 11)) == [5, 8]


def test_the_next_response_of_the_conversation_waits_for_the_one_before() -> None:
    played = script(TOOLS)
    (second,) = [s for s in played.steps if s.type == "response.created" and s.event.get("response.id") == "resp_2"]
    assert [played.steps[n].type for n in second.after] == ["rate_limits.updated"]


def test_a_response_outside_the_conversation_waits_for_no_other() -> None:
    played = script(
        TEXT
        + """
        > {"type": "response.create", "response": {"conversation": "none", "input": [], "metadata": {"a": "b"}}}
        < {"type": "response.created", "response": {"id": "resp_x", "conversation_id": null, "metadata": {"a": "b"}}}
        """
    )
    assert played.steps[-1].after == ()
    assert played.expected[-1].needs == ()


def test_speech_waits_for_an_amount_of_audio() -> None:
    gates = [(s.type.rpartition(".")[2], s.gate_ms) for s in script(SPEECH).steps if s.gate_ms is not None]
    assert gates == [
        ("speech_started", 500),
        ("speech_stopped", 1600),
        ("speech_started", 2500),
        ("speech_stopped", 3000),
    ]


def test_a_response_the_server_began_by_itself_follows_the_audio() -> None:
    played = script(SPEECH)
    created = next(s for s in played.steps if s.type == "response.created")
    assert [played.steps[n].type for n in created.after] == ["conversation.item.added"]
    assert created.request is None


IDLE = (
    TEXT
    + """
    +9s < {"type": "input_audio_buffer.timeout_triggered", "item_id": "item_v1", "audio_start_ms": 0, "audio_end_ms": 0}
    < {"type": "input_audio_buffer.committed", "item_id": "item_v1"}
    < {"type": "response.created", "response": {"id": "resp_2", "status": "in_progress"}}
    < {"type": "response.done", "response": {"id": "resp_2", "status": "completed", "output": []}}
    """
)
"""A text turn, after which nobody says anything."""


def test_an_idle_timeout_follows_the_answer_after_which_nobody_spoke() -> None:
    played = script(IDLE)
    (timeout,) = [s for s in played.steps if s.type == "input_audio_buffer.timeout_triggered"]
    assert [played.steps[n].type for n in timeout.after] == ["rate_limits.updated"]
    assert timeout.gate_ms is None
    assert timeout.delay_s == pytest.approx(9)
    live = Live(played)
    live.send(*client_messages(IDLE))
    assert live.report(strict=True).met


SIDEBAND = (
    OPEN.replace("?model=m", "?call_id=rtc_1")
    + """
    > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}
    < {"type": "session.updated", "session": {"id": "sess_1", "instructions": "Be brief."}}
    < {"type": "input_audio_buffer.speech_started", "item_id": "item_v1", "audio_start_ms": 100}
    < {"type": "input_audio_buffer.speech_stopped", "item_id": "item_v1", "audio_end_ms": 900}
    < {"type": "input_audio_buffer.committed", "item_id": "item_v1"}
    < {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}
    < {"type": "response.done", "response": {"id": "resp_1", "status": "completed", "output": []}}
    < {"type": "input_audio_buffer.speech_started", "item_id": "item_v2", "audio_start_ms": 2000}
    """
)
"""A socket beside a call whose audio goes another way."""


def test_speech_whose_audio_went_another_way_comes_in_its_place() -> None:
    live = Live(script(SIDEBAND))
    assert live.types == ["session.created"]
    live.send(*client_messages(SIDEBAND))
    assert live.types == [step.type for step in live.script.steps]


def test_a_transcription_follows_the_commit_and_not_the_response() -> None:
    played = script(SPEECH)
    (found,) = [s for s in played.steps if "transcription" in s.type]
    assert [played.steps[n].type for n in found.after] == ["input_audio_buffer.committed"]
    assert found.lane == "transcription:item_v1"


def test_a_manual_commit_is_answered_without_counting_audio() -> None:
    played = script(
        OPEN
        + """
        > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        > {"type": "input_audio_buffer.commit"}
        < {"type": "input_audio_buffer.committed", "item_id": "item_v"}
        < {"type": "conversation.item.added", "item": {"id": "item_v", "type": "message", "role": "user"}}
        < {"type": "conversation.item.input_audio_transcription.delta", "item_id": "item_v", "delta": "o"}
        """
    )
    committed = next(s for s in played.steps if s.type == "input_audio_buffer.committed")
    assert committed.gate_ms is None
    assert causes(played, committed) == [6]
    assert {s.lane for s in played.steps[1:]} == {"audio", "transcription:item_v"}


def test_a_cancelled_response_ends_when_it_is_cancelled() -> None:
    text = TEXT.replace('"status": "completed"', '"status": "cancelled"').replace(
        '< {"type": "response.done"', '> {"type": "response.cancel"}\n < {"type": "response.done"'
    )
    played = script(text)
    done = next(s for s in played.steps if s.type == "response.done")
    assert [played.expected[n].type for n in done.causes] == ["response.cancel"]
    assert played.expected[done.causes[0]].needed


def test_a_cancel_that_came_too_late_may_stay_away() -> None:
    played = script(
        TEXT
        + """
        > {"type": "response.cancel"}
        < {"type": "error", "error": {"code": "response_cancel_not_active", "message": "no"}}
        """
    )
    assert (played.expected[-1].needed, played.expected[-1].refused) == (False, True)
    assert played.steps[-1].optional


def test_an_error_of_the_server_itself_blames_nobody() -> None:
    played = script(TEXT + '\n< {"type": "error", "error": {"type": "server_error", "message": "Sorry."}}')
    assert not any(expected.refused for expected in played.expected)
    assert causes(played, played.steps[-1]) == [8]


def test_a_repeated_configuration_may_stay_away() -> None:
    update = '{"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}'
    played = script(TEXT + f'\n> {update}\n< {{"type": "session.updated", "session": {{}}}}')
    assert [e.needed for e in played.expected if e.type == "session.update"] == [True, False]


def test_items_need_no_order_among_themselves_but_the_response_behind_them_does() -> None:
    played = script(TOOLS)
    outputs = [e for e in played.expected if e.event.get("item.type") == "function_call_output"]
    assert [e.needs for e in outputs] == [(4,), (4,)]
    assert played.expected[-1].needs == (4, 5, 6)


def test_an_event_of_an_unknown_type_follows_what_came_before_it() -> None:
    played = script(TEXT + '\n< {"type": "session_of_the_future.news", "x": 1}')
    assert played.steps[-1].lane == "other:session_of_the_future.news"
    assert played.steps[-1].after == (played.steps[-1].index - 1,)


def test_an_unknown_event_of_a_response_is_in_its_lane() -> None:
    played = script(TEXT + '\n< {"type": "response.odour.delta", "response_id": "resp_1"}')
    assert played.steps[-1].lane == "response:resp_1"


def test_a_close_of_the_client_is_no_step() -> None:
    assert script(TOOLS).steps[-1].type == "response.done"
    assert not script(TOOLS).cut_off


def test_a_close_of_the_server_waits_for_everything() -> None:
    played = script(TEXT + "\nx< 1011 oops\nx")
    assert played.steps[-1].lane == "close"
    assert set(played.steps[-1].after) == set(range(played.steps[-1].index))
    assert set(played.steps[-1].causes) == {0, 1, 2}


def test_a_reset_by_the_server_is_a_step_too() -> None:
    end = Entry(99, 9.0, Side.PROXY, Kind.END, members={"how": "reset", "by": "server"})
    assert build([*transcript.entries(TEXT), end]).steps[-1].lane == "close"
    by_client = Entry(99, 9.0, Side.PROXY, Kind.END, members={"how": "reset", "by": "client"})
    assert build([*transcript.entries(TEXT), by_client]).steps[-1].lane != "close"


def test_a_refused_handshake_is_all_there_is() -> None:
    played = script('> GET /v1/realtime {"upgrade": "websocket"}\n< 401 {"error": {"code": "invalid_api_key"}}\nx')
    assert played.refusal is not None
    assert (played.refusal.status, played.steps) == (401, ())


def test_http_beside_the_socket_is_kept_apart() -> None:
    played = script('> POST /v1/realtime/client_secrets {}\n< 200 {"value": "ek_1"}\n' + TEXT)
    assert [(e.method, e.path, e.status) for e in played.exchanges] == [("POST", "/v1/realtime/client_secrets", 200)]
    assert played.has_socket


def test_a_recording_of_http_alone_has_no_socket() -> None:
    assert not script("> GET /v1/models {}\n< 200 {}\nx").has_socket


def test_an_answer_that_the_proxy_gave_is_left_out() -> None:
    entries = transcript.entries('> GET /v1/realtime {"upgrade": "websocket"}')
    answer = Entry(2, 0.1, Side.PROXY, Kind.RESPONSE, members={"status": 502})
    assert build([*entries, answer]).refusal is None


def test_lost_messages_are_counted() -> None:
    assert script(TEXT + "\n! 12 disk full").lost == 12


def test_a_beta_session_is_taken_as_one() -> None:
    played = script(
        """
        < {"type": "session.created", "session": {"id": "s", "modalities": ["text"], "input_audio_format": "pcm16"}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
        < {"type": "conversation.item.created", "item": {"id": "i", "type": "message", "role": "user"}}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r"}}
        < {"type": "response.text.delta", "response_id": "r", "delta": "o"}
        """
    )
    assert played.dialect == "beta"
    assert [s.lane for s in played.steps] == ["session", "item:i", "response:r", "response:r"]
    assert causes(played, played.steps[1]) == [3]
