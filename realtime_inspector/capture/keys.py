"""A key that the proxy puts in place of the client's, so that clients need none.

The one thing besides `Host` that is ever changed in a request. The recording has the request as the client sent it, so
the key is in no file; the redactor knows it all the same. Whoever reaches the proxy can use the key: pages of the web
that a browser of this machine shows must not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from realtime_inspector.capture.http import Head
from realtime_inspector.errors import UsageError

_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com", ".azure-api.net")
_CREDENTIALS = frozenset({"authorization", "api-key"})
_PROTOCOL = "sec-websocket-protocol"
_KEY_IN_PROTOCOL = "openai-insecure-api-key."
_ORIGIN = re.compile(rb"(?i)\norigin[ \t]*:[ \t]*([^\r\n]*)")
_KEY = re.compile(r"[!-~]+")


class UpstreamKey:
    """The key for one upstream."""

    def __init__(self, key: str, host: str) -> None:
        """Use a key for the server of that name.

        Raises:
            UsageError: If it cannot stand in a header.
        """
        if _KEY.fullmatch(key) is None:
            raise UsageError("the key has spaces, line breaks or other signs that no header can have")
        self._key = key
        azure = host.lower().endswith(_AZURE)
        self._line = f"api-key: {key}" if azure else f"Authorization: Bearer {key}"

    @classmethod
    def from_environment(cls, name: str, environment: Mapping[str, str], host: str) -> UpstreamKey:
        """Use the key of a variable.

        Raises:
            UsageError: If it holds none.
        """
        key = environment.get(name, "")
        if not key:
            raise UsageError(f"--key-env {name}: that variable is not set; set it to the key, or name another")
        try:
            return cls(key, host)
        except UsageError as error:
            raise UsageError(f"--key-env {name}: {error}") from None

    def of(self, host: str) -> UpstreamKey:
        """Return the same key as another server wants it."""
        return UpstreamKey(self._key, host)

    @property
    def header(self) -> tuple[str, str]:
        """The header that carries it, by name and value."""
        name, _, value = self._line.partition(": ")
        return name, value

    def put_for_program(self, raw: bytes) -> bytes:
        """Return a request's head with this key, but as it is if a page of the web asks: it is no proxy's client."""
        origin = _ORIGIN.search(raw)
        return self.put(raw) if origin is None or _is_local(_host(origin[1].decode("latin-1"))) else raw

    def put(self, raw: bytes) -> bytes:
        """Return a request's head with this key, and no other."""
        first, *lines = raw.lstrip(b"\r\n").split(b"\n")
        end = b"\r\n" if first.endswith(b"\r") else b"\n"
        kept = [first + b"\n", self._line.encode() + end]
        for line in lines:
            changed = _without_key(line)
            if changed is not None:
                kept.append(changed + b"\n")
        return b"".join(kept).removesuffix(b"\n")

    def __repr__(self) -> str:
        """Name it without the key."""
        return f"{type(self).__name__}()"


def stranger(head: Head, *, exposed: bool) -> str:
    """Return who asks, if it is a page of the web and no program of this machine; else nothing.

    Args:
        head: The request.
        exposed: The proxy listens for other machines too, so its own name may be any.
    """
    headers = {name.lower(): value for name, value in head.headers}
    host, origin = headers.get("host", ""), headers.get("origin")
    own = _host(f"//{host}") if exposed else ""
    if origin is not None and not _is_local(_host(origin)) and (not own or _host(origin) != own):
        return f"a page of {origin}"
    if host and not exposed and not _is_local(_host(f"//{host}")):
        return f"a request to the host {host}"
    return ""


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _without_key(line: bytes) -> bytes | None:
    """Return a header without the client's key; None if nothing of it is left."""
    name, colon, value = line.partition(b":")
    plain = name.strip().lower().decode("latin-1")
    if colon and plain in _CREDENTIALS:
        return None
    if not colon or plain != _PROTOCOL or _KEY_IN_PROTOCOL.encode() not in value:
        return line
    end = b"\r" if line.endswith(b"\r") else b""
    protocols = [part.strip() for part in value.split(b",")]
    kept = [part for part in protocols if not part.startswith(_KEY_IN_PROTOCOL.encode())]
    return name + b": " + b", ".join(kept) + end if kept else None
