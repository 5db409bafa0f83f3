from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.capture.room import SAY_AGAIN_S, Room, files_for_calls
from tests.capture.wire import REQUEST, connect, finished, switched, upstream, wait_for


@pytest.mark.parametrize(
    ("files", "calls", "recordings", "fits"),
    [
        (0, 1000, 1000, True),
        (6, 1, 1, True),
        (6, 2, 0, False),
        (9, 2, 2, True),
        (9, 2, 3, False),
        (2, 0, 0, True),
    ],
)
def test_a_call_fits_if_its_sockets_and_its_file_do(files: int, calls: int, recordings: int, fits: bool) -> None:
    assert Room(print, files).fits_another(calls, recordings) is fits


def test_that_there_is_no_room_is_said_once_a_minute() -> None:
    said: list[str] = []
    clock = [0.0]
    room = Room(said.append, files=5, clock=lambda: clock[0])
    assert not room.fits_another(1, 1)
    room.lacks(room.full)
    room.lacks("cannot allocate memory")
    assert said == [
        "new connections have to wait, those that are open go on: 1 connection has all files that may be open; "
        "raise the limit of open files (`ulimit -n`), or run several --workers"
    ]
    clock[0] = SAY_AGAIN_S
    room.lacks("cannot allocate memory")
    assert len(said) == 2


@pytest.mark.skipif(os.name == "nt", reason="there is no such limit")
def test_the_descriptors_that_the_process_has_are_counted() -> None:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 0 <= files_for_calls() < soft or soft == resource.RLIM_INFINITY


def test_a_call_for_which_there_is_no_descriptor_waits_until_another_has_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It was taken, and answered with 502, as nothing was left for the way to the server."""
    monkeypatch.setattr("realtime_inspector.capture.relay.files_for_calls", lambda: 6)
    said: list[str] = []
    with upstream() as server, relay_in_thread(server.url, tmp_path, say=said.append) as relay:
        clients, peers = [], []
        for _ in range(2):
            clients.append(connect(relay.port))
            clients[-1].send(REQUEST)
            peers.append(switched(clients[-1], server))
        clients.append(connect(relay.port))
        clients[-1].send(REQUEST)
        wait_for(lambda: any("have to wait" in line for line in said))
        assert relay.connections == 2
        peers[0].close()
        clients[0].close()
        peers.append(switched(clients[2], server))
        for end in (*clients, *peers):
            end.close()
        assert len(finished(tmp_path, 3)) == 3
    assert sum("have to wait" in line for line in said) == 1


def test_a_server_that_cannot_be_dialled_for_want_of_a_descriptor_is_dialled_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failures = [OSError(errno.EMFILE, "Too many open files")] * 2
    with upstream() as server, relay_in_thread(server.url, tmp_path) as relay:
        getaddrinfo = relay._loop.getaddrinfo

        class Loop:
            """The loop, but for what it cannot do twice."""

            def __getattr__(self, name: str) -> object:
                return getattr(relay_loop, name)

            async def getaddrinfo(self, *arguments: object, **options: object) -> object:
                if failures:
                    raise failures.pop()
                return await getaddrinfo(*arguments, **options)  # type: ignore[arg-type]  # as they came

        relay_loop = relay._loop
        monkeypatch.setattr(relay, "_loop", Loop())
        client = connect(relay.port)
        client.send(REQUEST)
        switched(client, server)
    assert not failures
