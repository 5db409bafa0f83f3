"""`tail`: a recording while it grows, with what is wrong as soon as it is certain."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import click

from realtime_inspector.analysis.finding import Finding, Severity, count
from realtime_inspector.analysis.lint import Linter, closing
from realtime_inspector.capture.held import is_held
from realtime_inspector.cli import diagnostics, linting, live, output, reading
from realtime_inspector.cli.events import Rows
from realtime_inspector.cli.findings import in_words
from realtime_inspector.cli.findings_text import COLOURS
from realtime_inspector.cli.output import Ink
from realtime_inspector.errors import UsageError
from realtime_inspector.formats.reading import STANDARD_INPUT
from realtime_inspector.protocol.event import WIRE_END, Event, read
from realtime_inspector.recording.follower import Follower
from realtime_inspector.tui import text

POLL_S = 0.1
LAG_S = 0.5
"""How far behind the clock silence is judged: what was sent may not be in the file yet."""

QUIET_S = 60.0
"""A file without an end that has not changed for so long, and that nobody holds, is one that nobody writes."""

_HELP = """Follow a recording while it grows; it ends when the connection does.

\b
  realtime-inspector tail                the newest of ./recordings
  realtime-inspector tail calls/         the newest of that folder
  realtime-inspector tail call.jsonl
  realtime-inspector tail --lint         only what is wrong, in every call
                                         that begins in ./recordings

What is wrong is said as soon as it is certain, silence too: an answer that
does not come is a finding when the wait is over. The pieces of streams
(*.delta, *.append) are left out unless --all asks for them. A recording that
has no end (an import, or one that was cut off) is shown as far as it goes.
"""


@click.command("tail", help=_HELP)
@click.option("--all", "every", is_flag=True, help="show the pieces of streams too")
@click.option("--lint", "only_findings", is_flag=True, help="only what is wrong, in every call that begins from now on")
@click.option("--since", hidden=True, help="the moment from which on they begin, as in a header")
@click.option("--no-ends", is_flag=True, hidden=True, help="say nothing when a call ends")
@reading.file_argument
def command(
    path: Path | None, folder: Path, every: bool, only_findings: bool, since: str | None, no_ends: bool
) -> None:
    """Follow one recording, or what is wrong in all that begin."""
    if only_findings:
        _every_call(path or folder, since, ends=not no_ends)
        return
    followed = _followed(path, folder)
    diagnostics.say(f"following {text.safe(str(followed))}")
    tail = Tail(Ink(on=output.wants_colour()), every=every, new_linter=partial(linting.project().linter, followed))
    for line in tail.follow(Follower(followed), time.monotonic, time.sleep, _is_left):
        output.write(line)
        output.flush()
    if tail.cut_off:
        diagnostics.say(f"{text.safe(str(followed))} has no end, and nobody writes it any more")
    diagnostics.say(tail.verdict)


def _every_call(folder: Path, since: str | None, *, ends: bool) -> None:
    if folder.is_file():
        raise UsageError(f"{folder}: --lint follows the calls of a folder; leave it out, or name the folder")
    if since is None:
        diagnostics.say(f"waiting for calls in {text.safe(str(folder))}; ctrl+c ends it")
    policy = linting.project()
    calls = live.Calls(folder, policy.linter, since or live.now())
    live.follow(calls, live.Lines(Ink(on=output.wants_colour()), ends=ends), _written, alone=since is None)


def _written(line: str) -> None:
    output.write(line)
    output.flush()


def _followed(path: Path | None, folder: Path) -> Path:
    if path is None or path.is_dir():
        return reading.newest(path or folder)
    if path == STANDARD_INPUT and not path.exists():
        raise UsageError("-: tail follows a file; `realtime-inspector events -` reads the standard input")
    if not path.exists():
        raise UsageError(f"{path}: no such file")
    return path


def _is_left(follower: Follower) -> bool:
    """Tell whether nothing will be added to a recording that has no end."""
    if follower.header is not None and follower.header.via.startswith("import:"):
        return True
    try:
        quiet_s = time.time() - follower.growing.stat().st_mtime
        return quiet_s > QUIET_S and not is_held(follower.growing)
    except OSError:  # it is gone: the next look says so
        return False


class Tail:
    """A recording as lines, while it grows."""

    def __init__(self, ink: Ink, *, every: bool, new_linter: Callable[[], Linter] = Linter) -> None:
        self._ink = ink
        self._new_linter = new_linter
        self._every = every
        self._behind_s = math.inf
        """The clock's reading when the recording began, at the latest."""
        self._start(restarts=0)

    @property
    def cut_off(self) -> bool:
        """Whether it ended without an end."""
        return self._cut_off

    @property
    def verdict(self) -> str:
        """What was found, in words."""
        return in_words(count(self._found))

    def follow(
        self,
        follower: Follower,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        is_left: Callable[[Follower], bool] = lambda _: False,
    ) -> Iterator[str]:
        """Yield lines until the connection ends, or `is_left` says that nobody writes its recording any more.

        `clock` counts seconds from anywhere.

        Raises:
            RecordingError: If the file is gone, or is no recording.
        """
        told = 0
        while not self._ended:
            entries = follower.poll()
            if follower.restarts != self._restarts:
                self._start(follower.restarts)
                yield self._ink("the file was replaced; from its start:", "dim")
            if follower.header is not None and not self._linter.session.upstream:
                self._linter.session.begin(follower.header)
            for event in map(read, entries):
                self._behind_s = min(self._behind_s, clock() - event.t)
                yield from self._event(event)
            yield from self._silence(clock())
            yield from self._broken_rules()
            for problem in follower.problems[told:]:
                yield self._ink(text.safe(problem.message), "yellow")
            told = len(follower.problems)
            if not entries and not self._ended:
                if is_left(follower):
                    yield from self._close()
                    return
                sleep(POLL_S)

    def _close(self) -> Iterator[str]:
        """End a recording that stops before its connection did, as `lint` does."""
        self._cut_off = True
        if self._last is not None:
            yield from self._event(closing(self._last.n, self._last.t, self._last.entry.line))

    def _start(self, restarts: int) -> None:
        self._restarts = restarts
        self._linter = self._new_linter()
        self._told_of_rules = 0
        self._rows = Rows(self._ink, output.width() if output.is_terminal() else None)
        self._found: list[Finding] = []
        self._ended = self._cut_off = False
        self._last: Event | None = None
        self._behind_s = math.inf

    def _event(self, event: Event) -> Iterator[str]:
        self._last = event
        found = self._linter.feed(event)
        self._rows.note(event)
        self._ended = self._ended or event.type == WIRE_END
        if self._every or not event.type.endswith((".delta", ".append")):
            yield self._rows.line(event)
        yield from self._findings(found)

    def _silence(self, now: float) -> Iterator[str]:
        if not self._ended and self._behind_s < math.inf:
            yield from self._findings(self._linter.advance(now - self._behind_s - LAG_S))

    def _broken_rules(self) -> Iterator[str]:
        """Yield what is to be told of rules of the user's own, once."""
        for line in self._linter.troubles[self._told_of_rules :]:
            yield self._ink(text.safe(line), "yellow")
        self._told_of_rules = len(self._linter.troubles)

    def _findings(self, found: Iterable[Finding]) -> Iterator[str]:
        for finding in found:
            self._found.append(finding)
            mark = "i" if finding.severity is Severity.INFO else "!"
            what = f"{mark} {finding.severity.value} {finding.rule}: {text.safe(finding.message)} (line {finding.line})"
            yield " " * 18 + self._ink(what, COLOURS[finding.severity])
