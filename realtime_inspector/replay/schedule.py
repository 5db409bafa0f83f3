"""Which steps are due: counts what each still waits for, and when the last of it happened.

Knows numbers only: steps and client events by their index, milliseconds of audio, seconds. No socket, no clock: the
caller says what time it is.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence

from realtime_inspector.protocol.event import WIRE_CLOSE, WIRE_END
from realtime_inspector.replay.script import Step

GATE_SLACK_MS = 1.0
"""Re-chunked audio may be this much short of a gate: a chunk of samples does not always end on a millisecond."""
_ENDS = (WIRE_CLOSE, WIRE_END)


def lacks_audio(step: Step, total_ms: float) -> bool:
    """Tell whether a step needs more audio than has been appended since the beginning."""
    return step.gate_ms is not None and step.gate_ms > total_ms + GATE_SLACK_MS


class Schedule:
    """The steps of one script, released as their causes happen."""

    def __init__(self, steps: Sequence[Step], speed: float = float("inf")) -> None:
        """Begin with everything unsent.

        Args:
            steps: The steps, each after those it waits for.
            speed: How much faster than recorded; infinite for without any delay.
        """
        self.steps = steps
        self.speed = speed
        self.sent: set[int] = set()
        """Steps that went out, or were dropped because an interruption overtook them."""
        self.came: set[int] = set()
        """Client events that have come."""
        self.asked: set[int] = set()
        """Steps that the client has asked for and that have not gone out: answers, and what its audio set off."""
        self._waits = [len(step.after) + len(step.causes) + (step.gate_ms is not None) for step in steps]
        self._ready_t = [0.0] * len(steps)
        self._on_step: dict[int, list[int]] = defaultdict(list)
        self._on_client: dict[int, list[int]] = defaultdict(list)
        self._gates: list[tuple[float, int]] = []
        self._due: list[tuple[float, int]] = []
        for step in steps:
            for index in step.after:
                self._on_step[index].append(step.index)
            for index in step.causes:
                self._on_client[index].append(step.index)
            if step.gate_ms is not None:
                heapq.heappush(self._gates, (step.gate_ms, step.index))

    def start(self, now: float) -> None:
        """Release what waits for nothing."""
        for step in self.steps:
            if self._waits[step.index] == 0:
                self._push(step.index, now)

    def client_came(self, index: int, now: float) -> None:
        """A client event has come."""
        if index not in self.came:
            self.came.add(index)
            released = self._on_client.get(index, [])
            self.asked.update(step for step in released if self.steps[step].answers == index)
            self._release(released, now)

    def audio_came(self, total_ms: float, now: float) -> None:
        """So much audio has been appended since the beginning."""
        while self._gates and self._gates[0][0] <= total_ms + GATE_SLACK_MS:
            index = heapq.heappop(self._gates)[1]
            if self.steps[index].type not in _ENDS:  # the server's own end: nobody asks for it by speaking
                self.asked.add(index)
            self._release([index], now)

    def take(self, now: float) -> Iterator[Step]:
        """Yield the steps that are due, and count each as sent."""
        while self._due and self._due[0][0] <= now:
            due, index = heapq.heappop(self._due)
            if index in self.sent:
                continue
            yield self.steps[index]
            self._sent(index, due)

    def drop(self, index: int, now: float) -> None:
        """Leave a step out; what waits for it goes on."""
        if index not in self.sent:
            self._sent(index, now)

    @property
    def next_due(self) -> float | None:
        """When the next step is due, if one is."""
        while self._due and self._due[0][1] in self.sent:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    @property
    def unsent(self) -> list[Step]:
        """The steps that have not gone out."""
        return [step for step in self.steps if step.index not in self.sent]

    def waits_for(self, index: int) -> set[int]:
        """Return the client events without which a step can never go out, through all that it waits for."""
        return {
            cause for before in self._before(index) for cause in self.steps[before].causes if cause not in self.came
        }

    def audio_for(self, index: int, total_ms: float) -> Step | None:
        """Return a step that a step waits for, through all that it waits for, and that waits for more audio."""
        return next((self.steps[i] for i in sorted(self._before(index)) if lacks_audio(self.steps[i], total_ms)), None)

    def _before(self, index: int) -> set[int]:
        """Return a step and all unsent ones that it waits for."""
        seen = {index}
        stack = [index]
        while stack:
            step = self.steps[stack.pop()]
            further = [before for before in step.after if before not in self.sent and before not in seen]
            seen.update(further)
            stack.extend(further)
        return seen

    def _sent(self, index: int, now: float) -> None:
        self.sent.add(index)
        self.asked.discard(index)
        self._release(self._on_step.get(index, []), now)

    def _release(self, indices: Sequence[int], now: float) -> None:
        for index in indices:
            self._waits[index] -= 1
            self._ready_t[index] = max(self._ready_t[index], now)
            if self._waits[index] == 0 and index not in self.sent:
                self._push(index, self._ready_t[index])

    def _push(self, index: int, now: float) -> None:
        heapq.heappush(self._due, (now + self.steps[index].delay_s / self.speed, index))
