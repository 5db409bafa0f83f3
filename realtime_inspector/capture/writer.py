"""The thread that writes recordings: the event loop hands it lines and never waits for a disk.

A sink is one file. Lines get their number when they are queued: what does not fit the backlog is counted then and
becomes a gap, and what is queued is written sooner or later, so a full disk leaves no hole in the numbers. The thread
does little but system calls: while it computes, the event loop cannot.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Kind, Side

BACKLOG_BYTES = 64 * 1024 * 1024
"""Lines that wait for the disk, of all files together; what comes beyond is counted and dropped."""
BATCH_S = 0.01
"""How long lines are gathered before they are written."""
RETRY_S = 0.25
"""How long a failed file rests before the next attempt."""
BLOCK_BYTES = 2 * 1024 * 1024
"""About as much goes into one system call: smaller ones would wait for the interpreter more often than for the disk."""
LOOK_S = 1.0
"""How often a file is checked for having been deleted."""

_UNNUMBERED = b'{"n":0'


@dataclass(slots=True)
class _Lines:
    """Lines to be written: each in two parts, the first of which has its number."""

    first: int
    parts: list[bytes | memoryview]
    size: int

    @property
    def count(self) -> int:
        return len(self.parts) // 2

    def renumber(self, first: int) -> None:
        if first != self.first:
            self.first = first
            self.parts[::2] = (b'{"n":%d' % number for number in range(first, first + self.count))


@dataclass(slots=True)
class _Lost:
    """Lines that were dropped, in the place where they would stand."""

    lost: int
    t: float
    why: str = ""

    @property
    def count(self) -> int:
        return 1

    size = 0


_Item = _Lines | _Lost


class Sink:
    """One recording being written. `put` and `finish` are called by the event loop, the rest by the writer's thread."""

    def __init__(self, writer: Writer, path: Path, header: bytes) -> None:
        self.path = path
        self.lost = 0
        """How many entries could not be written."""
        self.entries = 0
        """How many lines stand in the file, the header not counted."""
        self.problem = ""
        """Why the last attempt to write failed; empty while writing works."""
        self.done = threading.Event()
        """Set when the file is finished and closed."""
        self._writer = writer
        self._header = header
        self._queue: list[_Item] = []
        """What came, under the writer's lock; `_writing` is the thread's alone."""
        self._writing: deque[_Item] = deque()
        self._number = 0
        """Number of the last line or gap queued."""
        self._fd = -1
        self._size = 0
        self._torn = False
        """The file may end with a part of a line."""
        self._finished = False
        self._last_look = 0.0

    def put(self, lines: list[bytes], t: float) -> None:
        """Hand over lines whose number is 0; `t` is the time of the first."""
        self._writer.enqueue(self, lines, t)

    def finish(self) -> None:
        """Say that nothing more will come: the file is closed when all is written."""
        self._finished = True
        self._writer.wake(self)

    def enqueue(self, lines: list[bytes], t: float, *, room: int) -> int:
        """Queue lines as long as there is room for so many bytes, count the rest as lost; return the bytes queued."""
        size = sum(map(len, lines))
        if size <= room:
            self._append(lines, size)
            return size
        queued = 0
        for line in lines:
            if queued + len(line) <= room:
                self._append([line], len(line))
                queued += len(line)
            else:
                self._lose(t)
        return queued

    def _append(self, lines: list[bytes], size: int) -> None:
        parts: list[bytes | memoryview] = []
        number = first = self._number + 1
        for line in lines:
            parts += (b'{"n":%d' % number, memoryview(line)[len(_UNNUMBERED) :])
            number += 1
        self._number = number - 1
        self._queue.append(_Lines(first, parts, size))

    def _lose(self, t: float) -> None:
        if self._queue and isinstance(last := self._queue[-1], _Lost):
            last.lost += 1
        else:
            self._number += 1
            self._queue.append(_Lost(1, t))

    def flush(self) -> None:
        """Write what is queued.

        Raises:
            OSError: If writing failed. What is not written is still queued, and the file ends with a whole line.
        """
        self._writing.extend(self._writer.take(self._queue))
        if not self._writing:
            return
        if self._fd < 0:
            self._open()
        self._look()
        if self._size == 0:
            self._write(self._header)
        while self._writing:
            block, items = self._block()
            self._write(block)
            for _ in range(items):
                item = self._writing.popleft()
                self.entries += item.count
                self.lost += item.lost if isinstance(item, _Lost) else 0
                self._writer.written(item.size)

    def close(self) -> None:
        """Close the file; one without a line is removed."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            if self._size == 0:
                with contextlib.suppress(OSError):
                    self.path.unlink()
        self.done.set()

    def give_up(self) -> int:
        """Forget what is queued; return how many entries that were."""
        self._writing.extend(self._writer.take(self._queue))
        count = sum(item.lost if isinstance(item, _Lost) else item.count for item in self._writing)
        self._writing.clear()
        self.lost += count
        return count

    @property
    def pending(self) -> bool:
        """Whether lines wait to be written."""
        return bool(self._queue or self._writing)

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self._finished

    def _open(self) -> None:
        make_folder(self.path.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        self._fd = os.open(self.path, flags, 0o600)
        self._size = 0
        self._torn = False

    def _look(self) -> None:
        """Begin the file anew if somebody deleted it: what was in it is a gap."""
        now = time.monotonic()
        if now - self._last_look < LOOK_S:
            return
        self._last_look = now
        if os.fstat(self._fd).st_nlink == 0:
            os.close(self._fd)
            self._fd = -1
            self._writing.appendleft(_Lost(self.entries, 0.0, "the file was deleted while it was written"))
            self.entries = 0
            self._open()

    def _block(self) -> tuple[bytes, int]:
        """Return the next lines, and how many items of the queue they are."""
        parts: list[bytes | memoryview] = []
        size = items = 0
        number = self.entries + 1
        for item in self._writing:
            if isinstance(item, _Lost):
                parts.append(self._gap(number, item))
            else:
                item.renumber(number)
                parts += item.parts
            number += item.count
            size += item.size
            items += 1
            if size > BLOCK_BYTES:
                break
        return b"".join(parts), items

    def _gap(self, number: int, lost: _Lost) -> bytes:
        why = lost.why or self.problem or "the disk was slower than the traffic"
        return jsonl.dump(Entry(number, lost.t, Side.PROXY, Kind.GAP, members={"lost": lost.lost, "why": why}))

    def _write(self, block: bytes) -> None:
        self._cut_torn()
        rest = memoryview(block)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            self._torn = True
            with contextlib.suppress(OSError):  # a disk that is full can be cut; if not, the next attempt begins so
                self._cut_torn()
            raise
        self._size += len(block)

    def _cut_torn(self) -> None:
        if self._torn:
            os.ftruncate(self._fd, self._size)
            self._torn = False


class Writer:
    """The thread. `warn` is told once when writing stops, and once when it goes on."""

    def __init__(self, warn: Callable[[str], None] = lambda text: None, backlog_bytes: int | None = None) -> None:
        self._warn = warn
        self._limit = backlog_bytes if backlog_bytes is not None else BACKLOG_BYTES
        self._backlog = 0
        self._lock = threading.Lock()
        self._sinks: set[Sink] = set()
        self._dirty: set[Sink] = set()
        """Sinks with something to do."""
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._deadline = float("inf")
        self._retry: dict[Sink, float] = {}
        self._warned = False
        self._thread = threading.Thread(target=self._run, name="recording-writer", daemon=True)
        self._thread.start()

    def sink(self, path: Path, header: bytes) -> Sink:
        """Return a new file; it is made when the first line comes."""
        sink = Sink(self, path, header)
        with self._lock:
            self._sinks.add(sink)
        return sink

    def enqueue(self, sink: Sink, lines: list[bytes], t: float) -> None:
        """Queue lines of a sink."""
        with self._lock:
            self._backlog += sink.enqueue(lines, t, room=self._limit - self._backlog)
            self._dirty.add(sink)
        if not self._wake.is_set():
            self._wake.set()

    def take(self, queue: list[_Item]) -> list[_Item]:
        """Empty a sink's queue; return what was in it."""
        with self._lock:
            taken = queue[:]
            queue.clear()
        return taken

    def written(self, weight: int) -> None:
        """Note that so many bytes of the backlog were written."""
        with self._lock:
            self._backlog -= weight

    def wake(self, sink: Sink) -> None:
        """Have the thread look at a sink."""
        with self._lock:
            self._dirty.add(sink)
        self._wake.set()

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what is left, for at most that long, and end the thread."""
        self._deadline = time.monotonic() + timeout_s
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout_s + 1)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(RETRY_S if self._retry else None)
            self._stop.wait(BATCH_S)
            self._wake.clear()
            self._flush_all()
        while self._sinks and time.monotonic() < self._deadline:
            self._flush_all()
            if self._pending():
                time.sleep(BATCH_S)
            else:
                break
        self._leave()

    def _pending(self) -> bool:
        with self._lock:
            return any(sink.pending for sink in self._sinks)

    def _flush_all(self) -> None:
        with self._lock:
            dirty, self._dirty = self._dirty, set()
        now = time.monotonic()
        for sink in dirty.union(self._retry):
            if self._retry.get(sink, 0.0) <= now or self._stop.is_set():
                self._flush(sink)
            if sink.finished and not sink.pending:
                self._remove(sink)

    def _flush(self, sink: Sink) -> None:
        try:
            sink.flush()
        except Exception as error:
            sink.problem = (error.strerror if isinstance(error, OSError) else None) or str(error)
            self._retry[sink] = time.monotonic() + RETRY_S
            if not self._warned:
                self._warned = True
                self._warn(f"{sink.path}: cannot be written: {sink.problem}; the calls go on, what is lost is counted")
        else:
            sink.problem = ""
            if self._retry.pop(sink, None) is not None and not self._retry and self._warned:
                self._warned = False
                self._warn(f"{sink.path}: can be written again")

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
                self._warn(f"{sink.path}: {count} entries could not be written: {sink.problem}")
            self._remove(sink)


def make_folder(folder: Path) -> None:
    """Make the folder of recordings, for its owner only.

    Raises:
        OSError: If it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
