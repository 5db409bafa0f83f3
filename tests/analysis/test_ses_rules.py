"""What the rules of the session's configuration say, and when they rather say nothing."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.recording import transcript

MANUAL = '< {"type": "session.created", "session": {"id": "s1", "audio": {"input": {"turn_detection": null%s}}}}\n'
REQUIRED = '< {"type": "session.created", "session": {"id": "s1", "audio": {}, "tool_choice": "required"}}\n'
OWN = '< {"type": "session.created", "session": {"id": "s1", "audio": {}, "instructions": "Be helpful."}}\n'
ASKED = '> {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}\n'
TOOLS = '> {"type": "session.update", "session": {"type": "realtime", "tools": []}}\n'
UPDATED = '< {"type": "session.updated", "session": {"id": "s1", "audio": {}, "instructions": "Be helpful."}}\n'
CREATED = '< {"type": "response.created", "response": {"id": "r1"}}\n'


def turn(n: int, wait: str = "+9s") -> str:
    return f'{wait} < {{"type": "input_audio_buffer.committed", "item_id": "u{n}"}}\n'


def calls(n: int, asked: str = "") -> str:
    create = f'> {{"type": "response.create", "response": {asked}}}\n' if asked else ""
    done = f'{{"id": "r{n}", "status": "completed", "output": [{{"id": "f{n}", "type": "function_call"}}]}}'
    return (
        f'{create}< {{"type": "response.created", "response": {{"id": "r{n}"}}}}\n'
        f'< {{"type": "response.done", "response": {done}}}\n'
    )


def done(n: int, cached: int) -> str:
    usage = f'{{"input_tokens": 1000, "input_token_details": {{"cached_tokens": {cached}}}}}'
    return (
        f'< {{"type": "response.created", "response": {{"id": "r{n}"}}}}\n'
        f'< {{"type": "response.done", "response": {{"id": "r{n}", "status": "completed", "usage": {usage}}}}}\n'
    )


def found(rule_id: str, text: str) -> list[Finding]:
    parsed = transcript.parse(text)
    linter = Linter([rule for rule in all_rules() if rule.id == rule_id])
    findings = []
    for event in events(parsed.entries):
        if event.entry.members.get("how") == "cut off":
            findings += linter.advance(parsed.end_t)
        findings += linter.feed(event)
    assert linter.failed == {}
    return findings


def test_one_silent_turn_is_information_and_two_are_a_warning() -> None:
    spoken = found("SES019", MANUAL % "" + turn(1) + turn(2) + turn(3) + "+9s .")
    assert [(finding.entry, finding.severity) for finding in spoken] == [(2, Severity.INFO), (3, Severity.WARNING)]
    assert spoken[1].message.startswith("turn_detection is off, and 2 turns of the user got no response.create")


def test_a_session_that_transcribes_and_never_speaks_may_only_listen() -> None:
    text = MANUAL % ', "transcription": {"model": "whisper-1"}' + turn(1) + turn(2) + turn(3) + "+9s ."
    assert [finding.severity for finding in found("SES019", text)] == [Severity.INFO]
    spoken = text.replace("+9s .", CREATED + turn(4) + turn(5) + "+9s .")
    assert [finding.severity for finding in found("SES019", spoken)] == [Severity.INFO, Severity.INFO, Severity.WARNING]


@pytest.mark.parametrize(
    "after",
    [
        '> {"type": "response.create"}\n+9s .',
        '+1s < {"type": "input_audio_buffer.speech_started", "item_id": "u2", "audio_start_ms": 10}\n+9s .',
        "+1s x> 1000\n+9s .",
        "! 3 disk full\n+9s x",
        "",
    ],
    ids=["asked for", "the user goes on", "closed", "lost", "cut off"],
)
def test_a_turn_that_may_yet_be_answered_is_not_silent(after: str) -> None:
    assert found("SES019", MANUAL % "" + turn(1) + after) == []


def test_a_choice_of_its_own_takes_a_response_out_of_the_loop() -> None:
    assert len(found("SES012", REQUIRED + calls(1) + calls(2) + calls(3) + calls(4))) == 1
    own = '{"tool_choice": "required"}'
    assert found("SES012", REQUIRED + calls(1) + calls(2) + calls(3, own)) == []
    assert found("SES012", REQUIRED + calls(1, own) + calls(2) + calls(3)) == []


def test_the_loop_names_its_responses() -> None:
    (finding,) = found("SES012", REQUIRED + calls(1) + calls(2) + calls(3))
    assert finding.message.startswith(
        "r1, r2, r3 are nothing but tool calls, because the session's tool_choice is required"
    )
    assert finding.severity is Severity.INFO


def test_the_update_that_had_no_effect_is_named() -> None:
    (confirmed,) = found("SES020", OWN + ASKED + UPDATED + CREATED)
    assert "entry 2 was confirmed, yet the server shows its own" in confirmed.message
    (pending,) = found("SES020", OWN + TOOLS + ASKED + UPDATED + CREATED)
    assert "entry 3 is unanswered" in pending.message


def test_what_other_rules_say_of_the_persona_is_not_said_twice() -> None:
    refused = '< {"type": "error", "error": {"code": "unknown_parameter", "param": "session.instructions"}}\n'
    assert found("SES020", OWN + ASKED + CREATED) == []
    assert found("SES020", OWN + ASKED + refused + CREATED) == []


def test_a_change_that_cost_no_cache_is_not_told() -> None:
    change = '> {"type": "session.update", "session": {"type": "realtime", "instructions": "B"}}\n' + UPDATED
    assert found("SES022", OWN + done(1, 900) + change + done(2, 800)) == []
    assert found("SES022", OWN + done(1, 100) + change + done(2, 0)) == []
    (finding,) = found("SES022", OWN + done(1, 900) + change + done(2, 64))
    assert finding.message.startswith(
        "64 input tokens of r2 came from the cache, 900 of r1 before it: instructions changed"
    )
    assert finding.cause == 4


def test_the_end_of_the_conversation_can_be_deleted_without_a_loss() -> None:
    item = '< {"type": "conversation.item.added", "item": {"id": "%s", "type": "message", "role": "user"}}\n'
    deleted = '< {"type": "conversation.item.deleted", "item_id": "i2"}\n'
    assert found("SES022", item % "i1" + item % "i2" + done(1, 900) + deleted + done(2, 0)) == []


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("gpt-realtime", True),
        ("gpt-realtime-1.5", True),
        ("gpt-realtime-mini-2025-12-15", True),
        ("gpt-realtime-2", False),
        ("gpt-realtime-2.1-mini", False),
        ("gpt-realtime-3", False),
        ("my-deployment", False),
    ],
)
def test_only_a_model_that_is_known_not_to_reason_is_told(model: str, told: bool) -> None:
    created = f'< {{"type": "session.created", "session": {{"id": "s1", "model": "{model}", "audio": {{}}}}}}\n'
    update = '> {"type": "session.update", "session": {"type": "realtime", "reasoning": {"effort": "low"}}}'
    assert bool(found("SES023", created + update)) is told


def test_a_null_is_corrected_for_azure() -> None:
    request = '> GET /openai/realtime?api-version=1&deployment=d {"Host": "a.openai.azure.com"}\n'
    (finding,) = found(
        "SES025", request + '> {"type": "session.update", "session": {"max_response_output_tokens": null}}'
    )
    assert finding.corrected == {"type": "session.update", "session": {"max_response_output_tokens": "inf"}}


def test_a_long_description_is_information_for_the_limit_is_not_certain() -> None:
    tool = '{"type": "function", "name": "add", "description": "%s"}'
    update = '> {"type": "session.update", "session": {"type": "realtime", "tools": [%s]}}'
    assert found("SES010", update % (tool % ("d" * 1024))) == []
    (finding,) = found("SES010", update % (tool % ("d" * 1025)))
    assert finding.severity is Severity.INFO
    assert finding.message.startswith("the description of add has 1025 characters, servers were seen to take 1024")


def test_a_long_name_is_shown_in_part() -> None:
    tool = f'{{"type": "function", "name": "{"n" * 900}"}}'
    (finding,) = found("SES010", f'> {{"type": "session.update", "session": {{"tools": [{tool}]}}}}')
    assert len(finding.message) < 200


def test_who_chooses_what_to_answer_is_told_but_not_warned() -> None:
    off = MANUAL % ""
    answered = '> {"type": "response.create"}\n' + CREATED + '< {"type": "response.done", "response": {"id": "r1"}}\n'
    passed = off + turn(1) + turn(2)
    assert found("SES019", passed + "+9s .")[-1].severity is Severity.WARNING
    assert found("SES019", passed + "+9s " + answered + turn(3) + turn(4) + "+9s .")[-1].severity is Severity.INFO
