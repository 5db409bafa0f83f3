"""A call by WebRTC or SIP, joined beside its own connection: its events pass on a WebSocket too, a sideband.

No proxy sees the data channel of such a call. Whoever joins it so is shown what the server sends, and may control the
call; we only listen. The socket goes through a relay, which records it like any other.

Source: OpenAI's guide on webhooks and server-side controls of Realtime (read 2026-11-23).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from realtime_inspector import __version__
from realtime_inspector.capture.http import Head
from realtime_inspector.capture.quiet import quiet
from realtime_inspector.capture.rewrite import OWN_ERROR
from realtime_inspector.capture.tags import TAG_HEADER
from realtime_inspector.errors import UpstreamError, UsageError

CALLS_PATH = "/realtime/calls"
"""Where calls are made, behind the version."""

_NOT_FOUND = 404
_AGAIN_S = (1.0, 3.0)
"""A call that was just made may not be known everywhere yet: how long after a refusal it is tried again."""
_OPEN_S = 30.0
_CLOSE_S = 5.0
_ID = re.compile(r"[A-Za-z0-9_.~-]{1,200}")
_KEPT = frozenset({"authorization", "api-key", "openai-organization", "openai-project", TAG_HEADER.lower()})
"""The headers that show who made a call, and how its recording is tagged."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that can be joined."""

    id: str
    """`rtc_…`, as the server named it."""
    target: str
    """Path and query of the WebSocket beside it."""
    headers: tuple[tuple[str, str], ...] = ()
    """What shows the server who asks."""

    @classmethod
    def under(cls, prefix: str, call_id: str, headers: tuple[tuple[str, str], ...] = ()) -> Call:
        """Return the call of an id; `prefix` is what stands before `/realtime`, such as `/v1`."""
        return cls(call_id, f"{prefix}/realtime?call_id={quote(call_id)}", headers)


class NotJoined(UpstreamError):  # noqa: N818 - the name says what happened
    """A call could not be joined; `status` is the server's, 0 where it gave none."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


def call_id(text: str) -> str:
    """Return the id of the call that a text names: itself, its place on the server, or the URL of its WebSocket.

    Raises:
        UsageError: If it names none.
    """
    try:
        parts = urlsplit(text.strip())
        named = parse_qs(parts.query).get("call_id")
    except ValueError:  # a bracket that is no address, too many members
        parts, named = urlsplit(""), None
    _, place, behind = parts.path.partition(f"{CALLS_PATH}/")
    found = named[0] if named else behind.partition("/")[0] if place else parts.path
    if _ID.fullmatch(found) is None:
        raise UsageError(
            f"{text!r:.100} names no call: give its id (rtc_…), the Location that the answer to POST /v1{CALLS_PATH} "
            "has, or the URL of its WebSocket (wss://…?call_id=…)"
        )
    return found


def made(request: Head, answer: Head) -> Call | None:
    """Return the call that an HTTP exchange made; None if it made none."""
    path = urlsplit(request.target).path.rstrip("/")
    if request.method != "POST" or not path.endswith(CALLS_PATH) or not 200 <= answer.status < 300:
        return None
    place = next((value for name, value in answer.headers if name.lower() == "location"), "")
    try:
        found = call_id(place)
    except UsageError:
        return None
    kept = tuple((name, value) for name, value in request.headers if name.lower() in _KEPT)
    return Call.under(path.removesuffix(CALLS_PATH), found, kept)


async def listen(address: str, call: Call, joined: Callable[[], object] = lambda: None) -> str:
    """Join a call, and take in what the server sends, until it closes the connection; return how it did.

    Args:
        address: The relay, `ws://127.0.0.1:8765`.
        call: Which one.
        joined: Told when the server has let us in.

    Raises:
        NotJoined: If the server does not let us in.
    """
    try:
        socket = await connect(
            address + call.target,
            additional_headers=list(call.headers),
            user_agent_header=f"realtime-inspector/{__version__}",
            proxy=None,
            open_timeout=_OPEN_S,
            ping_interval=None,
            close_timeout=_CLOSE_S,
            max_size=None,
            logger=quiet(),
        )
    except InvalidStatus as refused:
        body = bytes(refused.response.body or b"")
        raise NotJoined(_why(call, refused.response.status_code, body), refused.response.status_code) from None
    except (OSError, TimeoutError, WebSocketException) as error:
        raise NotJoined(f"the call {call.id} cannot be joined: {error or type(error).__name__}") from error
    joined()
    try:
        while True:
            await socket.recv()
    except ConnectionClosed as closed:
        return _how(closed)
    finally:
        await socket.close()  # in good order also where we are told to leave


def _how(closed: ConnectionClosed) -> str:
    close = closed.rcvd
    if close is None:
        return "the connection was cut"
    return f"the server closed it ({close.code}{f' {close.reason}' if close.reason else ''})"


def _why(call: Call, status: int, body: bytes) -> str:
    error = _error(body)
    if error.get("type") == OWN_ERROR:  # the relay has said the rest already
        return f"the call {call.id} cannot be joined: its server cannot be reached"
    message = error.get("message")
    said = f"the call {call.id} cannot be joined: {status}" + (f", {message}".rstrip(". ") if message else "")
    if status == _NOT_FOUND:
        return f"{said}; it has ended, or a client made it with an ephemeral key (ek_…): such calls cannot be joined"
    return said


def _error(body: bytes) -> Mapping[str, Any]:
    """Return the error that an answer holds in JSON; empty where it holds none."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


class Sidebands:
    """Joins each call that is made through a relay."""

    def __init__(
        self,
        address: Callable[[], str],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        say: Callable[[str], None],
    ) -> None:
        """Prepare.

        Args:
            address: Gives the relay, `ws://127.0.0.1:8765`.
            spawn: Runs something beside all else.
            say: Told what people should know.
        """
        self._address = address
        self._spawn = spawn
        self._say = say

    def answered(self, request: Head, answer: Head) -> None:
        """Look at an answer of the server, and join the call that it tells of, if it does."""
        call = made(request, answer)
        if call is not None:
            self._spawn(self._join(call))

    async def _join(self, call: Call) -> None:
        for wait_s in (*_AGAIN_S, None):
            try:
                await listen(self._address(), call, lambda: self._say(f"{call.id}: joined, its events are recorded"))
            except NotJoined as error:
                if error.status != _NOT_FOUND or wait_s is None:
                    self._say(str(error))
                    return
                await asyncio.sleep(wait_s)
            else:
                return
