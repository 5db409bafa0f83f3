"""No line of a page is without a test: each is run in one way, or stands in the table of what cannot be."""

from __future__ import annotations

import re

import pytest

from tests.docs.outside import OUTSIDE
from tests.docs.ways import ELSEWHERE, LINES, WAYS, WORDS, lines, ways
from tests.pages import ROOT, strangers


def test_every_line_has_one_way() -> None:
    lost = {str(line): found for line in LINES if len(found := ways(line)) != 1}
    assert lost == {}, "run it in a test of this folder, or say in outside.py why none can"


def test_every_line_of_a_block_for_a_shell_is_one() -> None:
    assert list(map(str, strangers())) == [], "is it a command? tests/pages.py knows programs; else ```text"


@pytest.mark.parametrize("line", OUTSIDE)
def test_what_cannot_be_run_holds_as_far_as_can_be_seen(line: str) -> None:
    assert OUTSIDE[line].reason
    OUTSIDE[line].holds(line)


def test_nothing_is_listed_that_no_page_has() -> None:
    shown = {line.line for line in LINES}
    assert ({*OUTSIDE, *WORDS} - shown, [way for way in WAYS if not lines(way)]) == (set(), [])
    assert [form for form in ELSEWHERE if not any(re.fullmatch(form, line) for line in shown)] == []


@pytest.mark.parametrize("test", ELSEWHERE.values())
def test_a_test_that_is_elsewhere_is_there(test: str) -> None:
    path, _, name = test.partition("::")
    assert f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8")
