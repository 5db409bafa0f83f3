"""`scripts/try_mitmproxy.py`: it tries the ends of what the extra takes, and `doctor` asks for no other."""

from __future__ import annotations

import re
import runpy
import tomllib

import pytest

from realtime_inspector.cli.checks import machine
from tests.pages import ROOT

SCRIPT = runpy.run_path(str(ROOT / "scripts/try_mitmproxy.py"))
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def test_the_lowest_and_the_newest_that_the_extra_takes_are_tried() -> None:
    found = re.match(r"mitmproxy>=([\d.]+),<([\d.]+)", EXTRAS["intercept"][0])
    assert found is not None
    assert SCRIPT["ends"](SCRIPT["specifier"]()) == {"lowest": f"=={found[1]}", "newest": f">={found[1]},<{found[2]}"}
    assert machine._FLOORS["mitmproxy"] == tuple(map(int, found[1].split(".")))


def test_what_is_run_is_there() -> None:
    assert [path for path in SCRIPT["TESTS"] if not (ROOT / path).is_file()] == []
    assert "tests/capture/test_mitm.py" in SCRIPT["TESTS"]


def test_what_came_of_it_is_a_table() -> None:
    tried = [SCRIPT["Tried"]("lowest (==1.2)", "1.2", "9 passed", 61.4, True)]
    assert SCRIPT["table"](tried).splitlines() == [
        "asked for       mitmproxy  s   tests",
        "lowest (==1.2)  1.2        61  9 passed",
    ]


@pytest.mark.parametrize("requirement", ["mitmproxy", "mitmproxy==12.2.3"])
def test_a_requirement_without_both_ends_is_refused(requirement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"project": {"optional-dependencies": {"intercept": [requirement]}}}
    monkeypatch.setattr(tomllib, "loads", lambda text: made)
    with pytest.raises(SystemExit, match="has not the form"):
        SCRIPT["specifier"]()
