# ruff: noqa: E501 - an event of a transcript is one line
"""Why the assistant did not answer: each silent session is told by its cause, and a healthy one by none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis.why import Why, at, explain, last
from realtime_inspector.formats import pasted
from realtime_inspector.recording import files, transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from tests.analysis.silent_sessions import (
    ASKED,
    BEGIN,
    BEGUN,
    CALLED,
    CLOSE,
    HEARD,
    MANUAL,
    OUTPUT,
    SILENT,
    SPOKEN,
    TEXT,
    ended,
)
from tests.analysis.test_healthy import CLIENTS
from tests.analysis.test_peers_never_break_dialogue import CLIENT, MEMBERS, SERVER

RECORDINGS = Path(__file__).parents[2] / "recordings"
CALM = {"answered", "waiting-for-user", "nobody-spoke", "too-soon"}
"""What is said of a session in which nothing went wrong."""
SENT = '> {"type": "input_audio_buffer.append", "audio": "<1000ms>"}\n'
ANSWER = (BEGUN + HEARD).replace('"r1"', '"r2"').replace('"a1"', '"a2"')


def every(text: str) -> list[Why]:
    return explain(transcript.entries(text))


def why(text: str) -> Why:
    return last(every(text))


@pytest.mark.parametrize("label", SILENT)
def test_a_silence_is_told_by_its_cause(label: str) -> None:
    text, words = SILENT[label]
    found = why(text)
    assert found.cause.label == label
    assert words in found.cause.words
    assert (found.cause.confidence == "unknown") is (label == "unknown")
    assert found.cause.evidence or label == "unknown"


def as_a_log(text: str, *sides: Side) -> str:
    """Return one side's messages of a session, as a program logs them."""
    lines = [
        {"t": entry.t, "from": str(entry.side), "event": json.loads(entry.payload)}
        for entry in transcript.entries(text)
        if entry.kind is Kind.MESSAGE and entry.side in sides
    ]
    return "\n".join(map(json.dumps, lines))


@pytest.mark.parametrize(
    "label",
    [
        "tool-unanswered",
        "output-without-response",
        "message-without-response",
        "commit-without-create",
        "create-response-off",
        "nobody-spoke",
    ],
)
def test_a_log_of_the_server_alone_does_not_blame_the_client(label: str) -> None:
    log = pasted.read(as_a_log(SILENT[label][0], Side.SERVER).encode(), Path("log.txt"), "2026-11-22T00:00:00.000000Z")
    found = last(explain(log, log.header))
    assert found.cause.confidence == "unknown"
    assert "the traffic does not tell" in found.cause.words or "too soon to tell" in found.cause.words


@pytest.mark.parametrize("client", CLIENTS)
def test_a_healthy_session_has_no_silence_to_blame_anybody_for(client: str) -> None:
    found = explain(transcript.entries(CLIENTS[client]))
    assert last(found).cause.label in CALM
    assert last(found).is_calm


@pytest.mark.parametrize("client", CLIENTS)
def test_a_healthy_session_cut_off_anywhere_blames_nobody(client: str) -> None:
    whole = transcript.entries(CLIENTS[client])
    wrong = [
        (n, found.cause) for n in range(len(whole)) if not (found := last(explain(whole[:n], findings=()))).is_calm
    ]
    assert [cause.label for _, cause in wrong if cause.confidence != "unknown"] == []


@pytest.mark.parametrize("name", ["barge-in", "tool-call", "voice-turn"])
def test_a_healthy_recording_says_that_it_did_answer(name: str) -> None:
    found = last(explain(files.open_recording(RECORDINGS / f"{name}.jsonl")))
    assert found.cause.label == "answered"


@pytest.mark.parametrize(
    ("name", "label", "rule"),
    [
        ("missing-call-id", "tool-output-refused", "TOOL003"),
        ("output-without-response", "output-without-response", "TOOL001"),
    ],
)
def test_a_rule_that_knows_more_comes_with_the_cause(name: str, label: str, rule: str) -> None:
    found = last(explain(files.open_recording(RECORDINGS / f"{name}.jsonl")))
    assert (found.cause.label, found.findings[0].rule) == (label, rule)


def test_an_error_event_alone_is_never_the_cause() -> None:
    text = BEGIN + '< {"type": "error", "error": {"code": "odd", "message": "Something."}}\n' + CLOSE
    found = every(text)[-1]
    assert (found.cause.label, found.cause.confidence, found.findings) == ("unknown", "unknown", ())


