"""The HTTP requests of a recorded client, made anew before its socket is opened: an ephemeral key, the list of models.

A key that the server makes then is the one the socket is opened with, as in the recorded program. What would act on a
call of that day (its media, accepting it, ending it) is not asked for. Nothing is tried twice, no redirect is followed,
and no header of the recording is sent but the content's type.
"""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

import orjson

from realtime_inspector.errors import UpstreamError
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.answered import Answered
from realtime_inspector.replay.driven import Line
from realtime_inspector.replay.script import Exchange
from realtime_inspector.replay.target import CREDENTIALS, Target, unreachable

TIMEOUT_S = 20.0
BODY_BYTES = 1 << 20
_KEYS = ("/realtime/client_secrets", "/realtime/sessions", "/realtime/transcription_sessions")
"""Paths whose POST makes an ephemeral key; what a translation's begins with ends so too."""
_SENT = frozenset({"content-type", "accept", "openai-beta"})


@dataclass(frozen=True, slots=True)
class Beside:
    """What came of the requests."""

    target: Target
    """Where the socket is opened: with the key that was made, if one was."""
    lines: tuple[Line, ...] = ()
    entries: tuple[Entry, ...] = ()
    """Requests and answers, for the new recording."""


async def ask(
    exchanges: Sequence[Exchange], target: Target, socket: str, clock: Callable[[], float] = time.monotonic
) -> Beside:
    """Make the requests of a recording, one after another.

    Args:
        exchanges: What was recorded.
        target: The server, and the key.
        socket: The path of the recorded socket.
        clock: Seconds since any moment.

    Raises:
        UpstreamError: If the server cannot be reached, or makes no key where it made one.
    """
    lines: list[Line] = []
    entries: list[Entry] = []
    began = clock()
    for exchange in exchanges:
        what = f"{exchange.method} {exchange.path}"
        if why := _not_again(exchange):
            lines.append(Line("changed", f"{what} is not sent: {why}", exchange.request.line, fails=False))
            continue
        request = _request(exchange, target, socket)
        asked = _asked(request, clock() - began)
        answer = await asyncio.to_thread(_fetch, request, target)
        entries += [asked, _answered(answer, asked, clock() - began)]
        if answer.fails and answer.status != exchange.status:
            if _makes_key(exchange):
                raise NoKey(f"{what}: {answer}", tuple(entries))
            lines.append(Line("refused", f"{what}: {answer}", exchange.request.line))
        elif exchange.status >= HTTPStatus.BAD_REQUEST and not answer.fails:
            text = f"{what} succeeds; in the recording it met {exchange.status}"
            lines.append(Line("not recorded", text, exchange.request.line, fails=False))
        if _makes_key(exchange) and (secret := _secret(answer.body)):
            target = target.with_secret(secret)
    return Beside(target, tuple(lines), tuple(entries))


class NoKey(UpstreamError):  # noqa: N818 - the name says what happened
    """The server makes no key."""

    def __init__(self, message: str, entries: tuple[Entry, ...]) -> None:
        super().__init__(message)
        self.entries = entries
        """What was asked and answered until then."""


def _makes_key(exchange: Exchange) -> bool:
    return exchange.method == "POST" and exchange.path.rstrip("/").endswith(_KEYS)


def _not_again(exchange: Exchange) -> str:
    """Return why a request is not made again; empty if it is."""
    if "body_base64" in exchange.request.members:
        return "its body is no text"
    if exchange.method == "GET" or _makes_key(exchange):
        return ""
    return "it is about a call, or changes something at the server"


def _request(exchange: Exchange, target: Target, socket: str) -> urllib.request.Request:
    body = str(exchange.request.members.get("body") or "")
    headers = {name: value for name, value in exchange.request.headers if name.lower() in _SENT}
    headers |= {name: value for name, value in target.headers if name.lower() in CREDENTIALS}
    headers["User-Agent"] = "realtime-inspector"
    url = target.beside(str(exchange.request.members.get("target", "")), socket)
    return urllib.request.Request(url, body.encode() or None, headers, method=exchange.method)  # noqa: S310 - http(s) alone


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow none: the key would go there."""


def _fetch(request: urllib.request.Request, target: Target) -> Answered:
    """Make a request; whatever the server answers is returned."""
    handlers: list[Any] = [_NoRedirect(), urllib.request.HTTPSHandler(context=target.context())]
    if target.is_local:
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT_S) as answer:
            return _read(answer, answer.status, answer.reason, answer.headers, target)
    except urllib.error.HTTPError as error:
        with error:
            return _read(error, error.code, error.reason, error.headers, target)
    except (OSError, HTTPException) as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        raise unreachable(cause if isinstance(cause, Exception) else error, target) from error


def _read(answer: Any, status: int, reason: str, headers: Message, target: Target) -> Answered:
    body = answer.read(BODY_BYTES).decode(errors="replace")
    return Answered(target.host, status, reason, tuple(headers.items()), body).without(target.secrets)


def _secret(body: str) -> str:
    """Return the ephemeral key of an answer, in GA's shape or the beta's; empty if there is none."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(told, dict):
        return ""
    inner = told.get("client_secret")
    value = told.get("value") or (inner.get("value") if isinstance(inner, dict) else None)
    return value if isinstance(value, str) else ""


def _asked(request: urllib.request.Request, t: float) -> Entry:
    headers = [[name, value] for name, value in request.header_items()]
    members: dict[str, Any] = {"method": request.get_method(), "target": request.selector, "headers": headers}
    if request.data:
        members["body"] = bytes(request.data).decode()  # type: ignore[arg-type]  # it is what `_request` gave
    return Entry(0, t, Side.CLIENT, Kind.REQUEST, members=members)


def _answered(answer: Answered, asked: Entry, t: float) -> Entry:
    members = {
        "status": answer.status,
        "reason": answer.reason,
        "headers": [list(pair) for pair in answer.headers],
        "body": answer.body,
        "to": f"{asked.members['method']} {asked.members['target']}",
    }
    return Entry(0, t, Side.SERVER, Kind.RESPONSE, members=members)
