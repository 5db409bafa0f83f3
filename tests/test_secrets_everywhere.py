"""Thirty secrets in a call, and none of them in anything this tool writes or prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from websockets.frames import Opcode

from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.cli import mock
from realtime_inspector.cli.agent.answers import Answers, dumped
from realtime_inspector.cli.agent.folder import Folder
from realtime_inspector.cli.agent.replaying import REPLAY
from realtime_inspector.cli.agent.tools import LOOKING, Desk
from realtime_inspector.cli.ci import FORMATS as CI
from realtime_inspector.cli.lint import FORMATS
from realtime_inspector.cli.main import main
from realtime_inspector.errors import InspectorError, UsageError
from realtime_inspector.formats import digest, exports, parquet, read_any
from realtime_inspector.formats.exports import FORMATS as EXPORTS
from realtime_inspector.recording import files
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.replay.load import load
from realtime_inspector.replay.options import Options
from realtime_inspector.traces import tracer
from tests.capture import wire
from tests.cli.helpers import CommandLine, write_recording
from tests.replay.helpers import TEXT as TURN
from tests.replay.helpers import Live

PLACES = [
    "OPENAI_API_KEY", "SHOP_TOKEN", "BANK_SECRET",
    "Authorization", "api-key", "Cookie", "Proxy-Authorization", "X-Service-Token", "Set-Cookie",
    "?key", "?api-key", "?access_token", "?sig",
    "subprotocol key", "subprotocol organization", "subprotocol project",
    "tool authorization", "tool header", "tool of one response",
    "client_secrets value", "client_secret", "key in a body",
    "key in instructions", "key in arguments", "key in an output", "key in an error", "URL in an error",
    "access_token member", "Bearer in a text", "key in a close",
]  # fmt: skip
SECRET = {place: f"canary{number:02d}x{number * 7919 + 10007:06d}" for number, place in enumerate(PLACES)}
ENVIRONMENT = {name: SECRET[name] for name in ("OPENAI_API_KEY", "SHOP_TOKEN", "BANK_SECRET")}
LISTED = [SECRET[place] for place in PLACES]


def _tool(place: str) -> dict[str, object]:
    return {
        "type": "mcp",
        "server_label": "shop",
        "server_url": "https://127.0.0.1/mcp",
        "authorization": SECRET[place],
        "headers": {"X-Shop": SECRET["tool header"]},
    }


POST = (
    f"POST /v1/realtime/client_secrets?api-key={SECRET['?api-key']} HTTP/1.1\r\nHost: x\r\n"
    f"api-key: {SECRET['api-key']}\r\nCookie: session={SECRET['Cookie']}\r\n"
)
BODY = orjson.dumps({"session": {"type": "realtime", "instructions": f"sk-{SECRET['key in a body']}"}})
ISSUED = orjson.dumps(
    {"value": SECRET["client_secrets value"], "session": {"client_secret": {"value": f"ek_{SECRET['client_secret']}"}}}
)
UPGRADE = (
    f"GET /v1/realtime?model=m&key={SECRET['?key']}&access_token={SECRET['?access_token']}&sig={SECRET['?sig']}"
    f" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET['Authorization']}\r\n"
    f"X-Service-Token: {SECRET['X-Service-Token']}\r\n"
    f"Proxy-Authorization: Basic {SECRET['Proxy-Authorization']}\r\n"
    f"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{SECRET['subprotocol key']}, "
    f"openai-organization.{SECRET['subprotocol organization']}, openai-project.{SECRET['subprotocol project']}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
)
ARGUMENTS = f'{{"n": "ek_{SECRET["key in arguments"]}"}}'
OUTPUT = f'{{"key": "sk-{SECRET["key in an output"]}", "shop": "{SECRET["SHOP_TOKEN"]}"}}'
REFUSAL = (
    f"No: sk-{SECRET['key in an error']}; see https://h/?key={SECRET['URL in an error']} or {SECRET['BANK_SECRET']}"
)
EVENTS: list[tuple[str, dict[str, object]]] = [
    ("<", {"type": "session.created", "session": {"id": "s1", "type": "realtime", "model": "m", "tools": []}}),
    (">", {"type": "session.update", "session": {"modalities": ["audio"], "tools": [_tool("tool authorization")],
           "instructions": f"the key is sk-{SECRET['key in instructions']}, or {SECRET['OPENAI_API_KEY']}"}}),
    ("<", {"type": "error", "error": {"code": "unknown_parameter", "param": "session.modalities", "message": REFUSAL}}),
    (">", {"type": "response.create", "response": {"tools": [_tool("tool of one response")]}}),
    ("<", {"type": "response.created", "response": {"id": "r1"}}),
    (">", {"type": "response.create", "metadata": {"access_token": SECRET["access_token member"]}}),
    ("<", {"type": "response.function_call_arguments.done", "response_id": "r1", "item_id": "i1", "call_id": "c1",
           "name": "look", "arguments": ARGUMENTS}),
    ("<", {"type": "response.done", "response": {"id": "r1", "status": "completed"}}),
    (">", {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": OUTPUT}}),
    ("<", {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.call_id",
           "message": REFUSAL}}),
]  # fmt: skip
TEXT = f"this is no JSON: Bearer {SECRET['Bearer in a text']}"
LOG = "\n".join(
    f"2026-11-20 10:00:{number:02d} {'sent' if sign == '>' else 'received'}: {orjson.dumps(event).decode()}"
    for number, (sign, event) in enumerate(EVENTS)
)
INSTRUCTIONS = (
    f"it is sk-{SECRET['key in instructions']}, {SECRET['SHOP_TOKEN']} or Bearer {SECRET['Bearer in a text']}"
)
AGENT = f"""
import json, os, sys
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

