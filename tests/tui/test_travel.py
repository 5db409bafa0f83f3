from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.tui.calls import write
from realtime_inspector.protocol.event import read
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.index import Index
from realtime_inspector.tui import state, travel
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.travel import Travel
from tests.tui import sample

ENTRIES = sample.CALL.count("\n")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = Index(sample.write(tmp_path / "call.jsonl"))
    while not made.advance():
        pass
    yield made
    made.close()


def plain(value: Any) -> Any:
    """Return a value as something that can be compared, whatever objects it is made of."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Session):
        return {name: plain(member) for name, member in vars(value).items()}
    if isinstance(value, Mapping):
        return [(key, plain(member)) for key, member in value.items()]
    if isinstance(value, str | bytes):
        return value
    return [plain(member) for member in value] if hasattr(value, "__iter__") else value


def fold(index: Index, position: int) -> Session:
    session = Session()
    for at in range(position + 1):
        session.apply(read(index.entry(at)))
    return session


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """A call of some thousand entries, in the middle of which the client names what is long over."""
    path = tmp_path_factory.mktemp("travel") / "long.jsonl"
    write(path, 6000)
    lines = path.read_bytes().splitlines(keepends=True)
    item = next(line for line in lines if b'"type":"conversation.item.done"' in line)
    old = json.loads(item)["event"]["item"]["id"]
    at = 4000
    t = json.loads(lines[at])["t"]
    entry = {"n": at + 1, "t": t, "from": "server", "kind": "message"}
    deleted = {"type": "conversation.item.deleted", "event_id": "event_late", "item_id": old}
    lines[at + 1] = json.dumps({**entry, "event": deleted}, separators=(",", ":")).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    made = Index(path)
    while not made.advance():
        pass
    yield made
    made.close()


def test_the_state_anywhere_in_a_long_session_is_that_of_folding_all_before_it(
    long: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, number in ((travel, "KEPT_ITEMS", 5), (travel, "KEPT", 3), (travel, "MAX_ITEMS", 4)):
        monkeypatch.setattr(module, name, number)
    monkeypatch.setattr(state, "MAX_ITEMS", 4)
    made, session, wanted = Travel(long, 200), Session(), []
    positions = sorted([*Random(5).sample(range(len(long)), 20), 3998, 3999, 4000, 4001])
    for position in range(len(long)):
        session.apply(read(long.entry(position)))
        list(made.offer(position + 1, session))
        if position in positions:
            wanted.append(state.lines(session, long.times[position]))
    assert len(session.items) > 15
    assert made.checkpoints > 20
    cut = 0
    for position, lines in reversed(list(zip(positions, wanted, strict=True))):
        made.aim(position)
        there = made.step(always)
        assert there is not None
        cut += made.earlier > 0
        assert state.lines(there, long.times[position], made.earlier) == lines
    assert cut > 10


def prepare(index: Index, spacing: int) -> Travel:
    made, session = Travel(index, spacing), Session()
    for position in range(len(index)):
        session.apply(read(index.entry(position)))
        list(made.offer(position + 1, session))
    return made


def always() -> bool:
    return True


@given(positions=st.lists(st.integers(0, 67), min_size=1, max_size=6), spacing=st.integers(1, 80))
@settings(suppress_health_check=list(HealthCheck), max_examples=30, deadline=None)
def test_the_session_at_any_moment_is_that_of_folding_from_the_start(
    index: Index, positions: list[int], spacing: int
) -> None:
    made = prepare(index, spacing)
    for position in positions:
        made.aim(position)
        session = made.step(always)
        assert session is not None
        assert plain(session) == plain(fold(index, position))


def test_the_comparison_of_these_tests_sees_a_difference(index: Index) -> None:
    assert plain(fold(index, 20)) != plain(fold(index, 21))


def test_a_journey_can_be_made_in_steps(index: Index) -> None:
    made = Travel(index)
    made.aim(len(index) - 1)
    steps = 0
    while (session := made.step(lambda: False)) is None:
        steps += 1
    assert steps > 0
    assert plain(session) == plain(fold(index, len(index) - 1))


def test_checkpoints_grow_fewer_where_there_are_too_many(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travel, "MAX_CHECKPOINTS", 5)
    made = prepare(index, 1)
    assert 2 <= made.checkpoints <= 5
    made.aim(30)
    assert plain(made.step(always)) == plain(fold(index, 30))


def test_checkpoints_grow_fewer_where_they_are_too_large(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travel, "MAX_BYTES", 20_000)
    assert prepare(index, 1).checkpoints < 10


def test_an_unreadable_line_changes_nothing(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "bad.jsonl", '> {"type":"response.create"}')
    with path.open("ab") as file:
        file.write(b"rubbish\n")
    made = Index(path)
    while not made.advance():
        pass
    trip = Travel(made)
    trip.aim(1)
    session = trip.step(always)
    assert session is not None
    assert session.events == 1
    made.close()


def test_what_rules_keep_in_a_session_is_in_no_copy(tmp_path: Path) -> None:
    study = Study(sample.write(tmp_path / "call.jsonl"))
    study.travel = Travel(study.index, 1)
    while not (study.read_on() and study.analyse(always)):
        pass
    assert study.session.worked_out
    assert study.travel.checkpoints > 20
    study.travel.aim(40)
    session = study.travel.step(always)
    assert session is not None
    assert session.events == 41
    study.close()


def test_a_copy_is_made_in_parts_between_which_the_rules_see_nothing(tmp_path: Path) -> None:
    study = Study(sample.write(tmp_path / "call.jsonl"), sample.RULES)
    study.travel = Travel(study.index, 1)
    study.read_on(always)
    slices = 0
    while not study.analyse(lambda: False):
        slices += 1
    copies = study.travel.checkpoints
    assert slices > 3 * copies > 1.5 * len(study.index)
    for position in range(len(study.index)):
        study.travel.aim(position)
        session = study.travel.step(always)
        assert session is not None
        wanted = state.lines(fold(study.index, position), study.index.times[position])
        assert state.lines(session, study.index.times[position]) == wanted
    study.close()
