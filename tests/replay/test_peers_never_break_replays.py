"""Whatever stands in a recording, and whatever a server says, nothing that works on it raises."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.diff import compare
from realtime_inspector.analysis.differences.told import tell
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.entry import Entry, Side
from realtime_inspector.recording.scrub import Scrubber
from realtime_inspector.replay.concat import Source, concat
from realtime_inspector.replay.cues import plan
from realtime_inspector.replay.cut import MEMBER, Span, cut
from realtime_inspector.replay.driven import Driven
from realtime_inspector.replay.driver import Drive, Driver
from realtime_inspector.replay.mute import Mute, Sound
from tests.protocol.anything import SESSIONS, entries
from tests.replay.driving import REQUEST, RESPONSE
from tests.replay.helpers import HEADER

ANYTHING = SESSIONS.map(entries)


@given(one=ANYTHING, other=ANYTHING)
@settings(max_examples=6, deadline=None)
def test_two_sessions_of_anything_can_be_compared_and_put_together(one: list[Entry], other: list[Entry]) -> None:
    compare(tell(one), tell(other)).to_json()
    with suppress(UsageError):  # no session in one, or of another dialect
        concat([Source(HEADER, one, "a"), Source(HEADER, other, "b")], "01WHOLE")


@given(whole=ANYTHING, edges=st.tuples(st.integers(1, 40), st.integers(1, 40)))
@settings(max_examples=6, deadline=None)
def test_anything_can_be_cut_and_is_whole_again(whole: list[Entry], edges: tuple[int, int]) -> None:
    first, end = sorted(min(edge, len(whole) + 1) for edge in edges)
    spans = (Span(1, first), Span(first, end), Span(end, len(whole) + 1))
    pieces = [cut(whole, HEADER, span, f"01{number}") for number, span in enumerate(spans)]
    assume(any(MEMBER in piece.header.extra for piece in pieces))
    together = concat([Source(piece.header, piece.entries) for piece in pieces], "01WHOLE")
    assert [(e.n, e.side, e.payload) for e in together.entries] == [
        (n, e.side, e.payload) for n, e in enumerate(whole, 1)
    ]


@given(whole=ANYTHING)
@settings(max_examples=6, deadline=None)
def test_anything_can_be_scrubbed_and_muted(whole: list[Entry]) -> None:
    mute = Mute(Sound.TONE, Sound.SILENCE)
    made = [mute(entry) for entry in Scrubber().scrub(whole, whole)]
    assert [(e.n, e.side, e.kind) for e in made] == [(e.n, e.side, e.kind) for e in whole]


@given(recorded=ANYTHING, live=ANYTHING)
@settings(max_examples=6, deadline=None)
def test_anything_can_be_driven_against_a_server_that_says_anything(recorded: list[Entry], live: list[Entry]) -> None:
    driver = Driver(plan(recorded), Drive(float("inf"), 1.0))
    driver.begin(0.0)
    driver.open(0.0, REQUEST, RESPONSE)
    for number, entry in enumerate(live, 1):
        if entry.side is Side.SERVER:
            driver.receive(entry.payload, number * 0.1, binary=entry.binary)
    for second in range(10, 100):
        driver.advance(float(second))
    assert driver.over
    Driven.of(driver, "ws://test").text()
