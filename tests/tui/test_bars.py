from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.tui import bars
from realtime_inspector.tui.study import Study
from tests.tui import sample

RECORDED = "20261124T053104Z_01M860JHM7YKNSNB01XQJBWDD3.jsonl"


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        (RECORDED, 80, "20261124T053104Z…1XQJBWDD3.jsonl"),
        (RECORDED, 120, RECORDED),
        ("the call of this morning.jsonl", 80, "the call of this morning.jsonl"),
    ],
)
def test_a_long_name_leaves_room_for_the_model_and_the_length(
    tmp_path: Path, name: str, width: int, shown: str
) -> None:
    study = Study(sample.write(tmp_path / name))
    study.read_on()
    try:
        said = bars.left(study, width).text
        assert said.startswith(f" {shown} ")
        assert f"{len(study.index)} entries" in said[:80]
    finally:
        study.close()
