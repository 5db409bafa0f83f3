"""Which rules are asked about an event: those that its type concerns, but those that rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from realtime_inspector.analysis.rest import FOREVER, Rest, shared
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_PREFIX, Event
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES, SERVER_TYPES, ga_name
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Side

_ENDERS = ("session.", "transcription_session.", "error", WIRE_PREFIX)
"""How the types begin that end every rest."""
_HARMLESS = frozenset({"wire.ping", "wire.pong", "wire.note"})


class _Asked(NamedTuple):
    """A rule, and what it is asked."""

    rule: Rule
    checks: bool
    waits: bool
    rests: bool

    @classmethod
    def of(cls, rule: Rule, session: Session) -> _Asked:
        """Look at what it overrides."""
        kind = type(rule)
        rests = kind.rest is not Rule.rest and not rule.origin
        waits = kind.wait is not Rule.wait and rule.may_wait(session)
        return cls(rule, kind.check is not Rule.check, waits, rests)


class Watchers:
    """Who looks at the events of one type and side."""

    __slots__ = ("_all", "checking", "eager", "rest", "resting", "waiting")

    def __init__(self, rules: Iterable[Rule], session: Session) -> None:
        self._all = tuple(_Asked.of(rule, session) for rule in rules)
        self.resting: dict[str, Rest] = {}
        """Rule's id → its rest."""
        self.rest: Rest | None = None
        """What is within the bounds of all of them; None if nobody rests."""
        self.sort()

    @property
    def idle(self) -> Rest | None:
        """Within which bounds an event is nothing to anybody; None if somebody has to see each."""
        return None if self.checking or self.waiting else self.rest

    def sort(self) -> None:
        """Take in who rests."""
        awake = [asked for asked in self._all if asked.rule.id not in self.resting]
        self.checking = [(asked.rule, asked.rule.check) for asked in awake if asked.checks]
        self.waiting = [(asked.rule, asked.rule.wait) for asked in awake if asked.waits]
        self.eager = [asked.rule for asked in awake if asked.rests]
        """Those that may want to rest; those of a user see every event."""
        self.rest = shared(self.resting.values()) if self.resting else None

    def wake(self, is_over: Callable[[Rest], bool]) -> None:
        """End some rests."""
        self.resting = {name: rest for name, rest in self.resting.items() if not is_over(rest)}
        self.sort()


class Watch:
    """All rules, by what they look at."""

    def __init__(self, rules: Iterable[Rule], session: Session, may: Callable[[Rule], bool]) -> None:
        """Take the rules, and what tells whether one is to be asked about the session as it is now."""
        self.version = 0
        """Changes whenever somebody goes to rest, or wakes."""
        self._session = session
        self._may = may
        self._on: dict[str, list[Rule]] = defaultdict(list)
        self._watchers: dict[tuple[bool, str], Watchers] = {}
        self._spoken = (session.dialect, session.server)
        for rule in rules:
            for event_type in rule.on:
                self._on[event_type].append(rule)

    def over(self, event: Event) -> Watchers:
        """Return who looks at an event."""
        if (self._session.dialect, self._session.server) != self._spoken:
            self.forget()
        watchers = self.of(event.entry.side is Side.SERVER, event.type)
        if watchers.rest is not None and not watchers.rest.holds(event, self._session):
            late = event.t < self._session.now
            watchers.wake(lambda rest: late or (rest is not FOREVER and not rest.holds(event, self._session)))
            self.version += 1
        return watchers

    def of(self, from_server: bool, event_type: str) -> Watchers:
        """Return who looks at events of a type."""
        key = (from_server, event_type)
        watchers = self._watchers.get(key)
        if watchers is None:
            name = ga_name(event_type) if from_server else event_type
            if name not in self._on and name not in SERVER_TYPES and name not in CLIENT_TYPES:
                name = "*"  # whatever a peer invents is one type
                key = (from_server, name)
                if key in self._watchers:
                    return self._watchers[key]
            candidates = dict.fromkeys((*self._on.get(name, ()), *self._on.get("*", ())))
            watchers = self._watchers[key] = Watchers(filter(self._may, candidates), self._session)
        return watchers

    def settle(self, event: Event, watchers: Watchers) -> None:
        """Let rest who wants to after an event that was taken in, and end the rests that it ends."""
        event_type = event.type
        if event_type.startswith(_ENDERS) and event_type not in _HARMLESS:
            self._end_all()
            return
        if watchers.eager:
            self._lay(event, watchers)

    def forget(self) -> None:
        """Begin anew: who looks at what has changed."""
        self._spoken = (self._session.dialect, self._session.server)
        self._watchers.clear()
        self.version += 1

    def _lay(self, event: Event, watchers: Watchers) -> None:
        known = event.type in SERVER_TYPES or event.type in CLIENT_TYPES or event.type in self._on
        rests = {rule.id: rule.rest(event, self._session) for rule in watchers.eager} if known else {}
        laid = {name: rest for name, rest in rests.items() if rest is not None}
        if not laid:
            return
        watchers.resting |= laid
        watchers.sort()
        self.version += 1

    def _end_all(self) -> None:
        for watchers in self._watchers.values():
            if watchers.resting:
                watchers.resting = {}
                watchers.sort()
        self.version += 1
