"""A client that means the same as a recorded one and does it otherwise: other pieces of audio, other ids, in haste.

It says what the recorded client said when the server has said what that client had heard by then. The microphone is on
all the time where voice detection listens; where it does not, it keeps its place among the other messages.
"""

from __future__ import annotations

import copy
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from realtime_inspector.protocol.event import dig
from realtime_inspector.protocol.realtime.audio import BYTES_PER_MS, PCM, AudioFormat
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.script import Script
from tests.replay.helpers import Live

APPEND = "input_audio_buffer.append"
PIECES_MS = (10, 20, 100, 500)
_VOICE = frozenset({"input_audio_buffer.commit", "input_audio_buffer.clear"})
_LONGEST_S = 120.0


@dataclass(slots=True)
class Said:
    """One message of the recorded client, audio left out; or a stretch of its audio."""

    body: dict[str, Any]
    audio: bytearray = field(default_factory=bytearray)
    heard: frozenset[int] = frozenset()
    """The steps that had come before it, but for those that may stay away."""

    @property
    def is_voice(self) -> bool:
        """Whether it belongs to the microphone."""
        return bool(self.audio) or self.body.get("type") in _VOICE


def said(script: Script, entries: Sequence[Entry]) -> list[Said]:
    """Return what a recorded client said, in order, its audio in one piece between two other messages."""
    step_at = {step.event.n: step for step in script.steps}
    heard: set[int] = set()
    found: list[Said] = []
    for entry in entries:
        if entry.n in step_at and not step_at[entry.n].optional:
            heard.add(step_at[entry.n].index)
        if entry.side is not Side.CLIENT or entry.kind is not Kind.MESSAGE:
            continue
        body = orjson.loads(entry.payload)
        if body["type"] != APPEND:
            found.append(Said(body, heard=frozenset(heard)))
            continue
        if not found or not found[-1].audio:
            found.append(Said({}, heard=frozenset(heard)))
        found[-1].audio += b64decode(body["audio"])
    return found


def hasty(script: Script, messages: Sequence[Said]) -> list[Said]:
    """Return the same messages of a client that waits for nothing but what it names, and for the end of an answer."""
    return [replace(one, heard=frozenset(_indispensable(script, one))) for one in messages]


def _indispensable(script: Script, one: Said) -> Iterator[int]:
    named = {one.body.get("item_id"), (one.body.get("item") or {}).get("call_id"), one.body.get("previous_item_id")}
    named |= {(one.body.get("item") or {}).get("approval_request_id")}
    heard = [script.steps[index] for index in sorted(one.heard)]
    lanes = {step.lane for step in heard if any(f'"{name}"'.encode() in step.event.entry.payload for name in named)}
    lanes |= {step.lane for step in heard[-1:] if one.body.get("type") == "response.cancel"}
    for step in heard:
        ends = step.type in {"response.done", "input_audio_buffer.committed"}
        if step.lane in lanes or (ends and one.body.get("type") == "response.create"):
            yield step.index


def appends(audio: bytes | bytearray, piece_ms: int, form: str = PCM) -> Iterator[dict[str, Any]]:
    """Yield audio in pieces of a length."""
    size = piece_ms * int(BYTES_PER_MS[form])
    for start in range(0, len(audio), size):
        yield {"type": APPEND, "audio": b64encode(audio[start : start + size]).decode()}


