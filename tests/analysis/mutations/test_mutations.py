"""One thing is made wrong in a healthy session: the intended rule finds it, and `why` says what silenced the assistant.

`python scripts/mutations.py` does more of each kind, and prints the table.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from types import ModuleType

import pytest

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.analysis.why import explain, last
from tests.analysis.mutations.healthy import NAMES, healthy
from tests.analysis.mutations.table import KINDS, MODULES, check, markdown, mutants

pytestmark = pytest.mark.skipif(sys.version_info < (3, 13), reason="what is found does not hang on Python")

MOST = 2
"""Sessions of a kind that silences the assistant, one of another: chosen by a seed, the same every time."""
KNOWN = {rule.id for rule in all_rules()}


def short(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def test_there_are_many_kinds_and_each_says_what_it_does() -> None:
    assert len(KINDS) >= 150
    assert len([kind for kind in KINDS.values() if kind.why]) >= 35
    assert [kind.name for kind in KINDS.values() if not kind.about.endswith(".")] == []
    assert {rule for kind in KINDS.values() for rule in kind.rules} <= KNOWN


@pytest.mark.parametrize("module", MODULES, ids=short)
def test_what_is_wrong_is_found_by_the_rule_for_it(module: ModuleType) -> None:
    rows = [check(kind, MOST if kind.why else 1) for kind in KINDS.values() if kind.apply.__module__ == module.__name__]
    assert {row.kind.name: row.missed for row in rows if row.missed} == {}
    assert [row.kind.name for row in rows if not row.tried] == []
    assert next(iter(markdown(rows))).startswith("| mutation")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_healthy_is_not_blamed_at_all(name: str) -> None:
    entries = list(healthy(name))
    assert [found for found in lint(entries) if found.severity is not Severity.INFO] == []
    assert last(explain(entries)).is_calm


def test_a_mutated_session_is_as_well_formed_as_a_healthy_one() -> None:
    for kind in KINDS.values():
        for name, at, mutant in mutants(kind, 1, seed=1):
            where = f"{kind.name} of {name} at {at}"
            assert [entry.n for entry in mutant.entries] == list(range(1, len(mutant.entries) + 1)), where
            if kind.name != "clock-set-back":
                assert all(one.t <= other.t for one, other in pairwise(mutant.entries)), where
            assert all(1 <= n <= len(mutant.entries) for n in mutant.at), where
