"""A driver and a simulated server that talk without a socket and without a clock: a minute passes in no time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.replay.cues import Plan, plan
from realtime_inspector.replay.driven import Driven
from realtime_inspector.replay.driver import Drive, Driver
from realtime_inspector.replay.player import Action, Close, Send, Wait
from realtime_inspector.simulator import schedule
from realtime_inspector.simulator.machine import Machine, Opening
from realtime_inspector.simulator.scenario import Scenario

REQUEST = Entry(1, 0.0, Side.CLIENT, Kind.REQUEST, members={"method": "GET", "target": "/v1/realtime", "headers": []})
RESPONSE = Entry(2, 0.0, Side.SERVER, Kind.RESPONSE, members={"status": 101, "headers": []})
_LONGEST_S = 900.0


@dataclass(frozen=True, slots=True)
class Drove:
    """What a drive left behind."""

    driver: Driver
    entries: list[Entry]

    @property
    def report(self) -> Driven:
        """What is told of it."""
        return Driven.of(self.driver, "ws://test")


def drive(
    entries: Iterable[Entry] | Plan, machine: Machine, options: Drive | None = None, *, lag_s: float = 0.0
) -> Drove:
    """Play a recording's client against a machine; every message takes `lag_s` in each direction."""
    return _Line(
        entries if isinstance(entries, Plan) else plan(entries, name="call.jsonl"), machine, options, lag_s
    ).run()


def machine(scenario: Scenario, seed: str = "another") -> Machine:
    """Return a server."""
    return Machine(scenario, Opening(), seed=seed)


def header(name: str = "01DRIVEN") -> Header:
    """Return the header of what was made."""
    return Header(id=name, started="2026-11-22T11:10:03.123456Z", via="drive")


class _Line:
    def __init__(self, planned: Plan, server: Machine, options: Drive | None, lag_s: float) -> None:
        self.entries: list[Entry] = []
        self.driver = Driver(planned, options or Drive(float("inf"), 5.0), self.entries.append)
        self.server = server
        self.lag_s = lag_s
        self.now = 0.0
        self.until: float | None = None
        self.to_server: list[tuple[float, bytes]] = []
        self.to_client: list[tuple[float, bytes | schedule.Close]] = []

    def run(self) -> Drove:
        self.driver.begin(0.0)
        self.carry_out(self.driver.open(0.0, REQUEST, RESPONSE))
        while not self.driver.over:
            times = [self.until, self.server.next_due]
            times += [due for due, _ in self.to_server[:1]] + [due for due, _ in self.to_client[:1]]
            known = [t for t in times if t is not None]
            assert known, "nobody waits for anything, and it is not over"
            self.now = max(self.now, min(known))
            assert self.now < _LONGEST_S, "it goes on for ever"
            self.step()
        return Drove(self.driver, self.entries)

    def step(self) -> None:
        while self.to_server and self.to_server[0][0] <= self.now:
            self.server.receive(self.to_server.pop(0)[1], self.now)
        for out in self.server.poll(self.now):
            said = out if isinstance(out, schedule.Close) else orjson.dumps(out.event)
            self.to_client.append((self.now + self.lag_s, said))
        if self.to_client and self.to_client[0][0] <= self.now:
            _, said = self.to_client.pop(0)
            if isinstance(said, schedule.Close):
                self.driver.left(self.now, said.code, said.reason)
            else:
                self.carry_out(self.driver.receive(said, self.now))
        elif self.until is not None and self.until <= self.now:
            self.carry_out(self.driver.advance(self.now))

    def carry_out(self, actions: Iterable[Action]) -> None:
        self.until = None
        for action in actions:
            match action:
                case Send(payload):
                    self.to_server.append((self.now + self.lag_s, payload))
                case Wait(until):
                    self.until = until
                case Close():
                    pass
                case _:
                    raise AssertionError(action)
