from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_inspector.analysis.turns import Turn, turns
from realtime_inspector.tui import waterfall
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.waterfall import Waterfall
from tests.tui import sample

MORE = """
+1s > {"type":"conversation.item.create","item":{"id":"u2","type":"message","role":"user","content":[{"type":"input_text","text":"Thanks"}]}}
< {"type":"conversation.item.added","item":{"id":"u2","type":"message","role":"user","content":[{"type":"input_text","text":"Thanks"}]}}
> {"type":"response.create"}
+3000ms < {"type":"response.created","response":{"id":"r9"}}
+10ms < {"type":"response.output_text.delta","response_id":"r9","item_id":"i9","delta":"You are welcome"}
+10ms < {"type":"response.done","response":{"id":"r9","status":"completed"}}
x
"""  # noqa: E501 - a message is a line


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    unfinished = "\n".join(sample.CALL.splitlines()[:-2])
    study = Study(sample.write(tmp_path / "call.jsonl", unfinished + MORE), sample.RULES)
    study.read_on(lambda: True)
    study.analyse(lambda: True)
    yield study
    study.close()


def text_of(found: list[Turn], *, slowest: bool = False) -> list[str]:
    shown = Waterfall(found, 78, slowest=slowest)
    return [shown[y].text.rstrip() for y in range(len(shown))]


def test_the_stages_of_a_turn_follow_each_other(study: Study) -> None:
    first = turns(study.session)[0]
    assert [(stage.name, round(stage.ms)) for stage in waterfall.stages(first)][:7] == [
        ("speech", 220),
        ("end of speech heard", 320),
        ("commit", 1),
        ("until created", 2),
        ("first output", 202),
        ("output", 3),
        ("tool get_weather", 921),
    ]


def test_figures_stand_above_and_the_slowest_turn_can_come_first(study: Study) -> None:
    found = turns(study.session)
    in_order, slowest = text_of(found), text_of(found, slowest=True)
    assert in_order[0].split() == ["2", "turns,", "1", "interrupted", "median", "p95", "max"]
    assert [line[:6] for line in in_order if line.startswith("turn")] == ["turn 1", "turn 2"]
    assert [line[:6] for line in slowest if line.startswith("turn")] == ["turn 2", "turn 1"]
    assert "waited 4.0 s" in next(line for line in in_order if line.startswith("turn 2"))


def test_bars_stand_on_one_axis(study: Study) -> None:
    bars = [line[22:-11] for line in text_of(turns(study.session)) if "█" in line and "│" not in line]
    assert bars[0].index("█") == 0
    assert max(len(bar.rstrip()) for bar in bars) <= 78 - 22 - 10


def test_the_line_of_a_moment_is_its_last_stage_that_had_begun(study: Study) -> None:
    shown = Waterfall(turns(study.session), 78)
    assert "tool get_weather" in shown[shown.y_of(41)].text
    assert "turn 1" in shown[shown.y_of(18)].text
    assert shown.y_of(1) == 0


def test_without_a_turn_it_is_said_what_one_is() -> None:
    assert text_of([]) == [waterfall.EMPTY]
