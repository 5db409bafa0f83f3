"""The thread that writes recordings: the event loop hands it lines and never waits for a disk.

A sink is one file. Lines come with their number: what does not fit the backlog is counted and becomes a gap, and what
is queued is written sooner or later, so a full disk leaves no hole in the numbers. The thread does little but system
calls, and gives way between them: while it computes, the event loop cannot.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from realtime_inspector.capture.held import hold
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.parts import name_of

BACKLOG_BYTES = 64 * 1024 * 1024
"""Lines that wait for the disk, of all files together; what comes beyond is counted and dropped."""
BATCH_S = 0.015
"""How long lines are gathered before they are written: a call's next lines then share one system call."""
HURRY_BYTES = 1024 * 1024
"""When so much waits, it is written at once."""
RETRY_S = 0.25
"""How long a failed file rests before the next attempt."""
BLOCK_BYTES = 1024 * 1024
"""About as much goes into one system call: smaller ones would wait for the interpreter more often than for the disk."""
JOIN_BYTES = 64 * 1024
"""Less is copied into one block before it is written; more is handed to the system in pieces."""
LOOK_S = 1.0
"""How often a file is checked for having been deleted."""
FLOOD_BYTES = 1024 * 1024
FLOOD_S = 1.0
"""So much of one file in less time is a flood. Its pages are given back to the system: else a recording would fill the
memory of the machine, and a new page costs a virtual machine several times what is written into it."""
ON_ITS_WAY_BYTES = 16 * 1024 * 1024
"""So much before that is given back once more: the first time, it was not on the disk yet."""
PATIENCE_S = 0.5
"""A disk that takes nothing for longer is slow: traffic is held back for its sake no more."""

_PART_END_BYTES = 64
"""The line that ends a part is shorter."""
_BLOCKS = 512
"""So many pieces are handed over at once, at most: systems have a limit."""
_writev: Callable[[int, list[bytes]], int] | None = getattr(os, "writev", None)
_fadvise: Callable[[int, int, int, int], None] | None = getattr(os, "posix_fadvise", None)
_DONT_NEED = getattr(os, "POSIX_FADV_DONTNEED", 0)
_TURNS = 4
"""So many files are written before the event loop may want the processor."""
_give_way: Callable[[], object] = getattr(os, "sched_yield", lambda: None)


