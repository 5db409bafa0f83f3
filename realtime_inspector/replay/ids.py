"""Ids on both sides of a replay: the recording's, and those that the live client makes.

The server's ids stay as recorded. The client's (of items, of its events, in a response's metadata) are learnt as its
events come and written into every later recorded event that names them. A payload is parsed and serialised anew only
where something in it changes; everything else goes out byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.values import mapping, mappings, text
from realtime_inspector.replay.script import Expected, Step

_ITEM_KEYS = frozenset({"id", "item_id", "previous_item_id"})
_ECHOING = frozenset({"response.created", "response.done"})
"""What has the metadata that its request came with."""
_LEAST_LENGTH = 6
"""A shorter id is not looked for inside sentences."""


class IdMap:
    """What has been learnt so far."""

    def __init__(self) -> None:
        self._live: dict[str, str] = {}
        self._recorded: dict[str, str] = {}
        self._events: dict[int, Event] = {}

    def learn(self, expected: Expected, live: Event) -> None:
        """Take note of the ids in a live event, given the recorded one it stands for."""
        self._events[expected.index] = live
        if expected.type == "conversation.item.create":
            self._pair(expected.item_id, text(dig(live.body, "item.id")))
        elif expected.type == "response.create":
            recorded = mappings(dig(expected.event.body, "response.input"))
            for one, other in zip(recorded, mappings(dig(live.body, "response.input")), strict=False):
                self._pair(text(one.get("id")), text(other.get("id")))

    def to_recorded(self, live_id: str) -> str:
        """Return the recording's name of an item that the live client names."""
        return self._recorded.get(live_id, live_id)

    def payload(self, step: Step) -> bytes:
        """Return a recorded server event as it goes to the live client."""
        if not self._changes(step):
            return step.event.entry.payload
        body = orjson.loads(step.event.entry.payload)
        self._rewrite(body)
        if step.type == "error" and isinstance(body.get("error"), dict):
            self._rewrite_error(body["error"], step)
        elif step.type == "conversation.item.truncated":
            self._echo_end(body, step)
        elif isinstance(body.get("response"), dict):
            self._rewrite_metadata(body["response"], step)
        return orjson.dumps(body)

    def _pair(self, recorded: str, live: str) -> None:
        if recorded and live and recorded != live:
            self._live[recorded] = live
            self._recorded[live] = recorded

    def _changes(self, step: Step) -> bool:
        if self._live and not self._live.keys().isdisjoint(step.ids):
            return True
        kind = step.event.type
        if kind == "error":
            return self._asked(step.answers) is not None
        if kind == "conversation.item.truncated":
            asked = self._asked(step.answers)
            return asked is not None and asked.get("audio_end_ms") != step.event.get("audio_end_ms")
        if kind in _ECHOING:
            asked = self._asked(step.request)
            return asked is not None and asked.get("response.metadata") != step.event.get("response.metadata")
        return False

    def _asked(self, index: int | None) -> Event | None:
        return self._events.get(index) if index is not None else None

    def _rewrite(self, part: Any) -> None:
        if isinstance(part, list):
            for inner in part:
                self._rewrite(inner)
        elif isinstance(part, dict):
            for name, value in part.items():
                if name in _ITEM_KEYS and isinstance(value, str):
                    part[name] = self._live.get(value, value)
                elif name not in {"session", "metadata", "error"}:
                    self._rewrite(value)

    def _rewrite_error(self, error: dict[str, Any], step: Step) -> None:
        asked = self._asked(step.answers)
        if asked is not None:
            error["event_id"] = asked.body.get("event_id")
        words = text(error.get("message"))
        for recorded, live in self._live.items():
            if len(recorded) >= _LEAST_LENGTH:
                words = words.replace(recorded, live)
        if words:
            error["message"] = words

    def _echo_end(self, body: dict[str, Any], step: Step) -> None:
        asked = self._asked(step.answers)
        if asked is not None and isinstance(asked.body.get("audio_end_ms"), int):
            body["audio_end_ms"] = asked.body["audio_end_ms"]

    def _rewrite_metadata(self, response: dict[str, Any], step: Step) -> None:
        asked = self._asked(step.request)
        metadata: Mapping[str, Any] = mapping(dig(asked.body, "response.metadata")) if asked is not None else {}
        if metadata:
            response["metadata"] = dict(metadata)
