"""`run`: a program nobody changed, recorded; its exit code is ours."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from realtime_inspector.capture import mitm
from realtime_inspector.recording.entry import Kind, Side
from realtime_inspector.recording.files import find, open_recording
from realtime_inspector.simulator import Simulator
from realtime_inspector.simulator.scenario import parse
from tests.cli.helpers import CommandLine
from tests.simulator.driving import WEATHER

PROGRAM = [sys.executable, "-m", "realtime_inspector"]
SCENARIO = parse("[pace]\nspeed = 100\ndelay_ms = 0\n" + WEATHER, "test")

TALK = """
import os, sys
from websockets.sync.client import connect
url = os.environ.get("REALTIME_INSPECTOR_URL", "wss://api.openai.com/v1/realtime")
with connect(url + "?model=gpt-realtime", additional_headers={"Authorization": "Bearer k"}) as connection:
    for line in sys.argv[1:]:
        connection.send(line)
    for message in connection:
        if '"response.done"' in message or '"error"' in message:
            break
print("what the child prints")
"""
OPENAI = """
from openai import OpenAI
for base_url in (None, "https://api.openai.com/v1"):
    secret = OpenAI(base_url=base_url).realtime.client_secrets.create(session={"type": "realtime"})
    with OpenAI(base_url=base_url, api_key=secret.value).realtime.connect(model="gpt-realtime-2.1") as connection:
        connection.response.create()
        for event in connection:
            if event.type == "response.done":
                print(event.response.status)
                break
"""
AGENTS = """
import asyncio
from agents.realtime import RealtimeAgent, RealtimeRunner
async def talk():
    session = await RealtimeRunner(RealtimeAgent(name="weather")).run()
    async with session:
        await session.send_message("How is the weather in Oslo?")
        async for event in session:
            if event.type in {"agent_end", "error"}:
                print(event.type)
                return
