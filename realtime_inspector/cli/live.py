"""What goes wrong in calls while they are recorded: a line each, as soon as it is certain.

`tail --lint` says it of every call that begins in a folder. `run --lint`, at a terminal, and `proxy --lint` have that
beside them in a process of its own: what is analysed takes no time from a call.
"""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from realtime_inspector.analysis.finding import Finding, Severity, count
from realtime_inspector.analysis.fingerprint import shape
from realtime_inspector.analysis.folding import ANY_ERROR
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.cli import diagnostics
from realtime_inspector.cli.findings import Trail, in_words
from realtime_inspector.cli.findings_text import COLOURS
from realtime_inspector.cli.output import Ink
from realtime_inspector.errors import RecordingError
from realtime_inspector.protocol.event import WIRE_END, read
from realtime_inspector.recording.follower import Follower
from realtime_inspector.recording.printable import shell_word
from realtime_inspector.tui import text

POLL_S = 0.2
LAG_S = 0.5
"""How far behind the clock silence is judged: what was sent may not be in the file yet."""
_SET_BACK_S = 0.5
"""A clock that goes slower by less is not one that was set."""
_STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"
_NAME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z_\w+\.jsonl")
_END_S = 5.0
"""So long the process beside us may take for its last words."""


class Call:
    """One recording that grows, and what is found in it."""

    def __init__(self, path: Path, linter: Linter) -> None:
        self.path = path
        self.ended = False
        self.findings: list[Finding] = []
        self._follower = Follower(path)
        self._linter = linter
        self._trail = Trail()
        self._wrong: set[int] = set()
        """Entries of the client that something was said of: what follows from them is no news."""
        self._errors: set[int] = set()
        """Entries that a rule knows more of than that they are errors."""
        self._told: set[tuple[str, str]] = set()
        self._behind_s = math.inf
        """The clock's reading when the recording began, at the latest."""

    @property
    def started(self) -> str | None:
        """When it began, once that is known."""
        return self._follower.header.started if self._follower.header is not None else None

    @property
    def length_s(self) -> float:
        """How long it has been going on."""
        return self._linter.session.now

    def poll(self, now: float) -> list[Finding]:
        """Return what has become certain since the last time and is worth a line; `now` counts from anywhere."""
        try:
            entries = self._follower.poll()
        except RecordingError:
            self.ended = True
            return []
        if self._follower.header is not None and not self._linter.session.upstream:
            self._linter.session.begin(self._follower.header)
        found: list[Finding] = []
        for event in map(read, entries):
            self._behind_s = min(self._behind_s, now - event.t)
            self._trail.add(event.n, event.entry.line, (event.t,), (event.type,))
            found += self._linter.feed(event)
            self.ended = self.ended or event.type == WIRE_END
        if not self.ended and self._behind_s < math.inf:
            found += self._linter.advance(now - self._behind_s - LAG_S)
        self.findings += found
        self._errors.update(each.entry for each in found if each.rule != ANY_ERROR and each.severity is Severity.ERROR)
        return [finding for finding in found if self._is_news(finding)]

    def _is_news(self, finding: Finding) -> bool:
        said = (finding.rule, shape(finding.message))
        known = said in self._told or finding.severity is Severity.INFO
        self._told.add(said)
        if finding.cause in self._wrong and finding.cause != finding.entry:
            return False
        if finding.rule == ANY_ERROR and finding.entry in self._errors:
            return False
        if (
            finding.rule != ANY_ERROR
            and finding.severity is not Severity.INFO
            and self._trail.is_clients(finding.entry)
        ):
            self._wrong.add(finding.entry)
        return not known


