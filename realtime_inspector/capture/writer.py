"""The thread that writes recordings: the event loop hands it lines and never waits for a disk.

The thread does little but system calls, and gives way between them: while it computes, the event loop cannot.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from realtime_inspector.capture.sink import Rotation, Sink, give_way
from realtime_inspector.capture.telling import safely
from realtime_inspector.errors import words_of

BACKLOG_BYTES = 64 * 1024 * 1024
"""Lines that wait for the disk, of all files together; what comes beyond is counted and dropped."""
BATCH_S = 0.015
"""How long lines are gathered before they are written: a call's next lines then share one system call."""
HURRY_BYTES = 1024 * 1024
"""When so much waits, it is written at once."""
RETRY_S = 0.25
"""How long a failed file rests before the next attempt."""
PATIENCE_S = 0.5
"""A disk that takes nothing for longer is slow: traffic is held back for its sake no more."""
CLOSE_S = 30.0
"""So long at most what is left is written when all ends, by a disk that goes on taking it."""
TELL_S = 2.0
"""If that takes longer, people are told what they wait for."""
DISTURBED_S = 60.0
"""What others do to files is told at most so often: a folder that is deleted takes those of all calls with it."""

_TURNS = 4
"""So many files are written before the event loop may want the processor."""


class Writer:
    """The thread. `warn` is told once when writing stops, and once when it goes on."""

    def __init__(
        self,
        warn: Callable[[str], None] = lambda text: None,
        backlog_bytes: int | None = None,
        rotation: Rotation | None = None,
    ) -> None:
        self._tell = safely(warn)
        self._rotation = rotation if rotation is not None else Rotation()
        self._limit = backlog_bytes if backlog_bytes is not None else BACKLOG_BYTES
        self._queued = 0
        """Bytes that were ever queued; the loop counts them."""
        self.written = 0
        """Bytes that left the queue; the thread counts them."""
        self.dropped = self.dropped_gaps = 0
        """Lines that did not fit the backlog, and gaps in their place; the loop counts them."""
        self.deleted = self.deleted_gaps = 0
        """Lines of files that were deleted, and gaps in their place; the thread counts them."""
        self.failures = 0
        """Attempts to write that failed; the thread counts them."""
        self._lock = threading.Lock()
        self._sinks: set[Sink] = set()
        self._dirty: deque[Sink] = deque()
        """Sinks with something to do."""
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._busy_since: float | None = None
        """When the round of writing that is under way began, or the disk last took something in it."""
        self._slow = False
        self._stop = threading.Event()
        self._latest = self._patience_s = float("inf")
        """When writing what is left ends, and how long the disk may take nothing before."""
        self._went_on_at = 0.0
        """When the disk last took something."""
        self._retry: dict[Sink, float] = {}
        self._warned = False
        self._disturbed_at = -DISTURBED_S
        self._thread = threading.Thread(target=self._run, name="recording-writer", daemon=True)
        self._thread.start()

    def sink(self, path: Path, header: bytes) -> Sink:
        """Return a new file; it is made when the first line comes."""
        sink = Sink(self, path, header, self._rotation)
        with self._lock:
            self._sinks.add(sink)
        return sink

    @property
    def files(self) -> int:
        """How many files are not finished and closed."""
        return len(self._sinks)

    def has_room(self, size: int) -> bool:
        """Tell whether so many bytes may be queued, and count them if they may."""
        backlog = self._queued - self.written + size
        if backlog > self._limit:
            return False
        self._queued += size
        if backlog > HURRY_BYTES:
            self._hurry.set()
        return True

    @property
    def pressure(self) -> int:
        """How many bytes wait to be written, for whom it may concern; 0 if the disk is no reason to hold a call up."""
        if self._slow or self._retry:
            return 0
        busy_since = self._busy_since
        if busy_since is not None and time.monotonic() - busy_since > PATIENCE_S:
            self._slow = True
            return 0
        return self._queued - self.written

    @property
    def backlog(self) -> int:
        """How many bytes wait to be written."""
        return max(0, self._queued - self.written)

    @property
    def lost(self) -> int:
        """How many lines no file has."""
        return self.dropped + self.deleted

    @property
    def gaps(self) -> int:
        """How many gaps stand for them."""
        return self.dropped_gaps + self.deleted_gaps

    def wake(self, sink: Sink) -> None:
        """Have the thread look at a sink."""
        self._dirty.append(sink)
        if not self._wake.is_set():
            self._wake.set()

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what is left, until the disk takes nothing for that long, and end the thread."""
        began = self._went_on_at = time.monotonic()
        self._patience_s, self._latest = timeout_s, began + CLOSE_S
        self._stop.set()
        self._wake.set()
        self._hurry.set()
        told = False
        while self._thread.is_alive() and self._is_hopeful(1.0):
            self._thread.join(0.05)
            if not told and self._thread.is_alive() and time.monotonic() - began > TELL_S:
                told = True
                self._tell(f"the disk is slow: what is left of the recordings is written, for {CLOSE_S:g} s at most")
        if self._thread.is_alive():
            self._tell_stuck()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(RETRY_S if self._retry else None)
            self._hurry.wait(BATCH_S)
            self._hurry.clear()
            self._wake.clear()
            with self._timed():
                self._flush_all()
        while self._sinks and self._is_hopeful():
            self._flush_all()
            if self._pending():
                time.sleep(BATCH_S)
            else:
                break
        self._leave()

    def went_on(self) -> None:
        """Note that the disk has taken something."""
        self._went_on_at = time.monotonic()
        if self._busy_since is not None:
            self._busy_since = self._went_on_at

    def disturbed(self, what: str, now: float) -> None:
        """Tell what somebody has done to a file, and what comes of it."""
        if now - self._disturbed_at >= DISTURBED_S:
            self._disturbed_at = now
            self._tell(what)

    @contextlib.contextmanager
    def _timed(self) -> Iterator[None]:
        """Find out whether the disk keeps up."""
        self._busy_since = time.monotonic()
        try:
            yield
        finally:
            self._busy_since = None
        if self._queued - self.written < HURRY_BYTES:
            self._slow = False

    def _is_hopeful(self, longer_s: float = 0.0) -> bool:
        """Tell whether to go on writing what is left."""
        now = time.monotonic() - longer_s
        return now < self._latest and now - self._went_on_at < self._patience_s

    def _tell_stuck(self) -> None:
        """Say what is not written, when the disk keeps the thread."""
        with self._lock:
            sinks = [sink for sink in self._sinks if sink.unwritten]
        if sinks:
            count = sum(sink.unwritten for sink in sinks)
            others = f", and of {len(sinks) - 1} more recordings" if len(sinks) > 1 else ""
            self._tell(f"{sinks[0].path}: {count} entries{others} are not written: the disk takes nothing")

    def _pending(self) -> bool:
        with self._lock:
            return any(sink.pending for sink in self._sinks)

    def _flush_all(self) -> None:
        now = time.monotonic()
        for sink in [sink for sink, due in self._retry.items() if due <= now or self._stop.is_set()]:
            self._flush(sink, now)
        for turn in range(1, len(self._dirty) + 1):
            sink = self._dirty.popleft()
            if sink not in self._retry:
                self._flush(sink, now)
            if turn % _TURNS == 0:
                give_way()

    def _flush(self, sink: Sink, now: float) -> None:
        try:
            sink.flush(now)
        except Exception as error:
            self._failed(sink, error)
        else:
            if sink.problem:
                self._works_again(sink)
            if sink.finished and not sink.pending:
                self._remove(sink)

    def _failed(self, sink: Sink, error: Exception) -> None:
        self.failures += 1
        sink.problem = words_of(error)
        self._retry[sink] = time.monotonic() + RETRY_S
        if not self._warned:
            self._warned = True
            self._tell(f"{sink.path}: cannot be written: {sink.problem}; the calls go on, what is lost is counted")

    def _works_again(self, sink: Sink) -> None:
        sink.problem = ""
        del self._retry[sink]
        if not self._retry and self._warned:
            self._warned = False
            self._tell(f"{sink.path}: can be written again")

    def _remove(self, sink: Sink) -> None:
        with self._lock:
            self._sinks.discard(sink)
        self._retry.pop(sink, None)
        sink.close()

    def _leave(self) -> None:
        with self._lock:
            sinks = list(self._sinks)
        for sink in sinks:
            count = sink.give_up()
            if count:
                why = sink.problem or "the disk was too slow"
                self._tell(f"{sink.path}: {count} entries could not be written: {why}")
            self._remove(sink)
