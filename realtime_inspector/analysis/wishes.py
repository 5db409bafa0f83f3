"""What a project wants of the rules: which are asked, with which numbers, and how bad their findings are.

    [tool.realtime-inspector.lint]
    ignore = ["OUT005"]
    rules = ["./rules"]

    [tool.realtime-inspector.lint.severity]
    RSP003 = "warning"
    OUT = "info"

    [tool.realtime-inspector.lint.thresholds.RSP003]
    wait_s = 8

    [tool.realtime-inspector.lint.per-path."recordings/old/**"]
    dialect = "beta"

A wish is checked when it is read, also one for a path that is not there: what is misspelt would do nothing, silently.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from realtime_inspector.analysis import threshold
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.project import Configuration
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.selection import select
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.realtime import dialects

TABLE = "lint"
PATHS = "per-path"
_KEYS = ("select", "ignore", "severity", "thresholds", "dialect")
"""What may be wished for all recordings, and for some."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one place wants of the rules."""

    where: str = ""
    """The file and the table, for what is wrong in it; empty for a command line."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = field(default_factory=dict)
    """Rule, or the letters its id begins with → a severity."""
    thresholds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Rule → name → number."""
    dialect: str = ""
    paths: str = ""
    """Which recordings it is for, as a pattern; empty for all of them."""


def read(found: Configuration) -> list[Wishes]:
    """Return what a configuration file wants: of all recordings first, then of some.

    Raises:
        UsageError: If a key is unknown or a value of another kind.
    """
    table = found.values.get(TABLE, {})
    where = f"{found.path}: {TABLE}"
    if not isinstance(table, Mapping):
        raise UsageError(f"{where} is no table")
    if isinstance(table.get("threshold"), Mapping):
        raise UsageError(f"{where}: no table 'threshold'; did you mean 'thresholds'?")
    wishes = [_wishes(where, {key: table[key] for key in _KEYS if key in table})]
    some = _mapping(table, PATHS, where)
    for pattern in some:
        own = _mapping(some, pattern, f"{where}.{PATHS}")
        wishes.append(_wishes(f'{where}.{PATHS}."{pattern}"', own, pattern))
    return wishes


def _wishes(where: str, table: Mapping[str, Any], paths: str = "") -> Wishes:
    for key in table:
        if key not in _KEYS:
            raise UsageError(f"{where}: no key {key!r}{_near(key, _KEYS)}")
    dialect = table.get("dialect", "")
    if not isinstance(dialect, str):
        raise UsageError(f"{where}.dialect = {dialect!r} is no text")
    numbers = _mapping(table, "thresholds", where)
    return Wishes(
        where=where,
        select=words(table, "select", where),
        ignore=words(table, "ignore", where),
        severity=_mapping(table, "severity", where),
        thresholds={rule: _mapping(numbers, rule, f"{where}.thresholds") for rule in numbers},
        dialect=dialect,
        paths=paths,
    )


def words(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """Return a value as the words it holds: a list, or a text with commas."""
    value = table.get(key, ())
    found = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(word, str) for word in found):
        raise UsageError(f"{where}.{key} = {value!r} is no list of texts")
    return tuple(found)


def _mapping(table: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, Mapping):
        raise UsageError(f"{where}.{key} = {value!r:.60} is no table")
    return value


def check(rules: Sequence[Rule], wish: Wishes) -> None:
    """Look whether all that is wished for is there.

    Raises:
        UsageError: If a rule, a threshold, a severity or a dialect is not, with the file and the key.
    """
    chosen(rules, wish)
    _dialect(wish)
    for word, level in wish.severity.items():
        _named(rules, word, _place(wish, f"severity.{word}"))
        if level not in {severity.value for severity in Severity}:
            raise UsageError(
                f"{_place(wish, f'severity.{word}')}{level!r} is no severity; known are error, warning, info"
            )
    for word, numbers in wish.thresholds.items():
        found = [rule for rule in rules if word.lower() == rule.name or word.upper() == rule.id]
        if not found:
            place = _place(wish, f"thresholds.{word}")
            first = _named(rules, word, place)[0]
            raise UsageError(f"{place}a group of rules has no thresholds; name one of them, such as {first.id}")
        for name, value in numbers.items():
            _number(found[0], name, value, _place(wish, f"thresholds.{word}"))


def _number(rule: Rule, name: str, value: Any, place: str) -> None:
    known = threshold.of(rule)
    if underscored(name) not in known:
        hint = _near(name, known) if known else f"; {rule.id} has none"
        raise UsageError(f"{place}no threshold {name!r}{hint}")
    try:
        known[underscored(name)].read(value)
    except ValueError as error:
        raise UsageError(f"{place}{name} {error}") from None


def _named(rules: Sequence[Rule], word: str, place: str) -> list[Rule]:
    try:
        return select(rules, [word])
    except ValueError as error:
        raise UsageError(f"{place}{error}") from None


def chosen(rules: Sequence[Rule], wish: Wishes) -> list[Rule]:
    """Return the rules that a wish chooses and does not ignore."""
    try:
        return select(rules, wish.select, wish.ignore)
    except ValueError as error:
        raise UsageError(f"{wish.where}: {error}" if wish.where else str(error)) from None


def _dialect(wish: Wishes) -> None:
    if not wish.dialect:
        return
    try:
        dialects.named(wish.dialect)
    except ValueError as error:
        raise UsageError(f"{_place(wish, 'dialect')}{error}") from None


def _place(wish: Wishes, key: str) -> str:
    """Return how a message begins that is about a key; on a command line the word after the option is enough."""
    word = key.partition(".")[2]
    return f"{wish.where}.{key}: " if wish.where else f"{word}: " if word else ""


def _near(key: str, known: Collection[str]) -> str:
    near = get_close_matches(underscored(key), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"


def underscored(name: str) -> str:
    """Return a threshold's name as the rule has it."""
    return name.replace("-", "_")
