"""Budgets as they are written."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.cli import budgeting
from realtime_inspector.cli.budgeting import budget

NAMES = st.sampled_from(["findings", "cost", "cost_total", "tokens", "ttfa_p95", "v2v-max", "answer_median"])


@pytest.mark.parametrize(
    ("name", "limit", "read", "shown"),
    [
        ("ttfa_p95", "800ms", 800.0, "800 ms"),
        ("voice_to_voice-max", "1.5 s", 1500.0, "1500 ms"),
        ("cost", "$.05", 0.05, "$0.05"),
        ("cost_total", "3 usd", 3.0, "$3"),
        ("tokens", "20000", 20000.0, "20,000"),
        ("findings", "warning", 1.0, "warning"),
    ],
)
def test_a_limit_is_read_with_its_unit(name: str, limit: str, read: float, shown: str) -> None:
    found = budget(name, limit)
    assert (found.limit, found.written) == (read, shown)


@given(st.text(max_size=20) | NAMES, st.text(max_size=12))
@settings(max_examples=50)
def test_whatever_is_written_is_a_budget_or_a_mistake(name: str, limit: str) -> None:
    with suppress(ValueError):
        assert budget(name, limit).limit >= 0


def test_a_wait_is_named_as_stats_names_it_or_in_short() -> None:
    assert budget("ttfa_p95", "1s").wait == budget("time_to_first_audio_p95", "1s").wait == ("time_to_first_audio", 95)
    assert budget("cost", "1").wait is None


def test_what_was_said_last_counts() -> None:
    both = (budget("cost", "1"), budget("findings", "error"), budget("cost", "2"))
    assert [one.written for one in budgeting.last(both)] == ["$2", "error"]
    assert budgeting.settings(both) == {"budget_usd": 2.0}
    assert budgeting.least(both, None) is Severity.ERROR
    assert budgeting.least(both, "info") is Severity.INFO
    assert budgeting.least((), None) is Severity.WARNING