@dataclass(slots=True)
class _Lost:
    """Lines that were dropped, in the place where they would stand."""

    lost: int
    t: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a recording goes on in another file; by default never."""

    max_bytes: float = math.inf
    """No part gets larger, unless what is written in one go is."""
    max_s: float = math.inf
    """What comes when a part is older goes into the next."""


_Item = tuple[int, int, bytes | _Lost]
"""Number of the first line, how many there are, and the lines; or what stands for lost ones."""


class Sink:
    """One recording being written. `put` and `finish` are called by the event loop, the rest by the writer's thread."""

    def __init__(self, writer: Writer, path: Path, header: bytes, rotation: Rotation) -> None:
        self.path = path
        """Where it begins."""
        self.lost = 0
        """How many entries could not be written."""
        self.entries = 0
        """How many lines stand in its files, headers not counted."""
        self.problem = ""
        """Why the last attempt to write failed; empty while writing works."""
        self.done = threading.Event()
        """Set when the file is finished and closed."""
        self._writer = writer
        self._header = header
        self._rotation = rotation
        self._part = 1
        self._part_path = path
        """The file that is written."""
        self._first = 1
        """Number of its first line."""
        self._opened_at = 0.0
        self._queue: deque[_Item] = deque()
        """What came: the loop appends, the thread takes what it has written."""
        self._lost: _Lost | None = None
        """What was dropped since the last line that was queued; the loop's alone."""
        self._waiting = False
        """The thread is to look at this file and has not yet begun to."""
        self._number = 0
        """Number of the last line or gap queued."""
        self._fd = -1
        self._size = 0
        self._torn = False
        """The file may end with a part of a line."""
        self._finished = False
        self._last_look = 0.0
        self._given_back = 0
        """Up to here the file's pages were given back, or kept because they came slowly; when that was."""
        self._given_back_at = 0.0

    @property
    def next_number(self) -> int:
        """The number that the next line must have."""
        return self._number + 1 if self._lost is None else self._number + 2

    def put(self, block: bytes, count: int, t: float) -> None:
        """Hand over so many lines, numbered from `next_number`; `t` is the time of the first."""
        writer = self._writer
        if not writer.has_room(len(block)):
            self._lost = self._lost or _Lost(0, t)
            self._lost.lost += count
            writer.dropped += count
            return
        if self._lost is not None:
            self._queue_gap(self._lost)
        number = self._number
        self._queue.append((number + 1, count, block))
        self._number = number + count
        if not self._waiting:
            self._waiting = True
            writer.wake(self)

    def finish(self) -> None:
        """Say that nothing more will come: the file is closed when all is written."""
        if self._lost is not None:
            self._queue_gap(self._lost)
        self._finished = True
        self._waiting = True
        self._writer.wake(self)

    def _queue_gap(self, lost: _Lost) -> None:
        self._lost = None
        self._writer.dropped_gaps += 1
        self._number += 1
        self._queue.append((self._number, 1, lost))

    def flush(self, now: float) -> None:
        """Write what is queued; `now` is the time by `time.monotonic`.

        Raises:
            OSError: If writing failed. What is not written is still queued, and the file ends with a whole line.
        """
        self._waiting = False  # before the queue is looked at: what comes now wakes the thread again
        queue = self._queue
        if not queue:
            return
        if self._fd < 0:
            self._open()
        elif now - self._last_look >= LOOK_S:
            self._last_look = now
            self._look()
        while True:
            if self._size == 0:
                header = self._part_header()
                self._write([header], len(header))
            blocks, size = self._blocks(self._room(now))
            if blocks:
                self._write(blocks, size)
                self._wrote(len(blocks))
            else:
                self._turn()
            if not queue:
                break
            _give_way()
        if self._size - self._given_back >= FLOOD_BYTES:
            self._give_back(now)

    def close(self) -> None:
        """Close the file; one without a line is removed."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):  # what could be written is; some file systems say only now what was not
                os.close(self._fd)
            self._fd = -1
            if self._size == 0:
                with contextlib.suppress(OSError):
                    self._part_path.unlink()
        self.done.set()

    def give_up(self) -> int:
        """Forget what is queued; return how many entries that were."""
        entries, lost = self.entries, self.lost
        self._wrote(len(self._queue))
        count = self.entries - entries + self.lost - lost
        self.entries, self.lost = entries, lost + count
        return count

    @property
    def pending(self) -> bool:
        """Whether lines wait to be written."""
        return bool(self._queue or self._waiting)

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self._finished

    def _open(self) -> None:
        make_folder(self.path.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        self._fd = os.open(self._part_path, flags, 0o600)
        hold(self._fd)
        self._size = self._given_back = 0
        self._torn = False
        self._opened_at = time.monotonic()

    def _give_back(self, now: float) -> None:
        """Let the system drop the pages of a flood, which nobody reads so soon."""
        begin, self._given_back = max(0, self._given_back - ON_ITS_WAY_BYTES), self._size
        flood, self._given_back_at = now - self._given_back_at < FLOOD_S, now
        if flood and _fadvise is not None:
            with contextlib.suppress(OSError):  # it is only advice
                _fadvise(self._fd, begin, self._size - begin, _DONT_NEED)

    def _turn(self) -> None:
        """Go on in another file."""
        part, first = self._part + 1, self.entries + 1
        end = jsonl.dump_part_end(jsonl.PartEnd(part, first))
        self._write([end], len(end))
        os.close(self._fd)
        self._fd = -1
        self._size = 0
        self._part, self._first, self._part_path = part, first, name_of(self.path, part)
        self._open()

    def _part_header(self) -> bytes:
        return self._header if self._part == 1 else jsonl.part_header(self._header, self._part, self._first)

    def _look(self) -> None:
        """Begin the file anew if somebody deleted it: what was in it is a gap."""
        if os.fstat(self._fd).st_nlink == 0:
            os.close(self._fd)
            self._fd = -1
            lost = _Lost(self.entries - self._first + 1, 0.0, "the file was deleted while it was written")
            self._writer.deleted += lost.lost
            self._writer.deleted_gaps += 1
            self._queue.appendleft((self._first, 1, lost))
            self.entries = self._first - 1
            self._open()

    def _wrote(self, items: int) -> None:
        """Take items from the queue that were written."""
        take = self._queue.popleft
        for _ in range(items):
            _, count, block = take()
            if isinstance(block, _Lost):
                self.lost += block.lost
                self.entries += 1
            else:
                self.entries += count
                self._writer.written += len(block)
        self._writer.went_on()

    def _blocks(self, room: float) -> tuple[list[bytes], int]:
        """Return the next lines, those of each item of the queue by themselves, and their bytes.

        None if the part has not so much room.
        """
        parts: list[bytes] = []
        size = 0
        number = self.entries + 1
        for first, count, block in list(islice(self._queue, _BLOCKS)):  # in one go: the loop may append meanwhile
            if isinstance(block, _Lost):
                block = self._gap(number, block)
            elif first != number:
                block = _renumbered(block, number)
            if size + len(block) > room and number > self._first:
                break
            size += len(block)
            parts.append(block)
            number += count
            if size > BLOCK_BYTES:
                break
        return parts, size

    def _room(self, now: float) -> float:
        """Return how many bytes more belong into this part."""
        if now - self._opened_at > self._rotation.max_s:
            return 0
        return self._rotation.max_bytes - self._size - _PART_END_BYTES

    def _gap(self, number: int, lost: _Lost) -> bytes:
        why = lost.why or self.problem or "the disk was slower than the traffic"
        return jsonl.dump(Entry(number, lost.t, Side.PROXY, Kind.GAP, members={"lost": lost.lost, "why": why}))

    def _write(self, blocks: list[bytes], size: int) -> None:
        if self._torn:
            self._cut_torn()
        try:
            if size > JOIN_BYTES and _writev is not None:
                written = _writev(self._fd, blocks)
            else:
                written = os.write(self._fd, b"".join(blocks))
            if written < size:
                rest = memoryview(b"".join(blocks))[written:]
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
        except OSError:
            self._torn = True
            with contextlib.suppress(OSError):  # a disk that is full can be cut; if not, the next attempt begins so
                self._cut_torn()
            raise
        self._size += size

    def _cut_torn(self) -> None:
        if self._torn:
            os.ftruncate(self._fd, self._size)
            self._torn = False


def _renumbered(block: bytes, first: int) -> bytes:
    """Return lines with other numbers: those of a file that was begun anew."""
    rest = (line.partition(b",")[2] for line in block.splitlines())
    return b"".join(b'{"n":%d,%b\n' % (number, line) for number, line in enumerate(rest, first))


class Writer:
    """The thread. `warn` is told once when writing stops, and once when it goes on."""

    def __init__(
        self,
        warn: Callable[[str], None] = lambda text: None,
        backlog_bytes: int | None = None,
        rotation: Rotation | None = None,
    ) -> None:
        self._warn = warn
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
        self._deadline = float("inf")
        self._retry: dict[Sink, float] = {}
        self._warned = False
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
        """Write what is left, for at most that long, and end the thread."""
        self._deadline = time.monotonic() + timeout_s
        self._stop.set()
        self._wake.set()
        self._hurry.set()
        self._thread.join(timeout_s + 1)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(RETRY_S if self._retry else None)
            self._hurry.wait(BATCH_S)
            self._hurry.clear()
            self._wake.clear()
            with self._timed():
                self._flush_all()
        while self._sinks and time.monotonic() < self._deadline:
            self._flush_all()
            if self._pending():
                time.sleep(BATCH_S)
            else:
                break
        self._leave()

    def went_on(self) -> None:
        """Note that the disk has taken something."""
        if self._busy_since is not None:
            self._busy_since = time.monotonic()

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
                _give_way()

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
        sink.problem = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
        self._retry[sink] = time.monotonic() + RETRY_S
        if not self._warned:
            self._warned = True
            self._tell(f"{sink.path}: cannot be written: {sink.problem}; the calls go on, what is lost is counted")

    def _tell(self, text: str) -> None:
        with contextlib.suppress(Exception):  # whoever is told may be gone; the recordings are not
            self._warn(text)

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
                self._tell(f"{sink.path}: {count} entries could not be written: {sink.problem}")
            self._remove(sink)


def make_folder(folder: Path) -> None:
    """Make the folder of recordings, for its owner only.

    Raises:
        OSError: If it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
