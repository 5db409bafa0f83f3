"""The driver: plays the client of a recording against a live server. Messages in, actions out; no socket, no clock.

The caller passes the time in, in seconds on any clock that does not go back, and carries the actions out in order:

    driver.begin(now)                           before the handshake
    actions = driver.open(now, request, …)      the handshake is done
    actions = driver.receive(payload, now)      a message has come
    actions = driver.advance(now)               the time of the last Wait has come
    driver.left(now)                            the server has gone

Each message goes out when what it waited for has happened here too, however long that takes, up to the patience given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import orjson

from realtime_inspector.protocol.event import APPENDS, Event, read
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay import silence
from realtime_inspector.replay.cues import VOICE, Amount, Cue, Plan
from realtime_inspector.replay.landmarks import Key, Landmarks
from realtime_inspector.replay.player import Action, Close, Send, Wait
from realtime_inspector.replay.substitution import adapt

NORMAL = 1000
_END = -1
"""Stands for the end among the messages that wait."""
_CHUNK_MS = 40.0
_CHUNKS_MS = (10.0, 200.0)
_ALMOST_MS = 1.0
"""An answer may be this much shorter than the amount that an interruption waits for."""
_LATE_S = 0.5
"""Who was held up for longer does not catch up: time goes on from now."""


@dataclass(frozen=True, slots=True)
class Drive:
    """How to drive."""

    speed: float = 1.0
    """How much faster than recorded; infinite for as fast as the causes allow."""
    patience_s: float = 30.0
    """How long something may keep a message waiting while the server says nothing."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A message that was not sent."""

    cue: Cue
    why: Key | None
    """What it names, that the server never made; None where the connection ended before it."""


