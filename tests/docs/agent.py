"""The reader's own program, as small as it can be: one text turn with the standard library alone, in 30 ms.

It goes where `OPENAI_BASE_URL` says, else to the API by `HTTPS_PROXY`, and trusts what the variables of Python and Node
for certificates name. It prints what came, and fails if the answer does not. As a server (its name says so) it makes a
WebRTC call instead. `AGENT` changes what it says and how often, and gives the session tools.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from io import BufferedRWPair
from typing import Any

KEY = os.environ.get("OPENAI_API_KEY", "sk-any")
CHANGED = json.loads(os.environ.get("AGENT", "{}"))
WORDS = [{"type": "input_text", "text": CHANGED.get("says", "Hi")}]
TURN: list[dict[str, Any]] = [
    {
        "type": "session.update",
        "session": {"type": "realtime", "instructions": "Be brief.", **CHANGED.get("session", {})},
    },
    {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": WORDS}},
    {"type": "response.create"},
]
NEWS = "rate_limits.updated"
"""The last event of an answer."""


def main() -> int:
    scheme, _, rest = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1").partition("://")
    place, _, path = rest.partition("/")
    stream = connect(place, secure=scheme == "https").makefile("rwb")
    if any("my_server" in word for word in sys.argv):
        say(ask(stream, f"POST /{path}/realtime/calls HTTP/1.1", place, "Content-Length: 3", body=b"v=0"))
        return 0
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    head = ask(stream, f"GET /{path}/realtime?model=gpt-realtime HTTP/1.1", place, *upgrade,
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")  # fmt: skip
    say(head.splitlines()[0])
    return talk(stream) if " 101 " in head else 1


def connect(place: str, *, secure: bool) -> socket.socket:
    host, _, port = place.partition(":")
    proxy = os.environ.get("HTTPS_PROXY") if not port else None
    if proxy:
        sock = socket.create_connection(address(proxy.partition("://")[2]))
        sock.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
        while not sock.recv(4096).endswith(b"\r\n\r\n"):
            pass
    else:
        sock = socket.create_connection(address(place))
    if secure:
        import ssl

        context = ssl.create_default_context()  # of SSL_CERT_FILE, if there is one
        if "NODE_EXTRA_CA_CERTS" in os.environ:
            context.load_verify_locations(os.environ["NODE_EXTRA_CA_CERTS"])
        sock = context.wrap_socket(sock, server_hostname=host)
    return sock


def address(place: str) -> tuple[str, int]:
    """The address of a place; of a port of the pages, the one that was free instead."""
    host, _, port = place.partition(":")
    return host, json.loads(os.environ.get("FREE_PORTS", "{}")).get(port, int(port or 443))


def ask(stream: BufferedRWPair, request: str, place: str, *headers: str, body: bytes = b"") -> str:
    lines = [request, f"Host: {place}", f"Authorization: Bearer {KEY}", *headers, "", ""]
    stream.write("\r\n".join(lines).encode() + body)
    stream.flush()
    head = b""
    while not head.endswith(b"\r\n\r\n") and (line := stream.readline()):
        head += line
    return head.decode()


def talk(stream: BufferedRWPair) -> int:
    """Hold the turns; an error ends them."""
    turns = CHANGED.get("turns", 1)
    tell(stream, TURN)
    while (frame := receive(stream)) and frame[0] != 8:
        event = json.loads(frame[1])
        kind = event["type"]
        say(json.dumps(event, separators=(",", ":")))
        turns -= kind == NEWS
        if kind == "error" or not turns:
            send(stream, 8, b"\x03\xe8")
            return int(turns > 0)
        if kind == NEWS:
            tell(stream, TURN[1:])
    say(f"close {int.from_bytes(frame[1][:2], 'big')}" if frame else "reset")
    return 1


def tell(stream: BufferedRWPair, messages: list[dict[str, Any]]) -> None:
    for message in messages:
        send(stream, 1, json.dumps(message).encode())


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def send(stream: BufferedRWPair, opcode: int, data: bytes) -> None:
    """Write a frame, masked with zeros."""
    length = len(data)
    size = bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + length.to_bytes(2, "big")
    stream.write(bytes([0x80 | opcode]) + size + bytes(4) + data)
    stream.flush()


def receive(stream: BufferedRWPair) -> tuple[int, bytes] | None:
    """Read a frame: its opcode and what it holds; None at the end."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    length = head[1] & 0x7F
    if length >= 126:
        length = int.from_bytes(stream.read(2 if length == 126 else 8), "big")
    data = stream.read(length)
    return (head[0] & 0x0F, data) if head[0] & 0x0F in (1, 8) else receive(stream)


if __name__ == "__main__":
    sys.exit(main())