@pytest.mark.parametrize(
    ("error", "label"),
    [
        ('"code": "unknown_parameter", "param": "session.tools[2].meta", "message": "Unknown parameter."', "configuration-refused"),
        ('"code": "conversation_already_has_active_response", "message": "Conversation already has one."', "create-refused"),
        ('"code": null, "message": "Conversation already has an active response"', "create-refused"),
        ('"code": "invalid_tool_call_id", "message": "Tool call ID not found."', "message-refused"),
        ('"code": "session_expired", "message": "Your session hit the maximum duration."', "session-expired"),
        ('"type": "server_error", "code": null, "message": "The server had an error."', "server-error"),
        ('"code": "invalid_value", "message": "Audio content of 2450ms is already shorter than 2535ms"', "unknown"),
    ],
)  # fmt: skip
def test_an_error_that_is_all_a_log_holds_tells_by_its_own_words_what_was_refused(error: str, label: str) -> None:
    found = why(f'< {{"type": "error", "error": {{{error}}}}}')
    assert found.cause.label == label
    assert found.cause.confidence == ("unknown" if label == "unknown" else "likely")


def test_a_side_question_sent_with_the_message_is_no_request_for_its_answer() -> None:
    aside = '> {"type": "response.create", "response": {"conversation": "none", "metadata": {"for": "title"}}}\n'
    created = '< {"type": "response.created", "response": {"id": "r1", "conversation_id": null, "metadata": {"for": "title"}}}\n'
    sent, _, word = TEXT.rpartition("+50ms")
    found = why(BEGIN + sent + aside + "+50ms" + word + created + CLOSE)
    assert found.cause.label == "asked-out-of-band"


def test_a_client_that_gave_up_is_told_with_its_reason() -> None:
    found = why(BEGIN + SPOKEN + BEGUN + "+2s x> 1011 keepalive ping timeout\nx")
    assert (
        "closed the connection with 1011 (keepalive ping timeout) 2.0 s after an answer was asked for"
        in found.cause.words
    )


def test_a_configuration_that_was_refused_and_then_mended_is_no_cause() -> None:
    update = '> {"type": "session.update", "event_id": "c1", "session": {"type": "realtime", "odd": 1}}\n'
    refused = '< {"type": "error", "error": {"code": "unknown_parameter", "param": "session.odd", "event_id": "c1", "message": "Unknown parameter."}}\n'
    mended = '> {"type": "session.update", "session": {"type": "realtime"}}\n< {"type": "session.updated", "session": {"type": "realtime", "audio": {}}}\n'
    assert why(BEGIN + update + refused + mended + CLOSE).cause.label != "configuration-refused"


def test_a_refused_configuration_is_the_root_of_a_turn_without_a_response() -> None:
    update = '> {"type": "session.update", "session": {"turn_detection": {"type": "server_vad"}}}\n< {"type": "error", "error": {"code": "missing_required_parameter", "param": "session.type", "message": "Missing required parameter: \'session.type\'."}}\n'
    found = why(BEGIN + update + SPOKEN + CLOSE)
    assert found.cause.label == "configuration-refused"
    assert "SES001" in {finding.rule for finding in found.findings}


def test_a_configuration_mended_since_is_not_the_root() -> None:
    update = '> {"type": "session.update", "session": {"x": 1}}\n< {"type": "error", "error": {"code": "unknown_parameter", "param": "session.x", "message": "Unknown parameter: \'session.x\'."}}\n> {"type": "session.update", "session": {"type": "realtime"}}\n< {"type": "session.updated", "session": {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}\n'
    assert why(BEGIN + update + SPOKEN + CLOSE).cause.label == "commit-without-response"


