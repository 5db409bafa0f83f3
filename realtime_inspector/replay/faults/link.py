"""One connection with its faults: messages and the time in, what goes on out. No socket, no clock.

    link = Link(plan, number=1)
    link.open(now)
    link.server_says(payload, now)      the server has said something to the client
    link.client_says(payload, now)      the client has said something to the server
    link.advance(now)                   what is to be done by now, in order
    link.next_due                       when to ask again, if nobody says anything before

Each direction is a queue, as TCP is: what is late makes what follows it late. Chances are drawn for each fault and
direction apart, in the order of its messages, so a run with the same seed is the same run at any speed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Any

from realtime_inspector.protocol.event import Event, read
from realtime_inspector.protocol.realtime.values import mapping, text
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.faults import changes
from realtime_inspector.replay.faults.changes import Message
from realtime_inspector.replay.faults.expression import DEFAULT_CLOSE, Action, Fault
from realtime_inspector.replay.faults.profiles import Plan

REORDER_PATIENCE_S = 1.0
"""A message that waits for others to overtake it goes on after this, if none comes."""

_QUIET = frozenset({Action.JITTER, Action.THROTTLE})
"""Happens to nearly every message: nobody wants to read of each."""
_LATE = frozenset({Action.DELAY, Action.JITTER, Action.STALL})


@dataclass(frozen=True, slots=True)
class ToClient:
    """Send a message to the client."""

    message: Message


@dataclass(frozen=True, slots=True)
class ToServer:
    """Hand a message to the server."""

    message: Message


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection in the server's place."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the TCP connection."""


@dataclass(frozen=True, slots=True)
class ReadNothing:
    """Leave what the client sends in its socket until then."""

    until: float


Step = ToClient | ToServer | Close | Reset | ReadNothing


@dataclass(frozen=True, slots=True)
class Done:
    """A fault that happened."""

    fault: Fault
    to: str
    """The type of the message that it happened to; empty if to none."""
    number: int
    """Of the connection."""

    def __str__(self) -> str:
        """Tell it to people."""
        at = f" at {self.to}" if self.to else ""
        return f"fault on connection {self.number}{at}: {self.fault.text}"


@dataclass(frozen=True, slots=True)
class Admission:
    """How an upgrade goes."""

    status: int | None = None
    """The refusal's, if it is refused."""
    delay_s: float = 0.0
    reset: bool = False


@dataclass(slots=True)
class _Aside:
    """A message that waits for others to overtake it."""

    left: int
    until: float
    message: Message


@dataclass(slots=True)
class _Way:
    """One direction."""

    queue: deque[tuple[float, Step]] = field(default_factory=deque)
    last: float = 0.0
    """When the last of the queue is due: nothing overtakes it."""
    free_at: float = 0.0
    """When a throttled line has carried all that was put on it."""
    aside: list[_Aside] = field(default_factory=list)

    def put(self, due: float, step: Step) -> None:
        self.last = max(due, self.last)
        self.queue.append((self.last, step))

    @property
    def next_due(self) -> float | None:
        times = [self.queue[0][0]] if self.queue else []
        return min([*times, *(one.until for one in self.aside)], default=None)


@dataclass(slots=True)
class _Count:
    """How often a fault's filter fitted, and how often it happened."""

    matched: int = 0
    happened: int = 0


Counts = dict[tuple[int, Side], _Count]
"""By the fault's place in the plan, and the side whose message it was."""


