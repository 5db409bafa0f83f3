"""A recording taken in block by block gives what reading every line gives, wherever the blocks end."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.tui.calls import write
from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.analysis.selection import usual
from realtime_inspector.analysis.strides import Strides
from realtime_inspector.protocol.event import read
from realtime_inspector.recording import jsonl
from tests.analysis.test_sweep import state

RULES = tuple(usual(all_rules()))
_RUBBISH = b"rubbish\n"


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    path = tmp_path_factory.mktemp("strides") / "call.jsonl"
    write(path, 3000)
    whole = path.read_bytes().splitlines(keepends=True)[1:]
    return [*whole[:700], _RUBBISH, *whole[700:]]


def test_the_findings_and_the_session_are_those_of_reading_every_line(lines: list[bytes]) -> None:
    one = Linter(RULES)
    wanted: list[Finding] = []
    for at, line in enumerate(lines):
        if line != _RUBBISH:
            wanted += one.feed(read(jsonl.parse(line, at + 2)))
    random, found, at, stops = Random(3), [], 0, 0
    strides = Strides(Linter(RULES))
    while at < len(lines):
        stop = min(len(lines), at + random.choice((1, 2, 50, 256)))
        for _, findings in strides.take(b"".join(lines[at:stop])):
            found += findings
            stops += 1
            assert at < strides.done <= stop
        at = stop
        assert strides.done == at
    assert found == wanted
    assert state(strides.linter.session) == state(one.session)
    assert stops < len(lines) / 2
