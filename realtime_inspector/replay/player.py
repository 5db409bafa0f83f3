"""The player: plays a script against a live client. Messages in, actions out; no socket, no clock.

The caller passes the time in, in seconds on any clock that does not go back, and carries the actions out in order:

    actions = player.open(now)                  the handshake is done
    actions = player.receive(payload, now)      a message has come
    actions = player.advance(now)               the time of the last Wait has come
    player.left(now)                            the client has gone

What happened is folded into `player.session` all the while, with the live ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import orjson

from realtime_inspector.protocol.event import APPENDS, Event, read
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay import answers
from realtime_inspector.replay.causes import OPTIONAL
from realtime_inspector.replay.errors import Refusal, append_refusal, refusal
from realtime_inspector.replay.happened import Happened
from realtime_inspector.replay.ids import IdMap
from realtime_inspector.replay.judge import Judge
from realtime_inspector.replay.lanes import CLOSE
from realtime_inspector.replay.matching import Policy
from realtime_inspector.replay.mismatch import Mismatch, Why
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.schedule import Schedule, lacks_audio
from realtime_inspector.replay.script import Expected, Script, Step

MISMATCH_CODE = 4900
"""Close code after a mismatch. 1000 and 1001 end some clients quietly, and 1011 makes others come back."""

HARMLESS_REFUSALS = frozenset(
    {
        "item_retrieve_invalid_item_id",
        "item_truncate_invalid_item_id",
        "response_cancel_not_active",
        "unsupported_content_type",
    }
)
"""Errors that a client meets when its cancel or truncate crosses the end of what it is about."""

_TOGETHER_S = 0.001
"""What is due within so short a time goes out at once: a server speaks in bursts, and a loop cannot wait for less."""
_LOST = 1006
"""What a WebSocket library says where no close frame came."""
_MAX_REASON_BYTES = 120


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message, now."""

    payload: bytes
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing more until then, unless a message comes: call `advance` at that time."""

    until: float


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket. A code of None is an empty close frame."""

    code: int | None
    reason: str = ""
    abort: bool = False
    """End the TCP connection with a reset and without a close frame."""


@dataclass(frozen=True, slots=True)
class Report:
    """The client did what the recording does not have."""

    mismatch: Mismatch


Action = Send | Wait | Close | Report


