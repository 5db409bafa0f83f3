"""What the rules of the envelope say, and when they are sure of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Header

GA = '< {"type": "session.created", "session": {"id": "s1", "audio": {"output": {"voice": "alloy"}}}}\n'
BETA = '< {"type": "session.created", "session": {"id": "s1", "modalities": ["text"], "voice": "alloy"}}\n'
TAKEN = '+100ms < {"type": "session.updated", "session": {"id": "s1", "audio": {}}}\n'


def found(rule_id: str, text: str, url: str = "") -> list[Finding]:
    rules = [rule for rule in all_rules() if rule.id == rule_id]
    return lint(transcript.entries(text), rules, Header("id", "2026-11-23T07:00:00.000000Z", url=url))


def update(**session: Any) -> str:
    return f"> {json.dumps({'type': 'session.update', 'session': {'type': 'realtime', **session}})}\n"


def refusal(param: str | None) -> str:
    return f"+100ms < {json.dumps({'type': 'error', 'error': {'code': 'invalid_value', 'param': param}})}\n"


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        (update(audio={"input": {"noise_reduction": "near_field"}}), Severity.ERROR),
        (update(tool_choice="any"), Severity.INFO),
        (update(tool_choice="any") + refusal("session.tool_choice"), Severity.ERROR),
        (update(tool_choice="any", tracing="auto") + refusal("session.tracing"), Severity.WARNING),
    ],
    ids=["plainly wrong, unanswered", "unknown, unanswered", "refused for it", "refused for something else"],
)
def test_an_unfit_value_is_as_bad_as_is_certain(text: str, severity: Severity) -> None:
    assert [finding.severity for finding in found("ENV012", GA + text)] == [severity]


@pytest.mark.parametrize("value", ["near_field", {"type": "newer"}, 7, ["x"]])
def test_what_the_server_took_is_right(value: Any) -> None:
    assert found("ENV012", GA + update(audio={"input": {"noise_reduction": value}}) + TAKEN + "+5s .") == []


def test_on_another_server_only_its_refusal_makes_an_error() -> None:
    text = GA + update(audio={"output": {"speed": "1.2"}})
    other = "wss://realtime.example.com/v1/realtime"
    assert [finding.severity for finding in found("ENV012", text, other)] == [Severity.INFO]
    assert [f.severity for f in found("ENV012", text + refusal("session.audio.output.speed"), other)] == ["error"]


def test_an_unfit_value_is_mended_where_it_is_plain_what_was_meant() -> None:
    (finding,) = found("ENV012", GA + update(audio={"input": {"format": "g711_ulaw"}, "output": {"speed": "1.2"}}))
    assert finding.message == (
        'session.audio.input.format is "g711_ulaw", not an object: write {"type":"audio/pcmu"}; '
        'session.audio.output.speed is "1.2", not a number: write 1.2'
    )
    assert finding.corrected is not None
    assert finding.corrected["session"]["audio"] == {
        "input": {"format": {"type": "audio/pcmu"}},
        "output": {"speed": 1.2},
    }


def test_an_unfit_value_without_a_plain_meaning_is_not_corrected() -> None:
    (finding,) = found("ENV012", GA + update(tool_choice="any", audio={"output": {"speed": "1.2"}}))
    assert finding.corrected is None
    assert "session.tool_choice is" in finding.message


def test_a_metadata_key_with_dots_is_named_and_not_corrected() -> None:
    (finding,) = found("ENV012", GA + '> {"type": "response.create", "response": {"metadata": {"a.b": 1}}}')
    assert finding.corrected is None


def test_a_tool_of_a_function_is_left_to_its_own_rule() -> None:
    assert found("ENV012", GA + update(tools=[{"type": "function", "name": 5}, {"name": 7}, 8])) == []
    (finding,) = found("ENV012", GA + update(tools=[{"type": "mcp", "server_label": "a", "require_approval": "Never"}]))
    assert finding.corrected is not None
    assert finding.corrected["session"]["tools"][0]["require_approval"] == "never"


def test_a_setting_said_twice_is_one_finding_and_keys_out_of_place_another() -> None:
    text = GA + update(modalities=["text"], output_modalities=["text"], temperature=0.8)
    (twice,) = found("ENV011", text)
    (flat,) = found("SES002", text)
    assert "session.modalities and session.output_modalities are one setting" in twice.message
    assert flat.message.endswith("session.temperature → nowhere, leave it out")


def test_ga_keys_on_a_server_of_the_beta_are_given_their_flat_names() -> None:
    text = BETA + update(audio={"output": {"voice": "echo", "speed": 1.2}}, max_output_tokens=100)
    (finding,) = found("ENV003", text)
    assert finding.severity is Severity.WARNING
    assert "session.audio.output.voice → session.voice, session.audio.output.speed → session.speed" in finding.message
    assert "session.max_output_tokens → session.max_response_output_tokens" in finding.message


def test_an_error_that_can_be_about_one_event_only_needs_no_id() -> None:
    text = update(voice="a") + refusal("session.voice")
    assert found("ENV009", text) == []
    (finding,) = found("ENV009", update(voice="b") + text)
    assert finding.related == (1, 2)
    assert finding.severity is Severity.INFO


def test_an_event_type_without_end_is_shown_in_part() -> None:
    (finding,) = found("ENV007", f'< {{"type": "{"x" * 500}"}}')
    assert len(finding.message) < 200
