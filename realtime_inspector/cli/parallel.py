"""Recordings linted in several processes at once, and handed out in the order in which they were asked for.

Each process takes whole recordings. Rules and settings reach it by being there when it is forked, for those of a user
cannot be sent; where a system has no fork, or the standard input is read, one recording is linted after the other.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

import click

from realtime_inspector.analysis.policy import Policy
from realtime_inspector.cli import diagnostics, reading
from realtime_inspector.cli.findings import Linted, lint
from realtime_inspector.errors import InspectorError, RecordingError
from realtime_inspector.formats import Readable, read_each
from realtime_inspector.formats.reading import STANDARD_INPUT
from realtime_inspector.recording.files import Recording

WORTH_BYTES = 32_000_000
"""Fewer bytes are linted sooner than processes are started."""

option = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="lint so many recordings at once [default: one a core, if there is much to read]",
)

_policy: list[Policy] = []
"""What a forked process asks; empty in the one that forks."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What a process sends back about one file."""

    linted: tuple[tuple[Linted, Recording], ...] = ()
    refused: str = ""
    """Why the file could not be read."""


def each(paths: Sequence[Path], policy: Policy, jobs: int | None = None) -> Iterator[tuple[Linted, Readable]]:
    """Yield each recording linted, and the recording, which knows by then what could not be read of it.

    What cannot be read at all is told and passed over.

    Args:
        paths: Files that hold recordings, or logs.
        policy: The rules of each.
        jobs: How many processes; None leaves it to the number of cores and what there is to read.

    Raises:
        RecordingError: If none of them can be read.
        InspectorError: If a process was ended from outside.
    """
    count = _count(paths, jobs)
    if count < 2:
        for recording in reading.each(paths):
            yield _lint(recording, policy), recording
        return
    refused = 0
    for read in _shared_out(paths, policy, count):
        for linted, recording in read.linted:
            yield replace(linted, asked=tuple(policy.rules_for(recording.path))), recording
        if read.refused:
            refused += 1
            diagnostics.warn(read.refused)
    if refused and refused == len(paths):
        raise RecordingError(f"none of the {refused} files could be read")


def _count(paths: Sequence[Path], jobs: int | None) -> int:
    if "fork" not in multiprocessing.get_all_start_methods() or STANDARD_INPUT in paths:
        return 1
    if jobs is None:
        jobs = _cores() if sum(map(_size, paths)) >= WORTH_BYTES else 1
    return min(jobs, len(paths))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _lint(recording: Readable, policy: Policy) -> Linted:
    return lint(recording, policy.rules_for(recording.path), policy.dialect_for(recording.path))


def _shared_out(paths: Sequence[Path], policy: Policy, count: int) -> Iterator[_Read]:
    fork = multiprocessing.get_context("fork")
    small = max(1, min(32, len(paths) // (8 * count)))
    try:
        with ProcessPoolExecutor(count, mp_context=fork, initializer=_begin, initargs=(policy,)) as pool:
            try:
                yield from pool.map(_read, paths, chunksize=small)
            finally:
                pool.shutdown(cancel_futures=True)
    except BrokenProcessPool:
        message = "a process that linted was ended from outside, for want of memory perhaps; try again with --jobs 1"
        raise InspectorError(message) from None


def _begin(policy: Policy) -> None:
    """Take the rules, which no pickle has to hold, and leave ctrl+c to the process that waits for this one."""
    _policy.append(policy)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _read(path: Path) -> _Read:
    policy = _policy[0]
    try:
        recordings = read_each(path)
    except RecordingError as error:
        return _Read(refused=str(error))
    return _Read(tuple((replace(_lint(each, policy), asked=()), _light(each)) for each in recordings))


def _light(recording: Readable) -> Recording:
    """Return as much of a recording as is told of it, without what it holds."""
    return Recording(recording.path, recording.header, recording.problems)
