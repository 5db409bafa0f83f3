"""The scenarios that the page of the simulator shows are ones."""

from __future__ import annotations

from pathlib import Path

from realtime_inspector.simulator.scenario import Reply, load, parse
from tests.pages import ROOT, fences

PAGE = ROOT / "docs/simulator.md"


def test_the_scenario_in_toml_can_be_read() -> None:
    (text,) = fences(PAGE, "toml")
    scenario = parse(text, "docs/simulator.md")
    assert [bool(turn.reply.mcp) for turn in scenario.turns] == [False, True, False, False]
    assert scenario.mcp[0].server_label == "docs"


def test_the_scenario_in_python_can_be_run(tmp_path: Path) -> None:
    path = tmp_path / "echo.py"
    path.write_text(fences(PAGE, "python")[0])
    choose = load(str(path)).choose
    assert choose is not None
    assert choose("Hi") == "You said: Hi"
    assert isinstance(choose("the weather"), Reply)