@pytest.mark.parametrize(
    ("text", "label", "words"),
    [
        (BEGIN + SPOKEN + "+6s " + BEGUN + HEARD + CLOSE, "slow-server", "beginning the response took 6.0 s"),
        (BEGIN + SPOKEN + BEGUN + "+6s ." + HEARD + CLOSE, "slow-model", "the model took 6.2 s"),
        (BEGIN + TEXT + "+6s " + ASKED + BEGUN + HEARD + CLOSE, "slow-client", "request for a response took 6.0 s"),
        (BEGIN + SPOKEN + CALLED + "+7s ." + OUTPUT + ASKED + ANSWER + CLOSE, "slow-tool", "the tool weather took 7.3 s"),
        (
            BEGIN + SPOKEN + CALLED + OUTPUT + ASKED + '< {"type": "error", "error": {"code": "conversation_already_has_active_response", "message": "Wait."}}\n+6s ' + ASKED + ANSWER + CLOSE,
            "answered-at-last",
            'the first request for a response was refused ("Wait"',
        ),
    ],
)  # fmt: skip
def test_a_late_answer_is_told_by_where_the_time_went(text: str, label: str, words: str) -> None:
    found = why(text)
    assert (found.cause.label, found.cause.confidence) == (label, "certain")
    assert words in found.cause.words


def test_the_user_who_speaks_again_ends_a_silence_that_stays_unanswered() -> None:
    again = SPOKEN.replace('"u1"', '"u2"')
    labels = [found.cause.label for found in every(BEGIN + SPOKEN + CALLED + "+8s ." + again + ANSWER + CLOSE)]
    assert labels == ["tool-unanswered", "waiting-for-user", "answered"]


def test_audio_that_was_never_committed_is_why_a_second_turn_is_silent() -> None:
    first = MANUAL + TEXT + ASKED + BEGUN + HEARD
    assert why(first + "+4s " + SENT + CLOSE).cause.label == "audio-not-committed"
    assert why(first + CLOSE).cause.label == "answered"
    assert why(first + ("+1s " + SENT) * 12 + "x> 1000\nx").cause.label == "answered", "the microphone runs on"


@pytest.mark.parametrize(
    ("text", "label", "words"),
    [
        (BEGIN + SPOKEN + "! 12 disk full\n" + CLOSE, "unknown", "it leaves out messages that could not be recorded"),
        (
            BEGIN + SPOKEN + '< {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "limit": 40000, "remaining": 0}]}\n' + CLOSE,
            "rate-limit",
            "began no response: none of 40000 tokens is left",
        ),
        (MANUAL + SENT * 2 + '> {"type": "input_audio_buffer.clear"}\n' + CLOSE, "audio-cleared", "cleared 2.0 s"),
        (MANUAL + SENT + '> {"type": "input_audio_buffer.clear"}\n' + SENT + CLOSE, "audio-not-committed", "1.0 s of audio"),
        (BEGIN.replace('"type": "realtime"', '"type": "transcription"') + TEXT + CLOSE, "transcription-session", "never answers"),
    ],
)  # fmt: skip
def test_a_silence_is_told_by_what_stands_around_it(text: str, label: str, words: str) -> None:
    found = why(text)
    assert found.cause.label == label
    assert words in found.cause.words


WRITTEN = BEGUN + ended(
    "completed",
    "{}",
    '[{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]}]',
)


def test_an_answer_that_is_not_spoken_says_so() -> None:
    text_only = BEGIN.replace('"output_modalities": ["audio"]', '"output_modalities": ["text"]')
    found = why(text_only + SPOKEN + WRITTEN + CLOSE)
    assert (found.cause.label, 'asks for ["text"]' in found.cause.words) == ("answered", True)


def test_an_answer_whose_audio_goes_elsewhere_says_so() -> None:
    elsewhere = '< {"type": "output_audio_buffer.started", "response_id": "r1"}\n'
    transcript_only = WRITTEN.replace("output_text", "output_audio").replace('"text": "Hi."', '"transcript": "Hi."')
    found = why(BEGIN + SPOKEN + BEGUN + elsewhere + transcript_only.partition("\n")[2] + CLOSE)
    assert (found.cause.label, "WebRTC" in found.cause.words) == ("answered", True)


def test_a_call_of_an_earlier_conversation_waits_for_nothing() -> None:
    items = [
        '{"type": "function_call", "id": "f0", "call_id": "c0", "name": "weather", "arguments": "{}"}',
        '{"type": "function_call_output", "id": "o0", "call_id": "c0", "output": "sunny"}',
    ]
    given = "".join(f'> {{"type": "conversation.item.create", "item": {item}}}\n' for item in items)
    taken = "".join(f'< {{"type": "conversation.item.added", "item": {item}}}\n' for item in items)
    found = every(BEGIN + given + taken + "+8s ." + SPOKEN + BEGUN + HEARD + CLOSE)
    assert [each.cause.label for each in found] == ["waiting-for-user", "answered"]