headers = {{"Authorization": "Bearer {SECRET["Authorization"]}", "api-key": "{SECRET["api-key"]}"}}
url = os.environ["REALTIME_INSPECTOR_URL"] + "?model=m&key={SECRET["?key"]}"
subprotocols = ["realtime", "openai-insecure-api-key.{SECRET["subprotocol key"]}"]
try:
    with connect(url, additional_headers=headers, subprotocols=subprotocols, proxy=None) as connection:
        connection.send(sys.argv[1])
        for message in connection:
            if '"error"' in message:
                break
except ConnectionClosed:
    pass
"""
OTHER = {
    "a value that differs": {"type": "session.update", "session": {"type": "realtime", "instructions": INSTRUCTIONS}},
    "a field that is new": {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief.",
                            "tools": [_tool("tool authorization")]}},
    "an event that is refused": {"type": "session.update", "session": {"instructions": INSTRUCTIONS}},
    "a field named so": {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief.",
                         f"sk-{SECRET['key in an error']}": 1, "metadata": {SECRET["BANK_SECRET"]: "x"}}},
    "an event of no type": {"type": f"sk-{SECRET['key in an output']}", "access_token": SECRET["access_token member"]},
}  # fmt: skip
"""What a client does that it did not do when it was recorded."""


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Put secrets into the environment, and stand in a folder of this test's own."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.chdir(tmp_path)
    yield
    wire.close_all()


@contextmanager
def proxy(upstream: str, said: list[str]) -> Iterator[int]:
    """Run `proxy` until the block ends; gives its port, and puts what it printed into `said`."""
    Path("ready.json").unlink(missing_ok=True)
    arguments = ["--listen", "127.0.0.1:0", "--upstream", upstream, "--ready-file", "ready.json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "realtime_inspector", "proxy", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        wire.wait_for(lambda: Path("ready.json").exists() or process.poll() is not None)
        yield json.loads(Path("ready.json").read_text())["port"]
    finally:
        process.terminate()
        said.append(process.communicate()[0])


def call(said: list[str]) -> Path:
    """Hold the call through the proxy, and return its recording."""
    with wire.upstream() as server, proxy(server.url, said) as port:
        client = wire.connect(port)
        client.send(POST.encode() + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
        peer = server.accept()
        peer.read_head()
        peer.read(len(BODY))
        head = f"HTTP/1.1 200 OK\r\nSet-Cookie: a={SECRET['Set-Cookie']}\r\nContent-Length: {len(ISSUED)}\r\n\r\n"
        peer.send(head.encode() + ISSUED)
        client.read(len(head) + len(ISSUED))
        client.send(UPGRADE.encode())
        peer.read_head()
        peer.send(wire.SWITCH)
        client.read(len(wire.SWITCH))
        for sign, event in EVENTS:
            payload = orjson.dumps(event)
            frame = wire.client_frame(payload) if sign == ">" else wire.server_frame(payload)
            sender, receiver = (client, peer) if sign == ">" else (peer, client)
            sender.send(frame)
            receiver.read(len(frame))
        client.send(wire.client_frame(TEXT.encode()))
        client.send(wire.client_frame(b"\x0f\xa0sk-" + SECRET["key in a close"].encode(), Opcode.CLOSE))
        client.half_close()
        peer.read_all()
        peer.close()
        wire.finished(Path("recordings"))
    (path,) = files.find(Path("recordings"))
    return path


def refused(said: list[str]) -> Path:
    """Be refused by the server, in words with secrets in them, and return the recording."""
    before = set(files.find(Path("recordings")))
    with wire.upstream() as server, proxy(server.url, said) as port:
        client = wire.connect(port)
        client.send(UPGRADE.encode())
        peer = server.accept()
        peer.read_head()
        body = orjson.dumps({"error": {"message": REFUSAL, "code": "invalid_api_key"}})
        peer.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        peer.close()
        client.read_all()
        client.close()
        wire.finished(Path("recordings"), 2)
    (path,) = set(files.find(Path("recordings"))) - before
    return path


def printed(capsys: pytest.CaptureFixture[str], *paths: Path) -> dict[str, str]:
    """Return what every command that reads prints about these files, by command line."""
    run = CommandLine(capsys)
    lines = [["lint", "--format", name, *paths] for name in FORMATS]
    lines += [["lint", "--statistics", "--format", "json", *paths]]
    lines += [["lint", "--statistics", *paths], ["ls", *paths], ["ls", "--json", *paths], ["stats", *paths]]
    lines += [["stats", "--json", *paths], ["stats", "--budget", "tokens=1", "--format", "markdown", *paths]]
    lines += [["diff", *paths[:1], *paths[-1:], "--format", name] for name in (*CI, "text", "json")]
    for path in paths:
        lines += [["digest", "--max-tokens", "60000", "--format", name, path] for name in digest.FORMATS]
        lines += [["show", path], ["show", "--format", "json", path], ["events", path], ["events", "-o", "json", path]]
        lines += [["why", path], ["why", "--all", path], ["report", path, "-o", f"{path.stem}-report.html"]]
        lines += [["show", "--format", "markdown", path], ["why", "--format", "json", "--all", path]]
        lines += [["scrub", "--report", "-", path], ["verify", path]] if path.suffix == ".jsonl" else []
        lines += [["tail", "--all", path]] if b'"kind":"end"' in path.read_bytes() else []  # others may still grow
        lines += [["export", "--to", name, path] for name, each in EXPORTS.items() if not each.binary]
    said = {}
    for line in lines:
        ran = run(*map(str, line))
        assert ran.code in {0, 1}, (line, ran.err)
        said[" ".join(map(str, line))] = ran.out + ran.err
    for path in paths:
        recording = read_any(path)
        spans = tracer.spans(recording, recording.header, Linter(header=recording.header), with_content=True)
        said[f"traces of {path}"] = repr(spans)
        said |= {f"{name} of {path}": text for name, text in packed(path).items()}
    return said


def packed(path: Path) -> dict[str, str]:
    """Return what stands in the formats that are no text, where there is what writes them and something to write."""
    said: dict[str, str] = {}
    for name, each in EXPORTS.items():
        try:
            content = b"".join(exports.write(read_any(path), name)) if each.binary else b""
        except UsageError:
            continue
        if zipfile.is_zipfile(BytesIO(content)):
            with zipfile.ZipFile(BytesIO(content)) as archive:
                said |= {f"{name}: {part}": archive.read(part).decode() for part in archive.namelist()}
        said[name] = content.decode("latin-1")
    return said


def answered(*paths: Path) -> dict[str, str]:
    """Return what every tool of a coding agent answers about these files, by its call."""
    shown = Folder(Path())
    desk = Desk(shown, Answers(200_000, shown.place), Policy)
    told: list[tuple[str, dict[str, object]]] = [("list_recordings", {}), ("digest", {}), ("lint_log", {"text": LOG})]
    for path in paths:
        about: dict[str, object] = {"recording": str(path)}
        told += [("digest", about), ("why", {**about, "all": True}), ("findings", about), ("events", about)]
        told += [("replay", about)] if path.suffix == ".jsonl" else []
    tools = {tool.name: tool for tool in (*LOOKING, REPLAY)}
    said = {}
    for name, arguments in told:
        try:
            answer = dumped(tools[name].run(desk, {"limit": 200, **arguments}))
        except InspectorError as error:
            answer = desk.answers.error(str(error))
        said[f"{name} {arguments}"] = answer
    return said


def tabled(*paths: Path) -> dict[str, str]:
    """Return what stands in the tables made of these files, where there is what reads them."""
    if find_spec("pyarrow") is None:
        return {}
    reader = pytest.importorskip("pyarrow.parquet")
    sinks = {name: BytesIO() for name in parquet.TABLES}
    parquet.write(map(read_any, paths), sinks)
    return {name: str(reader.read_table(BytesIO(sink.getvalue())).to_pylist()) for name, sink in sinks.items()}


def written() -> dict[str, str]:
    """Return every file of the test's folder, its name before its content."""
    files = [path for path in Path().rglob("*") if path.is_file() and path.suffix not in {".py", ".log", ".pem"}]
    return {str(path): f"{path}\n{path.read_bytes().decode('latin-1')}" for path in files}


