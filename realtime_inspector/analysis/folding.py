"""Findings that are alike, told as one, and findings that follow from another, told with it.

Alike is the same rule, saying the same of another id or at another time. What a client's wrong event brought about (the
server's refusal of it, a call that stays open) follows from the finding about that event: it is mended with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.fingerprint import shape

ANY_ERROR = "ERR001"
"""Finds every error event: a rule that knows this one says more, and stands before it."""

_shape = lru_cache(maxsize=1024)(shape)


def folded(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return findings that are alike together, by entry; the worst and then the earliest of them first."""
    alike: dict[tuple[int, str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.severity.rank, finding.rule, _shape(finding.message)), []).append(finding)
    return sorted(alike.values(), key=_place)


@dataclass(frozen=True, slots=True)
class Told:
    """Findings that are alike, with those that follow from them."""

    same: list[Finding]
    follow: list[list[Finding]]


def told(findings: Sequence[Finding], by_client: Callable[[int], bool]) -> list[Told]:
    """Return findings folded, each fold that wholly follows from another, or tells no more than an error, within it.

    Args:
        findings: Those of one recording.
        by_client: Tells of an entry's number whether the client sent it: it is not to blame for what the server began.
    """
    folds = folded(findings)
    known: dict[int, set[int]] = {}
    wrong: dict[int, set[int]] = {}
    for place, same in enumerate(folds):
        for finding in same:
            if finding.severity is Severity.INFO or finding.rule == ANY_ERROR:
                continue
            known.setdefault(finding.entry, set()).add(place)
            if by_client(finding.entry):
                wrong.setdefault(finding.entry, set()).add(place)

    worst: dict[tuple[str, int], int] = {}
    for place, same in enumerate(folds):
        for finding in same:
            worst.setdefault((finding.rule, finding.entry), place)

    def began(finding: Finding) -> set[int] | None:
        same_error = known.get(finding.entry, set()) if finding.rule == ANY_ERROR else set()
        worse = worst[finding.rule, finding.entry]
        if folds[worse][0].severity.rank < finding.severity.rank:
            return {worse}
        return same_error | {_top(place, roots) for place in same_error} or _began(finding, wrong, by_client)

    roots: list[int | None] = [None] * len(folds)
    for place in sorted(range(len(folds)), key=lambda place: folds[place][0].rule == ANY_ERROR):
        roots[place] = _root([began(each) for each in folds[place]], place)
    tops = [_top(place, roots) for place in range(len(folds))]
    return [
        Told(same, [folds[other] for other, top in enumerate(tops) if top == place and other != place])
        for place, same in enumerate(folds)
        if tops[place] == place
    ]


def _began(finding: Finding, wrong: Mapping[int, set[int]], by_client: Callable[[int], bool]) -> set[int] | None:
    """Return the places of the folds about the client's event that began a finding; None if none began it."""
    cause = finding.cause
    if cause is None or cause >= finding.entry or not by_client(cause):
        return None
    return wrong.get(cause, set())


def _root(began: Sequence[set[int] | None], place: int) -> int | None:
    """Return the worst fold that the one at a place follows from.

    Many a rule speaks of the first wrong event alone: what is alike and has a later one for its cause follows too.
    """
    known = [places - {place} for places in began if places]
    if not began[0] or not all(known) or any(places is None for places in began):
        return None
    return min(set.intersection(*known), default=None)


def _top(place: int, roots: Sequence[int | None]) -> int:
    """Return the fold at the beginning of a chain; of a ring, the fold itself."""
    seen = [place]
    while (root := roots[seen[-1]]) is not None:
        if root in seen:
            return place
        seen.append(root)
    return seen[-1]


def by_rule(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return findings of one rule and severity together, the worst and then the earliest of them first."""
    same: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        same.setdefault((finding.severity.rank, finding.rule), []).append(finding)
    return sorted(same.values(), key=_place)


def _place(same: list[Finding]) -> tuple[int, int, bool, str]:
    first = same[0]
    return first.severity.rank, first.entry, first.rule == ANY_ERROR, first.rule
