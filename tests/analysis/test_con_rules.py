"""What the rules of the connection say, and what a recording's header lets them know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Header, Kind

STARTED = "2026-11-23T07:00:00.000000Z"
STARTED_UNIX = 1795417200


def found(rule_id: str, text: str, header: Header | None = None, date: str = "") -> list[Finding]:
    """Return what one rule says of a transcript, its 101 sent with a `Date` header if there is one."""
    entries = [_dated(entry, date) for entry in transcript.entries(text)]
    return lint(entries, [rule for rule in all_rules() if rule.id == rule_id], header)


def _dated(entry: Entry, date: str) -> Entry:
    if entry.kind is not Kind.RESPONSE or not date:
        return entry
    return replace(entry, members={**entry.members, "headers": [["date", date]]})


def expiring(seconds: float) -> str:
    """Return a session that expires so many seconds after the recording's start, and runs on for two hours."""
    created = f'{{"type": "session.created", "session": {{"id": "s1", "expires_at": {STARTED_UNIX + seconds}}}}}'
    return f'< 101\n< {created}\n+7200s > {{"type": "response.create"}}'


def test_the_end_of_a_session_is_told_five_minutes_and_one_minute_before() -> None:
    notices = found("CON005", expiring(1200), Header("id", STARTED))
    assert [(notice.t, notice.severity) for notice in notices] == [(900, Severity.WARNING), (1140, Severity.ERROR)]
    assert notices[0].message == "session s1 ends in 5 min: open a new one and restore its state"


def test_a_live_session_says_when_it_expires() -> None:
    started = expiring(1200).replace("session.created", "session.started")
    live = f'> GET /v1/live/sessions {{"Host": "api.openai.com"}}\n{started}'
    assert [notice.t for notice in found("CON005", live, Header("id", STARTED))] == [900, 1140]


def test_a_client_that_gives_up_at_once_is_no_refusal() -> None:
    asked, end = transcript.parse("> GET /v1/realtime?model=m\n+600ms x").entries
    ended = [asked, replace(end, members={"how": "closed", "by": "client"})]
    assert lint(ended, [rule for rule in all_rules() if rule.id == "CON003"]) == []
    (told,) = lint([asked, replace(ended[1], t=9.0)], [rule for rule in all_rules() if rule.id == "CON003"])
    assert told.message.startswith("the client ended the connection (closed) 9.0 s after the upgrade request")


def test_the_date_of_the_handshake_stands_in_for_the_header() -> None:
    notices = found("CON005", expiring(1200), date="Mon, 23 Nov 2026 07:00:00 GMT")
    assert [round(notice.t) for notice in notices] == [900, 1140]


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_without_a_clock_an_hour_is_assumed(date: str) -> None:
    assert [round(notice.t) for notice in found("CON005", expiring(1200), date=date)] == [3300, 3540]


def test_a_replayed_session_that_expired_long_ago_is_taken_as_new() -> None:
    assert [round(notice.t) for notice in found("CON005", expiring(-9000), Header("id", STARTED))] == [3300, 3540]


def test_a_header_without_a_time_is_no_clock() -> None:
    assert [round(notice.t) for notice in found("CON005", expiring(1200), Header("id", "soon"))] == [3300, 3540]


def test_a_close_says_what_was_under_way() -> None:
    text = """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "arguments": "{}"}
        x< 1011 keepalive ping timeout
    """
    (finding,) = found("CON002", text)
    assert finding.message.startswith("the server closed with 1011 (keepalive ping timeout): an internal failure")
    assert finding.message.endswith("; under way: 1 response (r1), 1 unanswered call (c1)")


def test_an_expired_session_is_a_warning_and_a_refused_key_an_error() -> None:
    assert found("CON002", "x< 1001 expired")[0].severity is Severity.WARNING
    assert found("CON002", "x< 3000 invalid_request_error.invalid_api_key")[0].severity is Severity.ERROR


def test_a_refusal_prints_the_status_and_the_servers_words() -> None:
    text = '< 401 {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}'
    (finding,) = found("CON003", text)
    assert finding.message.startswith(
        "the server refused the connection with 401 (invalid_api_key: Incorrect API key provided): the key is missing"
    )


