"""Lines of the pages that need a server or a program of the reader's, and end by themselves."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which

import pytest
from websockets.utils import accept_key

from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Side
from tests.capture.wire import server_frame, wait_for
from tests.docs.stage import KEY, Stage, types
from tests.docs.ways import lines
from tests.pages import ROOT
from tests.traces.collector import collecting, nobody

pytestmark = pytest.mark.skipif(sys.version_info < (3, 13), reason="the pages say the same of every Python")

ANSWERED = '"type":"response.done"'
ID = "rtc_u1_9c6574da8b8a41a18da9308f4ad974ce"
MADE = {"REALTIME_INSPECTOR_DIR": "made"}
DIRECT = {"REALTIME_INSPECTOR_VIA": ""}
"""Without the proxy behind which the API is."""


def test_a_program_runs_as_ever_and_is_recorded(stage: Stage) -> None:
    ran = [(line, stage.start(line, _recording(stage, line))) for line in lines("run")]
    for line, process in ran:
        assert (process.wait(), ANSWERED in process.read("out")) == (0, True), process.read()
        assert f"recorded 1 connection of {shlex.split(line)[-2]}" in process.read()
        assert ("warning OUT005" in process.read()) is ("--lint" in line)
        assert "response.done" in types(stage.recorded(_folder(line)), Side.SERVER)


def _recording(stage: Stage, line: str) -> dict[str, str]:
    """Return the folder of a line; with faults the server is not reached by a proxy."""
    own = {"REALTIME_INSPECTOR_DIR": str(stage.folder / _folder(line)), "REALTIME_INSPECTOR_MODE": "reverse"}
    return own | (DIRECT | {"REALTIME_INSPECTOR_UPSTREAM": stage.environment["SIMULATOR"]} if "--fault" in line else {})


def ws(url: str) -> str:
    return f"ws{url.removeprefix('http')}/v1/realtime"


def _folder(line: str) -> str:
    return re.sub(r"\W+", "-", line)


def test_a_program_meets_the_recording(stage: Stage) -> None:
    ran = [(line, stage.start(line)) for line in lines("exec")]
    for line, process in ran:
        faulty = "--fault" in line
        assert process.wait() == faulty, process.read() + process.read("out")
        assert "the recording was met" in process.read()
        assert ("close 1011" in process.read("out")) is faulty
        for written in re.findall(r"--report (\S+\.\S+)", line):
            assert (stage.folder / written).stat().st_size


def test_the_recorded_client_goes_through_on_the_server_that_is_named(stage: Stage) -> None:
    with stage.serving("realtime-inspector simulate --scenario chat") as server:
        stage.ports["8766"] = int(server.url.rpartition(":")[2])
        for line in lines("drive"):
            process = stage.run(line)
            assert "it went through: 3 of 3 messages sent" in process.read()
            made = Path(process.read("out").splitlines()[0])
            assert files.open_recording(stage.folder / made).header.via == "drive"
            assert made.name == line.partition(" -o ")[2] or "-o" not in line
            assert process.code == ("--diff" in line)
            assert (" differences: " in process.read("out")) is ("--diff" in line)


@contextmanager
def calls() -> Iterator[str]:
    """Serve WebRTC calls: one is made by a POST, and its events come on the socket beside it. Gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(201)
            self.send_header("Location", f"/v1/realtime/calls/{ID}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            assert (self.path, self.headers["authorization"]) == (f"/v1/realtime?call_id={ID}", f"Bearer {KEY}")
            self.send_response(101)
            self.send_header("Sec-WebSocket-Accept", accept_key(self.headers["sec-websocket-key"]))
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.wfile.write(server_frame(b'{"type":"session.created","session":{"id":"s"}}') + b"\x88\x02\x03\xe8")
            self.wfile.flush()
            with suppress(ConnectionError):
                self.rfile.read(6)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"ws://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("line", lines("attach"))
def test_a_call_is_joined_by_its_id(line: str, stage: Stage) -> None:
    with calls() as url:
        joined = stage.run(line, DIRECT | MADE | {"REALTIME_INSPECTOR_UPSTREAM": url})
    assert (joined.code, joined.read("out").startswith("made/")) == (0, True), joined.read()
    assert types(stage.recorded("made"), Side.SERVER) == ["session.created"]


def test_the_calls_that_a_server_makes_are_joined(stage: Stage) -> None:
    (line,) = (line for line in lines("proxy") if "--attach" in line)
    with calls() as url, stage.serving(line, DIRECT | MADE | {"REALTIME_INSPECTOR_UPSTREAM": url}) as proxy:
        stage.ports["8765"] = int(proxy.url.rpartition(":")[2])
        for count, server in enumerate([line for line in lines("pointed") if "my_server" in line], 1):
            assert "HTTP/1.1 201" in stage.shell(server).stdout
            wait_for(lambda: types(stage.recorded("made"), Side.SERVER).count("session.created") == count)  # noqa: B023


def test_a_client_is_pointed_at_the_proxy_by_its_variables(stage: Stage) -> None:
    shown = [line for line in lines("pointed") if line.endswith((".py", ".mjs", "dev")) and "my_server" not in line]
    with stage.serving("realtime-inspector proxy", MADE) as proxy:
        stage.ports["8765"] = int(proxy.url.rpartition(":")[2])
        for line in shown:
            ran = stage.shell(line)
            assert (ran.returncode, ANSWERED in ran.stdout) == (0, True), ran.stderr
    assert types(stage.recorded("made"), Side.SERVER).count("response.done") == len(shown) > 2


def test_the_exported_program_does_against_a_mock_what_the_client_did(stage: Stage) -> None:
    (line,) = lines("program")
    assert stage.run(line).code == 0
    with stage.serving("realtime-inspector mock call.jsonl --once", code=0) as mock:
        again = stage.python("reproduce.py", {"REALTIME_URL": f"{ws(mock.url)}?model=m"})
        assert (again.wait(), mock.process.wait()) == (0, 0), again.read()
    assert "3 of 3 client events matched" in mock.process.read()


def test_what_recording_needs_is_checked(stage: Stage) -> None:
    own = {"REALTIME_INSPECTOR_UPSTREAM": stage.environment["SIMULATOR"], "REALTIME_INSPECTOR_LISTEN": "127.0.0.1:0"}
    (line,) = lines("doctor")
    checks = stage.run(line, own).read("out").splitlines()
    assert {check.split()[0] for check in checks} <= {"ok", "warning", "problem", "skipped"}
    assert any(re.match("ok +upstream ", check) for check in checks), checks


def test_traces_reach_the_collector_that_is_named(stage: Stage) -> None:
    pytest.importorskip("opentelemetry.sdk")
    stage.mill.load("requests", "opentelemetry.exporter.otlp.proto.http.trace_exporter", "opentelemetry.sdk.trace")
    direct = DIRECT | {
        "REALTIME_INSPECTOR_UPSTREAM": stage.environment["SIMULATOR"],
        "REALTIME_INSPECTOR_MODE": "reverse",
    }
    (headers,) = (line.partition("=") for line in lines("variable") if line.startswith("OTEL_EXPORTER_OTLP_HEADERS"))
    with collecting() as collector:
        own = {"HTTP_PROXY": collector.url, headers[0]: headers[2], "REALTIME_INSPECTOR_DIR": "made"}
        for line in lines("traces"):
            before, asked = len(collector.taken), len(collector.paths)
            if " proxy " in line:
                with stage.serving(line, own | direct) as proxy:
                    assert ANSWERED in stage.talk(proxy.url)
            else:
                ran = stage.run(line, own | (direct if " run " in line else {}))
                assert ran.code == 0, ran.read()
            if " -o " in line:
                assert json.loads((stage.folder / "spans.jsonl").read_bytes().splitlines()[0])["resourceSpans"]
                continue
            spans = collector.wait_for(before + 1)[before:]
            place = re.findall(r"http://\S+", line) or ["http://localhost:4318"]
            assert set(collector.paths[asked:]) == {f"{place[0]}/v1/traces"}
            assert ("Be brief." in str(spans)) is ("content" in line)
        assert collector.headers[0]["authorization"] == "Bearer KEY"


def test_a_recording_gets_a_name_and_is_kept(stage: Stage) -> None:
    """The lines of the page on Node for CI, in their order."""
    make, move, keep, find = (
        next(line for line in lines("shell") if word in line) for word in ("mkdir", "mv", "touch", "which")
    )
    named = stage.folder / "recordings/call.jsonl"
    for path in named.parent.glob("*"):
        path.unlink()
    named.parent.rmdir()
    assert len(lines("shell")) == 4
    assert stage.shell(make).returncode == 0
    ran = stage.run("realtime-inspector run -- node agent.mjs", {"REALTIME_INSPECTOR_MODE": "reverse"})
    assert (ran.code, stage.shell(move).returncode) == (0, 0), ran.read()
    assert [path.name for path in named.parent.iterdir()] == ["call.jsonl"]
    assert (
        "the recording was met"
        in stage.run("realtime-inspector exec --recording recordings/call.jsonl -- npm test").read()
    )
    assert (stage.shell(keep).returncode, stage.run("realtime-inspector prune --max-size 0 recordings").code) == (0, 0)
    assert named.exists()
    assert stage.shell(find).stdout.startswith(str(stage.base))


def test_with_no_proxy_for_this_machine_a_python_client_does_without(stage: Stage) -> None:
    (line,) = (line for line in lines("variable") if line.startswith("NO_PROXY"))
    name, _, value = line.partition("=")
    text = "import os\nfrom websockets.sync.client import connect\nprint(connect(os.environ['URL']).recv())"
    (stage.folder / "client.py").write_text(text)
    with stage.serving("realtime-inspector mock call.jsonl", code=0) as mock, nobody() as gone:
        proxies = {each: gone for each in stage.environment if each.lower() in ("https_proxy", "wss_proxy")}
        own = proxies | {"URL": ws(mock.url)}
        through = stage.python("client.py", own | {name: ""})
        beside = stage.python("client.py", own | {name: value})
        assert (through.wait(), beside.wait()) == (1, 0), beside.read()
    assert "session.created" in beside.read("out")


UV = os.environ.get("UV") or which("uv")


@pytest.mark.skipif(UV is None, reason="no uv here")
@pytest.mark.parametrize("line", lines("uv"))
def test_a_project_of_uv_s_gets_it_for_its_tests(line: str, stage: Stage) -> None:
    (stage.base / "realtime-inspector").symlink_to(ROOT)
    project = stage.folder / "pyproject.toml"
    project.write_text('[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.11"\n')
    ran = stage.shell(line, PATH=f"{Path(str(UV)).parent}:{os.environ['PATH']}", UV_FROZEN="1", UV_OFFLINE="1")
    assert ran.returncode == 0, ran.stderr
    told = tomllib.loads(project.read_text())
    assert told["dependency-groups"]["dev"] == ["realtime-inspector"]
    assert told["tool"]["uv"]["sources"]["realtime-inspector"]["path"] == "../realtime-inspector"
