"""Which connection takes another up again: the same client, target and key, soon after, and nobody else it could be.

Keys are compared by a digest with a salt that is made anew in every process and never leaves its memory.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from realtime_inspector.recording.entry import Entry

WINDOW_S = 60.0
"""How long after the end of a connection the next counts as its continuation."""
_CREDENTIALS = ("authorization", "api-key")
_PROTOCOL = "sec-websocket-protocol"
_KEY_IN_PROTOCOL = "openai-insecure-api-key."


@dataclass(slots=True)
class _Known:
    """The connections of one client, target and key."""

    open: int = 0
    ended: tuple[str, float] | None = None
    """Recording and end of the one that nobody took up yet."""


class Chains:
    """Remembers which connections ended. Times are those of one monotonic clock."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._salt = secrets.token_bytes(16)
        self._known: dict[bytes, _Known] = {}

    def identity(self, client: str, upstream: str, request: Entry) -> bytes | None:
        """Return what connections that belong together have in common; None for what can have none.

        Args:
            client: The client's address; its port does not count.
            upstream: Where it goes.
            request: The upgrade.
        """
        credentials = list(_of(request.headers))
        if request.header("upgrade") is None or not credentials:
            return None
        parts = [client.rpartition(":")[0], upstream, str(request.members.get("target", "")), *credentials]
        return hmac.digest(self._salt, "\0".join(parts).encode(errors="replace"), _blake2b)

    def begin(self, identity: bytes, began: float) -> str | None:
        """Note a connection; return the id of the recording that it takes up again, if that is certain.

        It is not while another of the same identity is open: then that may be a second call.
        """
        self._forget(began)
        known = self._known.setdefault(identity, _Known())
        known.open += 1
        ended, known.ended = known.ended, None
        return ended[0] if ended is not None and known.open == 1 and ended[1] <= began else None

    def end(self, identity: bytes, recording: str, ended: float) -> None:
        """Note that a connection ended."""
        known = self._known.get(identity)
        if known is not None:
            known.open -= 1
            known.ended = (recording, ended) if known.open == 0 else None

    def _forget(self, now: float) -> None:
        old = [
            identity
            for identity, known in self._known.items()
            if known.open == 0 and (known.ended is None or known.ended[1] < now - self._window_s)
        ]
        for identity in old:
            del self._known[identity]


def _blake2b(data: bytes = b"") -> blake2b:
    return blake2b(data, digest_size=16)


def _of(headers: Sequence[tuple[str, str]]) -> list[str]:
    """Return what a request proves itself with."""
    found = []
    for name, value in headers:
        plain = name.lower()
        if (plain in _CREDENTIALS and value) or (plain == _PROTOCOL and _KEY_IN_PROTOCOL in value):
            found.append(f"{plain}={value}")
    return found