def test_what_begins_in_the_middle_of_a_call_does_not_tell_what_the_server_would_do() -> None:
    turn = "+8s ." + SPOKEN.replace('"u1"', '"u9"')
    for text in (SPOKEN, '+1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}\n' * 8):
        assert why(text + CLOSE).cause.label == "unknown"
    answered_itself = SPOKEN + BEGUN + HEARD + turn
    assert why(answered_itself + CLOSE).cause.label == "commit-without-response"


@pytest.mark.parametrize(
    ("sent", "label", "words"),
    [
        ('{"type": "conversation.item.create", "event_id": "e1", "item": {"type": "function_call_output", "call_id": "x", "output": "1"}}', "tool-output-refused", "the tool's output"),
        ('{"type": "conversation.item.create", "event_id": "e1", "item": {"type": "message", "role": "user", "content": []}}', "message-refused", "what the client put"),
        ('{"type": "input_audio_buffer.commit", "event_id": "e1"}', "commit-refused", "the user's turn"),
    ],
)  # fmt: skip
def test_an_empty_response_to_what_was_refused_is_told_by_the_refusal(sent: str, label: str, words: str) -> None:
    error = '< {"type": "error", "error": {"code": "invalid_value", "message": "No.", "event_id": "e1"}}\n'
    found = why(MANUAL + f"> {sent}\n" + ASKED + error + BEGUN + ended("completed") + CLOSE)
    assert (found.cause.label, found.cause.confidence) == (label, "certain")
    assert f"refused {words}" in found.cause.words
    assert "response r1" in found.cause.words


def test_a_turn_of_push_to_talk_begins_with_what_was_sent_with_its_commit() -> None:
    def turn(k: int, end: str) -> str:
        sent = SENT + '> {"type": "input_audio_buffer.commit"}\n' + ASKED
        taken = f'+80ms < {{"type": "input_audio_buffer.committed", "item_id": "u{k}"}}\n'
        return "+4s " + sent.lstrip() + taken + (BEGUN + ended(*end.split("|"))).replace('"r1"', f'"r{k}"')

    failed = turn(1, 'failed|{"error": {"code": "server_error", "message": "Sorry."}}')
    found = every(MANUAL + failed + turn(2, 'incomplete|{"reason": "content_filter"}') + CLOSE)
    assert [each.cause.label for each in found] == ["response-failed", "content-filter"]


@pytest.mark.parametrize(
    ("text", "label", "fix"),
    [
        ("> GET /v1/realtime?model=m {}\n< 401\nx", "handshake-refused", "a valid key"),
        ("> GET /v1/realtime?model=m {}\n< 404\nx", "handshake-refused", "the URL's path or the model"),
        ("> GET /v1/realtime?model=m {}\n< 503\nx", "handshake-refused", "connect again after a moment"),
        (BEGIN + "x< 4000 invalid_request_error.beta_api_shape_disabled\nx", "server-closed", "leave out the header"),
        (BEGIN + "x< 4000 invalid_request_error.model_not_found\nx", "server-closed", "a model that the key's project"),
        (BEGIN + SPOKEN + BEGUN + "+2s x> 1011 keepalive ping timeout\nx", "client-closed", "keep its event loop free"),
        (BEGIN + "x< 1011 \nx", "server-closed", "connect again, with the session's settings"),
        (BEGIN + SPOKEN + BEGUN + ended("incomplete", '{"reason": "turn_detected"}') + CLOSE, "interrupted", "headphones"),
        (BEGIN + SPOKEN + BEGUN + ended("incomplete", '{"reason": "new"}') + CLOSE, "response-incomplete", "ask again"),
        (BEGIN + SPOKEN + BEGUN + ended("cancelled", '{"reason": "client_cancelled"}') + CLOSE, "cancelled", "sideband"),
        (
            BEGIN + SPOKEN + BEGUN + ended("failed", '{"error": {"code": "model_not_found", "message": "No."}}') + CLOSE,
            "response-failed",
            "a model that the key's project has access to",
        ),
    ],
)  # fmt: skip
def test_what_to_do_is_told_by_what_happened(text: str, label: str, fix: str) -> None:
    found = why(text)
    assert found.cause.label == label
    assert fix in found.cause.fix


