"""What happened on a connection, folded when somebody asks."""

from __future__ import annotations

from realtime_inspector.protocol.event import Event
from realtime_inspector.replay.happened import Happened
from tests.replay.helpers import TEXT, script

STEPS = script(TEXT).steps


def test_what_went_out_as_recorded_is_there_when_it_is_asked_for() -> None:
    happened = Happened()
    for number, step in enumerate(STEPS, 1):
        happened.sent(step, number, number / 10)
    session = happened.session
    assert (session.events, session.now) == (len(STEPS), len(STEPS) / 10)
    assert list(session.responses) == ["resp_1"]
    assert happened.session is session
    assert session.events == len(STEPS)


def test_whoever_observes_gets_each_event_when_it_happens() -> None:
    seen: list[Event] = []
    happened = Happened(seen.append)
    for number, step in enumerate(STEPS, 1):
        happened.sent(step, number, 0.0)
        assert (seen[-1].n, seen[-1].type) == (number, step.type)
    assert happened.session.events == len(STEPS)
