"""A file of findings that are known, so that only new ones are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realtime_inspector.analysis.baseline import Baseline
from realtime_inspector.errors import UsageError
from tests.analysis.test_folding import finding

ASKED = {"TST001", "TST002"}
LATE = [finding("item_a is 5 s late", entry=4), finding("item_b is 6 s late", entry=9)]
ODD = finding("it is odd", "TST002", 2)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls/one.jsonl").touch()
    return tmp_path / "known.json"


def written(path: Path, recording: str = "calls/one.jsonl") -> Baseline:
    made = Baseline(path)
    made.take(recording, [*LATE, ODD], ASKED)
    assert made.write() == 3
    return Baseline.read(path)


def test_what_was_found_is_known_from_then_on(path: Path) -> None:
    known = written(path)
    assert known.take("calls/one.jsonl", [*LATE, ODD], ASKED) == ([], [*LATE, ODD])
    assert list(known.gone()) == []


def test_it_is_known_again_when_the_session_is_recorded_anew(path: Path) -> None:
    again = [finding("item_zz is 2.5 s late", entry=70, t=9.0), finding("item_y is 1 s late", entry=71), ODD]
    assert written(path).take("./calls/one.jsonl", again, ASKED)[0] == []


def test_what_is_more_or_other_is_new(path: Path) -> None:
    third, other = finding("item_c is 7 s late", entry=12), finding("item_a is lost")
    assert written(path).take("calls/one.jsonl", [*LATE, third, other], ASKED)[0] == [third, other]
    assert written(path).take("calls/two.jsonl", LATE, ASKED)[0] == LATE


def test_the_proxy_s_own_names_are_one_and_another_call_s_findings_are_not_added_up(path: Path) -> None:
    known = written(path, "calls/20261122T111003Z_01AAA.jsonl")
    for name in ("20261123T080000Z_01BBB", "20261123T090000Z_01CCC"):
        assert known.take(f"calls/{name}.jsonl", [*LATE, ODD], ASKED)[0] == []
    assert list(json.loads(path.read_text())["recordings"]) == ["calls/*.jsonl"]


def test_what_is_not_found_any_more_is_gone_if_its_rule_was_asked(path: Path) -> None:
    known = written(path)
    known.take("calls/one.jsonl", LATE[:1], {"TST001"})
    assert list(known.gone()) == []
    known.take("calls/one.jsonl", LATE[:1], ASKED)
    assert [(recording, each.rule, each.message) for recording, each in known.gone()] == [
        ("calls/one.jsonl", "TST002", "it is odd")
    ]


def test_pruning_takes_out_what_is_gone_and_how_many_more_there_were(path: Path) -> None:
    made = Baseline(path)
    for recording in ("calls/one.jsonl", "calls/lost.jsonl", "calls/two.jsonl"):
        made.take(recording, [*LATE, ODD], ASKED)
    made.write()
    (path.parent / "calls/two.jsonl").touch()
    known = Baseline.read(path)
    known.take("calls/one.jsonl", LATE[:1], ASKED)
    known.prune()
    left = json.loads(path.read_text())["recordings"]
    assert {name: [(each["rule"], each["count"]) for each in known] for name, known in left.items()} == {
        "calls/one.jsonl": [("TST001", 1)],
        "calls/two.jsonl": [("TST001", 2), ("TST002", 1)],
    }


def test_writing_again_keeps_what_was_not_looked_at(path: Path) -> None:
    known = written(path)
    known.take("calls/two.jsonl", LATE, ASKED)
    known.take("calls/one.jsonl", [], {"TST001"})
    assert known.write() == 2
    left = json.loads(path.read_text())["recordings"]
    assert {name: [each["rule"] for each in known] for name, known in left.items()} == {
        "calls/one.jsonl": ["TST002"],
        "calls/two.jsonl": ["TST001"],
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "no baseline (No such file or directory); make it with --write-baseline"),
        ("{", "not readable as JSON: Expecting"),
        ("[]", "no baseline of version 1; make it anew with --write-baseline"),
        ('{"schema_version": 2}', "no baseline of version 1"),
        ('{"schema_version": 1, "recordings": {"a": [{}]}}', "not what --write-baseline writes; make it anew"),
        ('{"schema_version": 1, "recordings": []}', "not what --write-baseline writes"),
    ],
)
def test_what_is_no_baseline_is_told(path: Path, text: str | None, problem: str) -> None:
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError) as raised:
        Baseline.read(path)
    assert str(raised.value).startswith(f"{path}: {problem}")
