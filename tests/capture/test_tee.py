from __future__ import annotations

import asyncio
from collections.abc import Callable

from realtime_inspector.capture.tee import LIMIT_BYTES, Tee


class Valve:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def shut(self, reason: str) -> None:
        self.reasons.append(reason)

    def open(self, reason: str) -> None:
        self.reasons.remove(reason)


def run(test: Callable[[Tee], object], limit_bytes: int = LIMIT_BYTES) -> None:
    """Run a test inside a loop, and everything that it put off."""

    async def body() -> None:
        tee = Tee(asyncio.get_running_loop(), limit_bytes)
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
