"""Where a drive goes: the server's URL, and what the connection to it is opened with; no secret of a recording."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from realtime_inspector.capture.keys import UpstreamKey
from realtime_inspector.capture.upstream import Upstream, explain
from realtime_inspector.errors import UpstreamError, UsageError
from realtime_inspector.recording.entry import Entry

PATH = "/v1/realtime"
"""Where the API is, if neither the URL nor the recording says it."""
_SOCKET = "/realtime"
_PASSED_ON = ("openai-beta", "openai-safety-identifier")
"""Headers of the recorded request that say how the session is meant."""
_PROTOCOLS = ("realtime", "openai-beta.realtime-v1")
CREDENTIALS = frozenset({"authorization", "api-key"})
"""Headers that hold a key."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, and how the connection is opened."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    protocols: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = field(default=None, compare=False)
    """For `wss`; verifies the server by the system's authorities if not given."""

    @classmethod
    def of(cls, url: str, request: Entry | None = None) -> Target:
        """Read a URL; what it leaves out (path, query) is taken from the recorded request.

        Raises:
            UsageError: If it is no URL of a WebSocket.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise UsageError(f"--to {url!r} is not a URL: {error}") from None
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        if scheme not in {"ws", "wss"} or not parts.hostname or port == 0 or parts.username:
            raise UsageError(f"--to {url!r} is not a server's URL; write wss://HOST, or ws://127.0.0.1:PORT")
        recorded = urlsplit(str(request.members.get("target", ""))) if request is not None else urlsplit("")
        path = parts.path.rstrip("/") or recorded.path or PATH
        query = parts.query or urlencode([pair for pair in parse_qsl(recorded.query) if not _is_redacted(pair[1])])
        return cls(
            urlunsplit((scheme, parts.netloc, path, query, "")),
            tuple(_headers(request)),
            tuple(_protocols(request)),
        )

    @property
    def host(self) -> str:
        """The server's name."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether it is this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def encrypted(self) -> bool:
        """Whether nobody on the way can read along."""
        return self.url.startswith("wss:")

    def with_key(self, key: str) -> Target:
        """Return it with a key.

        Raises:
            UsageError: If the key cannot stand in a header, or others could read it on the way.
        """
        if not self.encrypted and not self.is_local:
            raise UsageError(f"{self.url.partition('?')[0]}: the key could be read on the way; use wss://")
        return self._with(UpstreamKey(key, self.host).header)

    def with_secret(self, value: str) -> Target:
        """Return it with a key that the server has just made for one session, in place of the other."""
        return self._with(UpstreamKey(value, "").header)

    def _with(self, header: tuple[str, str]) -> Target:
        others = [pair for pair in self.headers if pair[0].lower() not in CREDENTIALS]
        return replace(self, headers=(*others, header))

    @property
    def secrets(self) -> list[str]:
        """The keys that are sent."""
        return [value.rpartition(" ")[2] for name, value in self.headers if name.lower() in CREDENTIALS]

    @property
    def upstream(self) -> Upstream:
        """The server's host and port."""
        parts = urlsplit(self.url)
        return Upstream(self.host, parts.port or (443 if self.encrypted else 80), self.encrypted)

    def context(self) -> ssl.SSLContext | None:
        """Return the settings of its TLS, if it speaks it."""
        return (self.tls or ssl.create_default_context()) if self.encrypted else None

    def beside(self, target: str, socket: str) -> str:
        """Return the URL of an HTTP request that was recorded beside a socket.

        Args:
            target: The recorded request's path and query.
            socket: The path of the recorded socket; what stands before its `/realtime` is replaced by what stands there
                in this URL.
        """
        parts, recorded = urlsplit(self.url), urlsplit(target)
        ours, theirs = _prefix(parts.path), _prefix(socket)
        known = recorded.path.startswith(f"{theirs}/")
        path = ours + recorded.path.removeprefix(theirs) if known else recorded.path
        query = urlencode([pair for pair in parse_qsl(recorded.query) if not _is_redacted(pair[1])])
        return urlunsplit(("https" if self.encrypted else "http", parts.netloc, path, query, ""))


def _headers(request: Entry | None) -> list[tuple[str, str]]:
    known = request.headers if request is not None else []
    return [pair for pair in known if pair[0].lower() in _PASSED_ON and not _is_redacted(pair[1])]


def _protocols(request: Entry | None) -> list[str]:
    asked = (request.header("sec-websocket-protocol") or "") if request is not None else ""
    return [name for name in (part.strip() for part in asked.split(",")) if name in _PROTOCOLS]


def _is_redacted(value: str) -> bool:
    return "[redacted:" in value


def _prefix(path: str) -> str:
    """Return what stands before the socket's name in a path: `/v1`."""
    return path.rstrip("/").removesuffix(_SOCKET)


def unreachable(error: BaseException, target: Target) -> UpstreamError:
    """Return what to say of a server that cannot be reached."""
    why, _ = explain(error, target.upstream)
    private = isinstance(error, ssl.SSLCertVerificationError)
    what_to_do = "if it is a private server, give its authority's certificate with --ca" if private else "check --to"
    return UpstreamError(f"{why}; {what_to_do}")
