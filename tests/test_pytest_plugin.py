"""The pytest plugin, in test runs of their own."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_inspector.recording import files
from realtime_inspector.replay.thread import serving
from tests.cli.helpers import write_recording
from tests.replay.helpers import TEXT, client_messages, script

pytest_plugins = ["pytester"]

CLIENT = f"""
    import json
    import pytest
    from websockets.sync.client import connect

    TURN = {client_messages(TEXT)!r}

    def talk(url, *messages):
        heard = []
        with connect(url) as connection:
            for message in messages or TURN:
                connection.send(json.dumps(message))
            for received in connection:
                heard.append(json.loads(received)["type"])
                if heard[-1] in ("rate_limits.updated", "error"):
                    break
        return heard
"""

INI = """
    [pytest]
    filterwarnings = error
    addopts = --strict-markers -p no:cacheprovider -p no:hypothesispytest -p no:anyio
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a suite that turns every warning into an error."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    pytester.makeini(INI)
    return pytester


def write_tests(suite: pytest.Pytester, body: str) -> None:
    """Write `test_call.py`: the client, and tests."""
    suite.makepyfile(test_call=CLIENT + body)


def record(suite: pytest.Pytester, name: str, text: str = TEXT) -> Path:
    """Write the recording of a test of `test_call.py`."""
    return write_recording(suite.path / "recordings" / "test_call" / f"{name}.jsonl", text)


def run(suite: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run the suite in this process: what it imports was imported before it, so it is quick."""
    return suite.runpytest_inprocess("-n0", *options)


def test_a_test_plays_the_recording_of_its_name(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    def test_greets(realtime_server):
        assert talk(realtime_server.ws_url + "?model=gpt-realtime")[-1] == "rate_limits.updated"
        assert realtime_server.session.responses["resp_1"].status == "completed"
        assert realtime_server.base_url == realtime_server.url + "/v1"
        assert [finding.rule for finding in realtime_server.findings if finding.severity == "error"] == []
    """,
    )
    run(suite).assert_outcomes(passed=1)


def test_an_async_test_is_served_too(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    import asyncio
    from websockets.asyncio.client import connect as aconnect

    def test_greets(realtime_server):
        async def greet():
            async with aconnect(realtime_server.ws_url) as connection:
                for message in TURN:
                    await connection.send(json.dumps(message))
                async for received in connection:
                    if "rate_limits.updated" in received:
                        break
        asyncio.run(greet())
    """,
    )
    run(suite).assert_outcomes(passed=1)


def test_a_missing_recording_fails_and_says_how_to_make_it(suite: pytest.Pytester) -> None:
    write_tests(suite, "\n    def test_greets(realtime_server): pass\n")
    result = run(suite)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*no recording */recordings/test_call/test_greets.jsonl; make it: "
         "pytest --realtime-record-mode=once test_call.py::test_greets (records from wss://api.openai.com*"]
    )  # fmt: skip


def test_a_mismatch_fails_the_test_although_the_client_swallowed_it(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    def test_greets(realtime_server):
        talk(realtime_server.ws_url, TURN[0], {"type": "response.create", "response": {"instructions": "No."}})
    """,
    )
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*client message 2 fits no recorded one; nearest is line 8: response.create differs at response*",
            '*to accept it: @pytest.mark.realtime(ignore=[[]"response"[]])*',
        ]
    )


def test_a_failing_test_shows_the_mismatch_beside_its_own_failure(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    def test_greets(realtime_server):
        talk(realtime_server.ws_url, {"type": "response.creat"})
        assert False, "its own failure"
    """,
    )
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*its own failure*", "*is one the API refuses*"])


def test_a_failing_test_that_waited_for_an_answer_is_told_what_it_did_not_ask(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    def test_greets(realtime_server):
        with connect(realtime_server.ws_url) as connection:
            for message in TURN[:-1]:
                connection.send(json.dumps(message))
            assert False, "timed out"
    """,
    )
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*timed out*", "played in part, without response.create (line 8)"])


