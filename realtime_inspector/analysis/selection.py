"""Which rules to ask: by id, by group, by name.

`TOOL003` is one rule, `TOOL` its whole group, `TOOL01` those from TOOL010 to TOOL019, `missing-call-id` the rule of
that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from realtime_inspector.analysis.rule import Rule

_SPELLING = re.compile(r"([A-Za-z]+)[-_ ]?(\d{1,3})")


def select(rules: Sequence[Rule], chosen: Iterable[str] = (), ignored: Iterable[str] = ()) -> list[Rule]:
    """Return the rules that are chosen (all, if none is) and not ignored, in their order.

    Raises:
        ValueError: If a word names no rule.
    """
    wanted = _named(rules, chosen)
    unwanted = _named(rules, ignored)
    return [rule for rule in rules if (not wanted or rule.id in wanted) and rule.id not in unwanted]


def usual(rules: Iterable[Rule], chosen: Iterable[str] = (), *, acoustic: bool = False) -> list[Rule]:
    """Return the rules that are asked without more ado.

    Not the optional ones, and the acoustic ones only if they are wanted, unless one is chosen by id or name.
    """
    words = {word.lower() for word in chosen}
    return [rule for rule in rules if _is_usual(rule, acoustic) or words & {rule.id.lower(), rule.name}]


def _is_usual(rule: Rule, acoustic: bool) -> bool:
    return not rule.optional and (acoustic or not rule.acoustic)


def _named(rules: Sequence[Rule], words: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for word in words:
        ids = {rule.id for rule in rules if fits(rule, word)}
        if not ids:
            raise ValueError(_no_such_rule(rules, word))
        found |= ids
    return found


def fits(rule: Rule, word: str) -> bool:
    """Tell whether a word names a rule, or begins as its id does, with all the letters of its group."""
    start = word.upper()
    return word.lower() == rule.name or (rule.id.startswith(start) and start.startswith(group(rule)))


def group(rule: Rule) -> str:
    """Return the letters of a rule's id."""
    return rule.id.rstrip("0123456789")


def _no_such_rule(rules: Sequence[Rule], word: str) -> str:
    groups = list(dict.fromkeys(map(group, rules)))
    known = [*(rule.id for rule in rules), *(rule.name for rule in rules), *groups]
    near = _padded(word) if _padded(word) in known else _nearest(word, known)
    hint = f"did you mean {near!r}?" if near else f"groups are {', '.join(groups)}"
    return f"no rule {word!r}; {hint}"


def _padded(word: str) -> str:
    """Return a word as an id, where it is one that lacks a nought or two."""
    spelled = _SPELLING.fullmatch(word)
    return f"{spelled[1].upper()}{int(spelled[2]):03d}" if spelled else ""


def _nearest(word: str, known: Sequence[str]) -> str | None:
    return next((near for each in (word.upper(), word.lower()) for near in get_close_matches(each, known, n=1)), None)
