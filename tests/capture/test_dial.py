from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any

import pytest

from realtime_inspector.capture import dial as module
from realtime_inspector.capture.dial import Address, dial, in_turn

SILENT, REFUSING, GOOD, SLOW = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
"""Addresses of no network; here they are what the loop makes of them."""


def address(host: str, family: int = socket.AF_INET) -> Address:
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, 443)


class Loop:
    """The running loop, but for its names and its connections."""

    def __init__(self, *hosts: str, refusals: dict[str, int] | None = None) -> None:
        self.hosts, self.refusals = hosts, refusals or {REFUSING: errno.ECONNREFUSED}
        self.tried: list[str] = []
        self.sockets: list[socket.socket] = []
        self.answered = asyncio.Event()
        """When this is set, the slow one answers too."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio.get_running_loop(), name)

    async def getaddrinfo(self, host: str, port: int, *, type: int) -> list[Address]:  # noqa: A002 - as the loop's
        return [address(each) for each in self.hosts]

    async def sock_connect(self, sock: socket.socket, place: tuple[str, int]) -> None:
        host = place[0]
        self.tried.append(host)
        self.sockets.append(sock)
        if host in self.refusals:
            raise OSError(self.refusals[host], f"{host} says no")
        if host == SILENT:
            await asyncio.Event().wait()
        if host == SLOW:
            await self.answered.wait()


def dialled(loop: Loop) -> int:
    """Return which of the sockets is connected."""

    async def run() -> int:
        sock = await dial(loop, "server", 443)  # type: ignore[arg-type]  # it has what is used
        loop.answered.set()
        while any(each.fileno() >= 0 for each in loop.sockets if each is not sock):
            await asyncio.sleep(0)
        found = loop.sockets.index(sock)
        sock.close()
        return found

    return asyncio.run(run())


def test_the_families_take_turns_in_the_system_s_order() -> None:
    six = [address(host, socket.AF_INET6) for host in ("a", "b", "c")]
    four = [address("d")]
    assert in_turn([*six, *four]) == [six[0], four[0], six[1], six[2]]


@pytest.mark.parametrize("dead", [SILENT, REFUSING])
def test_an_address_that_is_dead_costs_a_moment_and_not_the_call(dead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole time for connecting went into the first of a server's addresses: its client got a 504."""
    monkeypatch.setattr(module, "NEXT_S", 0.0 if dead == SILENT else 3600.0)
    loop = Loop(dead, GOOD)
    assert (dialled(loop), loop.tried) == (1, [dead, GOOD])


def test_of_two_that_answer_the_first_is_taken_and_the_other_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEXT_S", 0.0)
    assert dialled(Loop(SLOW, GOOD)) == 1


@pytest.mark.parametrize(
    ("refusals", "told"),
    [
        ({SILENT: errno.ENETUNREACH, REFUSING: errno.ECONNREFUSED}, errno.ECONNREFUSED),
        ({SILENT: errno.ECONNREFUSED, REFUSING: errno.ENETUNREACH}, errno.ECONNREFUSED),
        ({SILENT: errno.ECONNREFUSED, REFUSING: errno.EMFILE}, errno.EMFILE),
    ],
)
def test_of_several_failures_the_one_that_says_most_is_told(refusals: dict[str, int], told: int) -> None:
    loop = Loop(*refusals, refusals=refusals)
    with pytest.raises(OSError, match="says no") as failure:
        dialled(loop)
    assert failure.value.errno == told
    assert all(sock.fileno() < 0 for sock in loop.sockets)


def test_who_gives_up_leaves_no_socket_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEXT_S", 0.0)
    loop = Loop(SILENT, SILENT)

    async def run() -> None:
        dialling = asyncio.ensure_future(dial(loop, "server", 443))  # type: ignore[arg-type]  # it has what is used
        while len(loop.sockets) < 2:
            await asyncio.sleep(0)
        dialling.cancel()
        await asyncio.gather(dialling, return_exceptions=True)
        while any(each.fileno() >= 0 for each in loop.sockets):
            await asyncio.sleep(0)

    asyncio.run(run())