def test_a_test_that_is_skipped_has_nothing_to_meet(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(suite, "\n    def test_greets(realtime_server): pytest.skip('no microphone')\n")
    run(suite).assert_outcomes(skipped=1)


def test_a_mismatch_that_is_known_is_an_expected_failure(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    @pytest.mark.xfail(reason="known", strict=True)
    def test_greets(realtime_server):
        talk(realtime_server.ws_url, {"type": "response.creat"})
    """,
    )
    run(suite).assert_outcomes(xfailed=1)


def test_a_mismatch_of_a_fixtures_end_is_an_error(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    @pytest.fixture
    def late(realtime_server):
        with connect(realtime_server.ws_url) as connection:
            yield connection
            connection.send('{"type": "conversation.item.creat"}')

    def test_greets(late): pass
    """,
    )
    run(suite).assert_outcomes(passed=1, errors=1)


def test_the_marker_chooses_recording_match_speed_and_paths(suite: pytest.Pytester) -> None:
    write_recording(suite.path / "shared.jsonl", TEXT)
    write_tests(
        suite,
        """
    OTHER = json.loads(json.dumps(TURN).replace("Hi", "Bye"))

    @pytest.mark.realtime(recording="shared.jsonl", ignore="item.content", speed=20)
    def test_ignored(realtime_server):
        talk(realtime_server.ws_url, *OTHER)

    @pytest.mark.realtime(recording="shared.jsonl", match="types", strict=True)
    def test_types(realtime_server):
        talk(realtime_server.ws_url, *OTHER)

    @pytest.mark.realtime(recording="shared.jsonl", match=lambda recorded, live: True)
    def test_function(realtime_server):
        talk(realtime_server.ws_url, *OTHER)
    """,
    )
    run(suite).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("speeed=2", "the marker realtime takes no speeed; did you mean speed?"),
        ("wav='a.wav'", "the marker realtime takes no wav; it takes recording, match, *"),
        ("'shared.jsonl'", "the marker realtime takes no argument without a name, such as 'shared.jsonl'"),
        ("recording=5", "the marker realtime takes a path as recording, not 5"),
        ("match='exact'", "match 'exact' is none: known are causal, strict, types, none"),
        ("speed='fast'", "speed 'fast' is none"),
    ],
)
def test_a_mistake_in_the_marker_is_told(suite: pytest.Pytester, marker: str, said: str) -> None:
    record(suite, "test_greets")
    write_tests(suite, f"\n    @pytest.mark.realtime({marker})\n    def test_greets(realtime_server): pass\n")
    result = run(suite)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"test_call.py::test_greets: {said}*"])
    result.stdout.no_fnmatch_line("*asked.py*")


def test_strict_fails_for_what_is_left(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    @pytest.mark.realtime(strict=True)
    def test_greets(realtime_server):
        with connect(realtime_server.ws_url):
            pass
    """,
    )
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*3 recorded client events never came: session.update (line 5)*"])


def test_without_strict_what_a_test_left_out_is_listed_at_the_end(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    def test_greets(realtime_server):
        with connect(realtime_server.ws_url):
            pass
    """,
    )
    result = run(suite)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["played in part (strict=True fails for that):", "test_call.py::test_greets: without session.update (line 5)"]
    )


