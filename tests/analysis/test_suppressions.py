"""Findings that are accepted, each with a reason, in a file beside the recording."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis import suppressions
from realtime_inspector.analysis.fingerprint import fingerprint
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.analysis.suppressions import Suppression
from realtime_inspector.errors import UsageError
from tests.analysis.test_folding import finding

FILE = """
# by hand
[[suppress]]
rule = "TOOL003"
entry = 41
reason = "taken here"

[[suppress]]
rule = "create-unanswered"
reason = "a slow model"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "call.jsonl.suppress.toml"
    path.write_text(FILE)
    return path


def read(path: Path) -> list[Suppression]:
    return suppressions.read(path, all_rules())


def test_a_suppression_is_read_with_its_place(file: Path) -> None:
    assert read(file) == [
        Suppression("TOOL003", "taken here", 41, line=3),
        Suppression("RSP003", "a slow model", line=8),
    ]
    assert read(file.with_name("none")) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[suppress]]\nrule = "TOOL003"', ":1: the suppression of TOOL003 has no reason; say why"),
        ('[[suppress]]\nrule = "TOOL003"\nreason = " "', ":1: the suppression of TOOL003 has no reason"),
        ('\n[[suppress]]\nreason = "x"', ':2: no rule; say which, as rule = "TOOL003"'),
        ('[[suppress]]\nrule = "TOOL03"\nreason = "x"', ":1: no rule 'TOOL03'; did you mean 'TOOL003'?"),
        ('[[suppress]]\nrule = "MCP"\nreason = "x"', ":1: 'MCP' is a group of rules; name one of them, such as MCP001"),
        ('[[suppress]]\nrule = "TOOL003"\nreson = "x"', ":1: no key 'reson'; did you mean 'reason'?"),
        ('[[suppress]]\nrule = "TOOL003"\nreason = "x"\nentry = "4"', ":1: entry = '4' is no number of an entry"),
        ('[suppress]\nrule = "TOOL003"', ": suppress is no list; a suppression begins with [[suppress]]"),
        ("rule = 1", ": no key 'rule'; a suppression begins with [[suppress]]"),
        ("suppress = [1]", ": no table; a suppression begins with [[suppress]]"),
        ("[[suppress", ": not readable as TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line(file: Path, text: str, problem: str) -> None:
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        read(file)
    assert str(raised.value).startswith(f"{file}{problem}")


def test_one_finding_or_all_of_a_rule_are_accepted() -> None:
    found = [finding("a", "TOOL003", 41), finding("b", "TOOL003", 42), finding("c", "RSP003", 7)]
    one, all_of = Suppression("TOOL003", "x", 41), Suppression("TOOL003", "x")
    assert [each.entry for each in suppressions.sort(found, [one], {"TOOL003"}).kept] == [42, 7]
    assert [each.entry for each in suppressions.sort(found, [all_of], {"TOOL003"}).kept] == [7]


def test_one_whose_entry_has_moved_is_found_by_its_fingerprint() -> None:
    moved = finding("call_b is lost", "TOOL003", 50)
    one = Suppression("TOOL003", "x", 41, fingerprint(finding("call_a is lost", "TOOL003", 41)))
    done = suppressions.sort([finding("other", "TOOL003", 49), moved], [one], {"TOOL003"})
    assert ([each.message for each in done.kept], done.suppressed, done.unneeded) == (["other"], [(moved, one)], [])
    twice = [moved, finding("call_c is lost", "TOOL003", 60)]
    assert [each.entry for each in suppressions.sort(twice, [one], {"TOOL003"}).kept] == [60]


def test_one_that_nothing_meets_is_not_needed_if_its_rule_was_asked() -> None:
    one = Suppression("TOOL003", "x", 41)
    assert suppressions.sort([], [one], {"TOOL003"}).unneeded == [one]
    assert suppressions.sort([], [one], {"RSP003"}).unneeded == []


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_any_reason_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, reason: str) -> None:
    path = tmp_path_factory.mktemp("reasons") / "call.jsonl.suppress.toml"
    for each in (Suppression("TOOL003", reason, 4, "ab"), Suppression("RSP003", "because")):
        suppressions.add(path, each, "call.jsonl")
    first, second = read(path)
    assert (first.rule, first.entry, first.fingerprint, first.reason) == ("TOOL003", 4, "ab", reason.strip())
    assert (second.rule, second.entry, second.reason) == ("RSP003", None, "because")


def test_what_is_not_needed_is_taken_out_and_the_rest_left_as_it_is(file: Path) -> None:
    one, other = read(file)
    suppressions.remove(file, [other])
    assert file.read_text() == FILE[: FILE.index('\n[[suppress]]\nrule = "create')]
    suppressions.remove(file, [one])
    assert not file.exists()


def test_a_file_that_is_written_otherwise_is_for_an_editor(file: Path) -> None:
    file.write_text('suppress = [{rule = "TOOL003", reason = "x"}]')
    (one,) = read(file)
    assert one.line == 0
    with pytest.raises(UsageError, match="take out by hand"):
        suppressions.remove(file, [one])
