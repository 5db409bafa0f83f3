"""What came of a replay: the verdict, and everything it rests on. No socket, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from realtime_inspector.replay.lanes import CLOSE
from realtime_inspector.replay.matching import Policy
from realtime_inspector.replay.mismatch import Mismatch, how_it_differs
from realtime_inspector.replay.player import Player
from realtime_inspector.replay.script import Expected, Recorded, Step

SCHEMA_VERSION = 1
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one connection."""

    recording: str
    id: str
    """The recorded connection's id."""
    matched: int
    """How many client events stood for a recorded one, audio left out."""
    expected: int
    """How many the recording has."""
    extras: tuple[str, ...]
    """Harmless events that the recording has not, answered as the server would."""
    mismatches: tuple[Mismatch, ...]
    never_came: tuple[Expected, ...]
    """Recorded client events for which none came."""
    never_asked_for: tuple[Step, ...]
    """Recorded server events that were not sent."""
    instead: Mapping[int, Mismatch] = field(default_factory=dict)
    """Index of an event that never came → the harmless one that came nearest to it."""
    unheard: Step | None = None
    """The first recorded server event for which too little audio came."""
    faults: tuple[str, ...] = ()
    """What was done to the connection on purpose."""
    whole: bool = False
    """All of the recording has to happen, whatever the report as a whole says."""

    @classmethod
    def of(cls, player: Player) -> Played:
        """Take down what a player has seen so far."""
        header = player.script.header
        return cls(
            recording=player.script.name,
            id=header.id if header is not None else "",
            matched=len(player.matched),
            expected=len(player.script.expected),
            extras=tuple(player.extras),
            mismatches=tuple(player.mismatches),
            never_came=tuple(player.never_came),
            never_asked_for=tuple(step for step in player.never_asked_for if step.lane != CLOSE),
            instead=dict(player.instead),
            unheard=player.unheard,
            faults=tuple(player.faults),
            whole=player.options.match is Policy.STRICT,
        )

    @property
    def leftovers(self) -> bool:
        """Whether anything of the recording is left."""
        return bool(self.never_came or self.never_asked_for)

    @property
    def left_out(self) -> tuple[Expected, ...]:
        """What the conversation rests on and never came, where no mismatch tells why: the client just ended."""
        return () if self.mismatches else tuple(one for one in self.never_came if one.needed)

    @property
    def lacks(self) -> str:
        """What is missing first, where no mismatch tells why; empty if nothing is on which something rests."""
        missing: list[Recorded] = [*self.left_out[:1]]
        missing += [self.unheard] if self.unheard is not None and not self.mismatches else []
        first = min(missing, key=lambda one: one.event.n, default=None)
        return "" if first is None else f"{'the audio for ' if isinstance(first, Step) else ''}{first}"

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "recording": self.recording,
            "id": self.id,
            "matched": self.matched,
            "expected": self.expected,
            "extras": list(self.extras),
            "mismatches": [found.to_json() for found in self.mismatches],
            "never_came": [self._never_came(expected) for expected in self.never_came],
            "never_asked_for": [_place(step) for step in self.never_asked_for],
            "faults": list(self.faults),
        }

    def _never_came(self, expected: Expected) -> dict[str, Any]:
        nearest = self.instead.get(expected.index)
        more = {} if nearest is None else {"nearest": nearest.to_json()}
        return _place(expected) | {"needed": expected.needed} | more