asyncio.run(asyncio.wait_for(talk(), 100))
"""
RESPOND = '{"type": "response.create"}'
MISTAKE = '{"type": "response.make"}'


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the CAs; making one takes a while."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, rti: CommandLine, data: Path) -> None:
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(data))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
    for name in ("OPENAI_BASE_URL", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Return the URL of a simulator that runs in a thread."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    simulator = Simulator(SCENARIO)

    async def begin() -> None:
        await simulator.__aenter__()

    asyncio.run_coroutine_threadsafe(begin(), loop).result()
    yield simulator.url.partition("/v1")[0]
    asyncio.run_coroutine_threadsafe(simulator.__aexit__(None, None, None), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def kinds(path: Path) -> list[str]:
    return [f"{entry.side} {entry.kind}" for entry in open_recording(path)]


def messages(path: Path, side: Side) -> list[bytes]:
    return [entry.payload for entry in open_recording(path) if entry.kind is Kind.MESSAGE and entry.side is side]


def test_the_child_s_output_is_its_own_and_the_recordings_are_named(tmp_path: Path, upstream: str) -> None:
    arguments = ["run", "--mode", "reverse", "--upstream", upstream, "--", sys.executable, "-c", TALK, RESPOND]
    ran = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "what the child prints\n"), ran.stderr
    (path,) = find(tmp_path / "recordings")
    assert ran.stderr == (
        f"realtime-inspector: recorded 1 connection of {sys.executable}\n  {path.relative_to(tmp_path)}\n"
    )
    assert messages(path, Side.CLIENT) == [RESPOND.encode()]


def test_a_program_meets_the_faults_and_its_recording_says_so(rti: CommandLine, tmp_path: Path, upstream: str) -> None:
    fault = "close 4005 on type:session.created"
    child = ["--", sys.executable, "-c", TALK, RESPOND]
    ran = rti("run", "--upstream", upstream, "--fault", fault, *child)
    assert ran.code == 1
    assert f"between the proxy and {upstream}: {fault}\n" in ran.err
    (path,) = find(tmp_path / "recordings")
    recording = open_recording(path)
    assert [entry.members["code"] for entry in recording if entry.kind is Kind.CLOSE][:1] == [4005]
    assert recording.header.tags == {"faults": fault}


def test_faults_are_for_the_relay_of_a_program_alone(rti: CommandLine) -> None:
    ran = rti("run", "--mode", "both", "--fault", "drop", "--", "true")
    assert ran.code == 2
    assert ran.err.endswith("--fault works in --mode reverse alone, not in --mode both; leave one of them out\n")


def test_the_child_s_exit_code_is_ours_and_our_environment_is_as_before(rti: CommandLine) -> None:
    before = dict(os.environ)
    assert rti("run", "--mode", "reverse", "false").code == 1
    assert rti("run", "--mode", "reverse", "--", "sh", "-c", "exit 42").code == 42
    assert dict(os.environ) == before


@pytest.mark.parametrize(("program", "code"), [("no-such-program-anywhere", 127), ("./file", 126)])
def test_a_program_that_cannot_be_run_is_one_clear_line(
    rti: CommandLine, tmp_path: Path, program: str, code: int
) -> None:
    (tmp_path / "file").touch()
    ran = rti("run", "--mode", "reverse", program)
    assert ran.code == code
    assert ran.err.startswith(f"realtime-inspector: cannot run {program!r}: ")
    assert ran.err.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_said_before_the_child_is_run(rti: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = rti("run", "--mode", "reverse", "--dir", "file", "--", "touch", "ran")
    assert ran.code == 2
    assert not (tmp_path / "ran").exists()


def test_the_server_of_the_child_s_own_base_url_is_kept(
    rti: CommandLine, tmp_path: Path, upstream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", upstream.replace("ws", "http", 1) + "/v1")
    assert rti("run", "--mode", "reverse", "--", sys.executable, "-c", TALK, RESPOND).code == 0
    (path,) = find(tmp_path / "recordings")
    assert open_recording(path).header.url == f"{upstream}/v1/realtime?model=gpt-realtime"


def test_findings_are_told_and_an_error_is_the_exit_code(rti: CommandLine, upstream: str) -> None:
    program = ["--", sys.executable, "-c", TALK, MISTAKE]
    ran = rti("run", "--mode", "reverse", "--upstream", upstream, "--lint", *program)
    assert ran.code == 1
    assert "error ENV001" in ran.err
    assert ran.out == ""
    muted = rti("run", "--mode", "reverse", "--upstream", upstream, "--lint", "--ignore", "ENV", *program)
    assert "ENV001" not in muted.err


def test_no_finding_is_not_the_end_for_who_hears_nothing(rti: CommandLine, tmp_path: Path, upstream: str) -> None:
    arguments = ["run", "--mode", "reverse", "--upstream", upstream, "--lint"]
    ran = rti(*arguments, "--ignore", "ENV,ERR", "--", sys.executable, "-c", TALK, MISTAKE)
    (path,) = find(tmp_path / "recordings")
    shown = path.relative_to(tmp_path)
    assert "no findings in 1 recording" in ran.err
    assert "the server does not know the events that the client sends" in " ".join(ran.err.split())
    assert ran.err.endswith(f"silent elsewhere? `realtime-inspector why --all {shown}`\n"), ran.err


def test_a_child_that_failed_keeps_its_own_exit_code(rti: CommandLine, upstream: str) -> None:
    program = ["--", sys.executable, "-c", TALK + "sys.exit(9)", MISTAKE]
    assert rti("run", "--mode", "reverse", "--upstream", upstream, "--lint", *program).code == 9


def test_a_rule_that_is_none_is_said_before_the_child_is_run(rti: CommandLine, tmp_path: Path) -> None:
    ran = rti("run", "--lint", "--ignore", "NOPE999", "--", "touch", "ran")
    assert (ran.code, (tmp_path / "ran").exists()) == (2, False)


def test_nothing_recorded_is_said_with_what_to_do(rti: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mitm, "find_spec", lambda name: None)
    assert rti("run", "true").err == (
        "realtime-inspector: nothing was recorded: true did not use OPENAI_BASE_URL; if its URL is written into it, "
        "add --mode forward (`pip install 'realtime-inspector[intercept]'`)\n"
    )


def test_a_program_that_failed_before_it_connected_is_not_told_of_urls(rti: CommandLine) -> None:
    ran = rti("run", "--mode", "reverse", "false")
    said = "realtime-inspector: nothing was recorded: false ended with exit code 1 before it connected\n"
    assert (ran.code, ran.err) == (1, said)


def test_without_the_extra_forward_is_refused(rti: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mitm, "find_spec", lambda name: None)
    ran = rti("run", "--mode", "forward", "true")
    assert ran.code == 2
    assert "pip install 'realtime-inspector[intercept]'" in ran.err


def test_a_signal_reaches_the_child_whose_exit_code_counts(tmp_path: Path) -> None:
    ready = tmp_path / "child-is-ready"
    os.mkfifo(ready)
    child = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        f"open({str(ready)!r}, 'w').close()\n"
        "signal.pause()"
    )
    arguments = ["run", "--mode", "reverse", "--", sys.executable, "-c", child]
    with subprocess.Popen([*PROGRAM, *arguments], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        ready.read_text()
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert process.returncode == 5


def test_an_unchanged_program_of_the_openai_sdk_is_recorded_by_its_base_url_and_by_its_proxy(
    rti: CommandLine, tmp_path: Path, upstream: str
) -> None:
    pytest.importorskip("openai")
    pytest.importorskip("mitmproxy")
    ran = rti("run", "--mode", "both", "--upstream", upstream, "--", sys.executable, "-c", OPENAI)
    assert ran.code == 0, ran.err
    found = find(tmp_path / "recordings")
    assert [open_recording(path).header.via for path in found] == ["relay", "relay", "mitmproxy", "mitmproxy"]
    assert [kinds(path)[:2] for path in found] == [["client request", "server response"]] * 4
    assert [messages(path, Side.CLIENT) for path in found] == [[], [RESPOND.encode()]] * 2
    assert not any("sk-test-0123456789" in path.read_text() for path in found)


def test_by_default_a_program_is_recorded_whatever_url_it_uses(rti: CommandLine, tmp_path: Path, upstream: str) -> None:
    pytest.importorskip("mitmproxy")
    fixed = "import os; del os.environ['REALTIME_INSPECTOR_URL']\n" + TALK
    for program in (TALK, fixed):
        assert rti("run", "--upstream", upstream, "--", sys.executable, "-c", program, RESPOND).code == 0
    recorded = {open_recording(path).header.via: messages(path, Side.CLIENT) for path in find(tmp_path / "recordings")}
    assert recorded == {"relay": [RESPOND.encode()], "mitmproxy": [RESPOND.encode()]}


def test_an_unchanged_program_of_the_agents_sdk_with_its_fixed_url_is_recorded(
    rti: CommandLine, tmp_path: Path, upstream: str
) -> None:
    """It opens wss://api.openai.com, by TLS that is intercepted, and the linter finds no error in what it said."""
    pytest.importorskip("mitmproxy")
    pytest.importorskip("agents")
    ran = rti("run", "--lint", "--upstream", upstream, "--", sys.executable, "-c", AGENTS)
    assert ran.code == 0, ran.err
    assert "in 1 recording" in ran.err
    (path,) = find(tmp_path / "recordings")
    first = next(iter(open_recording(path)))
    assert open_recording(path).header.via == "mitmproxy"
    assert first.header("host") == "api.openai.com"
    assert any(b'"response.create"' in message for message in messages(path, Side.CLIENT))
    assert any(b'"response.done"' in message for message in messages(path, Side.SERVER))
