"""What is private in a text, and what only looks like it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.recording.private import Finder, Match, Pseudonyms, is_card

FINDER = Finder()


def found(text: str, name: str = "") -> list[tuple[str, str]]:
    """Return what is found, by kind."""
    return [(match.kind, text[match.start : match.end]) for match in FINDER.find(text, name)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ada.l+voice@mail.example.org", "mail"),
        ("jürgen@müller.de", "mail"),
        ("john dot doe at gmail dot com", "mail"),
        ("ada_l at example.org", "mail"),
        ("ada at outlook dot com", "mail"),
        ("+49 151 23456789", "phone"),
        ("+1 (212) 555-0100", "phone"),
        ("(212) 555-0100", "phone"),
        ("212-555-0100", "phone"),
        ("555-0100", "phone"),
        ("0049 30 901820", "phone"),
        ("030/901820", "phone"),
        ("01512345678", "phone"),
        ("06 12 34 56 78", "phone"),
        ("5 5 5 0 1 0 0", "phone"),
        ("five five five oh one double two", "phone"),
        ("4111 1111 1111 1111", "card"),
        ("4111-1111-1111-1111", "card"),
        ("378282246310005", "card"),
        ("four one one one one one one one one one one one one one one one", "card"),
    ],
)
def test_it_is_found_as_a_whole_in_the_middle_of_a_sentence(text: str, kind: str) -> None:
    assert found(f"It is {text}, I think.") == [(kind, text)]
    assert found(text) == [(kind, text)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23", "23.11.2026", "01.02.2026", "12:30:45", "1764000000000", "1764000000", "192.168.0.1", "3.14159",
        "call_0151234567", "item_a1b2c3", "9 degrees, light rain", "look at example.com", "1,234,567",
        "4111111111111112", "one two three", "req_0123456789", "version 12.2.3", "24000", "user@", "@home",
        "in 1999 and 2001 and 2003",
        "[redacted:phone-1]",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_what_a_field_is_called_tells_that_its_digits_are_a_phone_s() -> None:
    assert found("1764000000", "phone_number") == [("phone", "1764000000")]
    assert found("1764000000", "created_at") == []
    assert FINDER.number("4915123456789", "mobile") == Match(0, 13, "phone", "4915123456789")
    assert FINDER.number("4915123456789", "expires_at") is None
    assert FINDER.number("4111111111111111", "n") == Match(0, 16, "card", "4111111111111111")


def test_a_long_text_without_a_break_takes_no_time() -> None:
    endless = "a1-_" * 50_000
    assert found(f"{endless} at @ {endless}.com {'12 ' * 5000}x {'one ' * 5000}") == []


def test_numbers_that_follow_each_other_are_each_found() -> None:
    assert found("+49 151 23456789 4111 1111 1111 1111 0151 2345678") == [
        ("phone", "+49 151 23456789"), ("card", "4111 1111 1111 1111"), ("phone", "0151 2345678")
    ]  # fmt: skip


def test_a_pattern_of_the_user_s_own_goes_first() -> None:
    finder = Finder(patterns={"name": re.compile("(?i)ada( lovelace)?"), "order": re.compile(r"\d{3}-\d{4}")})
    matches = finder.find("Ada Lovelace, ada@example.org, 555-0100")
    assert [match.kind for match in matches] == ["name", "name", "order"]


def test_only_the_kinds_that_are_asked_for_are_found() -> None:
    assert [m.kind for m in Finder(frozenset({"mail"})).find("a@example.org, +49 151 23456789")] == ["mail"]
    assert Finder(frozenset()).find("a@example.org, +49 151 23456789, five five five oh one double two") == []


def test_the_same_thing_has_the_same_name_however_it_is_written() -> None:
    names = Pseudonyms()

    def name(text: str) -> str:
        (match,) = FINDER.find(text)
        return names.of(match)

    assert name("Ada@example.org") == name("ada@EXAMPLE.org") == "[redacted:mail-1]"
    assert name("bob@example.org") == "[redacted:mail-2]"
    assert name("+49 151 23456789") == name("0151 23456789") == "[redacted:phone-1]"
    assert name("john dot doe at gmail dot com") == name("John.Doe@gmail.com") == "[redacted:mail-3]"
    assert name("4111 1111 1111 1111") == name("4111111111111111") == "[redacted:card-1]"
    assert names.counts == {"mail": 3, "phone": 1, "card": 1}


def test_names_that_stand_there_already_are_not_given_again() -> None:
    names = Pseudonyms()
    names.reserve(b'{"text":"[redacted:mail-4]"}')
    assert names.of(Match(0, 1, "mail", "a@example.org")) == "[redacted:mail-5]"


@given(st.text(alphabet="0123456789 +()-./aeon@.", max_size=60), st.sampled_from(["", "phone"]))
@settings(max_examples=25, deadline=None)
def test_matches_lie_in_the_text_in_order_and_do_not_overlap(text: str, name: str) -> None:
    edges = [edge for match in FINDER.find(text, name) for edge in (match.start, match.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)
    assert all(match.start < match.end for match in FINDER.find(text, name))


@pytest.mark.parametrize(
    ("digits", "card"),
    [("4111111111111111", True), ("4111111111111112", False), ("5555555555554444", True), ("1234567812345670", False)],
)
def test_a_card_has_an_issuer_and_a_check_digit(digits: str, card: bool) -> None:
    assert is_card(digits) is card
