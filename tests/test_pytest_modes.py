"""The pytest plugin's modes, and the recordings that nobody plays, in test runs of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_inspector.recording import files
from realtime_inspector.simulator import simulating
from realtime_inspector.simulator.scenario import parse
from tests import test_pytest_plugin as plugin
from tests.cli.helpers import write_recording
from tests.replay.helpers import TEXT

pytest_plugins = ["pytester"]
suite = plugin.suite
run, record, write_tests = plugin.run, plugin.record, plugin.write_tests

SCENARIO = """
[pace]
delay_ms = 0
speed = 100000
transcription_ms = 0
[[turn]]
say = "Good evening."
duration_ms = 200
[[turn]]
say = "Once more."
duration_ms = 200
"""
TALK = """
    WRITTEN = {"type": "conversation.item.create", "item": {"type": "message", "role": "user",
               "content": [{"type": "input_text", "text": "Hi"}]}}

    def greet(server):
        headers = {"Authorization": "Bearer sk-test"}
        said = []
        with connect(server.ws_url + "?model=gpt-realtime", additional_headers=headers) as connection:
            for message in (WRITTEN, {"type": "response.create"}):
                connection.send(json.dumps(message))
            for received in connection:
                event = json.loads(received)
                if event["type"] == "response.output_audio_transcript.done":
                    said.append(event["transcript"])
                if event["type"] in ("rate_limits.updated", "error"):
                    break
        return said
"""
GREETS = (
    TALK
    + """
    def test_greets(realtime_server):
        assert greet(realtime_server) == ["Good evening."]
        assert realtime_server.session.turns[0].assistant.text == "Good evening."
"""
)


@pytest.fixture
def upstream() -> Iterator[str]:
    """Simulate the API."""
    with simulating(parse(SCENARIO, "test")) as simulator:
        yield simulator.url.removesuffix("/v1/realtime")


def recordings(suite: pytest.Pytester) -> list[str]:
    """Return the recordings there are, by their path below the module's folder."""
    folder = suite.path / "recordings" / "test_call"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_rewrite_records_anew_what_was_recorded(suite: pytest.Pytester, upstream: str) -> None:
    old = record(suite, "test_greets")
    write_tests(suite, GREETS)
    before = old.read_bytes()
    result = run(suite, "--realtime-record-mode=rewrite", f"--realtime-upstream={upstream}")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [f"realtime-inspector: mode rewrite, upstream {upstream}", "recorded recordings/*.jsonl"]
    )
    assert recordings(suite) == ["test_greets.jsonl"]
    assert old.read_bytes() != before
    run(suite).assert_outcomes(passed=1)


def test_rewrite_knows_folders_and_compressed_recordings(suite: pytest.Pytester, upstream: str) -> None:
    write_recording(suite.path / "shared" / "old.jsonl", TEXT)
    write_tests(
        suite,
        TALK
        + """
    @pytest.mark.parametrize("where", [
        pytest.param("f", marks=pytest.mark.realtime(recording="shared")),
        pytest.param("z", marks=pytest.mark.realtime(recording="call.v2.jsonl.zst")),
    ])
    def test_greets(realtime_server, where):
        assert greet(realtime_server) == ["Good evening."]
    """,
    )
    run(suite, "--realtime-record-mode=rewrite", f"--realtime-upstream={upstream}").assert_outcomes(passed=2)
    assert [str(path.relative_to(suite.path)) for path in files.find(suite.path)] == [
        "call.v2.jsonl.zst",
        "shared/01.jsonl",
    ]
    run(suite).assert_outcomes(passed=2)


def test_rewrite_keeps_what_was_recorded_if_nobody_answers(suite: pytest.Pytester) -> None:
    old = record(suite, "test_greets")
    before = old.read_bytes()
    write_tests(suite, GREETS)
    run(suite, "--realtime-record-mode=rewrite", "--realtime-upstream=ws://127.0.0.1:9").assert_outcomes(failed=1)
    assert (recordings(suite), old.read_bytes()) == (["test_greets.jsonl"], before)


