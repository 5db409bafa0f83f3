# ruff: noqa: E501 - an event of a transcript is one line
"""What findings say: the ids, the figures, the cause, and the event as it should have been."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.recording import transcript

CALL = """
    < {"type": "session.created", "session": {"audio": {}}}
    < {"type": "response.created", "response": {"id": "r1"}}
    < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "weather", "arguments": "{}"}
    < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
    """
REFUSED = """
    < {"type": "error", "error": {"type": "invalid_request_error", "code": "missing_required_parameter", "param": "item.call_id", "message": "Missing required parameter: 'item.call_id'."}}
    """


def findings(text: str, rule: str = "") -> list[Finding]:
    parsed = transcript.parse(text)
    linter = Linter()
    found = []
    for event in events(parsed.entries):
        if event.entry.members.get("how") == "cut off":
            found += linter.advance(parsed.end_t)
        found += linter.feed(event)
    return [each for each in found if each.rule.startswith(rule)]


def only(text: str, rule: str) -> Finding:
    (found,) = findings(text, rule)
    return found


def test_the_silence_after_an_output_says_what_to_send() -> None:
    found = only(
        CALL
        + '> {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}\n+4s .',
        "TOOL001",
    )
    assert found.message == (
        "the assistant is waiting: the output of weather (c1) was given 2.0 s ago, but nobody asked for a response; "
        'an output alone does not make it speak: send {"type": "response.create"} after it'
    )
    assert (found.entry, found.cause, found.t) == (5, 3, 2.005)


def test_the_silence_after_a_refused_output_points_to_the_refusal() -> None:
    output = '> {"type": "conversation.item.create", "call_id": "c1", "item": {"type": "function_call_output", "output": "1"}}'
    found = findings(CALL + output + REFUSED + "+4s x> 1000\nx")
    assert [(each.rule, each.entry, each.cause, each.severity) for each in found] == [
        ("TOOL003", 5, 3, "error"),
        ("ERR001", 6, 5, "error"),
        ("TOOL002", 6, 5, "error"),
    ]
    assert found[0].corrected == {
        "type": "conversation.item.create",
        "item": {"type": "function_call_output", "output": "1", "call_id": "c1"},
    }
    assert "stands beside item, not inside it" in found[0].message
    assert found[1].message == (
        "the server refuses a client event, most likely entry 5 (conversation.item.create): "
        "\"Missing required parameter: 'item.call_id'\" (missing_required_parameter); add what is missing"
    )
    assert "weather (c1) is still unanswered: its output (entry 5) was refused" in found[2].message
    assert found[2].related == (3,)


@pytest.mark.parametrize("wait", ["+0s", "+500ms"])
def test_a_refused_output_is_named_even_if_the_client_hangs_up_at_once(wait: str) -> None:
    output = '> {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "1"}}'
    assert only(f"{CALL}{output}{REFUSED}{wait} x> 1000\nx", "TOOL002").severity == "error"


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ('{"type": "function_call_output", "tool_call_id": "c1", "output": "1"}', "'c1' was sent as item.tool_call_id"),
        ('{"type": "function_call_output", "id": "c1", "output": "1"}', "'c1' was sent as item.id"),
        ('{"type": "function_call_output", "output": "1"}', ""),
        ('{"type": "function_call_output", "call_id": null, "output": "1"}', ""),
    ],
)
def test_a_missing_call_id_is_put_where_it_belongs(item: str, place: str) -> None:
    found = only(f'{CALL}> {{"type": "conversation.item.create", "item": {item}}}', "TOOL003")
    assert found.corrected is not None
    assert found.corrected["item"] == {"type": "function_call_output", "call_id": "c1", "output": "1"}
    assert place in found.message


def test_nothing_is_corrected_where_two_calls_wait() -> None:
    other = '< {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c2", "name": "f"}'
    output = '> {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "1"}}'
    assert only(f"{CALL}{other}\n{output}", "TOOL003").corrected is None


def test_an_output_refused_without_its_client_event_names_the_open_call() -> None:
    assert only(CALL + REFUSED, "TOOL003").message.endswith('inside item, most likely "c1" of weather')


def test_an_open_call_whose_name_is_not_known_is_named_by_its_id_alone() -> None:
    nameless = '< {"type": "response.function_call_arguments.done", "call_id": "call_9f3", "arguments": "{}"}'
    assert only(nameless + REFUSED, "TOOL003").message.endswith('inside item, most likely "call_9f3"')


def test_a_call_nobody_answers_is_an_error_once_the_user_speaks_again() -> None:
    spoken = '+5s < {"type": "input_audio_buffer.committed", "item_id": "u1"}\n< {"type": "response.created", "response": {"id": "r2"}}\n< {"type": "response.done", "response": {"id": "r2"}}\n+9s .'
    assert only(CALL + spoken, "TOOL002").severity == "error"
    assert only(CALL + "+11s .", "TOOL002").severity == "warning"


def test_a_message_that_was_sent_in_place_of_an_output_is_named() -> None:
    message = '> {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "sunny"}]}}\n'
    taken = '< {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "sunny"}]}}\n'
    said = only(CALL + message + taken + "+11s .", "TOOL002").message
    assert said.endswith("Entry 5 is a message of the role user: a tool's result sent as a message answers no call")
    spoken = '< {"type": "input_audio_buffer.committed", "item_id": "u1"}\n'
    assert "a message" not in only(CALL + spoken + message + taken + "+11s .", "TOOL002").message


@pytest.mark.parametrize("rule", ["TOOL001", "TOOL002"])
def test_a_call_that_tool_choice_forced_may_be_all_that_was_wanted(rule: str) -> None:
    forced = '> {"type": "response.create", "response": {"tool_choice": {"type": "function", "name": "weather"}}}\n'
    output = '> {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}\n'
    said = only(forced + CALL + (output if rule == "TOOL001" else "") + "+11s .", rule)
    assert said.severity == "info"


@pytest.mark.parametrize("end", ["+1s x> 1000\nx", "+9s > {}", ""])
def test_a_call_that_the_end_cuts_short_is_not_unanswered(end: str) -> None:
    assert findings(CALL + end, "TOOL002") == []


def test_an_unknown_call_id_is_replaced_by_the_one_meant() -> None:
    found = only(
        CALL
        + '> {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "r1", "output": ""}}',
        "TOOL004",
    )
    assert "'r1' (it is the id of the response)" in found.message
    assert found.corrected is not None
    assert found.corrected["item"]["call_id"] == "c1"


def test_a_truncation_names_what_was_sent() -> None:
    found = only(
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "item_X", "delta": "<13600ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.truncate", "item_id": "item_X", "content_index": 0, "audio_end_ms": 55960}
        """,
        "INT002",
    )
    assert "audio_end_ms 55960 is beyond the 13600 ms that were sent of item_X" in found.message
    assert found.corrected is not None
    assert found.corrected["audio_end_ms"] == 13600


