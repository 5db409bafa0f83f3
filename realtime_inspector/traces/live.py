"""Spans of calls while they go on: a folder's new recordings are followed, and what is done is sent.

It meets the proxy in the recordings alone, and runs in a process of its own: whatever becomes of a collector, or of
this, no call waits for it and no recording lacks anything.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

from realtime_inspector.analysis.lint import Linter, closing
from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.protocol.event import read
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.files import SUFFIXES
from realtime_inspector.recording.follower import Follower
from realtime_inspector.traces.otlp import BATCH, NotSent
from realtime_inspector.traces.span import Span
from realtime_inspector.traces.tracer import Tracer

LAG_S = 0.5
"""How far behind the clock silence is judged: what was sent may not be in the file yet."""
STEP_S = 1.0
"""How often a call is looked at in which nothing happens."""
MOST_WAITING = 20_000
"""So many spans are kept for a collector that takes none; the oldest give way."""
_RECORDERS = frozenset({"relay", "mitmproxy"})
"""Who makes a recording of a call that passes: what is imported into the folder is none."""
_SURE_S = 2.0
"""So long after a folder changed, another change shows in its time."""
_LAST_S = 2.0
"""How long it takes at most to tell why nothing was sent, once an attempt is given up."""

NewLinter = Callable[[Path, Header], Linter | None]


class Watch:
    """The recordings that begin in a folder from now on. It has no thread and no clock of its own."""

    def __init__(
        self, folder: Path, new_linter: NewLinter, *, known: Iterable[str] = (), with_content: bool = False
    ) -> None:
        """Begin.

        Args:
            folder: Where recordings are written; it may not be there yet.
            new_linter: Gives what finds mistakes in a recording; None where findings are not wanted.
            known: The recordings that were there before, of `stems`.
            with_content: Tell what was said too.
        """
        self._folder = folder
        self._new_linter = new_linter
        self._with_content = with_content
        self._known = set(known)
        self._calls: dict[Path, _Call] = {}
        self._changed = 0, 0.0
        """The folder's time of change, and when that was first seen."""

    @property
    def open(self) -> int:
        """How many recordings are followed."""
        return len(self._calls)

    def poll(self, now: float) -> list[Span]:
        """Return the spans that are done; `now` counts seconds from anywhere."""
        self._look(now)
        found: list[Span] = []
        for path, call in [*self._calls.items()]:
            try:
                found += call.poll(now)
            except (RecordingError, UsageError):  # it was deleted, or says no day: there is nobody to be told
                del self._calls[path]
                continue
            if call.ended:
                del self._calls[path]
        return found

    def finish(self, now: float) -> list[Span]:
        """Return the spans of what is left; a call that has not ended ends here."""
        found = self.poll(now)
        for call in self._calls.values():
            found += call.finish()
        self._calls.clear()
        return found

    def _look(self, now: float) -> None:
        """Take up recordings that have begun."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:  # it is made with the first recording
            return
        if changed == self._changed[0] and now > self._changed[1] + _SURE_S:
            return
        if changed != self._changed[0]:
            self._changed = changed, now
        for stem, path in sorted(stems(self._folder).items()):
            if stem not in self._known:
                self._known.add(stem)
                self._calls[path] = _Call(path, self._new_linter, with_content=self._with_content)


class _Call:
    """One recording that grows."""

    def __init__(self, path: Path, new_linter: NewLinter, *, with_content: bool) -> None:
        self._follower = Follower(path)
        self._new_linter = new_linter
        self._with_content = with_content
        self._tracer: Tracer | None = None
        self._behind_s = math.inf
        """The clock's reading when the recording began, at the latest."""
        self._last: Entry | None = None
        self._next = 0.0
        """The clock's reading when it is looked at again, whatever comes."""
        self.ended = False

    def poll(self, now: float) -> list[Span]:
        """Read what has come, and return the spans that are done.

        Raises:
            RecordingError: If the file is gone, or no proxy writes it.
            UsageError: If its header says no time.
        """
        news = False
        while entries := self._follower.poll():
            news = True
            for entry in entries:
                self._behind_s = min(self._behind_s, now - entry.t)
                self._last = entry
                self._begun().feed(read(entry))
        if self._tracer is None or (now < self._next and not news):
            return []
        self._next = now + STEP_S
        self.ended = self._tracer.session.ended is not None
        at = now - self._behind_s - LAG_S
        self._tracer.advance(at)
        return self._tracer.take(at)

    def finish(self) -> list[Span]:
        """Return what is left of a call that has not ended."""
        if self._tracer is None or self._last is None:
            return []
        self._tracer.feed(closing(self._last.n, self._last.t, self._last.line))
        return self._tracer.finish()

    def _begun(self) -> Tracer:
        if self._tracer is None:
            header = self._follower.header
            if header is None or header.via not in _RECORDERS:
                raise RecordingError(f"{self._follower.path}: not of a call that passes")
            linter = self._new_linter(self._follower.path, header)
            self._tracer = Tracer(header, linter, with_content=self._with_content)
        return self._tracer