def leaks(texts: dict[str, str]) -> list[tuple[str, str]]:
    """Return where a secret stands, in plain or in base64, and which."""
    spelled = {place: (secret, *_base64(secret)) for place, secret in SECRET.items()}
    return [
        (where, place)
        for where, text in texts.items()
        for place, forms in spelled.items()
        if any(form in text for form in forms)
    ]


def _base64(secret: str) -> list[str]:
    """Return what of a secret stands in base64, at each of the three places it can begin at."""
    return [b64encode(b"." * shift + secret.encode()).decode()[4:-4] for shift in range(3)]


def test_there_are_thirty_and_a_leak_would_be_seen() -> None:
    assert len(set(LISTED)) == 30
    everything = "".join([POST, BODY.decode(), ISSUED.decode(), UPGRADE, LOG, TEXT, REFUSAL])
    placed = {place for _, place in leaks({"": everything})}
    assert set(PLACES) - placed == {"Set-Cookie", "key in a close"}
    assert leaks({"a": b64encode(b"ab" + SECRET["?key"].encode()).decode()}) == [("a", "?key")]


def test_nothing_of_a_recorded_call_has_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    paths = [call(said), refused(said)]

    texts = printed(capsys, *paths) | answered(*paths) | tabled(*paths)

    assert leaks(texts | written() | {"proxy": "".join(said)}) == []
    found = texts[f"lint --format concise {paths[0]} {paths[1]}"]
    assert {"CON002", "CON003", "CON007", "ERR001", "SES005", "TOOL002", "TOOL003"} <= set(found.split())
    assert found.count("[redacted:") > 3
    assert sum(text.count("[redacted:") for text in answered(*paths).values()) > 20