class Calls:
    """Every call that begins in a folder, from a moment on."""

    def __init__(
        self,
        folder: Path,
        new_linter: Callable[[Path], Linter],
        since: str,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Take the folder, the moment as a header's `started` has it, and the clock that headers are written by."""
        self._folder = folder
        self._new_linter = new_linter
        self._since = since
        self._wall = wall
        self._ahead = math.inf
        """How far that clock is ahead of the one that calls are polled by, at the least so far."""
        self._looked_at = -1
        self._known: set[str] = set()
        self._open: list[Call] = []

    def poll(self, now: float) -> Iterator[tuple[Call, list[Finding]]]:
        """Yield calls of which there is something new to tell, or that have ended; `now` counts from anywhere."""
        self._notice_clock(now)
        self._open += map(self._begun, self._new_names())
        for call in list(self._open):
            news = call.poll(now)
            earlier = call.started is not None and call.started < self._since
            if call.ended or earlier:
                self._open.remove(call)
            if not earlier and (news or call.ended):
                yield call, news

    def _begun(self, name: str) -> Call:
        return Call(path := self._folder / name, self._new_linter(path))

    def _new_names(self) -> list[str]:
        """Return the files that may be new; a folder that did not change has none."""
        try:
            changed = self._folder.stat().st_mtime_ns
            if changed == self._looked_at:
                return []
            names = [path.name for path in self._folder.iterdir()]
        except OSError:
            return []
        fresh = time.time_ns() - changed < 1_000_000_000  # a clock too coarse for two files must not hide one
        self._looked_at = -1 if fresh else changed
        new = sorted(name for name in names if name not in self._known and self._may_be_new(name))
        self._known.update(names)
        return new

    def _notice_clock(self, now: float) -> None:
        """Go back with a clock that was set back: what begins from then on has earlier times."""
        ahead = self._wall() - now
        back_s = self._ahead - ahead
        if back_s > _SET_BACK_S:
            if back_s < math.inf:
                since = datetime.strptime(self._since, _STAMP) - timedelta(seconds=back_s)
                self._since = since.strftime(_STAMP)
            self._ahead = ahead

    def _may_be_new(self, name: str) -> bool:
        found = _NAME.fullmatch(name)
        return found is not None and "{}-{}-{}T{}:{}:{}".format(*found.groups()) >= self._since[:19]


class Lines:
    """What is new as lines."""

    def __init__(self, ink: Ink, *, ends: bool) -> None:
        """Take how to colour, and whether the end of a call is worth a line."""
        self._ink = ink
        self._ends = ends

    def of(self, call: Call, news: list[Finding]) -> Iterator[str]:
        """Yield the lines about one call."""
        for finding in news:
            what = self._ink(f"{finding.severity.value} {finding.rule}", COLOURS[finding.severity])
            place = self._ink(f"({_short(call.path)}:{finding.line})", "dim")
            yield f"{text.clock(finding.t):>9}  {what} {finding.name}: {text.safe(finding.message)} {place}"
        if call.ended and self._ends:
            found = in_words(count(call.findings))
            told = f": `{diagnostics.PROGRAM} lint {shell_word(text.safe(str(call.path)))}`" if call.findings else ""
            yield f"{text.clock(call.length_s):>9}  {_short(call.path)} has ended, {found}{told}"


def _short(path: Path) -> str:
    """Return the end of a recording's name, which tells it from others."""
    return f"…{text.safe(path.stem[-8:])}"


def now() -> str:
    """Return this moment as a header has it."""
    return datetime.now(UTC).strftime(_STAMP)


def follow(calls: Calls, lines: Lines, write: Callable[[str], None], *, alone: bool) -> None:
    """Write what is new until a signal comes, or the process that began this one has gone.

    Beside a proxy ctrl+c is that one's affair: calls may have something to say until it has ended.
    """
    over: list[int] = []
    signal.signal(signal.SIGTERM, lambda came, _frame: over.append(came))
    signal.signal(signal.SIGINT, (lambda came, _frame: over.append(came)) if alone else signal.SIG_IGN)
    parent = os.getppid()
    while True:
        last = bool(over) or os.getppid() != parent
        for call, news in calls.poll(time.monotonic()):
            for line in lines.of(call, news):
                write(line)
        if last:
            return
        time.sleep(POLL_S)


@contextmanager
def beside(folder: Path, *, ends: bool) -> Iterator[None]:
    """Say on the standard error what goes wrong in the folder meanwhile, from a process beside this one."""
    command = [sys.executable, "-m", "realtime_inspector", "tail", "--lint", "--dir", str(folder), "--since", now()]
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [*command, *([] if ends else ["--no-ends"])], stdin=subprocess.DEVNULL, stdout=sys.stderr or subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)
        if process.poll() is None:
            process.kill()
