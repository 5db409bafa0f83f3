from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from realtime_inspector.recording.entry import Kind
from realtime_inspector.recording.files import find, open_recording
from tests.capture.wire import Peer, Upstream, client_frame, upgraded, upstream

PROMISE_S = 0.05
ROUNDS = 20
MEMORY = Path("/dev/shm")
"""A file system without a disk, where there is one: a kill loses nothing that is in the system's cache, and a disk that
is busy elsewhere is not what is tested."""


@dataclass(frozen=True)
class Moment:
    """When a message had arrived, or the relay was killed."""

    at: float
    waited_s: float
    """For how long the relay's threads had wanted a processor and got none."""

    def before(self, later: Moment) -> float:
        """Return how long before another moment it was, in the time that the relay had."""
        return later.at - self.at - (later.waited_s - self.waited_s)


def now(pid: int) -> Moment:
    waited_ns = sum(int(path.read_text().split()[1]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return Moment(time.monotonic(), waited_ns / 1e9)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    if os.access(MEMORY, os.W_OK):
        with TemporaryDirectory(dir=MEMORY) as made:
            yield Path(made)
    else:
        yield tmp_path


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


def talk(client: Peer, peer: Peer, pid: int, duration_s: float) -> list[Moment]:
    """Send messages one by one for that long; return when each had arrived."""
    arrived = [now(pid)]
    until = arrived[0].at + duration_s
    while arrived[-1].at < until:
        frame = client_frame(b'{"type":"x","n":%d}' % (len(arrived) - 1))
        client.send(frame)
        assert peer.read(len(frame)) == frame
        arrived.append(now(pid))
    return arrived[1:]


def test_killed_in_the_middle_of_a_call_at_most_50_ms_are_missing_and_every_file_is_readable(
    relays: subprocess.Popen[str], folder: Path
) -> None:
    looked_at = 0
    missing: list[float] = []
    with upstream() as server:
        for number in range(ROUNDS):
            pid, port = start(relays, server, folder / str(number))
            try:
                arrived = talk(*upgraded(port, server), pid, 0.12 + number * 0.004)
                killed = now(pid)
            finally:
                os.kill(pid, signal.SIGKILL)
            written = recorded(folder / str(number))
            looked_at += written
            missing += [moment.before(killed) for moment in arrived[written : written + 1]]
    assert looked_at >= ROUNDS
    # Once, the host of a virtual machine may have taken its processor away: nobody tells.
    assert sum(late > PROMISE_S for late in missing) <= 1, missing


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
