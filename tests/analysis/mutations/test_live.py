"""A call that is watched while it goes on, and its recording read afterwards: the same is said, at the same time."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter, events, lint
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.tui.study import LAG_S, Study
from tests.analysis.mutations.healthy import LARGE, NAMES, healthy
from tests.analysis.mutations.table import KINDS, mutants

STARTED = "2026-11-22T11:10:03.000000Z"
STARTED_AT = 1795345803.0
HEADER = Header("rec_1", STARTED)
OUT_OF_TIME = {"clock-set-back"}
"""Where time goes backwards there is no same time to speak of."""
KINDS_TRIED = [kind for kind in KINDS.values() if kind.name not in OUT_OF_TIME and not kind.acoustic][::3]
SMALL = [name for name in NAMES if name not in LARGE]
CUT = st.tuples(st.floats(0, 1), st.floats(0.05, 0.95))
"""Where in a session, and how late between two entries."""


@cache
def session(which: int) -> tuple[Entry, ...]:
    """Return a healthy session, or the first mutant of a kind."""
    if which < len(SMALL):
        return healthy(SMALL[which])
    _, _, mutant = next(mutants(KINDS_TRIED[which - len(SMALL)], 1, seed=2))
    return tuple(mutant.entries)


SESSIONS = st.integers(0, len(SMALL) + len(KINDS_TRIED) - 1)


def said(findings: Iterable[Finding]) -> Counter[tuple[str, int, float, str]]:
    return Counter((found.rule, found.entry, round(found.t, 6), found.message) for found in findings)


def moments(entries: Sequence[Entry], cuts: Iterable[tuple[float, float]]) -> dict[int, float]:
    """Return moments between two entries: how many came before → the time."""
    found = {}
    for place, part in cuts:
        at = int(place * (len(entries) - 2))
        gap_s = entries[at + 1].t - entries[at].t
        if gap_s > 1e-4:
            found[at + 1] = entries[at].t + part * gap_s
    return found


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SESSIONS, st.lists(CUT, min_size=1, max_size=4))
def test_what_is_said_by_a_moment_is_what_the_whole_recording_says_of_that_time(
    which: int, cuts: list[tuple[float, float]]
) -> None:
    entries = session(which)
    whole = lint(entries, header=HEADER)
    stops = moments(entries, cuts)
    linter, live = Linter(header=HEADER), []
    for count, event in enumerate(events(entries), 1):
        live += linter.feed(event)
        if count in stops:
            live += linter.advance(stops[count])
            assert said(live) == said(found for found in whole if found.t < stops[count])
    assert said(live) == said(whole)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SESSIONS, st.integers(1, 1000))
def test_a_recording_that_was_cut_off_says_the_same_as_far_as_it_goes(which: int, count: int) -> None:
    entries = session(which)
    count = min(count, len(entries) - 1)
    end_t = entries[count - 1].t
    whole = said(found for found in lint(entries, header=HEADER) if found.t < end_t)
    cut = lint(entries[:count], header=HEADER)
    assert whole == said(found for found in cut if found.t < end_t)


def follow(path: Path, entries: Sequence[Entry], stops: dict[int, float]) -> list[Finding]:
    """Let a file grow, look at it at some moments, and return what was found by its end."""
    now = [STARTED_AT]
    path.write_bytes(jsonl.dump_header(HEADER))
    study = Study(path, clock=lambda: now[0])
    written = 0
    for count, t in [*sorted(stops.items()), (len(entries), entries[-1].t)]:
        with path.open("ab") as file:
            file.writelines(jsonl.dump(entry) for entry in entries[written:count])
        written = count
        now[0] = STARTED_AT + t + LAG_S
        os.utime(path, (now[0], now[0]))
        while not (study.read_on() and study.analyse(lambda: True)):
            pass
        study.let_time_pass()
    study.close()
    return study.findings


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(which=SESSIONS, cuts=st.lists(CUT, min_size=1, max_size=3))
def test_a_file_that_is_followed_on_a_screen_says_what_lint_says_of_it(
    which: int, cuts: list[tuple[float, float]]
) -> None:
    entries = session(which)
    with TemporaryDirectory() as folder:
        found = follow(Path(folder) / "call.jsonl", entries, moments(entries, cuts))
    assert said(found) == said(lint(entries, header=HEADER))
