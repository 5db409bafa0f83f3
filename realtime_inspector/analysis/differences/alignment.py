"""Which part of one session is which of another, and which words of two texts differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

from realtime_inspector.analysis.differences.difference import Words
from realtime_inspector.analysis.turns import Turn

LEAST_LIKENESS = 0.05
"""Whatever stands in the same place between two that are alike is held to be the same, changed."""
SAME = 0.9
"""Two turns that are so much alike are the same turn, wherever they stand."""

_MOST_CELLS = 250_000
_MOST_WORDS = 4_000_000
"""Pairs of words; beyond that two texts are not compared word by word."""

_T = TypeVar("_T")
Pair = tuple[_T | None, _T | None]


def align(a: Sequence[_T], b: Sequence[_T], likeness: Callable[[_T, _T], float]) -> list[Pair[_T]]:
    """Return which part is which, in order, so that likeness adds up to the most; None where there is none."""
    if len(a) * len(b) > _MOST_CELLS:  # nobody reads that; in their places they are compared all the same
        return [(one, other) for one, other in _in_place(a, b)]
    scores = [[max(LEAST_LIKENESS, likeness(one, other)) for other in b] for one in a]
    best = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            best[i][j] = max(scores[i][j] + best[i + 1][j + 1], best[i + 1][j], best[i][j + 1])
    return _walk(a, b, scores, best)


def turn_likeness(one: Turn, other: Turn) -> float:
    """Return how much two turns are alike, 0 to 1: what the user said counts most."""
    parts = [(3.0, _texts(one.said, other.said)), (1.0, _texts(one.replied, other.replied))]
    parts.append((1.0, _dice([call.name for call in one.calls], [call.name for call in other.calls])))
    known = [(weight, value) for weight, value in parts if value is not None]
    if bool(one.user) != bool(other.user):
        return 0.0
    return sum(weight * value for weight, value in known) / sum(w for w, _ in known) if known else 0.5


def word_diff(a: str, b: str) -> tuple[Words, ...]:
    """Return two texts as runs of words that both have, or one alone."""
    words = a.split(), b.split()
    if len(words[0]) * len(words[1]) > _MOST_WORDS:
        return (Words("a", " ".join(words[0])), Words("b", " ".join(words[1])))
    found: list[Words] = []
    for op, i, i_end, j, j_end in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        if op == "equal":
            found.append(Words("same", " ".join(words[0][i:i_end])))
            continue
        found += [Words("a", " ".join(words[0][i:i_end]))] if i_end > i else []
        found += [Words("b", " ".join(words[1][j:j_end]))] if j_end > j else []
    return tuple(found)


def names_aligned(a: Sequence[str], b: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Return which place of one list of names is which of another; only equal names go together."""
    found: list[tuple[int | None, int | None]] = []
    for op, i, i_end, j, j_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if op == "equal":
            found += zip(range(i, i_end), range(j, j_end), strict=True)
        else:
            found += [(place, None) for place in range(i, i_end)] + [(None, place) for place in range(j, j_end)]
    return found


def _in_place(a: Sequence[_T], b: Sequence[_T]) -> list[Pair[_T]]:
    most = max(len(a), len(b))
    return [(a[i] if i < len(a) else None, b[i] if i < len(b) else None) for i in range(most)]


def _walk(a: Sequence[_T], b: Sequence[_T], scores: list[list[float]], best: list[list[float]]) -> list[Pair[_T]]:
    found: list[Pair[_T]] = []
    i = j = 0
    while i < len(a) or j < len(b):
        if i < len(a) and j < len(b) and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            found.append((a[i], b[j]))
            i, j = i + 1, j + 1
        elif i < len(a) and (j == len(b) or best[i][j] == best[i + 1][j]):
            found.append((a[i], None))
            i += 1
        else:
            found.append((None, b[j]))
            j += 1
    return found


def _texts(a: str, b: str) -> float | None:
    """Return how much two texts are alike; None where one of them is not known."""
    return _dice(a.casefold().split(), b.casefold().split()) if a and b else None


def _dice(a: Sequence[str], b: Sequence[str]) -> float | None:
    if not a and not b:
        return None
    common = sum((Counter(a) & Counter(b)).values())
    return 2 * common / (len(a) + len(b))
