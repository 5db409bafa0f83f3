"""`scripts/try_formats.py`: nothing that is written is left out, and an objection is never taken for silence."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.cli import tables, tracing
from realtime_inspector.cli.ci import FORMATS as CI
from realtime_inspector.formats.exports import FORMATS as EXPORTS
from tests.pages import ROOT

SAID = """Analyzing...
/tmp/lint.sarif(7,19): warning SARIF2005: runs[0].tool.driver: no 'informationUri'.
{}
Done. 1 files scanned.
Analysis completed successfully."""


@pytest.fixture(scope="module")
def script() -> Iterator[dict[str, Any]]:
    sys.path.insert(0, str(ROOT / "scripts"))
    yield runpy.run_path(str(ROOT / "scripts/try_formats.py"))
    sys.path.remove(str(ROOT / "scripts"))


def test_every_format_is_asked_about(script: dict[str, Any]) -> None:
    asked = {name for formats, _, _ in script["CHECKS"] for name in formats.split(", ")}
    assert {*CI, *EXPORTS, tables.NAME, tracing.NAME} <= asked


def test_an_objection_fails_and_what_is_missing_is_told(script: dict[str, Any]) -> None:
    place = import_module("formats_checked.place")

    def ask(outcome: object) -> Any:
        def answer(_: object) -> object:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return script["attempt"]("har", "a reader", answer, place.Place(Path()))

    rows = list(map(ask, (place.Verdict("1.2", "9 logs"), place.Objection("a|b\nc"), place.Missing("no java"))))

    assert [row.well for row in rows] == [True, False, True]
    assert [script["line"](row) for row in rows] == [
        "| har | a reader 1.2 | 9 logs |",
        "| har | a reader | NOT OK: a/b c |",
        "| har | a reader | not here: no java |",
    ]


@pytest.mark.parametrize(
    "objection", ["/tmp/lint.sarif(1,1): error SARIF1001: bad", "/tmp/a(1,1): warning GH1001: bad"]
)
def test_what_the_sarif_multitool_says_counts_and_not_its_exit_code(
    script: dict[str, Any], objection: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ci, place = import_module("formats_checked.ci"), import_module("formats_checked.place")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/lint.sarif").write_text("{}")
    there = place.Place(tmp_path, {("@microsoft/sarif-multitool",): tmp_path})
    monkeypatch.setattr(place, "tool", lambda *_: "")
    monkeypatch.setattr(ci, "node_version", lambda *_: "5.7.0")

    monkeypatch.setattr(ci, "ran", lambda *_: (0, SAID.format("")))
    assert ci.sarif(there).said == "1 logs: no error, SARIF2005 (the tool has no page to name)"
    monkeypatch.setattr(ci, "ran", lambda *_: (0, SAID.format(objection)))
    with pytest.raises(place.Objection, match="bad"):
        ci.sarif(there)
