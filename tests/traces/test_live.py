"""Calls that go on, followed in their recordings, and spans on their way to a collector that may be gone."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from realtime_inspector.analysis.lint import Linter
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Header
from realtime_inspector.traces import live
from realtime_inspector.traces.live import Courier, Watch, stems
from realtime_inspector.traces.otlp import NotSent
from realtime_inspector.traces.span import Context, Span
from realtime_inspector.traces.tracer import SETTLE_S
from tests.traces import calls

WAIT_S = 60.0
TYPED = next(entry.n for entry in calls.entries() if b"Typed" in entry.payload)


def watch(folder: Path, known: Sequence[str] = ()) -> Watch:
    def linter(path: Path, header: Header) -> Linter:
        return Linter(header=header)

    return Watch(folder, linter, known=known)


def names_of(spans: Sequence[Span]) -> list[str]:
    return [span.name.split()[0] for span in spans]


def test_a_turn_is_given_out_while_the_call_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    following = watch(folder)
    assert following.poll(100.0) == []
    path = calls.write(folder / "a.jsonl", count=TYPED + 1)
    assert following.poll(200.0) == []
    found = following.poll(200.0 + SETTLE_S + 2 * live.STEP_S)
    assert names_of(found) == ["turn", "user_speech", "realtime_inference", "execute_tool", "realtime_inference"]
    calls.grow(path, calls.CALL, TYPED + 1, None)
    rest = following.poll(210.0)
    assert names_of(rest) == ["turn", "realtime_inference"]
    assert following.open == 0
    assert [*found, *rest] == calls.spans(header=replace(calls.HEADER, via="relay"))


def test_what_was_there_before_is_passed_over_and_so_is_what_is_no_call(tmp_path: Path) -> None:
    calls.write(tmp_path / "old.jsonl")
    following = watch(tmp_path, [*stems(tmp_path)])
    imported = tmp_path / "imported.jsonl"
    imported.write_bytes(jsonl.dump_header(replace(calls.HEADER, id="I", via="import:har")) + calls.write(
        tmp_path / "new.jsonl").read_bytes().partition(b"\n")[2])  # fmt: skip
    (tmp_path / "old.2.jsonl").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no recording")
    assert names_of(following.poll(1.0)).count("turn") == 2
    assert following.open == 0 or following.poll(2.0) == []


def test_a_call_that_has_not_ended_ends_with_the_proxy(tmp_path: Path) -> None:
    following = watch(tmp_path)
    calls.write(tmp_path / "a.jsonl", count=TYPED - 1)
    assert following.poll(1.0) == []
    assert names_of(following.finish(2.0))[0] == "turn"
    assert following.open == 0


def test_a_recording_that_is_deleted_is_forgotten(tmp_path: Path) -> None:
    following = watch(tmp_path)
    path = calls.write(tmp_path / "a.jsonl", count=5)
    following.poll(1.0)
    assert following.open == 1
    path.unlink()
    assert following.poll(2.0) == []
    assert following.open == 0


def test_a_folder_that_does_not_change_is_not_listed_again_and_again(tmp_path: Path) -> None:
    os.utime(tmp_path, (1, 1))  # a folder's clock ticks a few hundred times a second: it may not tell two changes apart
    following = watch(tmp_path)
    for now in range(100, 200, 10):
        following.poll(float(now))
    calls.write(tmp_path / "a.jsonl")
    assert names_of(following.poll(300.0)).count("turn") == 2


class Scripted:
    """A collector that answers by a list: None takes the spans; after the list all are taken."""

    shown = "http://collector/v1/traces"

    def __init__(self, *answers: NotSent | None) -> None:
        self.answers = list(answers)
        self.taken: list[Span] = []
        self.attempts = 0
        self.asked = threading.Event()
        self.done = threading.Event()
        self.closed = threading.Event()

    def send(self, spans: Sequence[Span]) -> None:
        """Take spans, or not."""
        self.attempts += 1
        self.asked.set()
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken += spans
        self.done.set()

    def close(self) -> None:
        """Note it."""
        self.closed.set()


class Stuck(Scripted):
    """One that never answers."""

    def send(self, spans: Sequence[Span]) -> None:
        """Wait until it is given up."""
        self.asked.set()
        self.closed.wait(WAIT_S)
        raise NotSent("gave up", refused=False)


def some(count: int, start: int = 1) -> list[Span]:
    return [Span("turn", Context(1, number), None, 1, 2) for number in range(start, start + count)]


def gone() -> NotSent:
    return NotSent("it cannot be reached", refused=False)


def test_spans_are_sent_in_their_order_in_portions() -> None:
    collector = Scripted()
    courier = Courier(collector, print)
    courier.put(some(450))
    assert courier.close(WAIT_S) == 0
    assert collector.taken == some(450)
    assert collector.attempts >= 3


def test_one_that_comes_back_gets_what_waited_and_each_is_said_once() -> None:
    said: list[str] = []
    collector = Scripted(gone(), gone())
    courier = Courier(collector, said.append, patience_s=(0.0,))
    courier.put(some(3))
    assert collector.done.wait(WAIT_S)
    assert courier.close(WAIT_S) == 0
    assert collector.taken == some(3)
    assert said == [
        "no traces: it cannot be reached; calls and recordings go on",
        "traces are sent to http://collector/v1/traces again",
    ]


def test_one_that_never_answers_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_LAST_S", WAIT_S)
    said: list[str] = []
    collector = Stuck()
    courier = Courier(collector, said.append)
    courier.put(some(1))
    assert collector.asked.wait(WAIT_S)
    courier.put(some(2, start=2))
    assert courier.close(0.01) == 3
    assert said == ["no traces: gave up; calls and recordings go on"]


def test_what_one_refuses_is_not_sent_again_and_said_once() -> None:
    said: list[str] = []
    collector = Scripted(*[NotSent("it answers 401", refused=True)] * 3)
    courier = Courier(collector, said.append)
    courier.put(some(601))
    assert courier.close(WAIT_S) == 600
    assert len(collector.taken) == 1
    assert said == ["no traces: it answers 401; calls and recordings go on"]


def test_what_waits_has_a_bound() -> None:
    collector = Stuck()
    courier = Courier(collector, lambda line: None)
    courier.put(some(live.MOST_WAITING + 5))
    assert courier.lost == 5
    assert courier.close(0.01) == live.MOST_WAITING + 5
