"""`drive`: what it writes, what it prints, and its exit codes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Kind, Side
from realtime_inspector.replay.load import load as load_scripts
from realtime_inspector.simulator.scenario import Scenario, load
from realtime_inspector.simulator.server import Simulator
from tests.cli.helpers import CommandLine, write_recording
from tests.replay.helpers import Live

SAMPLE = Path(__file__).parent.parent.parent / "recordings/tool-call.jsonl"
CANARY = "canary-of-a-key-that-nobody-may-see"


@contextmanager
def simulator(scenario: Scenario) -> Iterator[str]:
    """Run a simulator in a thread while the block does; gives its URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(Simulator(scenario).__aenter__(), loop).result(60)
    try:
        yield server.url.removesuffix("/v1/realtime")
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a key in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)


def test_it_writes_a_recording_of_its_own_and_compares_it(rti: CommandLine, tmp_path: Path) -> None:
    with simulator(load("weather").faster(100)) as url:
        ran = rti("drive", SAMPLE, "--to", url, "--speed", "max", "--dir", tmp_path / "made", "--diff")
    assert ran.code == 0, ran.err
    path, *compared = ran.out.splitlines()
    made = files.open_recording(Path(path))
    assert made.header.via == "drive"
    assert made.header.tags == {"drives": files.open_recording(SAMPLE).header.id}
    assert made.header.url == f"{url}/v1/realtime?model=gpt-realtime-2.1"
    assert [entry.n for entry in made] == list(range(1, len(list(made)) + 1))
    assert compared[-1] == "no difference"
    assert "it went through: 5 of 5 messages sent" in ran.err
    assert CANARY not in Path(path).read_text() + ran.out + ran.err
    assert '["Authorization","[redacted:Authorization]"]' in Path(path).read_text()
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_what_did_not_come_is_told_and_makes_the_exit_code(rti: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "new.jsonl"
    with simulator(load("chat").faster(100)) as url:
        ran = rti("drive", SAMPLE, "--to", url, "--speed", "max", "--output", out, "--report", "-")
    assert ran.code == 1
    told = orjson.loads(ran.out)
    assert (told["verdict"], told["sent"], told["messages"]) == ("not through", 4, 5)
    assert (told["lines"][0]["what"], told["lines"][0]["line"]) == ("not sent", 22)
    assert told["written"] == str(out)
    assert list(files.open_recording(out))[-1].kind is Kind.END


def test_what_it_drove_can_be_driven_and_served_again(rti: CommandLine, tmp_path: Path) -> None:
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    with simulator(load("weather").faster(100)) as url:
        assert rti("drive", SAMPLE, "--url", url, "--speed", "max", "-o", first).code == 0
        assert rti("drive", first, "--url", url, "--speed", "max", "-o", second, "--diff").code == 0
    (script,) = load_scripts(first)
    live = Live(script)
    live.send(*(orjson.loads(e.payload) for e in files.open_recording(first) if e.side is Side.CLIENT and e.payload))
    assert live.report().met, live.report().text()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--to", "ws://127.0.0.1:1"], 3, "127.0.0.1:1 cannot be reached: connection refused; check --to"),
        (["--to", "somewhere"], 2, "--to 'somewhere' is not a server's URL"),
        (["--to", "wss://example.com", "--key-env", "NO_SUCH_KEY"], 2, "NO_SUCH_KEY is not set; set it to the key"),
        (["--to", "ws://127.0.0.1:1", "-o", "call.jsonl"], 2, "the output would overwrite what it is made of"),
        (["--to", "ws://127.0.0.1:1", "--speed", "fast"], 2, "speed 'fast' is none"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line_and_leaves_no_file(
    rti: CommandLine, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    (tmp_path / "call.jsonl").write_bytes(SAMPLE.read_bytes())
    ran = rti("drive", "call.jsonl", *arguments, "--dir", "made")
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert not list(tmp_path.glob("made/*.jsonl"))


def test_a_recording_in_which_the_client_says_nothing_is_refused(rti: CommandLine, tmp_path: Path) -> None:
    path = write_recording(tmp_path / "empty.jsonl", '< {"type": "session.created"}\nx')
    ran = rti("drive", path, "--to", "ws://127.0.0.1:1")
    assert (ran.code, ran.err) == (
        2, f"realtime-inspector: {path}: the client says nothing in it, so there is nothing to play\n"
    )  # fmt: skip


def test_the_report_has_the_outcome_and_what_differs_as_suites(rti: CommandLine, tmp_path: Path) -> None:
    report = tmp_path / "drive.xml"
    options = ("--speed", "max", "--dir", tmp_path / "made", "--diff", "--report", report, "--report-format", "junit")
    with simulator(load("weather").faster(100)) as url:
        ran = rti("drive", SAMPLE, "--to", url, *options)
    assert ran.code == 0, ran.err
    root = ElementTree.fromstring(report.read_text())
    made = ran.out.splitlines()[0]
    assert [suite.get("name") for suite in root] == [str(SAMPLE), made]
    assert root.get("failures") == "0"


def test_a_folder_with_a_connection_and_what_was_asked_beside_it_is_driven_as_one(
    rti: CommandLine, tmp_path: Path
) -> None:
    folder, out = tmp_path / "call", tmp_path / "new.jsonl"
    write_recording(folder / "1.jsonl", '> POST /v1/realtime/client_secrets {}\n< 200 {"value": "[redacted:ek]"}\nx')
    (folder / "2.jsonl").write_bytes(SAMPLE.read_bytes())
    with simulator(load("weather").faster(100)) as url:
        ran = rti("drive", folder, "--to", url, "--speed", "max", "-o", out, "--diff")
        assert ran.code == 0, ran.err
        (folder / "3.jsonl").write_bytes(SAMPLE.read_bytes())
        two = rti("drive", folder, "--to", url)
    requests = [entry for entry in files.open_recording(out) if entry.kind is Kind.REQUEST]
    assert [entry.members["method"] for entry in requests] == ["POST", "GET"]
    assert "ek_" not in out.read_text()
    assert (two.code, "2 connections to play (2.jsonl, 3.jsonl); name one of them" in two.err) == (2, True)
