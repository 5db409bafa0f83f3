from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from realtime_inspector.capture.tee import FLOOD_BYTES, LIMIT_BYTES, Tee


class Valve:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def shut(self, reason: str) -> None:
        self.reasons.append(reason)

    def open(self, reason: str) -> None:
        self.reasons.remove(reason)


def run(test: Callable[[Tee], object], limit_bytes: int = LIMIT_BYTES, behind: Callable[[], int] = lambda: 0) -> None:
    """Run a test inside a loop, and everything that it put off."""

    async def body() -> None:
        tee = Tee(asyncio.get_running_loop(), limit_bytes, behind)
        test(tee)
        finished = asyncio.Event()
        tee.put(None, 0, finished.set)
        await finished.wait()

    asyncio.run(body())


def test_work_is_put_off_and_done_in_order() -> None:
    done: list[int] = []

    def test(tee: Tee) -> None:
        for number in range(1000):
            tee.put(None, 1, done.append, number)
        assert done == []

    run(test)
    assert done == list(range(1000))


def test_a_flood_shuts_the_valve_until_half_of_it_is_done() -> None:
    valve = Valve()

    def test(tee: Tee) -> None:
        for _ in range(11):
            tee.put(valve, 10, int)
        assert valve.reasons == ["backlog"]

    run(test, limit_bytes=100)
    assert valve.reasons == []


def test_work_that_fails_does_not_stop_what_comes_after() -> None:
    done: list[int] = []
    failed: list[object] = []

    def test(tee: Tee) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: failed.append(context["exception"]))
        tee.put(None, 0, int, "no number")
        tee.put(None, 0, done.append, 1)

    run(test)
    assert done == [1]
    assert len(failed) == 1


def test_draining_does_everything_now() -> None:
    done: list[int] = []

    def test(tee: Tee) -> None:
        tee.put(None, 1, done.append, 1)
        tee.drain()
        assert done == [1]

    run(test)


def test_what_waits_behind_counts_and_is_asked_for_until_there_is_room() -> None:
    valve = Valve()
    seen: list[list[str]] = []
    waiting = iter([95, 95, 60, 51, 49])

    def behind() -> int:
        seen.append(list(valve.reasons))
        return next(waiting, 0)

    async def body() -> None:
        tee = Tee(asyncio.get_running_loop(), 100, behind)
        tee.put(valve, 1, int)
        while len(seen) < 1:
            await asyncio.sleep(0)
        tee.put(valve, 6, int)
        assert valve.reasons == ["backlog"]
        while valve.reasons:
            await asyncio.sleep(0)

    asyncio.run(body())
    assert seen == [[], *[["backlog"]] * 4]


def test_steps_are_done_before_what_came_later() -> None:
    done: list[str] = []

    def steps() -> Iterator[None]:
        for name in "abc":
            done.append(name)
            yield

    def test(tee: Tee) -> None:
        tee.put(None, 1, steps)
        tee.put(None, 1, done.append, "d")

    run(test)
    assert done == ["a", "b", "c", "d"]
    done.clear()

    def drained(tee: Tee) -> None:
        test(tee)
        tee.drain()

    run(drained)
    assert done == ["a", "b", "c", "d"]


def test_steps_that_fail_do_not_stop_what_comes_after() -> None:
    done: list[int] = []

    def steps() -> Iterator[None]:
        yield
        raise ValueError

    def test(tee: Tee) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        tee.put(None, 0, steps)
        tee.put(None, 0, done.append, 1)

    run(test)
    assert done == [1]


@pytest.mark.parametrize(("weight", "most"), [(1, 2), (FLOOD_BYTES, 17)])
def test_the_loop_gets_its_turn_while_a_batch_is_worked_on(weight: int, most: int) -> None:
    """Each step takes 30 microseconds here; between two slices the loop does whatever else there is."""
    clock = [0.0]
    turns: list[int] = []
    done: list[int] = []

    def step() -> None:
        clock[0] += 30e-6
        done.append(1)

    def batch() -> Iterator[None]:
        for _ in range(50):
            step()
            yield

    async def body() -> None:
        tee = Tee(asyncio.get_running_loop(), clock=lambda: clock[0])
        for work in (batch, *[step] * 50):
            tee.put(None, 0, work)
        tee.put(None, weight, int)
        while len(done) < 100:
            turns.append(len(done))
            await asyncio.sleep(0)

    asyncio.run(body())
    assert max(later - before for before, later in zip(turns, [*turns[1:], 100], strict=True)) == most


def test_where_no_socket_pauses_a_flood_waits_for_what_is_behind_but_not_for_long() -> None:
    waiting = iter([150, 120, 101, 40, 40])
    done: list[int] = []

    async def body() -> None:
        tee = Tee(asyncio.get_running_loop(), 100, lambda: next(waiting))
        tee.put(None, 1, done.append, 1)
        tee.catch_up()
        assert done == [1]
        assert list(waiting) == []
        hours = iter(range(1000))
        stuck = Tee(asyncio.get_running_loop(), 100, lambda: 1000, clock=lambda: next(hours) * 3600)
        stuck.put(None, 1, done.append, 2)
        stuck.catch_up()
        assert done == [1, 2]

    asyncio.run(body())
