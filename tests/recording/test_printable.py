"""Text from a recording, made safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.recording.printable import printable, printable_lines

ANY_TEXT = st.text(st.characters())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, naïve, 日本語 😀 👩‍👩‍👧", "plain, naïve, 日本語 😀 👩‍👩‍👧"),
        ("\x1b[31mred\x1b[0m", "\\e[31mred\\e[0m"),
        ("\x1b]52;c;aGk=\x07", "\\e]52;c;aGk=\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\r\nb\tc\0", "a\\r\\nb\\tc\\x00"),
        ("user\u202etxt.exe", "user\\u202etxt.exe"),
        ("\u2066a\u2069 \u200e\u061c", "\\u2066a\\u2069 \\u200e\\u061c"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028separator", "line\\u2028separator"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_steers_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_keep_their_breaks_and_tabs_and_nothing_else() -> None:
    assert printable_lines("a\r\n\tb\rc\x1bd\n") == "a\n\tb\\rc\\ed\n"


@given(ANY_TEXT)
def test_no_control_or_direction_mark_is_left(text: str) -> None:
    left = {"\u200c", "\u200d"}
    for shown in (printable(text), printable_lines(text).replace("\n", "").replace("\t", "")):
        assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} and c not in left]
        assert not [c for c in shown if unicodedata.bidirectional(c) in {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI"}]
        shown.encode()


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text