@dataclass(frozen=True, slots=True)
class Report:
    """What came of all connections."""

    connections: tuple[Played, ...]
    unserved: tuple[str, ...] = ()
    """Recordings that no client opened a connection for."""
    others: tuple[Mismatch, ...] = ()
    """What went wrong outside a connection: one too many, a request nobody recorded."""
    strict: bool = False
    """What is left of a recording counts as a mismatch."""
    url: str = ""
    """Where clients could connect."""

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """Every mismatch."""
        return (*(found for played in self.connections for found in played.mismatches), *self.others)

    @property
    def met(self) -> bool:
        """Whether the client did what the recordings have; one that never came did not."""
        if self.mismatches or (self.unserved and (self.strict or not self.connections)):
            return False
        return not any(played.leftovers and (self.strict or played.whole) for played in self.connections)

    @property
    def _lacks(self) -> str:
        return next((played.lacks for played in self.connections if played.lacks), "")

    @property
    def exit_code(self) -> int:
        """0 if the recordings were met, 1 if not."""
        return 0 if self.met else 1

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "schema_version": SCHEMA_VERSION,
            "verdict": "met" if self.met else "not met",
            "exit_code": self.exit_code,
            "strict": self.strict,
            "complete": not (self.mismatches or self.unserved or self._lacks),
            "connections": [played.to_json() for played in self.connections],
            "unserved": list(self.unserved),
            "others": [found.to_json() for found in self.others],
        }

    def text(self) -> str:
        """Return it for people: the mismatches, what is left, and the verdict in the last line."""
        return "\n".join([*(found.text() for found in self.mismatches), self.leftovers_text()])

    def leftovers_text(self) -> str:
        """Return it without the mismatches, for who has been told of them already."""
        lines: list[str] = []
        for played in self.connections:
            lines += _left(played.recording, "recorded client event", "never came", played.never_came)
            lines += _nearly(played)
            lines += _stopped(played)
            lines += _left(played.recording, "recorded server event", "never asked for", played.never_asked_for)
        lines += [f"{path}: no client connected for it" for path in self.unserved]
        return "\n".join([*lines, self._verdict()])

    def _verdict(self) -> str:
        if not self.connections:
            return self._nobody()
        matched = sum(played.matched for played in self.connections)
        expected = sum(played.expected for played in self.connections)
        extras = sum(len(played.extras) for played in self.connections)
        counts = f"{matched} of {expected} client events matched, {extras} harmless ones more"
        mismatches = _count(len(self.mismatches), "mismatch")
        return f"the recording was {self._how_met()}: {counts}, {mismatches}"

    def _nobody(self) -> str:
        """Return the verdict where no session was begun: with a request or a refused handshake somebody was there."""
        where = f" at {self.url}" if self.url else ""
        if self.others:
            return f"the recording was not met: no session was opened{where}, {_count(len(self.others), 'mismatch')}"
        return (
            f"the recording was not met: nobody connected{where}; check that the client takes this address, "
            "and that it was started and did not end before"
        )

    def _how_met(self) -> str:
        """Return whether it was met, in words: one whose end was left out was not met to its end."""
        if not self.met:
            return "not met"
        if not self._lacks:
            return "met"
        return f"met in part, up to {_missing(self._lacks)} (--strict fails for that)"


def _nearly(played: Played) -> Iterator[str]:
    """Yield what came in place of an event that never came, if that was taken for a harmless one."""
    for expected in played.never_came:
        nearest = played.instead.get(expected.index)
        if nearest is not None:
            how = how_it_differs(nearest.differences)
            yield f"    nearest to {expected} is client message {nearest.place}, taken as harmless, which {how}"


def _stopped(played: Played) -> list[str]:
    """Say where the client stopped, if that is not told as a mismatch: it may wait for an answer it never asked for."""
    if not played.lacks:
        return []
    return [f"    probably: {_missing(played.lacks)}: the client ended there, or waits for what follows it"]


def _missing(what: str) -> str:
    return f"missing {what.removeprefix('the ')}" if what.startswith("the ") else f"a missing {what}"


def _place(what: Recorded) -> dict[str, Any]:
    return {"type": what.type, "line": what.line, "entry": what.event.n}


def _left(recording: str, noun: str, verb: str, rest: Sequence[Recorded]) -> list[str]:
    if not rest:
        return []
    named = ", ".join(str(one) for one in rest[:_LISTED])
    more = f", and {len(rest) - _LISTED} more" if len(rest) > _LISTED else ""
    return [f"{recording}: {_count(len(rest), noun)} {verb}: {named}{more}"]


def _count(number: int, noun: str) -> str:
    plural = "es" if noun.endswith("ch") else "s"
    return f"{number} {noun}{'' if number == 1 else plural}"
