"""The conversation: its items in order, the audio of each, and who may do what to them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.simulator import errors
from realtime_inspector.simulator.items import shown


@dataclass(slots=True)
class Stored:
    """One item as the server keeps it."""

    body: dict[str, Any]
    audio: bytearray = field(default_factory=bytearray)
    format: AudioFormat = field(default_factory=AudioFormat)

    @property
    def audio_ms(self) -> float:
        """How long its audio plays."""
        return self.format.duration_ms(len(self.audio))

    @property
    def is_spoken_answer(self) -> bool:
        """Whether it is audio of the assistant."""
        parts = self.body.get("content") or [{}]
        return self.body.get("role") == "assistant" and parts[0].get("type") == "output_audio"


class Conversation:
    """Every item, in the order the model reads them."""

    def __init__(self) -> None:
        self._items: list[Stored] = []

    def __iter__(self) -> Any:
        return iter(self._items)

    @property
    def last_id(self) -> str | None:
        """The id of the last item; None in an empty conversation."""
        return self._items[-1].body["id"] if self._items else None

    @property
    def has_spoken(self) -> bool:
        """Whether the assistant has spoken, which fixes its voice."""
        return any(stored.is_spoken_answer and stored.audio for stored in self._items)

    def find(self, item_id: Any, action: str) -> Stored:
        """Return an item for `truncate`, `delete` or `retrieve`.

        Raises:
            Refusal: If there is none of that id.
        """
        found = self._get(item_id)
        if found is None:
            raise errors.unknown_item(str(item_id), action)
        return found

    def add(self, stored: Stored, after: str | None = None) -> str | None:
        """Put an item at the end, at the front (`root`) or after another; return the id before it."""
        at = len(self._items)
        if after == "root":
            at = 0
        elif after is not None:
            at = self._place(after) + 1
        self._items.insert(at, stored)
        before: str | None = self._items[at - 1].body["id"] if at else None
        return before

    def check_new(self, item: Mapping[str, Any], after: Any) -> None:
        """Refuse an item whose id is taken, whose place is unknown, or whose call was never made.

        Raises:
            Refusal: For the first of these.
        """
        if item.get("id") and self._get(item["id"]) is not None:
            raise errors.Refusal(f"An item with the id '{item['id']}' exists already.", "invalid_value", "item.id")
        if after is not None and after != "root" and self._get(after) is None:
            message = f"The item with id '{after}' does not exist: the new item cannot stand after it."
            raise errors.Refusal(message, "invalid_value", "previous_item_id")
        if item["type"] == "function_call_output" and not self._has_call(item["call_id"]):
            raise errors.unknown_call(item["call_id"])

    def check_references(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Refuse an input of a response's own that refers to an item which is not there.

        Raises:
            Refusal: For the first such item.
        """
        for index, item in enumerate(items):
            if item["type"] == "item_reference" and self._get(item["id"]) is None:
                message = f"Item with id '{item['id']}' not found."
                raise errors.Refusal(message, "invalid_value", f"response.input[{index}].id")

    def remove(self, stored: Stored) -> None:
        """Take an item out."""
        self._items.remove(stored)

    def _get(self, item_id: Any) -> Stored | None:
        return next((stored for stored in self._items if stored.body["id"] == item_id), None)

    def _place(self, item_id: str) -> int:
        return next(at for at, stored in enumerate(self._items) if stored.body["id"] == item_id)

    def _has_call(self, call_id: str) -> bool:
        return any(s.body["type"] == "function_call" and s.body.get("call_id") == call_id for s in self._items)


def truncate(stored: Stored, content_index: int, audio_end_ms: int) -> None:
    """Cut the assistant's audio, and its words with it: the server keeps no shortened text.

    Raises:
        Refusal: If the item has no such audio.
    """
    if not stored.is_spoken_answer or content_index != 0:
        raise errors.only_audio_truncates()
    if audio_end_ms > stored.audio_ms:
        raise errors.already_shorter(stored.audio_ms, audio_end_ms)
    del stored.audio[round(audio_end_ms * stored.format.bytes_per_ms) // 2 * 2 :]
    stored.body["content"][0]["transcript"] = None


def retrieved(stored: Stored) -> dict[str, Any]:
    """Return the item with its audio, as a retrieve shows it."""
    body = shown(stored.body)
    for part in body.get("content", []):
        if part["type"] in {"input_audio", "output_audio"}:
            part["audio"] = b64encode(stored.audio).decode()
    return body