def test_a_matcher_that_raises_fails_its_test(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    @pytest.mark.realtime(match=lambda recorded, live: 1 / 0)
    def test_greets(realtime_server):
        try:
            talk(realtime_server.ws_url)
        except Exception:
            pass
    """,
    )
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError*"])


def test_parameters_and_classes_have_recordings_of_their_own(suite: pytest.Pytester) -> None:
    record(suite, "TestCall.test_greets[a]")
    write_tests(
        suite,
        """
    class TestCall:
        @pytest.mark.parametrize("name", ["a", "b/c"])
        def test_greets(self, realtime_server, name):
            talk(realtime_server.ws_url)
    """,
    )
    result = run(suite)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*test_call/TestCall.test_greets[[]b_c[]]-*.jsonl; make it*"])


def test_several_sockets_are_a_folder(suite: pytest.Pytester) -> None:
    for name in ("1", "2"):
        write_recording(suite.path / "recordings" / "test_call" / "test_twice" / f"{name}.jsonl", TEXT)
    write_tests(
        suite,
        """
    def test_twice(realtime_server):
        talk(realtime_server.ws_url)
        talk(realtime_server.ws_url)
        assert len(realtime_server.sessions) == 2
    """,
    )
    run(suite).assert_outcomes(passed=1)


def test_in_processes_of_their_own_tests_run_side_by_side_warn_of_nothing_and_load_no_screen(
    suite: pytest.Pytester,
) -> None:
    for number in range(6):
        record(suite, f"test_greets[{number}]")
    record(suite, "test_gone")
    write_tests(
        suite,
        """
    @pytest.mark.parametrize("number", range(6))
    def test_greets(realtime_server, number):
        import sys
        talk(realtime_server.ws_url)
        realtime_server.findings
        assert not {"textual", "mitmproxy", "click"} & set(sys.modules)
    """,
    )
    result = suite.runpytest_subprocess("-n2", "-W", "error")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(
        ["no test plays:", "recordings/test_call/test_gone.jsonl: test_call.py has no such test"]
    )


# recording


@pytest.fixture
def upstream() -> Iterator[str]:
    """Serve one text turn as the upstream to record from."""
    with serving([script(TEXT)], again=True) as server:
        yield server.ws_url.removesuffix("/v1/realtime")


GREETS = """
    def test_greets(realtime_server):
        talk(realtime_server.ws_url)
        assert realtime_server.session.responses["resp_1"].status == "completed"
"""


def test_once_records_what_is_missing_and_plays_it_from_then_on(suite: pytest.Pytester, upstream: str) -> None:
    write_tests(suite, GREETS)
    run(suite, "--realtime-record-mode=once", f"--realtime-upstream={upstream}").assert_outcomes(passed=1)
    (made,) = files.find(suite.path / "recordings")
    assert made == suite.path / "recordings" / "test_call" / "test_greets.jsonl"
    assert [path.name for path in made.parent.iterdir()] == ["test_greets.jsonl"], "no temporary file is left"
    for options in ((), ("--realtime-record-mode=once", "--realtime-upstream=ws://127.0.0.1:9")):
        run(suite, *options).assert_outcomes(passed=1)


def test_the_configuration_may_say_so_too(suite: pytest.Pytester, upstream: str) -> None:
    suite.makeini(f"{INI}    realtime_record_mode = once\n    realtime_upstream = {upstream}\n")
    write_tests(suite, GREETS)
    run(suite).assert_outcomes(passed=1)
    assert files.find(suite.path / "recordings")


def test_a_recording_is_kept_if_its_test_fails(suite: pytest.Pytester, upstream: str) -> None:
    write_tests(suite, GREETS + "        assert False\n")
    run(suite, "--realtime-record-mode=once", f"--realtime-upstream={upstream}").assert_outcomes(failed=1)
    assert files.find(suite.path / "recordings")


def test_what_no_upstream_answered_is_not_kept(suite: pytest.Pytester) -> None:
    write_tests(suite, GREETS)
    with socket.socket() as taken:  # bound and not listening: nobody answers, and nobody else can take it
        taken.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{taken.getsockname()[1]}"
        result = run(suite, "--realtime-record-mode=once", f"--realtime-upstream={url}")
    result.assert_outcomes(failed=1)
    assert files.find(suite.path / "recordings") == []


def test_a_mode_that_does_not_exist_is_refused(suite: pytest.Pytester) -> None:
    write_tests(suite, GREETS)
    assert run(suite, "--realtime-record-mode=all").ret == pytest.ExitCode.USAGE_ERROR
    suite.makeini(f"{INI}    realtime_record_mode = all\n")
    result = run(suite)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*realtime_record_mode 'all' is none of none, once, new, rewrite, live*"])


# what it costs those who do not use it


def test_loading_the_plugin_loads_nothing_heavy() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import realtime_inspector.pytest_plugin\n"
        "heavy = {'textual', 'mitmproxy', 'websockets', 'asyncio', 'orjson', 'cryptography', 'click', 'ssl'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_no_thread_outlives_its_test() -> None:
    before = threading.active_count()
    with serving([script(TEXT)]):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_a_client_that_went_elsewhere_is_told_as_that(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(suite, "\n    def test_greets(realtime_server): pass\n")
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nobody connected at ws://127.0.0.1:*", "*realtime_server.base_url*forward=True*"])