class Driver:
    """Drives one connection. Its times are seconds since `begin`."""

    def __init__(
        self, plan: Plan, options: Drive | None = None, observe: Callable[[Entry], object] | None = None
    ) -> None:
        """Prepare a plan.

        Args:
            plan: What to do.
            options: How.
            observe: Gets every entry of the live connection, both sides, as it happens.
        """
        self.plan = plan
        self.options = options or Drive()
        self.live = Landmarks()
        self.recorded = plan.recorded or Landmarks()
        self.sent: dict[int, float] = {}
        """Messages by index, and when they went out, or were due."""
        self.skipped: list[Skipped] = []
        self.given_up: dict[Key, Cue | None] = {}
        """Landmarks that did not come, and the first message that waited for each; None for the end."""
        self.clipped: list[tuple[Cue, float, float]] = []
        """Truncates that name less than they did, for there was less to hear."""
        self.silence_ms = 0.0
        """Silence that was sent so that voice detection noticed the end of an utterance."""
        self.ended = ""
        """Who ended the connection: `client` or `server`; empty while it lasts."""
        self.now = 0.0
        """When something happened last."""
        self._observe = observe
        self._actions: list[Action] = []
        self._lanes = plan.lanes
        self._heads = [0, 0]
        self._amounts: dict[int, float] = {}
        """Messages whose amount of audio has come, and when that was noticed."""
        self._blocked: dict[int, float] = {}
        """Messages that wait for something to happen, and since when."""
        self._gone: set[int] = set()
        self._numbers = count(1)
        self._start = self._opened = self._heard = self._voiced = 0.0
        self._chunk_ms = _CHUNK_MS
        self._timers: list[float] = []

    @property
    def over(self) -> bool:
        """Whether the connection has ended."""
        return bool(self.ended)

    @property
    def is_through(self) -> bool:
        """Whether there is nothing left to send."""
        return all(head == len(lane) for head, lane in zip(self._heads, self._lanes, strict=True))

    # what the caller says

    def begin(self, now: float) -> None:
        """Let the time begin: the connection is about to be opened."""
        self._start = now

    def open(self, now: float, request: Entry, response: Entry) -> list[Action]:
        """Begin to play: the handshake is done. The entries' numbers and times do not matter."""
        self._opened = self._heard = self._voiced = now - self._start
        self._note(replace(request, n=next(self._numbers), t=0.0))
        self._note(replace(response, n=next(self._numbers), t=self._opened))
        return self._flush(now)

    def receive(self, payload: bytes, now: float, *, binary: bool = False) -> list[Action]:
        """Take a message of the server in."""
        if self.over:
            return []
        self._heard = now - self._start
        self.live.server(self._note(self._entry(Side.SERVER, Kind.MESSAGE, payload=payload, binary=binary)))
        return self._flush(now)

    def advance(self, now: float) -> list[Action]:
        """Let time pass."""
        return [] if self.over else self._flush(now)

    def left(self, now: float, code: int | None = None, reason: str = "", *, reset: bool = False) -> None:
        """The server closed, or the connection was lost."""
        self._heard = now - self._start
        if not self.over:
            self.ended = "server"
            self.now = self._heard
            if not reset:
                self._note(self._entry(Side.SERVER, Kind.CLOSE, members={"code": code, "reason": reason}))
            self._end("reset" if reset else "closed")

    def stop(self, now: float) -> list[Action]:
        """Hang up before everything has happened."""
        self._actions = []
        if not self.over:
            self.now = now - self._start
            self._close(NORMAL, "")
        return self._actions

    # what is due

    def _flush(self, now: float) -> list[Action]:
        self.now = t = now - self._start
        self._actions, self._timers = [], []
        while not self.over and any(self._go(lane, t) for lane in range(len(self._lanes))):
            self._timers.clear()
        if not self.over and self.is_through:
            self._finish(t)
        if not self.over:
            self._keep_listening(t)
        wait = [] if self.over or not self._timers else [Wait(self._start + min(self._timers))]
        return [*self._actions, *wait]

    def _go(self, lane: int, t: float) -> bool:
        """Send the next message of a lane if it is due; tell whether one went."""
        if self._heads[lane] == len(self._lanes[lane]):
            return False
        cue = self.plan.cues[self._lanes[lane][self._heads[lane]]]
        if not self._gone.issuperset(cue.after) or not self._may_go(cue.index, cue.waits, cue.amount, t):
            return False
        due = self._due(cue)
        if due > t:
            self._timers.append(due)
            return False
        self._heads[lane] += 1
        self._gone.add(cue.index)
        self._send(cue, due if t - due < _LATE_S else t)
        return True

    def _may_go(self, index: int, waits: Iterable[Key], amount: Amount | None, t: float) -> bool:
        """Tell whether what a message waits for has happened, or can be waited for no longer."""
        missing = [key for key in waits if key not in self.live.times and key not in self.given_up]
        hopeless = [key for key in missing if self._cannot_come(key)]
        self._give_up(hopeless, index)
        missing = [key for key in missing if key not in self.given_up]
        if not missing and self._has_come(amount):
            self._blocked.pop(index, None)
            self._amounts.setdefault(index, t)
            return True
        until = max(self._blocked.setdefault(index, t), self._heard) + self.options.patience_s
        if t < until:
            self._timers.append(until)
            return False
        self._give_up(missing, index)
        self._amounts.setdefault(index, t)
        return True

    def _has_come(self, amount: Amount | None) -> bool:
        if amount is None or self.live.received_ms(amount.response) + _ALMOST_MS >= amount.ms:
            return True
        done = (*amount.response, "done")
        return done in self.live.times or done in self.given_up

    def _cannot_come(self, key: Key) -> bool:
        """Tell whether a landmark will not be passed any more, whatever happens."""
        unsent = {skipped.cue.index for skipped in self.skipped}
        if key[0] in {"answered", "refused"}:
            return key[1] in unsent or (key[0] == "refused" and ("answered", key[1]) in self.live.times)
        if key[0] != "response":
            return key[0] == "made" and key[1] in unsent
        if key[1] == "asked" and (key[2] in unsent or ("refused", key[2]) in self.live.times):
            return True
        return (*key[:3], "done") in self.live.times

    def _give_up(self, keys: Iterable[Key], index: int) -> None:
        waiting = self.plan.cues[index] if index != _END else None
        self.given_up.update((key, waiting) for key in keys)

    def _due(self, cue: Cue) -> float:
        times = [self.sent[before] for before in cue.after if before in self.sent]
        times += [self.live.times[key] for key in cue.waits if key in self.live.times]
        times += [self._amounts[cue.index]] if cue.amount is not None else []
        return max(times, default=self._opened) + cue.delay_s / self.options.speed

    def _finish(self, t: float) -> None:
        """Close when all that happened in the recording has happened."""
        if not self._may_go(_END, self.recorded.times, None, t):
            return
        last = max([*self.sent.values(), *self.live.times.values()], default=self._opened)
        due = last + self.plan.last_delay_s / self.options.speed
        if self.plan.closed_by_server:
            due = max(due, self._heard) + self.options.patience_s
        if due > t:
            self._timers.append(due)
            return
        said = self.plan.close.members if self.plan.close is not None else {}
        self._close(said.get("code", NORMAL), str(said.get("reason") or ""))

    def _keep_listening(self, t: float) -> None:
        """Send silence in place of a microphone that is on: somebody was heard, and the recorded audio is used up."""
        lane, head = self._lanes[0], self._heads[0]
        held = (
            head == len(lane)
            or lane[head] in self._blocked
            or not self._gone.issuperset(self.plan.cues[lane[head]].after)
        )
        if not self.plan.listens or not held or self.live.session.input_audio.active_speech is None:
            return
        due = self._voiced + self._chunk_ms / 1000
        if due <= t:
            form = self.live.session.input_audio.format
            audio = silence.base64(form, 2 * round(self._chunk_ms * form.bytes_per_ms / 2))
            self._put(orjson.dumps({"type": "input_audio_buffer.append", "audio": audio}))
            self.silence_ms += self._chunk_ms
            self._voiced = due if t - due < _LATE_S else t
            due = self._voiced + self._chunk_ms / 1000
        self._timers.append(due)

    @property
    def _voice_is_held(self) -> bool:
        """Whether no audio is left, or the next waits for more than its time."""
        lane, head = self._lanes[0], self._heads[0]
        if head == len(lane) or lane[head] in self._blocked:
            return True
        return not self._gone.issuperset(self.plan.cues[lane[head]].after)

    # going out

    def _send(self, cue: Cue, due: float) -> None:
        adapted = adapt(cue, self.recorded, self.live)
        if adapted.unknown is not None:
            self.skipped.append(Skipped(cue, adapted.unknown))
            return
        self.sent[cue.index] = due
        if adapted.clipped_ms is not None:
            self.clipped.append((cue, *adapted.clipped_ms))
        before_ms = self.live.session.input_audio.total_ms
        self._put(adapted.payload, cue)
        if cue.type in VOICE:
            took_ms = self.live.session.input_audio.total_ms - before_ms
            self._chunk_ms = min(max(took_ms, _CHUNKS_MS[0]), _CHUNKS_MS[1]) if took_ms else self._chunk_ms
            self._voiced = due

    def _put(self, payload: bytes, cue: Cue | None = None) -> None:
        binary = cue is not None and cue.event.entry.binary
        event = self._note(self._entry(Side.CLIENT, Kind.MESSAGE, payload=payload, binary=binary))
        self.live.client(event, cue.index if cue is not None and cue.type not in APPENDS else None)
        self._actions.append(Send(payload, binary))

    def _close(self, code: int | None, reason: str) -> None:
        self.ended = "client"
        self._note(self._entry(Side.CLIENT, Kind.CLOSE, members={"code": code, "reason": reason}))
        self._end("closed")
        self._actions.append(Close(code, reason))

    def _end(self, how: str) -> None:
        self._note(self._entry(Side.PROXY, Kind.END, members={"how": how, "by": self.ended}))
        self.skipped += [Skipped(cue, None) for cue in self.plan.cues if cue.index not in self._gone]

    def _entry(self, side: Side, kind: Kind, **members: Any) -> Entry:
        t = self._heard if side is Side.SERVER else self.now
        return Entry(next(self._numbers), max(t, 0.0), side, kind, **members)

    def _note(self, entry: Entry) -> Event:
        if self._observe is not None:
            self._observe(entry)
        event = read(entry)
        if entry.kind is not Kind.MESSAGE:  # messages are taken in with what they stand for
            self.live.session.apply(event)
        return event
