"""Pieces of a stream taken in one after another where they stand, without an event for each.

The first piece of a stream is applied to the session like any event. What it changed is known then, and is all that the
next pieces change: the sum of the audio, the words of an item. Each class here does for them what `changes/` does for
an event; what all events change (the clock, the counters) is counted by whoever finds the pieces. Pieces that come
where none should, after the end of their response or as the first behind a commit, are not taken in: they are events.
"""

from __future__ import annotations

import math
from typing import Protocol

import orjson

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.protocol.realtime.changes import waiting
from realtime_inspector.protocol.realtime.conversation import At, Item, Pending, Response, Words
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import index, text

_APPEND = "input_audio_buffer.append"
_SOUND = "response.output_audio.delta"
_ARGUMENTS = "response.function_call_arguments.delta"
_TEXT = "response.output_text.delta"
_TRANSCRIPT = "response.output_audio_transcript.delta"
_TRANSCRIPTION = "conversation.item.input_audio_transcription.delta"

STREAMS = frozenset({_APPEND, _SOUND, _ARGUMENTS, _TEXT, _TRANSCRIPT, _TRANSCRIPTION})
"""The types whose pieces can be taken in so, as GA names them."""

_NO_BAND = (-math.inf, math.inf)
_PADDING = 0x3D
_FILE = b"UklGR"
"""How the base64 of a WAV file begins: it is no piece like the others."""


class Pieces(Protocol):
    """Takes in the pieces of one stream."""

    def bound(self, *, even: bool, lead_ms: tuple[float, float], late_ms: float, without: tuple[bytes, ...]) -> None:
        """Set within which bounds a piece is to be taken in, and take in that the session has changed.

        Args:
            even: It has an even number of bytes of audio.
            lead_ms: How far the user's audio, the piece included, is ahead of the recording's clock.
            late_ms: For so long at most the player has had nothing to play.
            without: What its text does not hold.
        """

    def take(self, buffer: bytearray, begin: int, end: int, n: int, t: float) -> bool:
        """Take in the piece whose string stands in the buffer, of entry `n` at `t`; False if it is out of bounds."""

    def settle(self, n: int, t: float) -> None:
        """Take in where the last of some pieces was, before anybody looks at the session."""


class Appends:
    """The user's audio; `given` is how much each piece has, where the recording leaves it out."""

    def __init__(self, state: State, event: Event, given: int | None = None) -> None:
        self._state, self._event = state, event
        self._audio = state.input_audio
        self._given = given

    def bound(self, *, even: bool, lead_ms: tuple[float, float], late_ms: float, without: tuple[bytes, ...]) -> None:
        """Set the bounds."""
        audio = self._audio
        self._even = even or audio.format.name == PCM  # odd ones are counted, which is not done here
        self._per_ms = audio.format.bytes_per_ms
        self._least_ms, self._most_ms = lead_ms
        self._remember = audio.recent.append

    def take(self, buffer: bytearray, begin: int, end: int, n: int, t: float) -> bool:
        """Take in one piece."""
        if self._given is None:
            if buffer.startswith(_FILE, begin) or buffer.find(92, begin, end) >= 0:
                return False
            size = (end - begin) * 3 // 4
            if buffer[end - 1] == _PADDING:
                size = unpadded(buffer, begin, end)
        else:
            size = self._given
        audio = self._audio
        before_ms = audio.total_ms
        total_ms = before_ms + size / self._per_ms
        if (
            not self._least_ms <= total_ms - 1000 * t <= self._most_ms
            or (size & 1 and self._even)
            or before_ms <= audio.emptied_ms
        ):
            return False
        audio.total_bytes += size
        audio.total_ms = total_ms
        audio.appends += 1
        self._remember((total_ms, t))
        return True

    def settle(self, n: int, t: float) -> None:
        """Take in when it came."""
        self._audio.last_append_t = t

    def name(self, event_id: str, n: int, t: float) -> None:
        """Take in the id of a piece."""
        if event_id:
            body = {**self._event.body, "event_id": event_id}
            waiting.remember(self._state, event_id, Pending(At(n, t), self._event.type, event_id, body))