def test_live_talks_to_the_upstream_and_keeps_nothing(suite: pytest.Pytester, upstream: str) -> None:
    old = record(suite, "test_greets")
    before = old.read_bytes()
    write_tests(suite, GREETS)
    run(suite, "--realtime-record-mode=live", f"--realtime-upstream={upstream}").assert_outcomes(passed=1)
    assert (recordings(suite), old.read_bytes()) == (["test_greets.jsonl"], before)


def test_new_records_what_is_missing_and_plays_what_is_there(suite: pytest.Pytester, upstream: str) -> None:
    write_tests(suite, GREETS)
    options = "--realtime-record-mode=new", f"--realtime-upstream={upstream}"
    run(suite, *options).assert_outcomes(passed=1)
    assert recordings(suite) == ["test_greets.jsonl"]
    made = (suite.path / "recordings/test_call/test_greets.jsonl").read_bytes()
    run(suite, *options).assert_outcomes(passed=1)
    assert (suite.path / "recordings/test_call/test_greets.jsonl").read_bytes() == made


def test_new_records_the_connections_that_go_beyond_a_recording(suite: pytest.Pytester, upstream: str) -> None:
    record(suite, "test_twice")
    write_tests(
        suite,
        TALK
        + """
    def test_twice(realtime_server):
        talk(realtime_server.ws_url)
        assert greet(realtime_server) == ["Good evening."]
        assert len(realtime_server.sessions) == 2
        assert realtime_server.sessions[1].turns[0].assistant.text == "Good evening."
    """,
    )
    run(suite).assert_outcomes(failed=1)
    run(suite, "--realtime-record-mode=new", f"--realtime-upstream={upstream}").assert_outcomes(passed=1)
    assert recordings(suite) == ["test_twice/01.jsonl", "test_twice/02.jsonl"]
    run(suite).assert_outcomes(passed=1)


def test_new_records_the_http_beside_a_connection_too(suite: pytest.Pytester, upstream: str) -> None:
    record(suite, "test_key_first")
    write_tests(
        suite,
        TALK
        + """
    from urllib.request import Request, build_opener, ProxyHandler

    def key(server):
        headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
        asked = Request(server.base_url + "/realtime/client_secrets", b"{}", headers, method="POST")
        with build_opener(ProxyHandler({})).open(asked) as answer:
            return json.load(answer)["value"]

    def test_key_first(realtime_server):
        assert key(realtime_server)
        talk(realtime_server.ws_url)
        assert len(realtime_server.sessions) == 1
    """,
    )
    run(suite).assert_outcomes(failed=1)
    run(suite, "--realtime-record-mode=new", f"--realtime-upstream={upstream}").assert_outcomes(passed=1)
    assert recordings(suite) == ["test_key_first/01.jsonl", "test_key_first/02.jsonl"]
    assert "ek_" not in (suite.path / "recordings/test_call/test_key_first/02.jsonl").read_text()
    run(suite).assert_outcomes(passed=1)


def test_new_passes_on_what_the_upstream_says_of_a_further_connection(suite: pytest.Pytester, upstream: str) -> None:
    record(suite, "test_twice")
    write_tests(
        suite,
        """
    from websockets.exceptions import InvalidStatus

    def test_twice(realtime_server):
        talk(realtime_server.ws_url)
        with pytest.raises(InvalidStatus, match="401"):
            talk(realtime_server.ws_url)
    """,
    )
    run(suite, "--realtime-record-mode=new", f"--realtime-upstream={upstream}").assert_outcomes(passed=1)


def test_a_mismatch_says_how_to_record_anew(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite, "\n    def test_greets(realtime_server): talk(realtime_server.ws_url, {'type': 'response.creat'})\n"
    )
    result = run(suite)
    result.stdout.fnmatch_lines(["to record it anew: pytest --realtime-record-mode=rewrite test_call.py::test_greets"])


# leftovers


LISTED = """
    @pytest.mark.parametrize("name", ["a", "b"])
    def test_plays(realtime_server, name):
        talk(realtime_server.ws_url)

    def test_plays_nothing():
        pass
"""