class Link:
    """The faults of one connection."""

    def __init__(
        self,
        plan: Plan,
        number: int = 1,
        *,
        told: Callable[[Done], object] | None = None,
        refusals: Counts | None = None,
    ) -> None:
        """Prepare a connection.

        Args:
            plan: What may happen.
            number: The how-many-th connection it is.
            told: Is told of each fault that happens, but for those that happen all the time.
            refusals: What was counted on the connections before, for faults of the upgrade.
        """
        self.number = number
        self.over = False
        """Closed or broken by a fault."""
        self._plan = plan
        self._told = told
        self._start = 0.0
        self._numbers = count(1)
        self._made = count(1)
        self._ways = {Side.CLIENT: _Way(), Side.SERVER: _Way()}
        self._asides: list[ReadNothing] = []
        self._counts: Counts = {}
        self._refusals: Counts = {} if refusals is None else refusals
        self._chances: dict[tuple[int, Side], Random] = {}
        self._timed: list[tuple[float, int]] = []
        self._responses: dict[str, Any] = {}
        """Those in progress, by id, as they were announced."""
        self._failed: set[str] = set()
        """Responses that the client was told have failed, and their items."""
        self._hushed: set[str] = set()
        """Ids of our own client events: what the server says to them is not for the client."""
        self._fail_next: list[Fault] = []

    # what the caller says

    def request(self, entry: Entry) -> Admission:
        """Tell how an upgrade goes."""
        event = read(entry)
        admission = Admission()
        for index, fault in enumerate(self._plan.faults):
            if fault.action not in {Action.REFUSE, Action.RESET, *_LATE}:
                continue
            if (fault.where is None and fault.action is not Action.REFUSE) or not self._happens(index, event):
                continue
            if fault.action is Action.REFUSE:
                admission = replace(admission, status=admission.status or fault.number)
            elif fault.action is Action.RESET:
                admission = replace(admission, reset=True)
            else:
                admission = replace(admission, delay_s=admission.delay_s + self._draw(index, event.side))
        return admission

    def open(self, now: float) -> None:
        """Begin: the handshake is done."""
        self._start = now
        for way in self._ways.values():
            way.last = way.free_at = now
        for index, fault in enumerate(self._plan.faults):
            mine = not fault.connection or fault.connection == self.number
            if fault.is_timed and mine and self._chance(index, Side.PROXY).random() < fault.chance:
                self._timed.append((now + fault.after_s, index))
        self._timed.sort()

    def server_says(self, payload: bytes, now: float, *, binary: bool = False) -> None:
        """Take in a message for the client."""
        self._says(Side.SERVER, Message(payload, binary), now)

    def client_says(self, payload: bytes, now: float, *, binary: bool = False) -> None:
        """Take in a message for the server."""
        self._says(Side.CLIENT, Message(payload, binary), now)

    def advance(self, now: float) -> list[Step]:
        """Let time pass, and return what is to be done."""
        while self._timed and self._timed[0][0] <= now:
            due, index = self._timed.pop(0)
            self._strike(index, None, due)
        found: list[Step] = []
        for side, way in self._ways.items():
            for late in [one for one in way.aside if one.until <= now]:
                way.aside.remove(late)
                way.put(late.until, self._step(side, late.message))
            while way.queue and way.queue[0][0] <= now and not self.over:
                step = way.queue.popleft()[1]
                found.append(step)
                self.over = isinstance(step, Close | Reset)
        found += self._asides
        self._asides.clear()
        if self.over:
            self._forget()
        return found

    @property
    def next_due(self) -> float | None:
        """When something is to be done next, if anything is."""
        times = [way.next_due for way in self._ways.values()] + [due for due, _ in self._timed[:1]]
        return min((time for time in times if time is not None), default=None)

    @property
    def has_for_client(self) -> bool:
        """Whether anything that the server said is still on its way."""
        way = self._ways[Side.SERVER]
        return bool(way.queue or way.aside)

    def rest_for_server(self) -> list[Message]:
        """Return what the client said before it left, at once and in order, and forget it."""
        way = self._ways[Side.CLIENT]
        waiting = [step.message for _, step in way.queue if isinstance(step, ToServer)]
        waiting += [one.message for one in way.aside]
        way.queue.clear()
        way.aside.clear()
        return waiting

    # a message

    def _says(self, side: Side, message: Message, now: float) -> None:
        if self.over:
            return
        event = self._read(side, message, now)
        if side is Side.SERVER and self._is_hushed(event):
            return
        way = self._ways[side]
        messages, delay_s, late, after = [message], 0.0, 0, []
        for index, fault in enumerate(self._plan.faults):
            if fault.is_timed or not self._happens(index, event):
                continue
            if fault.action in _LATE:
                delay_s += self._draw(index, side)
            elif fault.action is Action.THROTTLE:
                size = sum(len(each.payload) for each in messages)
                way.free_at = max(way.free_at, now) + size / fault.rate
                delay_s = max(delay_s, way.free_at - now)
            elif fault.action is Action.REORDER:
                late = max(late, fault.number or 1)
            elif fault.action is Action.ERROR and side is Side.CLIENT:
                messages = []
                self._strike(index, event, now)
            elif fault.action in _STRIKES:
                after.append(index)
                if fault.action is Action.FAIL and event.type == "response.done":
                    messages = []  # another one comes in its place
            else:
                messages = [each for one in messages for each in changes.changed(fault, one)]
        self._put(side, messages, now + delay_s, late=late, now=now)
        for index in after:
            self._strike(index, event, now + delay_s)
        if side is Side.SERVER:
            self._fail_announced(event, now)

    def _read(self, side: Side, message: Message, now: float) -> Event:
        t = now - self._start
        entry = Entry(next(self._numbers), t, side, Kind.MESSAGE, payload=message.payload, binary=message.binary)
        return read(entry)

    def _put(self, side: Side, messages: Sequence[Message], due: float, *, late: int, now: float) -> None:
        way = self._ways[side]
        if late:
            way.aside += [_Aside(late, now + REORDER_PATIENCE_S, message) for message in messages]
            return
        for message in messages:
            way.put(due, self._step(side, message))
            for one in list(way.aside):
                one.left -= 1
                if one.left <= 0:
                    way.aside.remove(one)
                    way.put(due, self._step(side, one.message))

    @staticmethod
    def _step(side: Side, message: Message) -> Step:
        return ToClient(message) if side is Side.SERVER else ToServer(message)

    # whether a fault happens

    def _happens(self, index: int, event: Event) -> bool:
        """Tell whether a fault happens to a message or an upgrade; counts it in any case."""
        fault = self._plan.faults[index]
        if not self._fits(fault, event):
            return False
        counts = self._refusals if fault.action is Action.REFUSE else self._counts
        seen = counts.setdefault((index, event.side), _Count())
        seen.matched += 1
        if (fault.nth and seen.matched != fault.nth) or (fault.every and seen.matched % fault.every):
            return False
        if fault.times and seen.happened >= fault.times:
            return False
        if fault.chance < 1 and self._chance(index, event.side).random() >= fault.chance:
            return False
        seen.happened += 1
        if fault.action not in _QUIET:
            self._tell(fault, event.type)
        return True

    def _fits(self, fault: Fault, event: Event) -> bool:
        if (fault.connection and fault.connection != self.number) or event.t < fault.after_s:
            return False
        if fault.where is not None:
            return fault.where(event)
        if fault.action is Action.REFUSE:
            return event.entry.kind is Kind.REQUEST
        if not event.from_server:
            return False
        wanted = _DEFAULT_TYPES.get(fault.action)
        return wanted is None or event.type == wanted

    def _draw(self, index: int, side: Side) -> float:
        fault = self._plan.faults[index]
        if fault.low_s == fault.high_s:
            return fault.low_s
        return self._chance(index, side).uniform(fault.low_s, fault.high_s)

    def _chance(self, index: int, side: Side) -> Random:
        key = (index, side)
        if key not in self._chances:
            self._chances[key] = Random(f"{self._plan.seed}/{self.number}/{index}/{side}")  # noqa: S311 - no secret
        return self._chances[key]

    def _tell(self, fault: Fault, to: str) -> None:
        if self._told is not None:
            self._told(Done(fault, to, self.number))

    # what happens beside a message

    def _strike(self, index: int, event: Event | None, now: float) -> None:
        """Do what a fault does to the connection, behind all that is on its way to the client."""
        fault = self._plan.faults[index]
        if event is None:
            self._tell(fault, "")
        way = self._ways[Side.SERVER]
        match fault.action:
            case Action.STALL:
                way.last = max(way.last, now + fault.low_s)
            case Action.UNKNOWN:
                way.put(now, ToClient(changes.unknown_event(fault, self._new_id())))
            case Action.ERROR:
                asked = event if event is not None and event.from_client else None
                way.put(now, ToClient(changes.error_event(fault, self._new_id(), asked)))
            case Action.EXPIRE:
                way.put(now, ToClient(changes.error_event(fault, self._new_id(), None)))
                way.put(now, Close(changes.EXPIRED_CODE, changes.EXPIRED))
            case Action.CLOSE:
                way.put(now, Close(fault.number or DEFAULT_CLOSE, fault.words))
            case Action.RESET:
                way.put(now, Reset())
            case Action.SLOW_READER:
                self._asides.append(ReadNothing(now + fault.low_s))
            case Action.FAIL if event is not None and event.from_client:
                self._fail_next.append(fault)
            case Action.FAIL if event is not None:
                self._fail(fault, event, now)

    def _fail_announced(self, event: Event, now: float) -> None:
        if event.type == "response.created":
            self._responses[_response_id(event)] = mapping(event.body.get("response"))
            if self._fail_next:
                self._fail(self._fail_next.pop(0), event, now)
        elif event.type == "response.done":
            self._responses.pop(_response_id(event), None)

    def _fail(self, fault: Fault, event: Event, now: float) -> None:
        """Tell the client that a response has failed, and the server to stop it."""
        response_id = _response_id(event)
        if not response_id or response_id in self._failed:
            return
        self._failed.add(response_id)
        known = self._responses.get(response_id) or mapping(event.body.get("response")) or {"id": response_id}
        self._ways[Side.SERVER].put(now, ToClient(changes.failed_response(fault, self._new_id(), known)))
        if event.type != "response.done":
            cancel_id = self._new_id()
            self._hushed.add(cancel_id)
            self._ways[Side.CLIENT].put(now, ToServer(changes.cancel_event(cancel_id, response_id)))

    def _is_hushed(self, event: Event) -> bool:
        """Tell whether a message is about a response that has failed for the client, or answers our own cancel."""
        if not self._failed:
            return False
        if event.type == "error":
            return text(event.get("error.event_id")) in self._hushed
        item_id = text(event.body.get("item_id")) or text(event.get("item.id"))
        if _response_id(event) in self._failed:
            if item_id:
                self._failed.add(item_id)
            return True
        return bool(item_id) and item_id in self._failed and event.type.startswith("conversation.item.")

    def _new_id(self) -> str:
        return f"event_fault_{self.number}_{next(self._made)}"

    def _forget(self) -> None:
        self._timed.clear()
        for way in self._ways.values():
            way.queue.clear()
            way.aside.clear()


_DEFAULT_TYPES = {Action.FAIL: "response.created", Action.LIMITS: "rate_limits.updated"}
"""Without a filter, these happen to events of this type."""

_STRIKES = frozenset(
    {
        Action.UNKNOWN,
        Action.ERROR,
        Action.EXPIRE,
        Action.CLOSE,
        Action.RESET,
        Action.SLOW_READER,
        Action.FAIL,
    }
)


def _response_id(event: Event) -> str:
    return text(event.body.get("response_id")) or text(mapping(event.body.get("response")).get("id"))
