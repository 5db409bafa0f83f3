"""Landmarks: what a server does that a client may wait for, named so that two runs of one conversation share the names.

A landmark's key says what it is by its place in the conversation, never by an id: `session.created`, the answer to the
client's third event, the end of the response that the fifth asked for, the second utterance committed. Fold a recording
and a live connection alike, and an id of the one has its counterpart in the other.

    ("session.created",)                                    ("answered", 3)   ("refused", 3)
    ("response", "asked", 5, "created" | "audio" | "done")  ("response", "own", 0, …): begun by the server by itself
    ("response", …, "call", "get_weather", 0, "done")       ("heard", 1, "started" | "stopped" | "committed")
    (<item>, …, "transcribed")                              ("mcp_list_tools", 0)

Items and calls have keys of the same kind: `("made", 3)`, `("heard", 1)`, `("response", …, "item", 0)`.
No socket, no clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

Key = tuple[str | int, ...]

_HEARD = {
    "input_audio_buffer.speech_started": "started",
    "input_audio_buffer.speech_stopped": "stopped",
    "input_audio_buffer.committed": "committed",
    "input_audio_buffer.timeout_triggered": "timeout",
}
_TRANSCRIBED = tuple(f"conversation.item.input_audio_transcription.{how}" for how in ("completed", "failed"))
_LISTED = ("mcp_list_tools.completed", "mcp_list_tools.failed")


class Landmarks:
    """The landmarks of one connection so far, and what has which id."""

    def __init__(self) -> None:
        self.session = Session()
        self.times: dict[Key, float] = {}
        """When each happened, in the order in which they did."""
        self.ids: dict[Key, str] = {}
        """What an item, a call or a response is called here."""
        self.keys: dict[str, Key] = {}
        """The same, the other way round."""
        self._places: dict[int, int] = {}
        """Entry number of a client event → its place in the recording."""
        self._responses: dict[str, Key] = {}
        self._counts: Counter[Key] = Counter()

    def client(self, event: Event, place: int | None = None) -> None:
        """Take a client event in; `place` is that of the recorded one it stands for."""
        if place is not None:
            self._places[event.n] = place
            if event.type == "conversation.item.create":
                self._name(("made", place), text(dig(event.body, "item.id")))
        self.session.apply(event)

    def server(self, event: Event) -> list[Key]:
        """Take a server event in, and return what has happened with it."""
        kind = ga_name(event.type)
        before = () if kind.endswith(".delta") else tuple(self.session.unanswered)
        self.session.apply(event)
        happened: list[Key] = [("session.created",)] if kind == "session.created" else []
        if before:
            left = {id(pending) for pending in self.session.unanswered}
            for pending in before:
                if id(pending) not in left and pending.at.n in self._places:
                    happened += self._answered(self._places[pending.at.n], event, kind)
        happened += self._of_response(event, kind)
        happened += self._of_audio(event, kind)
        new = [key for key in dict.fromkeys(happened) if key not in self.times]
        self.times.update(dict.fromkeys(new, event.t))
        return new

    def response_of(self, key: Key) -> Response | None:
        """Return the response that a key names, or that something named by it belongs to."""
        return self.session.responses.get(self.ids.get(key[:3], "")) if key[0] == "response" else None

    def received_ms(self, key: Key) -> float:
        """Return how much audio of a response has come."""
        response = self.response_of(key)
        items = (self.session.items.get(item_id) for item_id in (response.item_ids if response is not None else ()))
        return sum(item.audio_ms for item in items if item is not None)

    def key_of(self, response_id: str) -> Key | None:
        """Return the key of a response."""
        return self._responses.get(response_id)

    def _answered(self, place: int, event: Event, kind: str) -> Iterator[Key]:
        yield ("answered", place)
        if kind == "error":
            yield ("refused", place)
        elif kind in {"conversation.item.added", "conversation.item.created"}:
            self._name(("made", place), text(dig(event.body, "item.id")))

    def _of_response(self, event: Event, kind: str) -> Iterator[Key]:
        response_id = text(event.body.get("response_id")) or text(dig(event.body, "response.id"))
        response = self.session.responses.get(response_id)
        if response is None:
            return
        key = self._responses.get(response_id) or self._begun(response)
        yield (*key, "created")
        for place, item_id in enumerate(response.item_ids):
            self._name((*key, "item", place), item_id)
        if response.first_audio is not None:
            yield (*key, "audio")
        if not kind.endswith(".delta"):
            yield from self._calls(response, key)
        if response.done is not None:
            yield (*key, "done")

    def _begun(self, response: Response) -> Key:
        request = response.request
        place = self._places.get(request.at.n) if request is not None else None
        key: Key = ("response", "asked", place) if place is not None else ("response", "own", self._next("own"))
        self._responses[response.id] = key
        self._name(key, response.id)
        return key

    def _calls(self, response: Response, key: Key) -> Iterator[Key]:
        seen: Counter[str] = Counter()
        for call in self.session.calls_of(response.id):
            if call.done is None:
                continue
            named = (*key, "call", call.name, seen[call.name])
            seen[call.name] += 1
            self._name(named, call.call_id)
            yield (*named, "done")

    def _of_audio(self, event: Event, kind: str) -> Iterator[Key]:
        item_id = text(event.body.get("item_id"))
        if kind in _HEARD:
            key = self.keys.get(item_id)
            if key is None:
                key = ("heard", self._next("heard"))
                self._name(key, item_id)
            yield (*key, _HEARD[kind])
        elif kind in _TRANSCRIBED and item_id in self.keys:
            yield (*self.keys[item_id], "transcribed")
        elif kind in _LISTED:
            yield ("mcp_list_tools", self._next("mcp_list_tools"))

    def _next(self, what: str) -> int:
        self._counts[(what,)] += 1
        return self._counts[(what,)] - 1

    def _name(self, key: Key, name: str) -> None:
        if name and key not in self.ids:
            self.ids[key] = name
            self.keys.setdefault(name, key)
