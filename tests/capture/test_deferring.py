from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from realtime_inspector.capture.deferring import deferred
from realtime_inspector.capture.relay import Relay, relay_in_thread
from realtime_inspector.recording.files import find, open_recording
from tests.capture.wire import upgraded, upstream


def test_a_signal_waits_for_the_end_of_the_block() -> None:
    done: list[bool] = []

    def work() -> None:
        with deferred(), deferred():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with deferred():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_gets_no_signals() -> None:
    ran: list[bool] = []

    def other() -> None:
        with deferred():
            ran.append(True)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert ran == [True]


@pytest.mark.skipif(os.name == "nt", reason="a process cannot send itself ctrl+c there")
def test_a_second_ctrl_c_does_not_cut_a_recording_off(tmp_path: Path) -> None:
    """The relay was left in the middle of its end: the recording had none."""

    taken: list[bool] = []

    def say(text: str) -> None:
        if ": ended, " in text:
            taken.append(signal.getsignal(signal.SIGINT) is not signal.default_int_handler)
            os.kill(os.getpid(), signal.SIGINT)

    relays: list[Relay] = []

    def call() -> None:
        with upstream() as server, relay_in_thread(server.url, tmp_path, say=say) as relay:
            relays.append(relay)
            upgraded(relay.port, server)

    with pytest.raises(KeyboardInterrupt):
        call()
    assert taken == [True]
    assert not relays[0].recorder._writer._thread.is_alive()
    (path,) = find(tmp_path)
    assert [entry.kind for entry in open_recording(path)] == ["request", "response", "end"]
