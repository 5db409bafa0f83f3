"""`tail`: a recording while it grows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from realtime_inspector.analysis import lint, policy
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.cli.output import Ink
from realtime_inspector.cli.tail import Tail
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.follower import Follower
from tests.analysis.test_user_rules import GREETING
from tests.cli.helpers import HEADER, CommandLine, write_recording

CALL = """
> {"type": "response.create"}
< {"type": "response.created", "response": {"id": "r1"}}
< {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "Hi"}
+1s x
"""


class Slow(Rule):
    id = "TST001"
    name = "slow-answer"
    severity = Severity.WARNING
    on = ("response.create",)

    def wait(self, event: Event, after: Session) -> list[Deadline]:
        return [Deadline(event.t + 2, event)]

    def due(self, deadline: Deadline, session: Session) -> Iterable[Finding]:
        if not session.responses:
            yield self.finding(deadline.event, "no answer within 2 s", t=deadline.at)


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (lint, policy):
        monkeypatch.setattr(module, "all_rules", lambda: (Slow(),))


class World:
    """A clock that moves when somebody sleeps, and what happens meanwhile."""

    def __init__(self, *happenings: tuple[float, Callable[[], object]]) -> None:
        self.now = 100.0
        self._happenings = list(happenings)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        while self._happenings and self._happenings[0][0] <= self.now:
            self._happenings.pop(0)[1]()


def append(path: Path, n: int, text: str) -> None:
    (entry,) = transcript.entries(text)
    with path.open("ab") as stream:
        stream.write(jsonl.dump(replace(entry, n=n)))


def test_a_finished_recording_is_shown_to_its_end(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", CALL)

    ran = rti("tail", "call.jsonl")
    assert [line.split()[3] for line in ran.out.splitlines()] == ["response.create", "response.created", "wire.end"]
    assert ran.err == "following call.jsonl\nno findings\n"


@pytest.mark.parametrize("via", ["import:log", "relay"])
def test_a_recording_without_an_end_that_nobody_writes_is_shown_as_far_as_it_goes(
    rti: CommandLine, tmp_path: Path, via: str
) -> None:
    path = write_recording(tmp_path / "call.jsonl", '> {"type": "response.create"}', replace(HEADER, via=via))
    if via == "relay":
        path.write_bytes(path.read_bytes() + b'{"n":2,"t":')
        os.utime(path, (0, 0))

    ran = rti("tail", "call.jsonl")
    assert [line.split()[3] for line in ran.out.splitlines()] == ["response.create", "wire.end"]
    assert "call.jsonl has no end, and nobody writes it any more" in ran.err


def test_a_file_that_has_no_header_and_that_nobody_writes_is_not_waited_for(rti: CommandLine, tmp_path: Path) -> None:
    """A proxy that is killed as it begins one leaves it empty."""
    (tmp_path / "call.jsonl").touch()
    os.utime(tmp_path / "call.jsonl", (0, 0))

    assert "call.jsonl has no end, and nobody writes it any more" in rti("tail", "call.jsonl").err


def test_the_pieces_of_streams_are_shown_when_asked_for(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", CALL)

    assert "response.output_text.delta" in rti("tail", "--all", "call.jsonl").out


def test_without_a_file_the_newest_recording_is_followed(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "recordings/b.jsonl", CALL)
    os.utime(write_recording(tmp_path / "recordings/c.jsonl", CALL), (0, 0))

    assert rti("tail").err.startswith("following recordings/b.jsonl\n")


def test_of_a_folder_the_newest_recording_is_followed(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "calls/one.jsonl", "x")

    assert "following calls/one.jsonl" in rti("tail", "calls").err


@pytest.mark.parametrize(
    ("path", "said"),
    [("none.jsonl", "none.jsonl: no such file"), ("-", "`realtime-inspector events -` reads the standard input")],
)
def test_what_cannot_be_followed_is_told_at_once(rti: CommandLine, path: str, said: str) -> None:
    ran = rti("tail", path)

    assert ran.code == 2
    assert said in ran.err
    assert "following" not in ran.err


@pytest.mark.parametrize("folder", [False, True])
def test_without_a_recording_there_is_nothing_to_follow(rti: CommandLine, tmp_path: Path, folder: bool) -> None:
    if folder:
        (tmp_path / "recordings").mkdir()

    ran = rti("tail")
    assert ran.code == 2
    assert "recordings: no recording yet; name a FILE" in ran.err


def test_what_is_appended_is_shown_and_silence_is_a_finding_when_its_wait_is_over(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "call.jsonl", '> {"type": "response.create"}')
    world = World((105.0, lambda: append(path, 2, "+5s x")))
    shown = [
        (world.now, line) for line in Tail(Ink(on=False), every=False).follow(Follower(path), world.clock, world.sleep)
    ]

    (_, first), (silent_at, finding), (ended_at, last) = shown
    assert first.split()[3] == "response.create"
    assert finding.strip() == "! warning TST001: no answer within 2 s (line 2)"
    assert 102.4 < silent_at < 102.8
    assert last.split()[3] == "wire.end"
    assert ended_at == pytest.approx(105.0, abs=0.2)


def test_a_line_that_is_no_entry_is_told_once(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "call.jsonl", '> {"type": "session.update"}')
    with path.open("ab") as stream:
        stream.write(b"nothing\n")
    world = World((101.0, lambda: append(path, 3, "x")))
    lines = list(Tail(Ink(on=False), every=False).follow(Follower(path), world.clock, world.sleep))

    assert len(lines) == 3
    assert lines[1].startswith(f"{path}:3: not an entry")


def test_a_recording_that_is_replaced_is_shown_from_its_start(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "call.jsonl", '> {"type": "session.update"}\n> {"type": "session.update"}')

    def put_another() -> None:
        write_recording(tmp_path / "new", "> no event\nx").replace(path)

    world = World((101.0, put_another))
    lines = list(Tail(Ink(on=False), every=False).follow(Follower(path), world.clock, world.sleep))

    assert lines[2] == "the file was replaced; from its start:"
    assert [line.split()[3] for line in lines[3:]] == ["wire.malformed", "wire.end"]


def test_the_project_says_which_rules_are_asked_while_a_call_goes_on(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", '> {"type": "response.create"}\n+3s x')
    assert "TST001" in rti("tail", "call.jsonl").out
    (tmp_path / "realtime-inspector.toml").write_text('[lint]\nignore = ["TST001"]')
    assert rti("tail", "call.jsonl").err == "following call.jsonl\nno findings\n"


def test_a_rule_of_the_user_that_raises_is_told_once_while_a_call_goes_on(rti: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GREETING.replace("yield", "raise ValueError('oh')\n        yield"))
    (tmp_path / "realtime-inspector.toml").write_text('[lint]\nrules = ["mine.py"]')
    write_recording(tmp_path / "call.jsonl", '> {"type": "response.create"}\n> {"type": "response.create"}\nx')
    lines = [line for line in rti("tail", "call.jsonl").out.splitlines() if "broken" in line]
    assert len(lines) == 1
    assert "mine.py: the rule MY001 greeting is broken (ValueError: oh" in lines[0]
