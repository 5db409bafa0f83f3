"""Feeds a linter with the lines of a recording, block by block: for who reads on between other things.

What `sweep.py` does in one go over a file: pieces of streams that are nothing to any rule are taken in where they
stand, every other line is read. Stops behind every line that was read, and goes on from there.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.sweep import Walk, nobody
from realtime_inspector.protocol.event import read
from realtime_inspector.recording.entry import Entry
from realtime_inspector.recording.lines import Reader

Stride = tuple[Entry | None, list[Finding]]
"""An entry that was read, or None behind the last one, and what was found up to it."""


class Strides:
    """A linter. Of the lines behind the header, its session has seen `done` already."""

    def __init__(self, linter: Linter, done: int = 0) -> None:
        self.linter = linter
        self._walk = Walk(linter, nobody)
        self._reader = Reader()
        if done:
            self._reader.passed(done, 0.0)

    @property
    def done(self) -> int:
        """How many lines were taken in so far."""
        return self._reader.next_row - 2

    @property
    def unreadable(self) -> int:
        """How many of them were no entries."""
        return self._reader.unreadable

    def take(self, block: bytes) -> Iterator[Stride]:
        """Take in whole lines, those that follow the ones before; yield where one was read, or something was found."""
        for entry in self._walk(io.BytesIO(block), self._reader):
            findings = self._found()
            event = read(entry, self._walk.body)
            findings += self.linter.feed(event)
            self._walk.learn(event)
            self._reader.problems.clear()
            yield entry, findings
        if self._walk.found:
            yield None, self._found()

    def _found(self) -> list[Finding]:
        found, self._walk.found = self._walk.found, []
        return found
