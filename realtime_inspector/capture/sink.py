"""One file of a recording being written, across its parts: what the event loop puts there, the writer's thread writes.

Lines come with their number: what does not fit the backlog is counted and becomes a gap, and what is queued is written
sooner or later, so a full disk leaves no hole in the numbers.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from realtime_inspector.capture.held import hold
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.parts import name_of
from realtime_inspector.recording.whole_file import BINARY

BLOCK_BYTES = 1024 * 1024
"""About as much goes into one system call: smaller ones would wait for the interpreter more often than for the disk."""
JOIN_BYTES = 64 * 1024
"""Less is copied into one block before it is written; more is handed to the system in pieces."""
LOOK_S = 1.0
"""How often it is looked at what others have done to a file."""
FLOOD_BYTES = 1024 * 1024
FLOOD_S = 1.0
"""So much of one file in less time is a flood. Its pages are given back to the system: else a recording would fill the
memory of the machine, and a new page costs a virtual machine several times what is written into it."""
ON_ITS_WAY_BYTES = 16 * 1024 * 1024
"""So much before that is given back once more: the first time, it was not on the disk yet."""

_PART_END_BYTES = 64
"""The line that ends a part is shorter."""
_BLOCKS = 512
"""So many pieces are handed over at once, at most: systems have a limit."""
_writev: Callable[[int, list[bytes]], int] | None = getattr(os, "writev", None)
_fadvise: Callable[[int, int, int, int], None] | None = getattr(os, "posix_fadvise", None)
_DONT_NEED = getattr(os, "POSIX_FADV_DONTNEED", 0)
give_way: Callable[[], object] = getattr(os, "sched_yield", lambda: None)
"""Lets the event loop have the processor."""


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


class Thread(Protocol):
    """What a file needs of the thread that writes it, beside its counts."""

    written: int
    dropped: int
    dropped_gaps: int
    deleted: int
    deleted_gaps: int

    def has_room(self, size: int) -> bool:
        """Tell whether so many bytes may be queued, and count them if they may."""

    def wake(self, sink: Sink) -> None:
        """Have it look at a file."""

    def went_on(self) -> None:
        """Note that the disk has taken something."""

    def disturbed(self, what: str, now: float) -> None:
        """Hear what somebody has done to a file, and what comes of it."""


class Sink:
    """One recording being written. `put` and `finish` are called by the event loop, the rest by the writer's thread."""

    def __init__(self, writer: Thread, path: Path, header: bytes, rotation: Rotation) -> None:
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
        self._gaps = self._gone = 0
        """Of the lines in the part that is written, so many are gaps; what they stand for."""
        self._last_look = 0.0
        self._seen_bytes = 0
        """So large it was then, at least."""
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
        # The end is the last chance to find out that the file is gone.
        if self._fd >= 0 and (self._finished or now - self._last_look >= LOOK_S):
            self._last_look = now
            self._look(now)
        if not queue:
            return
        if self._fd < 0:
            self._open(now)
        while True:
            if self._size == 0:
                header = self._part_header()
                self._write([header], len(header))
            blocks, size = self._blocks(self._room(now))
            if blocks:
                self._write(blocks, size)
                self._wrote(len(blocks))
            else:
                self._turn(now)
            if not queue:
                break
            give_way()
        if self._size - self._given_back >= FLOOD_BYTES:
            self._give_back(now)

    def close(self) -> None:
        """Close the file; one without a line is removed."""
        if self._fd >= 0:
            self._let_go()
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
    def unwritten(self) -> int:
        """About how many lines are queued and not written."""
        return max(0, self._number - self.entries)

    @property
    def pending(self) -> bool:
        """Whether lines wait to be written."""
        return bool(self._queue or self._waiting)

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self._finished

    def _open(self, now: float) -> None:
        make_folder(self.path.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | BINARY
        self._fd = os.open(self._part_path, flags, 0o600)
        hold(self._fd)
        self._size = self._seen_bytes = self._given_back = self._gaps = self._gone = 0
        self._torn = False
        self._opened_at = now

    def _let_go(self) -> None:
        """Close the file. Its number is another one's from now on, even if the system complains."""
        descriptor, self._fd = self._fd, -1
        with contextlib.suppress(OSError):  # what could be written is; some file systems say only now what was not
            os.close(descriptor)

    def _give_back(self, now: float) -> None:
        """Let the system drop the pages of a flood, which nobody reads so soon."""
        begin, self._given_back = max(0, self._given_back - ON_ITS_WAY_BYTES), self._size
        flood, self._given_back_at = now - self._given_back_at < FLOOD_S, now
        if flood and _fadvise is not None:
            with contextlib.suppress(OSError):  # it is only advice
                _fadvise(self._fd, begin, self._size - begin, _DONT_NEED)

    def _turn(self, now: float) -> None:
        """End this part, and begin the next."""
        end = jsonl.dump_part_end(jsonl.PartEnd(self._part + 1, self.entries + 1))
        self._write([end], len(end))
        self._begin_next(now)

    def _begin_next(self, now: float) -> None:
        """Go on in another file; this one stays as it is."""
        self._let_go()
        self._part, self._first = self._part + 1, self.entries + 1
        self._part_path = name_of(self.path, self._part)
        self._open(now)

    def _part_header(self) -> bytes:
        return self._header if self._part == 1 else jsonl.part_header(self._header, self._part, self._first)

    def _look(self, now: float) -> None:
        """Find out what others have done to the file: what is written where nobody looks for it would be lost."""
        try:
            there = self._part_path.stat()
        except OSError:
            if _is_deleted(self._fd):
                self._begin_anew(now)
            return
        if not os.path.samestat(there, os.fstat(self._fd)) or there.st_size < self._seen_bytes:
            path = self._part_path
            self._begin_next(now)
            self._writer.disturbed(f"{path}: was replaced or cut: its call goes on in {self._part_path.name}", now)
        else:
            self._seen_bytes = min(there.st_size, self._size)

    def _begin_anew(self, now: float) -> None:
        """Write a file again that was deleted: what was in it is a gap."""
        self._let_go()
        entries = self.entries - self._first + 1 - self._gaps
        lost = _Lost(entries + self._gone, 0.0, "the file was deleted while it was written")
        self.lost -= self._gone
        self._writer.deleted += entries
        self._writer.deleted_gaps += 1 - self._gaps
        self._queue.appendleft((self._first, 1, lost))
        self.entries = self._first - 1
        what = f"was deleted while it was written: {lost.lost} entries are a gap in the file begun anew"
        self._writer.disturbed(f"{self._part_path}: {what}", now)
        self._open(now)

    def _wrote(self, items: int) -> None:
        """Take items from the queue that were written."""
        take = self._queue.popleft
        for _ in range(items):
            _, count, block = take()
            if isinstance(block, _Lost):
                self.lost += block.lost
                self._gone += block.lost
                self._gaps += 1
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


def _is_deleted(descriptor: int) -> bool:
    try:
        return os.fstat(descriptor).st_nlink == 0
    except OSError:  # another machine deleted it on a disk of the network
        return True


def _renumbered(block: bytes, first: int) -> bytes:
    """Return lines with other numbers: those of a file that was begun anew."""
    rest = (line.partition(b",")[2] for line in block.splitlines())
    return b"".join(b'{"n":%d,%b\n' % (number, line) for number, line in enumerate(rest, first))


def make_folder(folder: Path) -> None:
    """Make the folder of recordings, for its owner only.

    Raises:
        OSError: If it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
