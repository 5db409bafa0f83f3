"""What goes beyond the recording: handed on to another server, message by message, or request by request, and back.

Knows messages and requests only; who records what passes is behind the other server.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from realtime_inspector.replay.connection import Asked
from realtime_inspector.replay.doors import Answer, refused

NOT_PASSED_ON = frozenset(
    {
        "connection",
        "host",
        "sec-websocket-accept",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "upgrade",
    }
)
"""Headers that belong to one connection."""
_OF_ONE_REQUEST = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "keep-alive", "transfer-encoding"}
)
_TIMEOUT_S = 60.0


async def dial(url: str, request: Request, tls: ssl.SSLContext | None = None) -> ClientConnection | Response:
    """Connect to another server as a client asked for it; return the connection, or the refusal.

    Args:
        url: The server's scheme, host and port; the path is the client's.
        request: The client's upgrade.
        tls: How to talk to a server of `wss`.
    """
    offered = [Subprotocol(name.strip()) for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    headers = [(name, value) for name, value in request.headers.raw_items() if name.lower() not in NOT_PASSED_ON]
    try:
        return await connect(
            url + request.path,
            ssl=tls,
            additional_headers=headers,
            subprotocols=[name for name in offered if name] or None,
            compression=None,
            max_size=None,
            ping_interval=None,
            user_agent_header=None,
            proxy=None,
        )
    except InvalidStatus as refused:
        answer = refused.response
        return _refusal(answer.status_code, answer.reason_phrase, bytes(answer.body or b""))
    except (InvalidHandshake, OSError) as error:
        return _refusal(502, "Bad Gateway", f"realtime-inspector: {error}".encode())


async def fetch(url: str, asked: Asked) -> Answer:
    """Have another server answer a plain request; what it says is returned as it is, a redirect too.

    Args:
        url: The server's scheme, host and port, as a WebSocket's.
        asked: The request; its path is the client's.
    """
    return await asyncio.to_thread(_fetch, url.replace("ws", "http", 1), asked)


def _fetch(url: str, asked: Asked) -> Answer:
    parts = urlsplit(url)
    headers = {name: value for name, value in asked.headers if name.lower() not in _OF_ONE_REQUEST}
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request(asked.method, asked.target, asked.body or None, {**headers, "Accept-Encoding": "identity"})
        answer = connection.getresponse()
        kept = tuple((name, value) for name, value in answer.getheaders() if name.lower() not in _OF_ONE_REQUEST)
        return Answer(answer.status, answer.reason, kept, answer.read())
    except (HTTPException, OSError) as error:
        return refused(502, f"realtime-inspector: {error}")
    finally:
        connection.close()


async def hand_on(client: ServerConnection, server: ClientConnection) -> None:
    """Move messages between the two until one of them closes, then close the other as it did."""
    both = [asyncio.create_task(_move(client, server)), asyncio.create_task(_move(server, client))]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        await _close_as(server, client)
        await _close_as(client, server)


async def _move(source: ServerConnection | ClientConnection, target: ServerConnection | ClientConnection) -> None:
    with suppress(ConnectionClosed):
        async for message in source:
            await target.send(message)


async def _close_as(open_one: ServerConnection | ClientConnection, closed: ServerConnection | ClientConnection) -> None:
    code = closed.close_code
    if code is None:
        return
    if code == CloseCode.ABNORMAL_CLOSURE:
        open_one.transport.abort()
    else:
        sendable = CloseCode.NORMAL_CLOSURE if code == CloseCode.NO_STATUS_RCVD else code
        await open_one.close(sendable, closed.close_reason or "")


def _refusal(status: int, phrase: str, body: bytes) -> Response:
    headers = Headers([("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    headers["Connection"] = "close"
    return Response(status, phrase, headers, body)