def test_an_interruption_says_how_much_was_heard() -> None:
    found = only(
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1200ms < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 3000}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "turn_detected"}}}
        """,
        "RSP008",
    )
    assert found.severity == "info"
    assert "the user interrupted response r1 after at most 1.2 s of the 4.0 s of audio sent" in found.message


def test_an_interruption_in_a_log_without_times_says_nothing_of_them() -> None:
    found = only(
        '+0s < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "turn_detected"}}}',
        "RSP008",
    )
    assert found.message.startswith("voice detection works: the user interrupted response r1; stop playback")


def test_interruptions_of_most_responses_are_a_warning() -> None:
    cut = """
        < {"type": "response.created", "response": {"id": "r%d"}}
        < {"type": "response.done", "response": {"id": "r%d", "status": "cancelled", "status_details": {"reason": "turn_detected"}}}
        """
    found = findings("".join(cut % (n, n) for n in range(6)), "RSP008")
    assert [each.severity for each in found] == ["info"] * 4 + ["warning"] * 2
    assert "5 of the last 5 responses ended so" in found[4].message


@pytest.mark.parametrize(
    ("client", "error", "said"),
    [
        (
            "",
            '"code": "odd", "message": "No.", "event_id": "e9"',
            "the server reports an error: \"No\" (odd); it answers the client's event 'e9', which is not in the recording",
        ),
        (
            "",
            '"type": "server_error", "param": "x.y", "message": "Oh."',
            'the server reports an error: "Oh" (server_error, param x.y); which client event it answers is not known',
        ),
        ("", "", "the server reports an error: no message; which client event it answers is not known"),
        (
            '> {"type": "response.create", "event_id": "e1", "response": {"voice": "x"}}',
            '"code": "unknown_parameter", "message": "Unknown parameter: \'response.voice\'.", "event_id": "e1"',
            "the server refuses entry 1 (response.create): \"Unknown parameter: 'response.voice'\" (unknown_parameter); "
            "take that parameter out: because of it the whole event was refused",
        ),
    ],
)
def test_an_error_is_told_with_the_client_event_as_far_as_that_is_known(client: str, error: str, said: str) -> None:
    assert only(f'{client}\n< {{"type": "error", "error": {{{error}}}}}', "ERR001").message == said


def test_a_race_that_went_well_is_information() -> None:
    found = only(
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.create"}
        +50ms < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        +5s .
        """,
        "RSP001",
    )
    assert (found.severity, found.t) == ("info", 0.152)
