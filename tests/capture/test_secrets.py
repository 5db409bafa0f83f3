"""Thirty secrets in every place a call has, and none of them in anything that is written or said."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64encode
from pathlib import Path

import orjson
from websockets.frames import Opcode

from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.recording.files import find, open_recording
from realtime_inspector.recording.redact import Redactor
from tests.capture.wire import REQUEST, SWITCH, client_frame, connect, finished, server_frame, upstream

NAMES = [f"canary{number:02d}x{number * 7919:05d}" for number in range(30)]
SECRET = {name[6:8]: name for name in NAMES}
ENVIRONMENT = {
    "OPENAI_API_KEY": SECRET["00"],
    "AZURE_TOKEN": SECRET["01"],
    "ODD_SECRET": f'{SECRET["02"]}/"ö',
    "OTHER_KEY": SECRET["03"],
}

HTTP = (
    f"POST /v1/realtime/client_secrets?api-key={SECRET['04']}&token={SECRET['05']} HTTP/1.1\r\nHost: x\r\n"
    f"Authorization: Bearer {SECRET['06']}\r\nCookie: session={SECRET['07']}\r\nX-Api-Key: {SECRET['08']}\r\n"
)
UPGRADE = (
    f"GET /v1/realtime?model=m&key={SECRET['09']}&x={SECRET['03']} HTTP/1.1\r\nHost: x\r\n"
    f"api-key: {SECRET['10']}\r\nProxy-Authorization: Basic {SECRET['11']}\r\n"
    f"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{SECRET['12']}, openai-organization.{SECRET['13']}\r\n"
    f"X-Note: it is {SECRET['00']}\r\nX-Other: Bearer {SECRET['14']}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
)
ISSUED = orjson.dumps({"value": SECRET["15"], "session": {"client_secret": {"value": f"ek_{SECRET['16']}"}}})
TOOLS = {"type": "mcp", "server_label": "x", "authorization": SECRET["17"], "headers": {"X-K": SECRET["18"]}}
ARGUMENTS = orjson.dumps({"authorization": SECRET["20"], "n": f"ek_{SECRET['21']}"}).decode()
SAID = f"Incorrect API key provided: sk-{SECRET['22']}. See https://h/?key={SECRET['23']}"
EVENTS = [
    {"type": "session.update", "session": {"tools": [TOOLS], "instructions": f"the key is sk-{SECRET['19']}"}},
    {"type": "session.update", "session": {"instructions": f"say {ENVIRONMENT['ODD_SECRET']} aloud"}},
    {"type": "response.done", "arguments": ARGUMENTS},
    {"type": "error", "error": {"message": SAID}},
    {"type": "x", SECRET["01"]: {"access_token": SECRET["24"], "audio": SECRET["00"]}},
]  # fmt: skip


def test_no_secret_reaches_the_disk_or_the_screen(tmp_path: Path) -> None:
    said: list[str] = []
    redactor = Redactor.from_environment(ENVIRONMENT)
    with upstream() as server, relay_in_thread(server.url, tmp_path, redactor=redactor, say=said.append) as relay:
        client = connect(relay.port)
        body = orjson.dumps({"session": {"type": "realtime", "tools": [TOOLS], "note": f"sk-{SECRET['25']}"}})
        client.send(HTTP.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        peer = server.accept()
        peer.read_head()
        peer.read(len(body))
        packed = gzip.compress(ISSUED)
        answer = f"HTTP/1.1 200 OK\r\nSet-Cookie: a={SECRET['26']}\r\nContent-Encoding: gzip\r\n".encode()
        answer += b"Content-Length: %d\r\n\r\n" % len(packed) + packed
        peer.send(answer)
        client.read(len(answer))
        client.send(UPGRADE.encode())
        peer.read_head()
        switch = SWITCH[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        peer.send(switch)
        client.read(len(switch))
        deflate = zlib.compressobj(wbits=-15)
        for event in EVENTS:
            payload = orjson.dumps(event)
            peer.send(server_frame((deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv1=True))
            client.send(client_frame(payload[:20], fin=False) + client_frame(payload[20:], Opcode.CONT))
        client.send(client_frame(f"no json, Bearer {SECRET['27']}".encode()))
        client.send(client_frame(f'{{"authorization": "{SECRET["28"]}'.encode()))
        client.send(
            client_frame(SECRET["00"].encode(), Opcode.BINARY) + client_frame(SECRET["00"].encode(), Opcode.PING)
        )
        client.send(client_frame(b"\x0f\xa0sk-" + SECRET["29"].encode(), Opcode.CLOSE))
        client.half_close()
        peer.read_all()
        peer.close()
        finished(tmp_path)
    (path,) = find(tmp_path)
    written = path.read_bytes()
    everything = written + "\n".join(said).encode() + path.name.encode()
    leaked = [name for name in NAMES if name.encode() in everything or b64encode(name.encode())[:-4] in everything]
    assert leaked == []
    assert len(list(open_recording(path))) == 4 + 2 * len(EVENTS) + 6
    assert all(orjson.loads(line) for line in written.splitlines())


def test_a_request_that_the_relay_refuses_is_redacted_too(tmp_path: Path) -> None:
    with relay_in_thread("ws://127.0.0.1:1", tmp_path, redactor=Redactor(ENVIRONMENT)) as relay:
        client = connect(relay.port)
        client.send(REQUEST[:-2] + f"Authorization: Bearer {NAMES[5]}\r\nX: {NAMES[0]}\r\n\r\n".encode())
        client.read_all()
        client.close()
        finished(tmp_path)
    written = find(tmp_path)[0].read_text()
    assert [name for name in NAMES if name in written] == []