class Sends(Protocol):
    """What takes spans to a collector."""

    @property
    def shown(self) -> str:
        """Where they go, to be told."""

    def send(self, spans: Sequence[Span]) -> None:
        """Send them; raises `NotSent`."""

    def close(self) -> None:
        """Give up what is being tried."""


class Courier:
    """Sends spans in a thread, and keeps what a collector does not take; says so once, and once when it does again."""

    def __init__(
        self, exporter: Sends, say: Callable[[str], None], patience_s: Sequence[float] = (1.0, 2.0, 5.0, 15.0, 30.0)
    ) -> None:
        """Begin.

        Args:
            exporter: What takes them.
            say: Told of trouble, from another thread.
            patience_s: How long to wait before the next attempt; from then on the last of them.
        """
        self._exporter = exporter
        self._patience_s = patience_s
        self._say = say
        self._waiting: deque[Span] = deque()
        self._change = threading.Condition()
        self._stopping = False
        self._troubled = False
        """It was said that the collector takes nothing."""
        self._refused = False
        """It said itself that it will not: one that takes some and not others is told of once, and no more."""
        self.lost = 0
        """Spans that will not be sent any more."""
        self._thread = threading.Thread(target=self._work, name="traces", daemon=True)
        self._thread.start()

    def put(self, spans: Iterable[Span]) -> None:
        """Hand spans over; this never waits for the collector."""
        with self._change:
            self._waiting.extend(spans)
            while len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._change.notify()

    def close(self, timeout_s: float) -> int:
        """Send what is left, for at most that long; return how many spans were not sent, of all."""
        with self._change:
            self._stopping = True
            self._change.notify()
        self._thread.join(timeout_s)
        self._exporter.close()
        self._thread.join(_LAST_S)
        with self._change:
            return self.lost + len(self._waiting)

    def _work(self) -> None:
        attempts = 0
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting or self._stopping)
                batch = list(islice(self._waiting, BATCH))
            if not batch:
                return
            try:
                self._exporter.send(batch)
            except NotSent as error:
                self._not_sent(error, batch)
                patience_s = self._patience_s[min(attempts, len(self._patience_s) - 1)]
                attempts += 1
                if not error.refused and self._rests(patience_s):
                    return
                continue
            attempts = 0
            self._sent(batch)

    def _not_sent(self, error: NotSent, batch: list[Span]) -> None:
        if not self._troubled:
            self._troubled = True
            self._say(f"no traces: {error}; calls and recordings go on")
        if error.refused:
            self._refused = True
            with self._change:
                self._drop(batch)
                self.lost += len(batch)

    def _sent(self, batch: list[Span]) -> None:
        with self._change:
            self._drop(batch)
        if self._troubled and not self._refused:
            self._troubled = False
            self._say(f"traces are sent to {self._exporter.shown} again")

    def _drop(self, batch: list[Span]) -> None:
        """Take a batch out, as far as it did not have to give way to newer spans."""
        ids = {id(span) for span in batch}
        while self._waiting and id(self._waiting[0]) in ids:
            self._waiting.popleft()

    def _rests(self, patience_s: float) -> bool:
        """Wait for the next attempt; tell whether there is none, because the end has come."""
        with self._change:
            return self._change.wait_for(lambda: self._stopping, patience_s)


def stems(folder: Path) -> dict[str, Path]:
    """Return the recordings of a folder, but not of its subfolders: how the names of their files begin, and one."""
    try:
        found = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES))
    except OSError:  # it is made with the first recording
        return {}
    return {path.name.partition(".")[0]: path for path in reversed(found)}
