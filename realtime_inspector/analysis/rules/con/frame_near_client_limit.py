"""Asked at every large message of the server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest, message_bytes
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Kind, Side

_LIMIT_BYTES = 2**20
"""What the client of `websockets` takes unless it is told otherwise."""
_WAIT_S = 2.0
_LIBRARY = "websockets/"
_TOO_BIG = 1009


class FrameNearClientLimit(Rule):
    """A message of the server is larger than the client takes, or nearly so.

    Why: a client made with Python's websockets closes the connection with 1009 at a message beyond 1 MiB, in the
        middle of the call; a long response.done or a retrieved item is enough.
    Fix: give websockets.connect max_size=None, or a limit that fits audio.
    Limits: looked at where the client calls itself websockets. Whether it was given another limit shows only
        afterwards: beyond 1 MiB it is reported if the client then closed with 1009, and near it as information.
    Source: documentation of `websockets`, max_size (read 2026-11-22).
    """

    id = "CON015"
    name = "frame-near-client-limit"
    severity = Severity.WARNING
    on = ("*",)
    near = Threshold(0.75, "of 1", "from which part of the client's limit on a message is near", most=1)
    good = (
        """
        > GET /v1/realtime?model=m {"User-Agent": "Python/3.13 websockets/15.0.1"}
        < 101
        < {"type": "conversation.item.retrieved", "item": {"content": [{"type": "input_audio", "audio": "<9000ms>"}]}}
        """,
        """
        > GET /v1/realtime?model=m {"User-Agent": "AsyncOpenAI/Python 3.54.0"}
        < 101
        < {"type": "conversation.item.retrieved", "item": {"content": [{"type": "input_audio", "audio": "<17000ms>"}]}}
        x> 1009
        """,
        """
        > GET /v1/realtime?model=m {"User-Agent": "Python/3.13 websockets/15.0.1"}
        < 101
        < {"type": "conversation.item.retrieved", "item": {"content": [{"type": "input_audio", "audio": "<17000ms>"}]}}
        +5s > {"type": "response.create"}
        x> 1000
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=m {"User-Agent": "Python/3.13 websockets/15.0.1"}
        < 101
        < {"type": "conversation.item.retrieved", "item": {"content": [{"audio": "<17000ms>"}]}}  # CON015
        x> 1009 frame exceeds limit of 1048576 bytes
        """,
        """
        > GET /v1/realtime?model=m {"User-Agent": "Python/3.13 websockets/15.0.1"}
        < 101
        < {"type": "conversation.item.retrieved", "item": {"content": [{"audio": "<15000ms>"}]}}  # CON015
        < {"type": "conversation.item.retrieved", "item": {"content": [{"audio": "<15000ms>"}]}}
        < {"type": "conversation.item.retrieved", "item": {"content": [{"audio": "<17000ms>"}]}}  # CON015
        x> 1009
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Say that the next one of its type may be too large."""
        size = _size(event)
        near = event.from_server and self.near * _LIMIT_BYTES < size <= _LIMIT_BYTES
        if near and _is_limited(before) and not before.counts.get(event.type):
            message = f"{event.type} has {size} bytes, near the {_LIMIT_BYTES} that this client takes by default"
            yield self.finding(event, f"{message}: give it max_size=None", severity=Severity.INFO)

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest but for large messages."""
        return FOREVER if event.from_client else Rest(most_bytes=int(self.near * _LIMIT_BYTES))

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """See what the client makes of one that is too large."""
        if event.from_server and _size(event) > _LIMIT_BYTES and _is_limited(after):
            yield Deadline(event.t + _WAIT_S, event, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterable[Finding]:
        """Report it where the client closed for its size."""
        close = session.close
        if close is not None and close.side is Side.CLIENT and close.body.get("code") == _TOO_BIG:
            size = _size(deadline.event)
            problem = f"{deadline.event.type} has {size} bytes, and the client closed with {_TOO_BIG} after it"
            message = f"{problem}: by default it takes {_LIMIT_BYTES}, give it max_size=None"
            yield self.finding(deadline.event, message, related=[close.n], t=deadline.moment(session))


def _size(event: Event) -> int:
    return message_bytes(event) if event.entry.kind is Kind.MESSAGE else 0


def _is_limited(session: Session) -> bool:
    agent = session.request.entry.header("User-Agent") if session.request is not None else None
    return _LIBRARY in (agent or "")