def test_recordings_that_no_test_plays_are_listed(suite: pytest.Pytester) -> None:
    for name in ("test_plays[a]", "test_plays[b]", "test_plays_nothing", "test_gone"):
        record(suite, name)
    write_recording(suite.path / "recordings" / "test_lost" / "test_any.jsonl", TEXT)
    write_recording(suite.path / "recordings" / "shared" / "any.jsonl", TEXT)
    write_tests(suite, LISTED)
    result = run(suite)
    result.assert_outcomes(passed=3)
    lines = result.stdout.lines
    assert lines[lines.index("no test plays:") + 1 : -1] == [
        "recordings/test_call/test_gone.jsonl: test_call.py has no such test",
        "recordings/test_call/test_plays_nothing.jsonl: test_call.py::test_plays_nothing does not play it",
        "recordings/test_lost: there is no test_lost.py",
    ]


def test_a_run_of_one_test_says_nothing_of_the_others(suite: pytest.Pytester) -> None:
    for name in ("test_plays[a]", "test_plays[b]", "test_gone"):
        record(suite, name)
    write_tests(suite, LISTED)
    result = run(suite, "test_call.py::test_plays_nothing")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*no test plays*")
    result = run(suite, "-k", "nothing")
    result.stdout.fnmatch_lines(["recordings/test_call/test_gone.jsonl: test_call.py has no such test"])
    result.stdout.no_fnmatch_line("*test_plays*:*")


def test_a_connection_that_was_recorded_and_not_made_is_listed(suite: pytest.Pytester) -> None:
    for number in ("1", "2"):
        write_recording(suite.path / "recordings" / "test_call" / "test_once" / f"{number}.jsonl", TEXT)
    write_tests(suite, "\n    def test_once(realtime_server):\n        talk(realtime_server.ws_url)\n")
    result = run(suite)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["recordings/test_call/test_once/2.jsonl: its test opened no connection for it"])


# without a recording


def test_a_scenario_is_simulated_where_there_is_no_recording(suite: pytest.Pytester) -> None:
    Path(suite.path / "evening.toml").write_text(SCENARIO)
    write_tests(
        suite,
        TALK
        + """
    from realtime_inspector.simulator.scenario import Reply, Scenario, Turn

    @pytest.mark.realtime(scenario="evening.toml")
    def test_of_a_file(realtime_server):
        assert greet(realtime_server) == ["Good evening."]
        assert realtime_server.session.turns[0].assistant.text == "Good evening."

    @pytest.mark.realtime(scenario=Scenario("own", (Turn(Reply(say="Moin.")),)))
    def test_of_an_object(realtime_server):
        assert greet(realtime_server) == ["Moin."]

    @pytest.mark.realtime(scenario="weather", faults=["close 4001 on type:response.created"])
    def test_with_a_fault(realtime_server):
        with pytest.raises(Exception, match="4001"):
            greet(realtime_server)

    @pytest.mark.realtime(scenario="weather", match="types")
    def test_of_both(realtime_server): pass
    """,
    )
    result = run(suite)
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*the marker realtime takes scenario or match, not both*"])
    assert not files.find(suite.path)


def test_a_recording_is_played_with_faults_and_again_for_a_client_that_comes_back(suite: pytest.Pytester) -> None:
    record(suite, "test_comes_back")
    write_tests(
        suite,
        """
    from websockets.exceptions import ConnectionClosedError

    @pytest.mark.realtime(faults="close 4001 connection 1 on type:response.created")
    def test_comes_back(realtime_server):
        with pytest.raises(ConnectionClosedError, match="4001"):
            talk(realtime_server.ws_url)
        assert talk(realtime_server.ws_url)[-1] == "rate_limits.updated"
        first, second = realtime_server.sessions
        assert first.counts["wire.note"] == 1
        assert second.turns[0].responses[0].status == "completed"

    @pytest.mark.realtime(faults=["dorp"])
    def test_of_none(realtime_server): pass
    """,
    )
    record(suite, "test_of_none")
    result = run(suite)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*test_of_none: faults: no fault 'dorp'; did you mean 'drop'? (at 1 in 'dorp')*"])
