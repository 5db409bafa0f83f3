from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from realtime_inspector.recording.entry import Kind
from realtime_inspector.recording.files import find, open_recording
from tests.capture.wire import REQUEST, SWITCH, Peer, Upstream, client_frame, connect, upstream

PROMISE_S = 0.05
ROUNDS = 20
STARVED_ROUNDS = 2
"""In so many rounds the relay may have had no processor for its last 50 ms, on a machine that is busy elsewhere."""


@pytest.fixture(scope="module")
def relays() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.capture.relay_server"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def start(relays: subprocess.Popen[str], server: Upstream, folder: Path) -> tuple[int, int]:
    """Start a relay; return its process and its port."""
    assert relays.stdin is not None
    assert relays.stdout is not None
    relays.stdin.write(f"{server.url} {folder}\n")
    relays.stdin.flush()
    pid, port = relays.stdout.readline().split()
    return int(pid), int(port)


def call(port: int, server: Upstream) -> tuple[Peer, Peer]:
    client = connect(port)
    client.send(REQUEST)
    peer = server.accept()
    peer.read_head()
    peer.send(SWITCH)
    client.read(len(SWITCH))
    return client, peer


def talk(client: Peer, peer: Peer, duration_s: float) -> list[float]:
    """Send messages one by one for that long; return when each arrived."""
    arrived = [time.monotonic()]
    until = arrived[0] + duration_s
    while arrived[-1] < until:
        frame = client_frame(b'{"type":"x","n":%d}' % (len(arrived) - 1))
        client.send(frame)
        assert peer.read(len(frame)) == frame
        arrived.append(time.monotonic())
    return arrived[1:]


def stall_s(arrived: list[float], killed: float) -> float:
    """Return for how long nothing moved at the end: a machine that is busy elsewhere gives no time to write."""
    late = [at for at in arrived if at > killed - 2 * PROMISE_S]
    return max((later - before for before, later in pairwise([*late, killed])), default=0.0)


def test_killed_in_the_middle_of_a_call_at_most_50_ms_are_missing_and_every_file_is_readable(
    relays: subprocess.Popen[str], tmp_path: Path
) -> None:
    looked_at = late = 0
    with upstream() as server:
        for number in range(ROUNDS):
            folder = tmp_path / str(number)
            pid, port = start(relays, server, folder)
            try:
                arrived = talk(*call(port, server), 0.12 + number * 0.004)
                killed = time.monotonic()
            finally:
                os.kill(pid, signal.SIGKILL)
            due = sum(at < killed - PROMISE_S - stall_s(arrived, killed) for at in arrived)
            late += recorded(folder) < due
            looked_at += due
    assert looked_at >= ROUNDS
    assert late <= STARVED_ROUNDS


def recorded(folder: Path) -> int:
    """Return how many messages a recording has, and make sure that they are the first ones, without a hole."""
    files = find(folder)
    if not files:
        return 0
    recording = open_recording(files[0])
    messages = [entry.payload for entry in recording if entry.kind is Kind.MESSAGE]
    assert messages == [b'{"type":"x","n":%d}' % number for number in range(len(messages))]
    assert all(problem.torn for problem in recording.problems)
    return len(messages)