def test_a_call_that_was_approved_waits_for_the_server() -> None:
    request = '{"id": "p1", "type": "mcp_approval_request", "server_label": "docs", "name": "search"}'
    asked = f'< {{"type": "response.output_item.done", "response_id": "r1", "item": {request}}}\n'
    answer = '{"type": "mcp_approval_response", "approval_request_id": "p1", "approve": true}'
    approved = f'+3s > {{"type": "conversation.item.create", "item": {answer}}}\n'
    talk = BEGIN + SPOKEN + BEGUN + asked + ended("completed", "{}", f"[{request}]")
    assert why(talk + CLOSE).cause.label == "approval-pending"
    found = why(talk + approved + CLOSE)
    assert (found.cause.label, "search was approved" in found.cause.words) == ("mcp-call-running", True)


def test_a_picture_without_words_asks_for_nothing() -> None:
    picture = '{"id": "p1", "type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,AA=="}]}'
    sent = f'> {{"type": "conversation.item.create", "item": {picture}}}\n+80ms < {{"type": "conversation.item.added", "item": {picture}}}\n'
    found = every(BEGIN + sent + "+3s ." + SPOKEN + BEGUN + HEARD + "+5s " + sent.replace("p1", "p2") + CLOSE)
    assert [each.cause.label for each in found] == ["waiting-for-user", "answered"]


def test_a_call_that_ends_the_talk_needs_no_output() -> None:
    found = why(BEGIN + SPOKEN + CALLED.replace("weather", "end_call") + CLOSE)
    assert (found.cause.label, found.is_calm) == ("silence-meant", True)


def test_an_avatar_speaks_elsewhere() -> None:
    avatar = BEGIN.replace('"tools": []', '"tools": [], "avatar": {"character": "lisa"}')
    transcript_only = WRITTEN.replace("output_text", "output_audio").replace('"text": "Hi."', '"transcript": "Hi."')
    assert why(avatar + SPOKEN + transcript_only + CLOSE).cause.label == "answered"


def test_a_title_beside_a_turn_that_voice_detection_should_answer_is_not_why() -> None:
    title = '> {"type": "response.create", "response": {"conversation": "none", "metadata": {"for": "title"}}}\n'
    assert why(BEGIN + SPOKEN + title + CLOSE).cause.label == "commit-without-response"


def test_a_moment_finds_its_silence_and_none_while_the_assistant_speaks() -> None:
    found = every(BEGIN + SPOKEN + BEGUN + HEARD + CLOSE)
    first, second = found
    assert at(found, 1.0) is first
    assert at(found, second.silence.start - 1.5) is None
    assert at(found, 9.0) is second
    assert at(found, 1e6) is None


def test_a_preamble_does_not_hide_the_call_that_nobody_answered() -> None:
    spoken = BEGUN + HEARD.rpartition("<")[0]
    call = "".join(CALLED.splitlines(keepends=True)[1:])
    assert why(BEGIN + SPOKEN + spoken + call + CLOSE).cause.label == "tool-unanswered"


def test_a_second_request_for_the_same_answer_is_no_cause() -> None:
    double = (
        ASKED
        + '< {"type": "error", "error": {"code": "conversation_already_has_active_response", "message": "Wait."}}\n'
    )
    head, _, done = HEARD.rpartition("<")
    assert every(BEGIN + TEXT + ASKED + BEGUN + head + double + "<" + done + CLOSE)[-1].cause.label == "answered"


@given(st.lists(st.tuples(CLIENT | SERVER, MEMBERS), max_size=12), st.sampled_from([0.0, 0.7, 30.0]))
def test_whatever_peers_send_there_is_an_answer(
    sent: list[tuple[tuple[Side, str], dict[str, Any]]], step: float
) -> None:
    entries = [
        Entry(n, n * step, side, Kind.MESSAGE, orjson.dumps({**members, "type": kind}))
        for n, ((side, kind), members) in enumerate(sent, 1)
    ]
    found = explain(entries)
    assert last(found) in found
    assert all(one.cause.words and one.silence.start <= one.silence.end for one in found)


def test_a_client_that_closes_while_it_is_answered_did_not_close_before() -> None:
    delta = (
        '+100ms < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<300ms>"}\n'
    )
    cause = last(explain(transcript.entries(BEGIN + SPOKEN + BEGUN + delta + "+100ms x> 1000\nx"))).cause

    assert cause.label == "client-closed"
    assert cause.words.endswith("s after an answer was asked for, in the middle of it")
