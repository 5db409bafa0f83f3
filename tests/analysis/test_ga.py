"""When a rule may hold a client event against GA: what is known of the server by then."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.analysis.selection import usual
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Header

STARTED = "2026-11-23T07:00:00.000000Z"
OLD = '> {"type": "session.update", "session": {"voice": "alloy", "instructions": "Hi"}}\n'
GA = '< {"type": "session.created", "session": {"id": "s1", "audio": {"output": {"voice": "alloy"}}}}\n'
BETA = '< {"type": "session.created", "session": {"id": "s1", "modalities": ["text"], "voice": "alloy"}}\n'
TAKEN = '< {"type": "session.updated", "session": {"audio": {}, "instructions": "Hi"}}\n'
REFUSED = '< {"type": "error", "error": {"code": "missing_required_parameter", "param": "session.type"}}\n'


def judged(text: str, url: str = "", groups: Sequence[str] = ("CON", "ENV", "SES")) -> list[str]:
    """Return what the groups' rules find, as `RULE@entry`."""
    return [f"{finding.rule}@{finding.entry}" for finding in findings(text, url, groups)]


def findings(
    text: str, url: str = "", groups: Sequence[str] = ("CON", "ENV", "SES"), started: str = STARTED
) -> list[Finding]:
    """Return what the groups' rules find."""
    rules: list[Rule] = [rule for rule in usual(all_rules()) if rule.id[:3] in groups]
    return lint(transcript.entries(text), rules, Header("id", started, url=url))


def test_what_is_sent_to_a_ga_server_is_judged_at_once() -> None:
    assert judged(GA + OLD) == ["SES001@2", "SES002@2"]


def test_what_was_sent_before_the_server_spoke_is_judged_when_it_has() -> None:
    found = findings(OLD + GA + "+1s > " + '{"type": "response.create"}')
    assert [f"{finding.rule}@{finding.entry}" for finding in found] == ["SES001@1", "SES002@1"]
    assert {finding.t for finding in found} == {0.251}, "certain when it is judged, not when it was sent"


def test_it_is_judged_too_where_the_session_ends_at_once() -> None:
    assert judged(OLD + GA + REFUSED + "x") == ["SES001@1", "SES002@1"]


@pytest.mark.parametrize("rest", [BETA + OLD, OLD + BETA + "+1s " + OLD], ids=["after", "before"])
def test_a_server_that_speaks_the_beta_gets_the_beta(rest: str) -> None:
    assert judged(rest + "x") == []


def test_a_server_that_shows_no_dialect_is_left_alone() -> None:
    assert judged(OLD + '+5s < {"type": "session.created", "session": {"id": "s1"}}\n+30s ' + OLD) == []


def test_an_early_update_that_the_server_took_was_right() -> None:
    assert judged(OLD + GA + TAKEN + "+1s > " + '{"type": "response.create"}\nx') == []


def test_openai_speaks_ga_before_it_has_said_a_word() -> None:
    assert judged(OLD, "wss://api.openai.com/v1/realtime?model=m") == ["SES001@1", "SES002@1"]
    assert judged('> GET /v1/realtime?model=m {"Host": "api.openai.com:443"}\n' + OLD) == ["SES001@2", "SES002@2"]


def test_an_old_recording_of_openai_asked_for_the_beta() -> None:
    request = '> GET /v1/realtime?model=m {"Host": "api.openai.com", "OpenAI-Beta": "realtime=v1"}\n'
    assert judged(request + "< 101\n" + OLD + BETA, groups=["SES", "ENV"]) == []


def test_a_recording_of_the_betas_days_is_held_against_nothing_of_later() -> None:
    request = (
        '> GET /v1/realtime?model=gpt-4o-realtime-preview {"Host": "api.openai.com", "OpenAI-Beta": "realtime=v1"}\n'
    )
    for text in (request + "< 101\n" + OLD + BETA + OLD, request.replace("OpenAI-Beta", "X") + "< 101\n" + OLD + BETA):
        found = findings(text, started="2025-06-04T09:15:48Z")
        assert [(finding.rule, finding.severity) for finding in found] == [("CON011", "info")]


def test_a_session_that_translates_is_told_by_its_model() -> None:
    created = '< {"type": "session.created", "session": {"id": "s1", "model": "gpt-realtime-translate", "audio": {}}}\n'
    assert judged(created + '> {"type": "session.update", "session": {"audio": {"output": {"language": "es"}}}}') == []


@pytest.mark.parametrize("path", ["/v1/realtime/translations?model=m", "/v1/live/sessions"])
def test_another_api_on_the_same_host_is_left_alone(path: str) -> None:
    own = '> {"type": "session.input_audio_buffer.append", "audio": ""}\n> {"type": "session.start"}\n'
    request = f'> GET {path} {{"Host": "api.openai.com"}}\n'
    assert judged(request + "< 101\n" + GA + OLD + own, groups=["ENV", "SES"]) == []


def test_one_mistake_is_one_finding() -> None:
    tool = '> {"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "function", "strict": 1}]}}'
    assert judged(GA + tool) == ["SES009@2"]
    flat = '> {"type": "session.update", "session": {"type": "realtime", "voice": "alloy", "temperature": 0.8}}'
    assert judged(GA + flat) == ["SES002@2"]
    typed = '> {"type": "session.update", "session": {"instructions": "Hi"}}'
    assert judged(GA + typed + "\n" + REFUSED) == ["SES001@2"]


def test_a_log_of_the_server_alone_shows_the_mistake_at_its_error() -> None:
    assert judged(GA + REFUSED) == ["SES001@2"]
