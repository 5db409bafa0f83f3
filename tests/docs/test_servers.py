"""Lines of the pages that serve until they are stopped: a client comes, and sees what the page says."""

from __future__ import annotations

import json
import os
import pty
import sys
import termios
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress

import pytest

from realtime_inspector.recording.entry import Side
from tests.capture.wire import wait_for
from tests.docs.forking import Process
from tests.docs.stage import Server, Stage, bodies, types, write
from tests.docs.ways import lines
from tests.pages import ROOT, fences

pytestmark = pytest.mark.skipif(sys.version_info < (3, 13), reason="the pages say the same of every Python")

ASKS: dict[str, object] = {
    "says": "What is the weather in Oslo?",
    "session": {"tools": [{"type": "function", "name": "get_weather"}]},
}
OTHERWISE: dict[str, object] = {"session": {"instructions": "Be long."}}
VT = {"TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}
TWICE: dict[str, object] = {"turns": 2}
CALLS = '"type":"response.function_call_arguments.done"'
ANSWERS = '"type":"response.done"'
SIMULATED: dict[str, tuple[dict[str, object], str]] = {
    "--scenario weather": (ASKS, CALLS),
    "--scenario my-scenario.toml": ({}, '"status":"failed"'),  # it gives no access to the model
    "--scenario my_scenario.py": ({"says": "Ahoy"}, "You said: Ahoy"),
    "--dialect beta": ({}, '"input_audio_format":"pcm16"'),
    "--fault-profile rate-limited": (TWICE, '"status":"failed"'),
    "error rate_limit_exceeded every 2": (TWICE, "rate_limit_exceeded"),
    "close 4000": (ASKS, "close 4000"),
    "reset after 20s": ({}, '"type":"session.created"'),  # on a slow machine the answer comes later
}
"""Part of a line → what a client does, and then sees; any other client has an answer."""


def test_a_simulator_does_what_its_line_says(stage: Stage) -> None:
    write(stage.folder / "my-scenario.toml", fences(ROOT / "docs/simulator.md", "toml")[0])
    write(stage.folder / "my_scenario.py", fences(ROOT / "docs/simulator.md", "python")[0])

    with ExitStack() as running:
        agents = [
            (line, wanted, _agent(stage, line, running.enter_context(stage.serving(line)), changed))
            for line in lines("simulate")
            for changed, wanted in [next((SIMULATED[part] for part in SIMULATED if part in line), ({}, ANSWERS))]
        ]
        told = [(line, wanted, agent.wait(), agent.read("out")) for line, wanted, agent in agents]
    assert [each for each in told if each[1] not in each[3]] == []


def _agent(stage: Stage, line: str, server: Server, changed: dict[str, object]) -> Process:
    for _ in range(2 if "refuse 429 times 2" in line else 0):
        assert "HTTP/1.1 429" in stage.talk(server.url)
    return stage.agent(server.url, **changed)


def test_a_proxy_records_what_passes_to_the_server_that_its_line_names(stage: Stage) -> None:
    shown = [line for line in lines("proxy") if "--attach" not in line]
    with ExitStack() as running:
        calls = [
            (line, server, stage.agent(server.url, turns=2 if "--fault" in line else 1))
            for line in shown
            for server in [running.enter_context(stage.serving(line, _of_its_own(stage, line)))]
        ]
        for line, server, agent in calls:
            assert agent.wait() == ("--fault" in line), line
            assert ANSWERS in agent.read("out")
            if "--lint" in line:
                server.says("warning OUT005")
                server.says(" has ended, ")
    for line, _, agent in calls:
        entries = stage.recorded(line.replace("/", ""))
        assert ("response.done" in types(entries, Side.SERVER)) or ("--sample" in line and not entries), line
        if "--fault" in line:
            assert "server_error" in agent.read("out")
        if "--audio" in line:
            sounds = [event for event in bodies(entries) if event["type"] == "response.output_audio.delta"]
            assert {event["delta"] for event in sounds} == {""}


def _of_its_own(stage: Stage, line: str) -> dict[str, str]:
    """Return the folder of a line, and how it reaches the server: with faults not by a proxy."""
    faulty = {"REALTIME_INSPECTOR_VIA": "", "REALTIME_INSPECTOR_UPSTREAM": stage.environment["SIMULATOR"]}
    return {
        "REALTIME_INSPECTOR_DIR": str(stage.folder / line.replace("/", "")),
        **(faulty if "--fault" in line else {}),
    }


def test_a_mock_serves_the_recording(stage: Stage) -> None:
    with ExitStack() as running:
        calls = [
            (line, server, stage.agent(server.url, **OTHERWISE if "--ignore-path" in line else {}))
            for line in lines("mock")
            for server in [running.enter_context(stage.serving(line, code=0))]
        ]
        for line, server, agent in calls:
            assert (agent.wait(), ANSWERS in agent.read("out")) == (0, True), line
            if "--fault" in line:
                server.says("stall")
            if "--once" in line:
                assert server.process.wait() == 0
    assert json.loads((stage.folder / "report.json").read_bytes())["verdict"] == "met"


def test_the_screens_are_served_to_who_has_the_token(stage: Stage) -> None:
    pytest.importorskip("textual_serve")
    stage.mill.load("realtime_inspector.web.server")
    for line in lines("serve"):
        with stage.serving(line) as server:
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            with browser.open(server.url, timeout=60) as page:
                assert b"<html" in page.read()
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen(server.url.partition("?")[0], timeout=60)


def test_the_screens_open_in_a_terminal_and_q_closes_them(stage: Stage) -> None:
    stage.mill.load("realtime_inspector.tui.app")
    for line in lines("open"):
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, 140))
        screen = stage.start(line, VT, terminal=os.ttyname(theirs))
        shown = b""
        while b"call.jsonl" not in shown and b"response.create" not in shown:  # the folder's rows, or the call's
            shown += os.read(ours, 65536)
        os.close(theirs)
        os.write(ours, b"q")
        with suppress(OSError):  # the other end is closed
            while os.read(ours, 65536):
                pass
        assert screen.wait() == 0, line
        os.close(ours)


def test_a_coding_agent_s_server_answers_and_ends_with_its_input(stage: Stage) -> None:
    pytest.importorskip("mcp")
    stage.mill.load("realtime_inspector.cli.agent.serving")
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    for line in lines("mcp"):
        pipe = stage.base / "pipe"
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        server = stage.start(line, stdin=str(pipe))
        with pipe.open("w", encoding="utf-8") as stdin:
            for number, (method, told) in enumerate({"initialize": hello, "tools/list": {}}.items()):
                stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": told}) + "\n")
                stdin.flush()
                wait_for(lambda: f'"id":{number}' in server.read("out") or server.ended())  # noqa: B023
        assert server.wait() == 0, server.read()
        assert ('"run_program"' in server.read("out")) is ("--allow-exec" in line)
        assert '"list_recordings"' in server.read("out")
