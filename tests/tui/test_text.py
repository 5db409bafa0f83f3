from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from realtime_inspector.tui import text
from realtime_inspector.tui.text import Line, Span

WORDS = st.text("ab 日é\u0301", max_size=40)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (4810, "4.8 kB"),
        (614_400, "614 kB"),
        (5_200_000, "5.2 MB"),
        (7_100_000_000, "7.1 GB"),
    ],
)
def test_a_size_is_short(count: int, said: str) -> None:
    assert text.size(count) == said


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (0, "0 ms"),
        (85.4, "85 ms"),
        (3200, "3.2 s"),
        (125_000, "2:05 min"),
        (5_000_000, "1:23:20 h"),
        (float("inf"), "?"),
    ],
)
def test_a_duration_has_the_unit_that_fits(milliseconds: float, said: str) -> None:
    assert text.ms(milliseconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(3.21, "0:03.210"), (3662.345, "61:02.345"), (59.9996, "1:00.000"), (float("nan"), "?")]
)
def test_a_time_is_minutes_and_thousandths(seconds: float, said: str) -> None:
    assert text.clock(seconds) == said


def test_a_price_has_the_figures_that_matter() -> None:
    assert [text.usd(each) for each in (0, 0.00431, 0.99999, 1.254, 180.4)] == [
        "$0",
        "$0.0043",
        "$1.00",
        "$1.25",
        "$180",
    ]


def test_a_length_has_hours_where_it_needs_them() -> None:
    assert [text.length(42), text.length(3723)] == ["0:42", "1:02:03"]


def test_a_long_id_keeps_what_tells_it_apart() -> None:
    assert text.short_id("item_CSrQ1tXzq0v2kH3bKDL9N") == "item_…bKDL9N"
    assert text.short_id("item_1") == "item_1"


def test_what_was_clipped_is_counted() -> None:
    assert text.clip("abcdef", 4) == "abcd… (+2 more)"
    assert text.clip("abcd", 4) == "abcd"


@given(words=WORDS, width=st.integers(1, 30))
def test_padded_text_fills_its_cells_exactly(words: str, width: int) -> None:
    assert cell_len(text.pad(words, width)) == width


@given(words=WORDS, width=st.integers(8, 30), indent=st.integers(0, 12))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(words: str, width: int, indent: int) -> None:
    line = Line((Span("key: ", "key"), Span(words)), target=7, indent=indent)
    wrapped = list(text.wrap([line], width))
    assert all(part.width <= width and part.target == 7 for part in wrapped)
    assert "".join(part.text for part in wrapped).replace(" ", "") == line.text.replace(" ", "")


def test_a_continuation_begins_at_the_indent() -> None:
    wrapped = text.wrap([text.plain("say: one two three", indent=5)], 10)
    assert [line.text for line in wrapped] == ["say: one", "     two", "     three"]


def test_a_match_is_marked_whatever_its_case() -> None:
    line = text.highlight(Line((Span("No Voice, voice", "key"),)), "voice")
    assert line.spans == (Span("No ", "key"), Span("Voice", "match"), Span(", ", "key"), Span("voice", "match"))


def test_a_letter_whose_case_has_another_length_is_no_reason_to_fail() -> None:
    line = Line((Span("İstanbul i"),))
    assert text.highlight(line, "i").text == line.text


def test_one_thing_is_not_many() -> None:
    assert [text.count(1, "entry", "entries"), text.count(1200, "entry", "entries")] == ["1 entry", "1,200 entries"]


def test_a_link_is_underlined_without_the_spaces_around_it() -> None:
    assert list(text.by_words(Span("  ⏎ #16 ", "link"))) == [
        Span("  "),
        Span("⏎", "link"),
        Span(" "),
        Span("#16", "link"),
        Span(" "),
    ]
    assert list(text.by_words(Span(" as it is ", "dim"))) == [Span(" as it is ", "dim")]


def test_a_line_that_is_cut_off_says_so() -> None:
    line = Line((Span("call.jsonl ", "title"), Span("153 entries", "dim")))
    assert text.fit(line, 22) == line
    assert [text.fit(line, width).text for width in (16, 1, 0)] == ["call.jsonl 153 …", "…", ""]