def test_what_the_proxy_answers_in_place_of_a_server_is_not_laid_to_the_server() -> None:
    said = "realtime-inspector: 127.0.0.1:9 cannot be reached: Connection refused; start the server"
    text = f'< 502 {{"error": {{"message": "{said}", "code": "upstream_unreachable"}}}}'
    (finding,) = found("CON003", text)
    why = "127.0.0.1:9 cannot be reached: Connection refused"
    assert (finding.message, finding.fix) == (f"there was no server behind the proxy: {why}", "start the server")


def test_a_body_that_is_no_json_is_shown_in_part() -> None:
    (finding,) = found("CON003", "< 502 " + "<p>bad gateway</p> " * 40)
    assert "…): the server or a proxy before it failed" in finding.message


def test_the_upstream_of_the_header_decides_where_a_proxy_hides_the_host() -> None:
    text = '> GET /v1/realtime?model=m {"Host": "127.0.0.1:9000", "OpenAI-Beta": "realtime=v1"}'
    openai = Header("id", STARTED, url="wss://api.openai.com/v1/realtime?model=m")
    assert len(found("CON001", text, openai)) == 1
    assert found("CON001", text, Header("id", STARTED, url="wss://other.example/v1/realtime")) == []
    assert found("CON001", text) == []


def test_a_message_with_its_type_in_event_is_corrected() -> None:
    (finding,) = found("CON014", '> {"event": "response.create", "response": {}}')
    assert finding.corrected == {"type": "response.create", "response": {}}


@pytest.mark.parametrize(("model", "ends"), [("gpt-realtime", "2027-01-20"), ("gpt-4o-transcribe", "2027-02-26")])
def test_a_model_is_shut_down_from_its_day_on(model: str, ends: str) -> None:
    text = f'> GET /v1/realtime?model={model} {{"Host": "api.openai.com"}}'
    for started, severity in ((f"{ends}T00:00:00Z", Severity.WARNING), (STARTED, Severity.INFO)):
        (finding,) = found("CON011", text, Header("id", started))
        assert finding.severity is severity
        assert ends in finding.message


def test_a_model_is_looked_up_where_the_recording_says_that_it_went_to_openai() -> None:
    text = '> GET /v1/realtime?model=gpt-realtime {"Host": "127.0.0.1:9000"}'
    assert len(found("CON011", text, Header("id", STARTED, url="wss://api.openai.com/v1/realtime"))) == 1
    assert found("CON011", text, Header("id", STARTED)) == []


def test_a_page_that_shows_a_key_is_a_warning_and_a_program_information() -> None:
    key = '"Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.[redacted:sk]"'
    (page,) = found("CON008", f'> GET /v1/realtime {{{key}, "Origin": "https://a.example"}}')
    (program,) = found("CON008", f"> GET /v1/realtime {{{key}}}")
    assert (page.severity, program.severity) == (Severity.WARNING, Severity.INFO)
    assert "a page of https://a.example connects with a key of the project" in page.message


def test_a_model_in_the_wrong_place_is_not_blamed_where_the_recording_stops_before_the_answer() -> None:
    text = '> GET /v1/realtime?model=gpt-live-1 {"Host": "api.openai.com"}'
    assert found("CON010", text) == []
    assert [finding.t for finding in found("CON010", f"{text}\n< 400")] == [0.002]


def test_a_message_that_made_the_client_close_points_to_that_close() -> None:
    text = """
        > GET /v1/realtime {"User-Agent": "Python/3.13 websockets/15.0.1"}
        < 101
        < {"type": "conversation.item.retrieved", "item": {"content": [{"audio": "<17000ms>"}]}}
        +20ms x> 1009
    """
    (finding,) = found("CON015", text)
    assert (finding.entry, finding.related, finding.severity) == (3, (4,), Severity.WARNING)


def test_pings_keep_a_connection_from_being_idle() -> None:
    text = '< 101\n< {"type": "session.created", "session": {}}\n+50s .\n'
    entries = transcript.entries(text + '+50s > {"type": "response.create"}')
    ping = replace(entries[1], n=3, t=40.0, kind=Kind.PING, payload=b"")
    idle = [rule for rule in all_rules() if rule.id == "CON017"]
    assert [finding.entry for finding in lint(entries, idle)] == [3]
    assert lint([*entries[:2], ping, replace(entries[2], n=4, t=95.0)], idle) == []
