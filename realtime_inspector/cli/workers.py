"""Several relays on one port, each a process of its own; the system spreads the connections among them.

The supervisor starts them, passes signals on, and says when one ends that should not have. None is started again: what
ended it has to be known. The others go on with their calls.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

from realtime_inspector.capture.door import cannot_listen
from realtime_inspector.capture.figures import Figures, together
from realtime_inspector.capture.relay import Relay, new_event_loop
from realtime_inspector.capture.telling import safely
from realtime_inspector.cli import diagnostics, metrics, relaying, signals
from realtime_inspector.cli.capturing import Settings
from realtime_inspector.errors import InspectorError, UsageError

_READY = "ready"
_FIGURES = "figures"
_ANSWER_S = 5.0
"""How long a scrape waits for a worker."""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    """Says that it is ready, or why not; its end tells the worker that the supervisor is gone."""


def supervise(settings: Settings, count: int, ready: Callable[[int, str], None]) -> int:
    """Run so many workers until a signal comes; return which.

    Args:
        settings: Of each of them.
        count: How many.
        ready: Told port and URL once all listen.

    Raises:
        UsageError: If the system cannot spread connections, or a worker cannot start.
        InspectorError: If a worker ended that should not have; when the others have ended.
    """
    if not sys.platform.startswith("linux"):
        raise UsageError("--workers needs Linux: only there the system spreads the connections of one port")
    if settings.metrics_at is not None:
        metrics.require()
    with _reserved(settings) as reserved:
        settings = replace(settings, port=reserved.getsockname()[1])
        crew = _Crew([_start(settings, number) for number in range(count)])
        try:
            crew.listen()
            url = crew.wait_until_ready()
            with metrics.served(settings.metrics_at, crew.figures):
                ready(settings.port, url)
                return crew.wait_until_ended()
        finally:
            crew.end()


class _Crew:
    """The workers."""

    def __init__(self, workers: list[_Worker]) -> None:
        self._workers = workers
        self._ended_by = 0
        self._lost: list[str] = []
        self._means: dict[int, int] = {}
        self._handlers: dict[int, object] = {}
        self._asking = threading.Lock()
        self._figures = [Figures()] * len(workers)
        """What each has counted, when it was last asked."""

    def listen(self) -> None:
        """Pass signals on."""
        self._means = signals.ending()
        for number in self._means:
            self._handlers[number] = signal.signal(number, self._pass_on)

    def wait_until_ready(self) -> str:
        """Return the URL once all listen.

        Raises:
            UsageError: If one cannot.
        """
        url = ""
        for worker in self._workers:
            try:
                state, url = worker.pipe.recv()
            except EOFError:
                state, url = "", "a worker ended before it listened"
            if state != _READY:
                raise UsageError(url)
        return url

    def wait_until_ended(self) -> int:
        """Return the signal that ended all of them.

        Raises:
            InspectorError: If one ended by itself.
        """
        running = {worker.process.sentinel: worker.process for worker in self._workers}
        while running:
            for sentinel in wait(list(running)):
                if isinstance(sentinel, int):
                    self._note(running.pop(sentinel), len(running))
        if self._lost:
            raise InspectorError(f"{', '.join(self._lost)} ended without having been told to")
        return self._ended_by

    def figures(self) -> Figures:
        """Return what all have counted, those that have ended too."""
        with self._asking:
            for place, worker in enumerate(self._workers):
                self._figures[place] = _figures_of(worker, self._figures[place])
            return together(self._figures)

    def end(self) -> None:
        """End those that are left, and take signals as before."""
        for worker in self._workers:
            worker.pipe.close()
            if worker.process.is_alive():
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave

    def _note(self, process: BaseProcess, left: int) -> None:
        process.join()
        if not self._ended_by:
            name = f"worker {process.pid}"
            self._lost.append(name)
            safely(diagnostics.warn)(
                f"{name} ended by itself ({_how(process.exitcode)}); {left} of {len(self._workers)} go on"
            )

    def _pass_on(self, came: int, _: FrameType | None) -> None:
        number = self._means[came]
        self._ended_by = self._ended_by or number
        for worker in self._workers:
            if worker.process.pid is not None and worker.process.exitcode is None:
                with suppress(ProcessLookupError):
                    os.kill(worker.process.pid, number)


def _figures_of(worker: _Worker, before: Figures) -> Figures:
    """Ask a worker what it has counted; return what it said before, if it does not answer."""
    try:
        while worker.pipe.poll():  # answers that came too late
            worker.pipe.recv()
        worker.pipe.send(_FIGURES)
        if worker.pipe.poll(_ANSWER_S):
            answer = worker.pipe.recv()
            return answer if isinstance(answer, Figures) else before
    except (OSError, EOFError):
        return before.ended()
    return before


def _how(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


def _reserved(settings: Settings) -> socket.socket:
    """Return a socket that keeps the port for the workers, and takes no connections itself.

    Raises:
        UsageError: If the address is taken or not ours.
    """
    relay = settings.relay()
    try:
        address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        family, target = address[0], address[4]
        with socket.socket(family) as alone:  # with a shared port, another's workers would not be noticed
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(target)
            target = (target[0], alone.getsockname()[1], *target[2:])
        reserved = socket.socket(family)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(target)
    except (OSError, UnicodeError) as error:
        raise UsageError(cannot_listen(settings.host, settings.port, error)) from error
    finally:
        relay.recorder.close(0)
    return reserved


def _start(settings: Settings, number: int) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(settings, number, theirs), name=f"worker-{number}")
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _work(settings: Settings, number: int, pipe: Connection) -> None:
    """Be a worker."""
    relaying.raise_file_limit()
    try:
        relay = settings.relay(share_port=True)

        def ready() -> None:
            pipe.send((_READY, relay.url))
            asyncio.get_running_loop().add_reader(pipe.fileno(), _asked, pipe, relay)

        def hints() -> list[str]:
            return relaying.hints(relay, key=settings.key_env is not None) if number == 0 else []

        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(relaying.serve(relay, ready, hints, settings.drain_s))
    except InspectorError as error:
        with suppress(OSError):
            pipe.send(("failed", str(error)))


def _asked(pipe: Connection, relay: Relay) -> None:
    """Answer the supervisor; end as if told to if it is gone."""
    with suppress(OSError, EOFError):
        if pipe.recv() == _FIGURES:
            pipe.send(relay.figures())
            return
    asyncio.get_running_loop().remove_reader(pipe.fileno())
    signal.raise_signal(signal.SIGTERM)
