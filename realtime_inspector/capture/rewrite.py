"""What the relay changes in a request, and it is little: the `Host`, and the target where it has to.

Sans-I/O. Follows both directions until the connection is upgraded; from then on nothing is read or changed any more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from realtime_inspector.capture.http import MAX_HEAD_BYTES, TOO_LONG, Exchange, Head
from realtime_inspector.capture.upstream import Upstream

READY_PATH = "/__realtime_inspector/ready"
"""Answered by the relay itself and never forwarded; no API has a path like it."""
OWN_ERROR = "realtime_inspector_error"
"""The type of an error that the relay answers itself."""

_ABSOLUTE = re.compile(r"[A-Za-z]+://(?P<authority>[^/?#]*)")
_HOST = re.compile(rb"(?i)(\n(host)[ \t]*:[ \t]*)[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that a reverse proxy cannot pass on."""

    status: int
    reason: str
    code: str
    message: str

    @property
    def body(self) -> str:
        """The error as the API words its own."""
        error = {"message": self.message, "type": OWN_ERROR, "code": self.code, "param": None}
        return json.dumps({"error": error}, ensure_ascii=False)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of the answer, behind which the connection ends."""
        length = len(self.body.encode())
        return [("Content-Type", "application/json"), ("Content-Length", str(length)), ("Connection", "close")]

    def answer(self) -> bytes:
        """Return the whole answer."""
        headers = (f"{name}: {value}" for name, value in self.headers)
        return "\r\n".join([f"HTTP/1.1 {self.status} {self.reason}", *headers, "", self.body]).encode()


class Rewriter:
    """Turns the client's requests into those for the upstream, and knows when there are no more to come."""

    def __init__(
        self,
        upstream: Upstream,
        port: int,
        answer: Callable[[Head], Refusal | None] = lambda head: None,
        change: Callable[[bytes], bytes] = bytes,
        answered: Callable[[Head, Head], None] = lambda request, answer: None,
    ) -> None:
        """Rewrite for an upstream.

        Args:
            upstream: Where requests go.
            port: Where the relay listens.
            answer: Gives the relay's own answer to a request that is not to be passed on.
            change: Changes the head of one that is, `Host` and target already rewritten.
            answered: Told a request, as the client sent it, and the head of its answer.
        """
        self._upstream = upstream
        self._port = port
        self._answer = answer
        self._change = change
        self._answered = answered
        self._exchange = Exchange()
        self._refusal: Refusal | None = None
        """What the client gets when its requests before are answered."""
        self._refused = 0
        """So many requests will have no answer then."""

    def client(self, data: bytes) -> Iterator[bytes | Refusal]:
        """Yield what to send to the upstream for bytes of the client; nothing follows a refusal."""
        if self._refusal is not None:
            return
        for part in self._exchange.client(data):
            changed = self._rewrite(part.head) if part.head is not None else self._passed(part.raw)
            if isinstance(changed, Refusal):
                self._refusal, self._refused = changed, int(part.head is not None)
                yield from self._due()
                return
            if changed:
                yield changed

    def server(self, data: bytes) -> Iterator[bytes | Refusal]:
        """Look at bytes of the server; yield what the client had sent that could not be judged before."""
        yield from self._looked_at(data)
        yield from self._due()

    def _due(self) -> Iterator[Refusal]:
        """Yield the refusal, unless a request before it waits for its answer."""
        if self._refusal is not None and self._exchange.unanswered <= self._refused:
            yield self._refusal

    def _looked_at(self, data: bytes) -> Iterator[bytes | Refusal]:
        waited = self._exchange.waiting
        for part in self._exchange.server(data):
            if part.head is not None and part.request is not None:
                self._answered(part.request, part.head)
            if waited and not self._exchange.waiting and self._exchange.upgraded is None:
                yield from self.client(b"")
            waited = self._exchange.waiting
        if self._exchange.upgraded is not None:
            early, _ = self._exchange.rest()
            if early:
                yield early

    @property
    def upgraded(self) -> bool:
        """Whether the connection is a WebSocket now, or whatever was asked for."""
        return self._exchange.upgraded is not None

    @property
    def unanswered(self) -> int:
        """How many requests have no complete answer yet."""
        return self._exchange.unanswered

    @property
    def held(self) -> int:
        """How many bytes of the client wait for an answer to its upgrade."""
        return self._exchange.held

    def _rewrite(self, head: Head) -> bytes | Refusal:
        own = self._answer(head)
        if own is not None:
            return own
        if head.method == "CONNECT":
            return self._not_a_forward_proxy(f"CONNECT {head.target}")
        target = head.target
        absolute = _ABSOLUTE.match(target)
        if absolute is not None:
            if not self._is_us(absolute["authority"]):
                return self._not_a_forward_proxy(f"{head.method} {absolute[0]}")
            target = target[absolute.end() :]
            target = target if target.startswith("/") else "/" + target
        raw = _HOST.sub(lambda found: found[1] + self._upstream.authority.encode(), head.raw)
        changed = self._upstream.target(target)
        if changed != head.target:
            raw = raw.replace(b" " + head.target.encode("latin-1") + b" ", b" " + changed.encode("latin-1") + b" ", 1)
        return self._change(raw)

    def _passed(self, data: bytes) -> bytes | Refusal:
        """Return bytes that are no head; refuse them if they are the beginning of one without an end."""
        if self._exchange.problem(client=True) != TOO_LONG:
            return data
        message = f"the head of a request is longer than {MAX_HEAD_BYTES} bytes: send what is in it in the body"
        return Refusal(431, "Request Header Fields Too Large", "head_too_long", message)

    def _is_us(self, netloc: str) -> bool:
        return netloc.endswith(f":{self._port}") or netloc.lower() == self._upstream.authority.lower()

    def _not_a_forward_proxy(self, what: str) -> Refusal:
        message = (
            f"{what}: this is a reverse proxy to {self._upstream.url}, not an HTTP(S)_PROXY; point the client's base "
            f"URL at http://127.0.0.1:{self._port}/v1 and set NO_PROXY=127.0.0.1,localhost"
        )
        return Refusal(421, "Misdirected Request", "not_a_forward_proxy", message)
