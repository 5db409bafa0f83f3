"""What is somebody's own in a text: addresses of mail, numbers of phones and cards, and whatever else is asked for.

People say such things to a voice agent, so a number may be written out in words ("five five five oh one"), or an
address with an "at" in it. Knows text alone; where it stands in a recording is in `scrub.py`. Names and street
addresses have no shape by which they could be told: give a pattern of your own for those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

MAIL, PHONE, CARD = "mail", "phone", "card"
KINDS = (MAIL, PHONE, CARD)

_MAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]{0,63}[\w%+-]@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b")
_TAKEN = re.compile(rb"\[redacted:([a-z0-9_-]{1,40})-([0-9]{1,6})\]")
_OURS = re.compile(r"\[redacted:[^\]]*\]")
_PROVIDERS = (
    r"gmail|googlemail|yahoo|hotmail|outlook|icloud|gmx|web|aol|proton|protonmail|live|msn|me|t-online|yandex|qq"
)
_SPOKEN_MAIL = re.compile(
    r"\b(?P<local>[a-z0-9]+(?:(?:\s(?:dot|period|point|underscore|dash|hyphen|minus|plus)\s|[._+-])[a-z0-9]+)*)"
    r"\s+at\s+"
    r"(?P<domain>(?:[a-z0-9-]+(?:\s(?:dot|period|point)\s|\.))+[a-z]{2,12})\b",
    re.IGNORECASE,
)
_SPOKEN_SIGNS = {"dot": ".", "period": ".", "point": ".", "underscore": "_", "dash": "-", "hyphen": "-", "minus": "-",
                 "plus": "+"}  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.+/@-])(?:\+\s?|\()?\d(?:[\d\s().,/\u2010-\u2015-]{0,60}\d)?(?![\w@])")
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_GROUPS = re.compile(r"\d+")
_WORD_OF = re.compile(r"\S+")
_CARD_DIGITS = range(13, 20)
_PHONE_DIGITS = range(7, 16)
_LEAST_SPOKEN = 7
_LEAST_WORDS = 4
"""Seven digits may be so few words: double, triple."""
_LEAST_SAME = 9
"""Numbers that end alike in so many digits are one number, with and without the country's."""
_WORDS = {"zero": "0", "oh": "0", "o": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4",
          "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}  # fmt: skip
_WORD = r"(?:(?:double|triple)\s+)?(?:" + "|".join(_WORDS) + r"|\d)"
_SPOKEN_NUMBER = re.compile(rf"\b{_WORD}(?:[\s,.-]+(?:and\s+)?{_WORD}){{{_LEAST_WORDS - 1},}}\b", re.IGNORECASE)
_PHONE_FIELD = re.compile(r"(phone|mobile|msisdn|telephone|cellphone|(^|_)(tel|cell|fax|caller)(_|$))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Match:
    """Something private in a text."""

    start: int
    end: int
    kind: str
    key: str
    """What it is, however it is written: the same for the same address or number."""


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds what is private."""

    kinds: frozenset[str] = frozenset(KINDS)
    patterns: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """Name of a kind → what is of it."""

    def find(self, text: str, name: str = "") -> list[Match]:
        """Return what is private in a text, in its order; `name` is what the text is called where it stands.

        Where two things overlap, a pattern of the user's own goes before the longer one.
        """
        own = [Match(*found.span(), kind, found[0].casefold()) for kind, p in self.patterns.items()
               for found in p.finditer(text) if found[0]]  # fmt: skip
        known = sorted(self._known(text, name), key=lambda match: match.start - match.end)
        taken = [found.span() for found in _OURS.finditer(text)]
        chosen = []
        for match in (*own, *known):
            if all(match.end <= start or end <= match.start for start, end in taken):
                chosen.append(match)
                taken.append((match.start, match.end))
        return sorted(chosen, key=lambda match: match.start)

    def number(self, digits: str, name: str) -> Match | None:
        """Return what a bare number of a document is, called so."""
        if not digits.isdecimal():
            return None
        if CARD in self.kinds and is_card(digits):
            return Match(0, len(digits), CARD, digits)
        if PHONE in self.kinds and len(digits) in _PHONE_DIGITS and _PHONE_FIELD.search(name):
            return Match(0, len(digits), PHONE, digits)
        return None

    def _known(self, text: str, name: str) -> Iterator[Match]:
        if MAIL in self.kinds:
            yield from _mails(text)
        if self.kinds & {PHONE, CARD}:
            found = (*_numbers(text, is_phone_field=bool(_PHONE_FIELD.search(name))), *_spoken_numbers(text))
            yield from (match for match in found if match.kind in self.kinds)


class Pseudonyms:
    """Stands in for what was found: the same for the same thing, wherever it is said."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, str]] = {}
        self._taken: dict[str, int] = {}

    def reserve(self, payload: bytes) -> None:
        """Leave alone the names that a text has from before."""
        for found in _TAKEN.finditer(payload):
            kind = found[1].decode()
            self._taken[kind] = max(self._taken.get(kind, 0), int(found[2]))

    def of(self, match: Match) -> str:
        """Return what stands for a match: `[redacted:mail-1]`."""
        names = self._names.setdefault(match.kind, {})
        known = names.get(match.key) or next(self._alike(names, match), None)
        number = self._taken.get(match.kind, 0) + len(set(names.values())) + 1
        name = known or f"[redacted:{match.kind}-{number}]"
        names[match.key] = name
        return name

    def _alike(self, names: Mapping[str, str], match: Match) -> Iterator[str]:
        """Yield the names of numbers that are the same one, with or without the country's."""
        if match.kind != PHONE:
            return
        mine = match.key.lstrip("0")
        for key, name in names.items():
            short, long = sorted((mine, key.lstrip("0")), key=len)
            if len(short) >= _LEAST_SAME and long.endswith(short):
                yield name

    @property
    def counts(self) -> dict[str, int]:
        """How many different things of each kind were found."""
        return {kind: len(set(names.values())) for kind, names in self._names.items()}


def is_card(digits: str) -> bool:
    """Tell whether digits are the number of a payment card: its length, its issuer and its check digit."""
    if len(digits) not in _CARD_DIGITS or not _issued(digits):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _issued(digits: str) -> bool:
    """Tell whether a card's number may begin so. Milliseconds since 1970 do not."""
    size, two, four = len(digits), int(digits[:2]), int(digits[:4])
    if digits[0] == "4":
        return size in {13, 16, 19}
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return size == 16
    if two in {34, 37}:
        return size == 15
    if two in {30, 36, 38, 39}:
        return size in {14, 16}
    return two in {35, 50, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69} and size >= 16


def _mails(text: str) -> Iterator[Match]:
    for found in _MAIL.finditer(text) if "@" in text else ():
        yield Match(*found.span(), MAIL, found[0].casefold())
    for found in _SPOKEN_MAIL.finditer(text) if " at " in text.casefold() else ():
        local, domain = (_said(found[part]) for part in ("local", "domain"))
        provider = re.fullmatch(rf"(?:{_PROVIDERS})\.[a-z.]+", domain)
        if provider or re.search(r"[\d._+-]", local):
            yield Match(*found.span(), MAIL, f"{local}@{domain}")


def _said(text: str) -> str:
    """Return an address as it is written: its signs in place of their names."""
    words = (_SPOKEN_SIGNS.get(word, word) for word in text.casefold().split())
    return "".join(words)


def _numbers(text: str, *, is_phone_field: bool) -> Iterator[Match]:
    for found in _NUMBER.finditer(text):
        words = [(found.start() + word.start(), found.start() + word.end()) for word in _WORD_OF.finditer(found[0])]
        at = 0
        while at < len(words):  # two numbers may stand one behind the other
            size, match = _longest(text, words[at:], is_phone_field=is_phone_field)
            at += size
            if match is not None:
                yield match


def _longest(text: str, words: list[tuple[int, int]], *, is_phone_field: bool) -> tuple[int, Match | None]:
    """Return how many words the number takes that begins with the first, and the number; one and None if none does."""
    start = words[0][0]
    for count in range(len(words), 0, -1):
        end = words[count - 1][1]
        shown = text[start:end].rstrip(" ,./-")
        digits = "".join(_GROUPS.findall(shown))
        if is_card(digits):
            return count, Match(start, start + len(shown), CARD, digits)
        if _is_phone(shown, digits) or (is_phone_field and len(digits) in _PHONE_DIGITS):
            return count, Match(start, start + len(shown), PHONE, digits)
    return 1, None


def _is_phone(shown: str, digits: str) -> bool:
    if len(digits) not in _PHONE_DIGITS or _DATE.fullmatch(shown.strip("()")) or "," in shown:
        return False
    if shown.startswith("+") or digits.startswith("00"):
        return len(digits) > _LEAST_SPOKEN
    sizes = [len(group) for group in _GROUPS.findall(shown)]
    if sizes in ([3, 3, 4], [1, 3, 3, 4], [10]):
        return digits[-10] in "23456789"
    if sizes == [3, 4]:
        return "-" in shown and digits[0] in "23456789"
    if set(sizes) == {1}:
        return "." not in shown
    return digits.startswith("0") and len(digits) > _LEAST_SPOKEN and not (len(sizes) == 4 and "." in shown)


def _spoken_numbers(text: str) -> Iterator[Match]:
    for found in _SPOKEN_NUMBER.finditer(text):
        digits = "".join(_digits(re.findall(r"[a-z]+|\d", found[0].casefold())))
        if is_card(digits):
            yield Match(*found.span(), CARD, digits)
        elif _LEAST_SPOKEN <= len(digits) < _CARD_DIGITS.stop:
            yield Match(*found.span(), PHONE, digits)


def _digits(words: Iterable[str]) -> Iterator[str]:
    times = 1
    for word in words:
        if word in {"double", "triple"}:
            times = 2 if word == "double" else 3
        elif word != "and":
            yield _WORDS.get(word, word) * times
            times = 1
