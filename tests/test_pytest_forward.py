"""The pytest plugin and clients that know the API's address alone, in test runs of their own."""

from __future__ import annotations

import cryptography.hazmat.primitives.asymmetric.ec
import cryptography.x509  # noqa: F401 - the same
import pytest

import realtime_inspector.replay.forward  # noqa: F401 - the same
from realtime_inspector.simulator import simulating
from realtime_inspector.simulator.scenario import parse
from tests import test_pytest_plugin as plugin

pytest_plugins = ["pytester"]
suite = plugin.suite
run, record, write_tests = plugin.run, plugin.record, plugin.write_tests

SCENARIO = """
[pace]
delay_ms = 0
speed = 100000
[[turn]]
call = [{ name = "get_weather", arguments = { city = "Oslo" } }]
then = { say = "It rains." }
"""
AGENT = """
    import asyncio

    async def ask_the_agent():
        from agents import function_tool, set_tracing_disabled
        from agents.realtime import RealtimeAgent, RealtimeRunner

        set_tracing_disabled(True)

        @function_tool
        def get_weather(city: str) -> str:
            "The weather of a city, now."
            return f"rain in {city}"

        agent = RealtimeAgent(name="weather", instructions="Be brief.", tools=[get_weather])
        session = await RealtimeRunner(agent).run(model_config={"api_key": "sk-test"})
        async with session:
            await session.send_message("What is the weather in Oslo?")
            async for event in session:
                assert event.type != "error", event
                raw = getattr(getattr(event, "data", None), "data", None)
                if not isinstance(raw, dict) or raw["type"] != "response.done":
                    continue
                item = raw["response"]["output"][0]
                if item["type"] == "message":
                    return item["content"][0]["transcript"]

    @pytest.mark.realtime(forward=True)
    def test_the_weather(realtime_server):
        assert asyncio.run(ask_the_agent()) == "It rains."
        assert realtime_server.session.tool_calls[0].output == "rain in Oslo"
"""


def test_a_client_with_a_fixed_address_meets_the_recording(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    import os

    @pytest.mark.realtime(forward=True)
    def test_greets(realtime_server):
        assert talk("wss://api.openai.com/v1/realtime?model=gpt-realtime")[-1] == "rate_limits.updated"
        assert realtime_server.session.responses["resp_1"].status == "completed"
        assert realtime_server.environment["HTTPS_PROXY"] == os.environ["HTTPS_PROXY"] != "http://127.0.0.1:9"

    def test_afterwards():
        assert os.environ["HTTPS_PROXY"] == "http://127.0.0.1:9"
        assert "realtime-inspector" not in os.environ.get("SSL_CERT_FILE", "")
    """,
    )
    run(suite).assert_outcomes(passed=2)


def test_what_a_client_with_a_fixed_address_does_otherwise_fails_its_test(suite: pytest.Pytester) -> None:
    record(suite, "test_greets")
    write_tests(
        suite,
        """
    @pytest.mark.realtime(forward="gateway.example")
    def test_greets(realtime_server):
        talk("wss://gateway.example/v1/realtime", TURN[0], {"type": "response.create", "response": {"output": 1}})
    """,
    )
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*client message 2 fits no recorded one*response.create differs at response*"])


def test_the_agents_sdk_is_recorded_and_played_without_being_pointed_anywhere(suite: pytest.Pytester) -> None:
    pytest.importorskip("agents.realtime")
    write_tests(suite, AGENT)
    with simulating(parse(SCENARIO, "test")) as simulator:
        upstream = simulator.url.removesuffix("/v1/realtime")
        made = run(suite, "--realtime-record-mode=once", f"--realtime-upstream={upstream}")
    made.assert_outcomes(passed=1)
    assert (suite.path / "recordings" / "test_call" / "test_the_weather.jsonl").exists()
    run(suite).assert_outcomes(passed=1)