@dataclass
class Actor:
    """Plays a recorded client against its recording."""

    script: Script
    said: Sequence[Said]
    options: Options = field(default_factory=Options)
    piece_ms: int = 20
    is_listened_to: bool = False
    """The microphone is a lane of its own."""
    turn: Callable[[], bool] = lambda: True
    """Whether the microphone goes on now, if it could, or something is said before; drawn."""
    before: Callable[[Live], Sequence[Mapping[str, Any]]] = lambda live: ()
    """What is said between two messages of the recorded client; drawn."""

    def __post_init__(self) -> None:
        self.live = Live(self.script, self.options)
        self._form = form_of(self.said)
        words = [one for one in self.said if not (self.is_listened_to and one.is_voice)]
        voice = [one for one in self.said if self.is_listened_to and one.is_voice]
        self._words = deque(words)
        self._all = len(words)
        self._voice: deque[dict[str, Any]] = deque(m for one in voice for m in self._messages(one))

    def play(self) -> Live:
        """Say everything; end early where the server hangs up, or does not say what has to be heard before."""
        while (self._words or self._voice) and self.live.closed is None:
            may_speak = bool(self._voice) and self._is_understood
            speaks = may_speak and (not self._words or not self._is_due or self.turn())
            if speaks:
                self.live.send(self._voice.popleft())
            elif self._is_due:
                self._say(self._words.popleft())
            elif self.live.until is not None and self.live.now < _LONGEST_S:
                self.live.wait(max(0.01, self.live.until - self.live.now))
            else:
                break
        while self.live.closed is None and self.live.until is not None and self.live.now < _LONGEST_S:
            self.live.wait(max(0.01, self.live.until - self.live.now))
        return self.live

    @property
    def is_done(self) -> bool:
        """Whether everything was said."""
        return not self._words and not self._voice

    @property
    def waiting(self) -> str:
        """What was not said, for people."""
        missing = self._words[0].heard & self._unsent if self._words else ()
        return (
            f"{self._words[0].body if self._words else ''} waits for {[self.script.steps[i] for i in sorted(missing)]}"
        )

    @property
    def _unsent(self) -> set[int]:
        return {step.index for step in self.live.player.never_asked_for}

    @property
    def _is_due(self) -> bool:
        return bool(self._words) and not self._words[0].heard & self._unsent

    @property
    def _is_understood(self) -> bool:
        """Whether the server knows in which format; it takes the audio for PCM until it is told otherwise."""
        return self._form == PCM or len(self._words) < self._all

    def _say(self, one: Said) -> None:
        for message in self._messages(one):
            if message["type"] != APPEND:
                self.live.send(*map(dict, self.before(self.live)))
            self.live.send(message)

    def _messages(self, one: Said) -> Iterator[dict[str, Any]]:
        if one.audio:
            yield from appends(one.audio, self.piece_ms, self._form)
        else:
            yield one.body


def form_of(messages: Sequence[Said]) -> str:
    """Return the format in which a client speaks."""
    for one in messages:
        for path in ("session.audio.input.format", "session.input_audio_format"):
            if (form := AudioFormat.read(dig(one.body, path))) is not None:
                return form.name
    return PCM


# other ids


def renamed(messages: Sequence[Said], new: Callable[[], str]) -> list[Said]:
    """Return the same with all ids anew that the client made; `new` makes one."""
    names: dict[str, str] = {}
    return [Said(_renamed(copy.deepcopy(one.body), names, new), one.audio, one.heard) for one in messages]


def own_ids(messages: Sequence[Said]) -> set[str]:
    """Return the ids that the client made for items and events."""
    found = set()
    for one in messages:
        found |= {item["id"] for item in _made(one.body)}
        found |= {one.body["event_id"]} if "event_id" in one.body else set()
    return found


def _made(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = [body.get("item"), *((body.get("response") or {}).get("input") or ())]
    return [item for item in items if isinstance(item, dict) and "id" in item and item["type"] != "item_reference"]


def _renamed(body: dict[str, Any], names: dict[str, str], new: Callable[[], str]) -> dict[str, Any]:
    for item in _made(body):
        names.setdefault(item["id"], new())
        item["id"] = names[item["id"]]
    for item in (body.get("response") or {}).get("input") or ():
        if item.get("type") == "item_reference":
            item["id"] = names.get(item["id"], item["id"])
    for name in ("item_id", "previous_item_id"):
        if name in body:
            body[name] = names.get(body[name], body[name])
    if body.get("type"):
        body["event_id"] = new()
    metadata = (body.get("response") or {}).get("metadata") or {}
    if "client_event_id" in metadata:
        metadata["client_event_id"] = f"rc_{new()[-12:]}"
    return body
