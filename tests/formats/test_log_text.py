"""Pasted text, freed of what was added to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.formats.log_text import clean

EVENT = '{"type": "a"}'


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_are_told_apart(name: str) -> None:
    assert clean(f"né {EVENT}".encode(name)) == f"né {EVENT}"


def test_utf16_without_a_mark_is_told_by_its_zeros() -> None:
    assert clean(EVENT.encode("utf-16-le")) == EVENT


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert clean(b"\xff" + EVENT.encode()) == "\ufffd" + EVENT


def test_colours_are_taken_off() -> None:
    assert clean(f"\x1b[1;31mgot\x1b[0m {EVENT}\x1b]0;title\x07".encode()) == f"got {EVENT}"


def test_line_ends_become_one_kind_and_lines_stay_lines() -> None:
    assert clean(b"a\r\nb\rc\n") == "a\nb\nc\n"


def test_quote_marks_are_taken_off_lines() -> None:
    assert clean(b'> {\n> > "type": "a"\n> }\n') == '{\n"type": "a"\n}\n'


def test_a_mark_before_a_whole_event_stays_as_it_may_say_who_sent_it() -> None:
    assert clean(f"> {EVENT}\n< {EVENT}\n".encode()) == f"> {EVENT}\n< {EVENT}\n"


@pytest.mark.parametrize("quote", ["&quot;", "&#34;", "&#39;", "&apos;", "&#x27;"])
def test_entities_become_characters(quote: str) -> None:
    text = f"{{{quote}type{quote}: {quote}a{quote}}}&#10;x"
    assert clean(text.encode()).replace("'", '"') == '{"type": "a"} x'


def test_entities_inside_an_event_stay() -> None:
    text = '{"type": "a", "text": "say &quot;hi&quot;"}'
    assert clean(text.encode()) == text


def test_typographic_quotes_become_plain_ones() -> None:
    assert clean("{\u201ctype\u201d: \u201ca\u201d}".encode()) == EVENT


def test_typographic_quotes_beside_plain_ones_stay() -> None:
    text = '{"type": "a", "text": "\u201chi\u201d"}'
    assert clean(text.encode()) == text


def test_a_value_that_somebody_marked_is_the_value() -> None:
    assert clean(b"status: '**failed**', \"**a** b\"") == "status: 'failed', \"**a** b\""


def test_names_of_containers_are_taken_off() -> None:
    assert clean(b'app-1  | {\napp-1  |   "type": "a"\napp-1  | }') == '{\n  "type": "a"\n}'


@pytest.mark.parametrize(
    "head",
    [
        "Nov 22 10:00:01 host app[12]: ",
        "2026-11-22T10:00:01.000000+00:00 app[web.1]: ",
        "2026-11-22T10:00:01.5Z stdout F ",
        "2026-11-22T10:00:01.5Z ",
    ],
)
def test_what_stands_before_each_line_of_an_object_is_taken_off_but_for_its_first(head: str) -> None:
    lines = ["got {", '  "type": "a",', '  "list": [', '    "x",', "    1", "  ],", '  "b": null', "}"]
    assert clean("\n".join(head + line for line in lines).encode()) == head + "\n".join(lines)


def test_events_in_the_cells_of_a_sheet_are_read() -> None:
    sheet = 'time,say,message\r\n1,"hi, you","{""type"": ""a"", ""text"": """"}"\r\n'
    assert clean(sheet.encode()) == 'time,say,message\n1,"hi, you",{"type": "a", "text": ""}\n'


@given(st.binary() | st.text().map(str.encode))
def test_nothing_raises_and_lines_are_kept(content: bytes) -> None:
    text = clean(content)
    if content.isascii() and b"\0" not in content:
        assert text.count("\n") == content.decode().replace("\r\n", "\n").replace("\r", "\n").count("\n")
