"""An HTTP proxy by which servers are reached: its URL, and the tunnel through it.

The one place that asks such a proxy for a `CONNECT`. Behind that the connection is as if it were direct; TLS with the
server is opened inside, and the proxy sees none of it.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from realtime_inspector.capture.dial import dial
from realtime_inspector.capture.upstream import UnreachableError, Upstream
from realtime_inspector.errors import UsageError, words_of

ENVIRONMENT = "env"
"""Stands for the proxy that the environment names."""

_MAX_HEAD_BYTES = 65536
_SHOWN_BYTES = 100
"""Of an answer without an end, so much is looked at."""
_HEAD_END = b"\r\n\r\n"
_AUTHENTICATION = 407


@dataclass(frozen=True, slots=True)
class Via:
    """A proxy by which servers are reached."""

    host: str
    port: int
    tls: bool = False
    """The proxy itself is spoken to by TLS."""
    user: str = field(default="", repr=False)
    """`name:password`, if it asks for them."""

    @classmethod
    def parse(cls, url: str, named: str = "--via") -> Via:
        """Read a proxy's URL; `named` is where it stands, for the message.

        Raises:
            UsageError: If it is none of HTTP.
        """
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port
            (parts.hostname or "").encode("idna")
        except ValueError:  # also of a name that no host can have
            parts, port = urlsplit(""), None
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
            raise UsageError(f"{named} is no proxy's URL; write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT")
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        if any(ord(sign) < ord(" ") for sign in user):
            raise UsageError(f"{named} has a line break or the like in its name and password")
        tls = parts.scheme == "https"
        return cls(parts.hostname, port or (443 if tls else 80), tls, user)

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def request(self, upstream: Upstream) -> bytes:
        """Return the request for a tunnel to a server."""
        host = f"[{upstream.host}]" if ":" in upstream.host else upstream.host.encode("idna").decode()
        authority = f"{host}:{upstream.port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if self.user:
            lines.append(f"Proxy-Authorization: Basic {b64encode(self.user.encode()).decode()}")
        return "\r\n".join([*lines, "", ""]).encode()


def chosen(text: str | None, upstream: Upstream) -> Via | None:
    """Return the proxy that `--via` names: none, one by its URL, or that of the environment, by the rules of curl.

    Raises:
        UsageError: If it is none, or the environment names none.
    """
    if text is None or text != ENVIRONMENT:
        return Via.parse(text, "--via") if text is not None else None
    named = getproxies_environment()
    names = ("https", "all") if upstream.tls else ("http", "all")
    url = next((named[name] for name in names if named.get(name)), "")
    if not url:
        variable = "HTTPS_PROXY" if upstream.tls else "HTTP_PROXY"
        raise UsageError(f"--via env: {variable} is not set; set it, or name the proxy")
    if proxy_bypass(upstream.host):
        return None
    return Via.parse(url, "--via env: the proxy in the environment")


async def tunnel(
    loop: asyncio.AbstractEventLoop,
    via: Via,
    upstream: Upstream,
    leg: asyncio.Protocol,
    *,
    proxy_tls: ssl.SSLContext | None,
    tls: ssl.SSLContext | None,
    shutdown_s: float,
) -> None:
    """Connect a protocol to a server through a proxy.

    Args:
        loop: Where it runs.
        via: The proxy.
        upstream: The server.
        leg: Gets the connection when it is one to the server.
        proxy_tls: How the proxy is spoken to, if by TLS.
        tls: How the server is.
        shutdown_s: How long TLS may take to end.

    Raises:
        UnreachableError: If the proxy cannot be reached, or refuses.
        OSError: If TLS with the server fails.
    """
    asking = _Asking(loop)
    times: dict[str, Any] = {"ssl_shutdown_timeout": shutdown_s, "server_hostname": via.host} if proxy_tls else {}
    try:
        sock = await dial(loop, via.host, via.port)
        transport, _ = await loop.create_connection(lambda: asking, sock=sock, ssl=proxy_tls, **times)
    except OSError as error:
        raise UnreachableError(f"the proxy {via.url} {_why(error)}", "check --via, and that the proxy runs") from error
    try:
        transport.write(via.request(upstream))
        head, rest = await asking.answer
        _check(head, via, upstream)
        if tls is None:
            transport.set_protocol(leg)
            leg.connection_made(transport)
            if rest:
                leg.data_received(rest)
            return
        times = {"ssl_shutdown_timeout": shutdown_s, "server_hostname": upstream.host}
        # Python 3.11 tells a protocol of its loss if TLS fails: the leg has no connection before it is a good one.
        inner = await loop.start_tls(transport, asking, tls, **times)
        if inner is None:
            raise ConnectionResetError("the proxy ended the connection")
        inner.set_protocol(leg)
        leg.connection_made(inner)
    except BaseException:
        transport.abort()
        raise


class _Asking(asyncio.Protocol):
    """Waits for the proxy's answer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.answer: asyncio.Future[tuple[bytes, bytes]] = loop.create_future()
        self._data = bytearray()

    def data_received(self, data: bytes) -> None:
        if self.answer.done():
            return
        searched = max(0, len(self._data) - len(_HEAD_END) + 1)
        self._data += data
        end = self._data.find(_HEAD_END, searched)
        if end >= 0:
            self.answer.set_result((bytes(self._data[:end]), bytes(self._data[end + len(_HEAD_END) :])))
        elif len(self._data) > _MAX_HEAD_BYTES:
            self.answer.set_result((bytes(self._data[:_SHOWN_BYTES]), b""))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.answer.done():
            self.answer.set_result((bytes(self._data), b""))


def _check(head: bytes, via: Via, upstream: Upstream) -> None:
    """Make sure that there is a tunnel.

    Raises:
        UnreachableError: If the answer says something else.
    """
    version, _, said = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    code, _, reason = said.partition(" ")
    if not version.startswith("HTTP/1.") or not code.isdecimal():
        what = "ended the connection" if not head else "does not speak HTTP"
        raise UnreachableError(
            f"the proxy {via.url} {what}", "check --via: is it a proxy, and is it http:// or https://?"
        )
    if int(code) // 100 == 2:
        return
    status = f"{code} {_printable(reason)}".rstrip()
    if int(code) == _AUTHENTICATION:
        hint = "check name and password in --via" if via.user else "give them, --via http://USER:PASSWORD@HOST:PORT"
        raise UnreachableError(f"the proxy {via.url} wants name and password ({status})", hint)
    raise UnreachableError(
        f"the proxy {via.url} does not connect to {upstream.host}:{upstream.port}: {status}",
        "ask who runs it whether it lets that host through",
    )


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has a certificate that is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "does not speak TLS as expected; is it http:// instead of https://?"
    reason = words_of(error)
    return f"cannot be reached: {'connection refused' if 'onnect call failed' in reason else reason}"


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text[:100])