def test_nothing_of_a_pasted_log_has_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    Path("app.log").write_text(LOG)
    made = Path(CommandLine(capsys)("import", "app.log").out.strip())

    texts = printed(capsys, made, Path("app.log")) | answered(made, Path("app.log"))

    assert leaks(texts | written()) == []
    assert "TOOL003" in texts[f"lint --format concise {made} app.log"]


@pytest.mark.parametrize("what", OTHER)
def test_no_report_of_a_mismatch_has_a_secret(what: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path("agent.py").write_text(AGENT)
    recording = write_recording(Path("call.jsonl"), TURN)
    arguments = ["exec", "--recording", str(recording), "--report", "report.json", "--", sys.executable, "agent.py"]
    code = main([*arguments, orjson.dumps(OTHER[what]).decode()])
    out, err = capfd.readouterr()

    assert code == 1
    assert "Traceback" not in err
    assert "client message 1" in err
    assert leaks({"printed": out + err} | written()) == []
    assert json.loads(Path("report.json").read_text())["connections"][0]["mismatches"]


def test_no_format_of_a_report_has_a_secret() -> None:
    (script,) = load(write_recording(Path("call.jsonl"), TURN))
    for what, event in OTHER.items():
        live = Live(script, Options(redactor=Redactor.from_environment(os.environ)))
        live.send(orjson.dumps(event))
        report = live.report(strict=True)
        assert not report.met
        said = {form: "\n".join(mock._written(report, form)) for form in (*CI, "json")}
        assert leaks(said) == [], what
        assert all(said.values())
