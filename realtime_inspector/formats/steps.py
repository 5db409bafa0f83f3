"""What a recorded client did, as steps that can be done again: wait for this, pause, send that.

The other server will use other ids. So each id of the server that the client sent back is learned: where the server
first named it is noted (`learn`), and a step sends what stands there in the new run. `reproducer.py` writes the
program.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from realtime_inspector.analysis.lint import events
from realtime_inspector.formats.reading import Readable
from realtime_inspector.protocol.event import WIRE_CLOSE, WIRE_REQUEST, Event
from realtime_inspector.recording.entry import Entry, Kind

MILESTONES = frozenset(
    {
        "conversation.item.truncated",
        "error",
        "input_audio_buffer.committed",
        "input_audio_buffer.speech_started",
        "response.created",
        "response.done",
        "response.function_call_arguments.done",
        "session.created",
        "session.updated",
        "transcription_session.created",
        "transcription_session.updated",
    }
)
"""What programs wait for."""
_STREAM_S = 0.3
"""Audio that follows other audio sooner waits for nothing: a microphone does not."""
_APPEND = "input_audio_buffer.append"


@dataclass(slots=True)
class Steps:
    """Everything a program needs to do the same again."""

    url: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    """The recorded request's."""
    steps: list[dict[str, Any]] = field(default_factory=list)
    """`wait` (server event type → how many of them), `pause_ms`, and `send` (an event), `text` or `base64`."""
    learn: list[list[Any]] = field(default_factory=list)
    """[server event type, which one of them, path, the id that was recorded there]."""
    wait: dict[str, int] = field(default_factory=dict)
    """What the server has sent in the end, of the milestones."""
    close_code: int | None = None
    """With which the client closed; None if it did not."""


@dataclass(slots=True)
class _Reader:
    told: Steps
    counts: dict[str, int] = field(default_factory=dict)
    named: dict[str, list[Any]] = field(default_factory=dict)
    """An id → where the server named it first."""
    learned: set[str] = field(default_factory=set)
    waited: dict[str, int] = field(default_factory=dict)
    """What the steps so far have waited for."""
    came: dict[tuple[str, int], float] = field(default_factory=dict)
    """When something came that a step can wait for."""
    sent_t: float | None = None
    appending: bool = False

    def feed(self, event: Event) -> None:
        """Take one event in."""
        if event.type == WIRE_REQUEST and event.get("target"):
            self.told.headers = event.entry.headers
        elif event.type == WIRE_CLOSE and event.from_client:
            code = event.get("code")
            self.told.close_code = code if isinstance(code, int) else 1000
        elif event.from_server and not event.is_wire:
            self._server(event)
        elif event.from_client and event.entry.kind is Kind.MESSAGE:
            self._client(event)

    def _server(self, event: Event) -> None:
        count = self.counts[event.type] = self.counts.get(event.type, 0) + 1
        for path, value in _ids(event.body, ""):
            if path != "event_id" and value not in self.named:
                self.named[value] = [event.type, count, path, value]
                self.came[event.type, count] = event.t
        if event.type in MILESTONES:
            self.told.wait[event.type] = count
            self.came[event.type, count] = event.t

    def _client(self, event: Event) -> None:
        wait: dict[str, int] = {}
        for _, value in _ids(event.body, ""):
            place = self.named.setdefault(value, [])
            if place and value not in self.learned:
                self.learned.add(value)
                self.told.learn.append(place)
                wait[place[0]] = max(wait.get(place[0], 0), place[1])
        streams = event.type == _APPEND and self.appending and event.t - (self.sent_t or 0.0) < _STREAM_S
        if not streams:
            wait |= {name: max(count, wait.get(name, 0)) for name, count in self.told.wait.items()}
        new = {name: count for name, count in wait.items() if self.waited.get(name, 0) < count}
        self.waited |= new
        since = max([self.sent_t or 0.0, *(self.came[place] for place in new.items())])
        step: dict[str, Any] = {"wait": new} if new else {}
        step["pause_ms"] = round(max(0.0, event.t - since) * 1000) if self.sent_t is not None or new else 0
        self.told.steps.append(step | _payload(event.entry, event))
        self.sent_t, self.appending = event.t, event.type == _APPEND


def read(recording: Readable) -> Steps:
    """Return what the client of a recording did."""
    reader = _Reader(Steps(url=recording.header.url))
    for event in events(recording):
        reader.feed(event)
    return reader.told


def _payload(entry: Entry, event: Event) -> dict[str, Any]:
    if entry.binary:
        return {"base64": b64encode(entry.payload).decode()}
    if event.is_wire:
        return {"text": entry.payload.decode(errors="replace")}
    return {"send": orjson.loads(entry.payload)}


def _ids(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the members of a body that hold ids, with their dotted paths."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            inner = f"{path}.{name}" if path else name
            if isinstance(member, str) and (name == "id" or name.endswith("_id")) and member:
                yield inner, member
            else:
                yield from _ids(member, inner)
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from _ids(member, f"{path}.{place}")
