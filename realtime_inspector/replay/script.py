"""The script: what a recording says a server sends, what each of it waits for, and what it expects of the client.

Knows events and their causes; no socket, no clock. A *step* is a recorded server event. It waits for

    the step before it in its lane    a response, an item, a transcription, the input audio: each keeps its own order
    its causes                        the client events it answers, or steps of other lanes it follows from
    its gate                          as much appended audio as had been appended when voice detection spoke

How steps and client events find each other live is in `player.py`; which cause belongs to which step, in `causes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.protocol.event import Event
from realtime_inspector.recording.entry import Entry, Header


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event of the recording."""

    index: int
    """Its place among those of its side."""
    event: Event

    @property
    def type(self) -> str:
        """The event's type."""
        return self.event.type

    @property
    def line(self) -> int:
        """Its line in the recording."""
        return self.event.entry.line

    def __str__(self) -> str:
        """Name it for people: type and line."""
        return f"{self.type} (line {self.line})"


@dataclass(frozen=True, slots=True)
class Expected(Recorded):
    """A client event of the recording, audio appends left out."""

    needed: bool
    """The conversation rests on it. The others (retrieve, truncate, a late cancel, a repeated update) may stay away."""
    refused: bool = False
    """The recorded server answered it with an error."""
    despite: str = ""
    """The error code with which the API should have refused it, where the recorded server took it all the same."""
    needs: tuple[int, ...] = ()
    """Client events that came before it in the recording and have to come before it again."""
    item_id: str = ""
    """The id by which the server knew the item that this event created."""
    speech: int | None = None
    """The step with which the server began to hear what this asks an answer to, where voice detection heard it."""


@dataclass(frozen=True, slots=True)
class Step(Recorded):
    """A server event of the recording, or its close, and what it waits for."""

    lane: str
    after: tuple[int, ...] = ()
    """Steps that have to be sent before it; the one before it in its lane is among them."""
    causes: tuple[int, ...] = ()
    """Client events that have to come before it."""
    gate_ms: float | None = None
    """Audio that has to be appended before it, counted from the beginning, in milliseconds."""
    delay_s: float = 0.0
    """Between the last of all these and itself, in the recording."""
    answers: int | None = None
    """The client event it is the answer to."""
    request: int | None = None
    """The `response.create` of the response it belongs to."""
    optional: bool = False
    """It rests on a client event that may stay away."""
    ids: frozenset[str] = frozenset()
    """Item ids that it names."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """An HTTP request and its answer: beside the socket, or a refused upgrade."""

    request: Entry
    response: Entry

    @property
    def method(self) -> str:
        """The request's method."""
        return str(self.request.members.get("method", "GET"))

    @property
    def path(self) -> str:
        """The request's path, without the query."""
        return str(self.request.members.get("target", "")).partition("?")[0]

    @property
    def status(self) -> int:
        """The answer's status."""
        return int(self.response.members.get("status", 0))

    @property
    def is_upgrade(self) -> bool:
        """Whether the client asked for a WebSocket."""
        if (self.request.header("upgrade") or "").lower() == "websocket":
            return True
        return self.method == "GET" and self.path.rstrip("/").endswith("/realtime")


@dataclass(frozen=True, slots=True)
class Script:
    """One recorded connection as a server would play it."""

    name: str
    """Where it comes from, for people: a path."""
    expected: tuple[Expected, ...] = ()
    steps: tuple[Step, ...] = ()
    refusal: Exchange | None = None
    """The handshake was refused: nothing else happened."""
    exchanges: tuple[Exchange, ...] = ()
    """HTTP beside the socket."""
    dialect: str = ""
    """`ga`, `beta`, or empty while nothing shows it."""
    streamed: bool = False
    """Nobody takes turns in it: a translation, or a session of the Live API, which takes other events."""
    cut_off: bool = False
    """The recording ends before its connection did."""
    lost: int = 0
    """How many messages could not be recorded."""
    header: Header | None = None
    client_types: frozenset[str] = frozenset()
    """Every type the recorded client sent."""

    @property
    def has_socket(self) -> bool:
        """Whether a client opened, or tried to open, a WebSocket here."""
        return bool(self.steps or self.expected or self.refusal) or not self.exchanges

    def by_type(self) -> Mapping[str, list[Expected]]:
        """Return the expected client events by type, in order."""
        found: dict[str, list[Expected]] = {}
        for expected in self.expected:
            found.setdefault(expected.type, []).append(expected)
        return found


def item_ids(body: Any) -> Iterator[str]:
    """Yield every item id that an event names."""
    if isinstance(body, list):
        for part in body:
            yield from item_ids(part)
    elif isinstance(body, Mapping):
        for name, value in body.items():
            if name in {"id", "item_id", "previous_item_id"} and isinstance(value, str):
                yield value
            elif name not in {"session", "metadata", "error"}:
                yield from item_ids(value)
