"""Sessions that are wrong as users report it: `why` tells the cause in its first sentence, and `lint` the mistake."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.why import explain, last
from tests.analysis.wrong_sessions import WRONG


@pytest.mark.parametrize("name", WRONG)
def test_the_cause_is_told_and_what_to_change(name: str) -> None:
    wrong = WRONG[name]
    entries = wrong.made()
    findings = lint(entries)
    why = last(explain(entries, findings=findings))
    assert (why.cause.label, wrong.words in why.cause.words) == (wrong.label, True), why.cause.words
    shown = [*why.findings, *why.besides]
    assert not wrong.rule or wrong.rule in {each.rule for each in shown}
    assert why.cause.fix or why.besides, "the user is told what to do"
    assert not wrong.rule or {"error", "warning"} & {str(each.severity) for each in findings}
