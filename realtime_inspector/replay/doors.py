"""Who gets in: which recording a connection is played from, and what a plain HTTP request is answered.

Recordings are served in their order, one a connection, whatever path a client asks for: gateways rewrite paths and
queries. Knows requests and answers as values; the socket is in `server.py`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from realtime_inspector.replay.mismatch import Mismatch, Why
from realtime_inspector.replay.script import Exchange, Script

_JSON = ("Content-Type", "application/json")
_COPIED = frozenset({"content-type", "location", "retry-after", "x-request-id", "openai-processing-ms"})
"""Headers of a recorded answer that are sent again; the others belong to that connection."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A plain HTTP answer."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(slots=True)
class Door:
    """The recordings that are still to be served."""

    scripts: Sequence[Script]
    again: bool = False
    """Begin anew when all were served and nobody is connected."""
    refusing: str = ""
    """Why nobody gets in any more."""
    others: list[Mismatch] = field(default_factory=list)
    """Connections and requests that no recording has."""
    _waiting: deque[Script] = field(default_factory=deque)
    _exchanges: dict[tuple[str, str], deque[Exchange]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._refill()

    @property
    def unserved(self) -> list[Script]:
        """The recordings that nobody has connected for yet."""
        return list(self._waiting)

    @property
    def sockets(self) -> int:
        """How many connections the recordings have."""
        return sum(script.has_socket for script in self.scripts)

    def upgrade(self, *, connected: bool) -> Script | Answer:
        """Return the recording for a new connection, or the refusal; `connected` says whether others are open."""
        if self.refusing:
            return refused(503, self.refusing)
        if not self._waiting and self.again and not connected:
            self._refill()
        if not self._waiting:
            self.others.append(Mismatch(Why.UNEXPECTED, self._name, "one connection", detail=self._no_more()))
            return refused(503, f"realtime-inspector: one connection too many: {self._no_more()}")
        script = self._waiting.popleft()
        return replayed(script.refusal) if script.refusal is not None else script

    def put_back(self, script: Script) -> None:
        """Serve a recording to the next connection after all."""
        self._waiting.appendleft(script)

    def knows(self, method: str, target: str) -> bool:
        """Tell whether the answer to a request was recorded."""
        return (method, _path(target)) in self._exchanges

    def plain(self, method: str, target: str) -> Answer:
        """Return the recorded answer to a request; 404 if there is none."""
        known = self._exchanges.get((method, _path(target)))
        if not known:
            what = f"{method} {target.partition('?')[0]}"
            self.others.append(Mismatch(Why.HTTP, self._name, what))
            return refused(404, f"realtime-inspector: {what} was not recorded")
        exchange = known[0]
        if len(known) > 1:
            known.popleft()
        return replayed(exchange)

    @property
    def _name(self) -> str:
        return self.scripts[0].name if self.scripts else ""

    def _no_more(self) -> str:
        return f"the recording has {self.sockets}, and all were served"

    def _refill(self) -> None:
        self._waiting = deque(script for script in self.scripts if script.has_socket)
        exchanges: defaultdict[tuple[str, str], deque[Exchange]] = defaultdict(deque)
        for script in self.scripts:
            for exchange in script.exchanges:
                exchanges[exchange.method, _path(exchange.path)].append(exchange)
        self._exchanges = dict(exchanges)


def _path(target: str) -> str:
    """Return what a path is about: from `/realtime` on, without the prefix that a gateway may change."""
    path = target.partition("?")[0].rstrip("/")
    at = path.rfind("/realtime")
    return path[at:] if at >= 0 else path[path.rfind("/") :]


def replayed(exchange: Exchange) -> Answer:
    """Return a recorded answer."""
    headers = tuple((name, value) for name, value in exchange.response.headers if name.lower() in _COPIED)
    body = str(exchange.response.members.get("body") or "").encode()
    reason = str(exchange.response.members.get("reason") or "")
    return Answer(exchange.status, reason, headers or (_JSON,), body)


def refused(status: int, why: str) -> Answer:
    """Return a refusal of ours, in the API's shape."""
    error = {"message": why, "type": "invalid_request_error", "param": None, "code": "replay_mismatch"}
    return Answer(status, "", (_JSON,), orjson.dumps({"error": error}))