class Sounds:
    """The assistant's audio, of one item."""

    def __init__(self, state: State, response: Response, item: Item, given: int | None = None) -> None:
        self._state = state
        self._response = response
        self._item = item
        self._playback = state.playback[item.id]
        self._given = given

    def bound(self, *, even: bool, lead_ms: tuple[float, float], late_ms: float, without: tuple[bytes, ...]) -> None:
        """Set the bounds."""
        self._per_ms = (self._response.audio_format or self._state.output_format).bytes_per_ms
        self._even = even
        self._late_ms = late_ms

    def take(self, buffer: bytearray, begin: int, end: int, n: int, t: float) -> bool:
        """Take in one piece."""
        if self._given is not None:
            size = self._given
        elif buffer.find(92, begin, end) >= 0:
            return False
        else:
            size = unpadded(buffer, begin, end)
        response, item, playback = self._response, self._item, self._playback
        late_ms = playback.late_ms(t)
        if late_ms > self._late_ms or (size & 1 and self._even) or response.done is not None:
            return False
        duration_ms = size / self._per_ms
        item.audio_bytes += size
        item.audio_ms += duration_ms
        response.audio_ms += duration_ms
        if response.cancel is not None:
            response.after_cancel_ms += duration_ms
        playback.grow(duration_ms, t)
        return True

    def settle(self, n: int, t: float) -> None:
        """Take in when it came."""
        self._response.last_delta = self._response.last_audio = At(n, t)


class Said:
    """What the assistant says or writes, the arguments it makes, or the user's transcription; of one item."""

    def __init__(self, words: Words, part: int, response: Response | None) -> None:
        self._words = words
        self._part = part
        self._response = response

    def bound(self, *, even: bool, lead_ms: tuple[float, float], late_ms: float, without: tuple[bytes, ...]) -> None:
        """Set the bounds."""
        self._without = without

    def take(self, buffer: bytearray, begin: int, end: int, n: int, t: float) -> bool:
        """Take in one piece."""
        for sign in self._without:
            if buffer.find(sign, begin, end) >= 0:
                return False
        try:
            said = orjson.loads(buffer[begin - 1 : end + 1])
        except orjson.JSONDecodeError:
            return False
        if self._response is not None and self._response.done is not None:
            return False
        self._words.add(self._part, said)
        return True

    def settle(self, n: int, t: float) -> None:
        """Take in when it came."""
        if self._response is not None:
            self._response.last_delta = At(n, t)


def pieces(state: State, event: Event, given: int | None = None) -> Pieces | None:
    """Return what takes in the pieces behind the one of an event that was applied; None if there is no such thing.

    Args:
        state: The session.
        event: The event; it was applied.
        given: How much audio each piece has, where the recording leaves it out.
    """
    kind, body = ga_name(event.type), event.body
    if event.from_client:
        return Appends(state, event, given) if kind == _APPEND else None
    item = state.items.get(text(body.get("item_id")))
    if not event.from_server or kind not in STREAMS or item is None or not isinstance(body.get("delta"), str):
        return None
    if kind == _TRANSCRIPTION:
        return Said(item.spoken, 0, None)
    response = state.responses.get(text(body.get("response_id")))
    if response is None or not item.response_id or response.first_output is None:
        return None
    if kind == _SOUND:
        known = item.id in state.playback and response.first_audio is not None
        return Sounds(state, response, item, given) if known else None
    if kind == _ARGUMENTS:
        return Said(item.argued, 0, response)
    return Said(item.written if kind == _TEXT else item.spoken, index(body.get("content_index")), response)


def unpadded(buffer: bytearray, begin: int, end: int) -> int:
    """Return how many bytes base64 stands for, by its length and padding."""
    size = (end - begin) * 3 // 4
    if end > begin and buffer[end - 1] == _PADDING:
        size -= 2 if end - begin > 1 and buffer[end - 2] == _PADDING else 1
    return max(0, size)