class Player:
    """Plays one script once."""

    def __init__(
        self, script: Script, options: Options | None = None, observe: Callable[[Event], object] | None = None
    ) -> None:
        """Prepare a script.

        Args:
            script: What to play.
            options: How.
            observe: Gets every event of the live connection, both sides, as it happens.
        """
        self.script = script
        self.options = options or Options()
        self._happened = Happened(observe)
        self.mismatches: list[Mismatch] = []
        self.matched: dict[int, int] = {}
        """Index of a recorded client event → the place of the live one that stands for it."""
        self.extras: list[str] = []
        """Types of harmless events that the recording has not."""
        self.instead: dict[int, Mismatch] = {}
        """Index of a recorded event → the harmless one that comes nearest to it; of interest where it never came."""
        self.faults: list[str] = []
        """What was done to the connection on purpose."""
        self.over = False
        """Closed, by whichever side, or given up after a mismatch."""
        self._ids = IdMap()
        self._schedule = Schedule(_paced(script) if self._unmatched else script.steps, self.options.speed)
        self._judge = Judge(script, self.options, self._ids, self.matched)
        self._lanes: dict[str, list[Step]] = {}
        for step in script.steps:
            self._lanes.setdefault(step.lane, []).append(step)
        self._actions: list[Action] = []
        self._numbers = count(1)
        self._made = count(1)
        self._place = self._came = 0
        self._start = 0.0
        self._blocked_since: float | None = None
        self._bad_audio = False

    @property
    def session(self) -> Session:
        """What has happened, both sides, with the live ids."""
        return self._happened.session

    @property
    def _unmatched(self) -> bool:
        return self.options.match is Policy.NONE

    @property
    def never_came(self) -> list[Expected]:
        """The recorded client events for which no live one came."""
        if self._unmatched:
            return []
        return [expected for expected in self.script.expected if expected.index not in self.matched]

    @property
    def never_asked_for(self) -> list[Step]:
        """The recorded server events that were not sent."""
        return self._schedule.unsent

    @property
    def happened(self) -> int:
        """How much has happened so far, as a number that only grows."""
        return self._came + len(self._schedule.sent)

    @property
    def rests(self) -> bool:
        """Whether nothing is due: it is the client's turn."""
        return not self.over and self._schedule.next_due is None

    @property
    def unheard(self) -> Step | None:
        """The first recorded server event for which too little audio has come."""
        came_ms = self.session.input_audio.total_ms
        return next((step for step in self._schedule.unsent if lacks_audio(step, came_ms)), None)

    # what the caller says

    def open(self, now: float, request: Entry | None = None) -> list[Action]:
        """Begin: the handshake is done."""
        self._start = now
        if request is not None:
            self._note(replace(request, n=next(self._numbers), t=0.0))
            self._note(self._entry(Side.SERVER, Kind.RESPONSE, now, members={"status": 101, "headers": []}))
        self._schedule.start(now)
        return self._flush(now)

    def receive(self, payload: bytes, now: float, *, binary: bool = False) -> list[Action]:
        """Take a message of the client in."""
        if self.over:
            return []
        self._came += 1
        event = read(self._entry(Side.CLIENT, Kind.MESSAGE, now, payload=payload, binary=binary))
        if event.type in APPENDS:
            self._append(event, now)
        elif self._unmatched:
            self._note(event.entry)
        else:
            self._place += 1
            self._client_event(event, now)
        return self._flush(now)

    def advance(self, now: float) -> list[Action]:
        """Let time pass."""
        return [] if self.over else self._flush(now)

    def left(self, now: float, code: int | None = None, reason: str = "", *, by: Side = Side.CLIENT) -> None:
        """The client closed, or its connection was lost; or a fault did that, in whose case it is `by` the proxy."""
        if not self.over:
            if by is Side.CLIENT and (stuck := self._stuck()) is not None:
                self.mismatches.append(stuck)
            self.over = True
            if code != _LOST:
                self._note(self._entry(by, Kind.CLOSE, now, members={"code": code, "reason": reason}))
            self._end(now, "reset" if code == _LOST else "closed", by=str(by))

    def note(self, text: str, now: float) -> None:
        """Something was done to the connection by this tool."""
        self.faults.append(text)
        if not self.over:
            self._note(self._entry(Side.PROXY, Kind.NOTE, now, members={"text": text}))

    # client events

    def _append(self, event: Event, now: float) -> None:
        refused = None if self._unmatched else self._append_refusal(event)
        if refused is None:
            self._note(event.entry)
            self._blocked_since = None  # who speaks is not stuck
            self._schedule.audio_came(self.session.input_audio.total_ms, now)
            return
        if not self._bad_audio:  # one report is enough for a stream of it
            self._refuse(event, refused, now)
        self._bad_audio = True

    def _append_refusal(self, event: Event) -> Refusal | None:
        if self.script.streamed:
            return append_refusal(event, self.script.client_types)
        return refusal(event, self.session)

    def _client_event(self, event: Event, now: float) -> None:
        refused = None if self.script.streamed else refusal(event, self.session, dialect=self.script.dialect)
        found = self._judge.find(event, refused=refused is not None)
        if found is not None and refused is not None and not found.refused and found.despite != refused.code:
            found = None
        elif found is not None:
            refused = None
        if found is not None:
            self._match(found, event, now)
        elif refused is not None:
            self._refuse(event, refused, now)
        elif self.options.match is Policy.STRICT or not self._harmless(event, now):
            self._note(event.entry)
            self._mismatch(self._judge.explain(event, self._place), now)

    def _match(self, expected: Expected, event: Event, now: float) -> None:
        self._note(event.entry)
        missing = [n for n in expected.needs if n not in self.matched]
        if missing and not expected.refused:
            nearest = self.script.expected[missing[0]]
            self._mismatch(self._judge.about(Why.EARLY, event, self._place, nearest=nearest), now)
            return
        if expected.speech is not None and expected.speech not in self._schedule.sent:
            unheard = self.script.steps[expected.speech]
            self._mismatch(self._judge.about(Why.EARLY, event, self._place, nearest=unheard), now)
            return
        self.matched[expected.index] = self._place
        self._ids.learn(expected, event)
        self._schedule.client_came(expected.index, now)

    def _refuse(self, event: Event, refused: Refusal, now: float) -> None:
        """Answer as the API does; only a client that crossed the server by accident is not blamed for it."""
        self._note(event.entry)
        self._send_body(refused.event(self._new_id(), text(event.body.get("event_id")) or None), now)
        if refused.code in HARMLESS_REFUSALS and event.type in OPTIONAL and self.options.match is not Policy.STRICT:
            self._extra(event)
            return
        found = self._judge.refused(event, self._place, refused)
        self.mismatches.append(found)
        self._actions.append(Report(found))

    def _harmless(self, event: Event, now: float) -> bool:
        """Answer an event that the recording has not, if it is a harmless one."""
        if event.type == "response.cancel":
            bodies = list(self._cancel(event, now))
        else:
            body = answers.answer(event, self.session, self._new_id())
            if body is None:
                return False
            bodies = [body]
        self._extra(event)
        self._note(event.entry)
        for body in bodies:
            self._send_body(body, now)
        return True

    def _extra(self, event: Event) -> None:
        """Count a harmless event, and keep what it was nearest to: perhaps it is that one, told wrongly."""
        self.extras.append(event.type)
        for found in self._judge.beside(event, self._place):
            assert found.nearest is not None  # noqa: S101 - it is beside that
            known = self.instead.get(found.nearest.index)
            if known is None or len(found.differences) < len(known.differences):
                self.instead[found.nearest.index] = found

    def _cancel(self, event: Event, now: float) -> Iterator[dict[str, Any]]:
        """End a response before its time: what the recording still has of it is dropped."""
        active = self.session.active_response
        response_id = text(event.body.get("response_id")) or (active.id if active is not None else "")
        lane = self._lanes.get(f"response:{response_id}", [])
        rest = [step for step in lane if step.index not in self._schedule.sent]
        done = next((step for step in rest if step.type == "response.done"), None)
        if done is not None:
            yield from answers.cancelled(orjson.loads(self._ids.payload(done)), self.session, self._new_id())
        for step in rest:
            self._schedule.drop(step.index, now)

    # mismatches

    def _mismatch(self, found: Mismatch, now: float) -> None:
        self.mismatches.append(found)
        self._actions.append(Report(found))
        error = {
            "type": "invalid_request_error",
            "code": "replay_mismatch",
            "message": found.message,
            "param": found.differences[0].path if found.differences else None,
            "event_id": text((found.body or {}).get("event_id")) or None,
        }
        self._send_body({"type": "error", "event_id": self._new_id(), "error": error}, now)
        self._close(MISMATCH_CODE, "the recording was not met: see the report of the replay", now)

    def _check_patience(self, now: float) -> float | None:
        """Give up on a client whose answer hangs on what does not come; return until when to wait."""
        stuck = self._stuck()
        if stuck is None:
            self._blocked_since = None
            return None
        if self._blocked_since is None:
            self._blocked_since = now
        deadline = self._blocked_since + self.options.patience_s
        if now < deadline:
            return deadline
        self._mismatch(stuck, now)
        return None

    def _stuck(self) -> Mismatch | None:
        """Return what was left out, where an answer rests on it that the client has asked for."""
        if self._unmatched or not self._schedule.asked:
            return None
        missing = [(i, step) for step in self._schedule.asked for i in self._schedule.waits_for(step)]
        if missing:
            first, waiting = min(missing)
            nearest, waits = self.script.expected[first], self._waits(waiting)
            return Mismatch(Why.NEVER_CAME, self.script.name, "", nearest=nearest, detail=waits)
        came_ms = self.session.input_audio.total_ms
        for index in sorted(self._schedule.asked):
            if (short := self._schedule.audio_for(index, came_ms)) is not None:
                return self._judge.short_of(short, came_ms, self._waits(index))
        return None

    def _waits(self, index: int) -> str:
        return f"the {self.script.steps[index]} waits for it"

    # going out

    def _flush(self, now: float) -> list[Action]:
        if not self.over:
            for step in self._schedule.take(now + _TOGETHER_S):
                self._send_step(step, now)
                if self.over:
                    break
        actions, self._actions = self._actions, []
        if self.over:
            return actions
        until = self._schedule.next_due
        if until is None:
            until = self._check_patience(now)
            actions += self._actions  # it may have run out
            self._actions = []
        else:  # the client may wait for that
            self._blocked_since = None
        if until is not None:
            actions.append(Wait(until))
        return actions

    def _send_step(self, step: Step, now: float) -> None:
        entry = step.event.entry
        if step.lane == CLOSE:
            self._close(entry.members.get("code"), str(entry.members.get("reason") or ""), now, entry.kind)
            return
        payload = self._ids.payload(step)
        if payload is not entry.payload:
            self._send(payload, now, binary=entry.binary)
            return
        self._happened.sent(step, next(self._numbers), now - self._start)
        self._actions.append(Send(payload, entry.binary))

    def _send_body(self, body: dict[str, Any], now: float) -> None:
        self._send(orjson.dumps(body), now)

    def _send(self, payload: bytes, now: float, *, binary: bool = False) -> None:
        self._note(self._entry(Side.SERVER, Kind.MESSAGE, now, payload=payload, binary=binary))
        self._actions.append(Send(payload, binary))

    def _close(self, code: int | None, reason: str, now: float, kind: Kind = Kind.CLOSE) -> None:
        self.over = True
        reason = reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
        if kind is Kind.CLOSE:
            self._note(self._entry(Side.SERVER, kind, now, members={"code": code, "reason": reason}))
        self._end(now, "closed" if kind is Kind.CLOSE else "reset", by="server")
        self._actions.append(Close(code, reason, abort=kind is Kind.END))

    def _end(self, now: float, how: str, *, by: str) -> None:
        self._note(self._entry(Side.PROXY, Kind.END, now, members={"how": how, "by": by}))

    def _entry(self, side: Side, kind: Kind, now: float, **members: Any) -> Entry:
        return Entry(next(self._numbers), now - self._start, side, kind, **members)

    def _note(self, entry: Entry) -> None:
        self._happened.take(read(entry))

    def _new_id(self) -> str:
        return f"event_replay_{next(self._made)}"


def _paced(script: Script) -> tuple[Step, ...]:
    """Return the steps one after the other, as they were in time, whatever the client does."""
    times = [0.0, *(step.event.t for step in script.steps)]
    return tuple(
        replace(
            step,
            after=(step.index - 1,) if step.index else (),
            causes=(),
            gate_ms=None,
            delay_s=step.event.t - times[step.index],
        )
        for step in script.steps
    )
