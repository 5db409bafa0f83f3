"""Doing mutations, and the table of what was found."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.analysis.selection import usual
from realtime_inspector.analysis.why import explain, last
from tests.analysis.mutations import of_responses, of_settings, of_sound, of_tools, of_wire
from tests.analysis.mutations.draft import Mutant, Mutation, draft
from tests.analysis.mutations.healthy import LARGE, NAMES
from tests.analysis.mutations.kinds import FOUND

MODULES = (of_responses, of_tools, of_settings, of_wire, of_sound)
"""Where kinds are defined."""
KINDS: Mapping[str, Mutation] = FOUND


@dataclass(slots=True)
class Row:
    """What came of one kind."""

    kind: Mutation
    tried: int = 0
    found: int = 0
    told: int = 0
    """Sessions of which `why` gave the right cause."""
    missed: list[str] = field(default_factory=list)
    """Session, place, and what was found or told instead."""


def mutants(kind: Mutation, most: int, seed: int = 0) -> Iterator[tuple[str, int, Mutant]]:
    """Yield at most so many mutated sessions of a kind, chosen by the seed from all that there can be."""
    names = kind.of or [name for name in NAMES if name not in LARGE]
    places = [(name, at) for name in names for at in kind.places(draft(name))]
    random.Random(f"{kind.name} {seed}").shuffle(places)
    made = 0
    for name, at in places:
        mutant = kind.apply(draft(name), at)
        if mutant is not None:
            yield name, at, mutant
            made += 1
        if made == most:
            return


def check(kind: Mutation, most: int, seed: int = 0) -> Row:
    """Mutate, lint, ask why, and return what came of it."""
    row = Row(kind)
    rules = _asked(kind.rules if kind.acoustic else ())
    for name, at, mutant in mutants(kind, most, seed):
        row.tried += 1
        found = lint(mutant.entries, rules, mutant.header)
        if _is_found(found, mutant, kind, name):
            row.found += 1
        else:
            others = sorted({f.rule for f in found} - set(_before(name, kind.rules if kind.acoustic else ())))
            row.missed.append(f"{name} at {at + 1}: {', '.join(others) or 'nothing'}")
        if kind.why:
            label = last(explain(mutant.entries, mutant.header, findings=found)).cause.label
            row.told += label in kind.why
            if label not in kind.why:
                row.missed.append(f"{name} at {at + 1}: why says {label}")
    return row


def markdown(rows: list[Row]) -> Iterator[str]:
    """Yield the table."""
    yield "| mutation | rule | tried | found | why |"
    yield "|---|---|---:|---:|---:|"
    for row in rows:
        told = f"{row.told}: {' / '.join(row.kind.why)}" if row.kind.why else ""
        yield f"| {row.kind.about} | {', '.join(row.kind.rules)} | {row.tried} | {row.found} | {told} |"
    tried, found = sum(row.tried for row in rows), sum(row.found for row in rows)
    asked, told_right = sum(row.tried for row in rows if row.kind.why), sum(row.told for row in rows)
    yield f"| **{len(rows)} kinds** | | {tried} | {found} ({found / tried:.1%}) | {told_right} of {asked} |"


def _is_found(found: Sequence[Finding], mutant: Mutant, kind: Mutation, name: str) -> bool:
    """Tell whether an intended rule names what is wrong, and finds more than it does in the healthy session."""
    if not kind.rules:
        return True  # only `why` can tell
    before = _before(name, kind.rules if kind.acoustic else ())
    of_rule = {rule: [finding for finding in found if finding.rule == rule] for rule in kind.rules}
    return any(
        len(own) > before.count(rule) and any(_names(finding, mutant) for finding in own)
        for rule, own in of_rule.items()
    )


def _names(finding: Finding, mutant: Mutant) -> bool:
    return not mutant.at or not mutant.at.isdisjoint({finding.entry, finding.cause, *finding.related})


@cache
def _before(name: str, listening: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(finding.rule for finding in lint(draft(name).entries, _asked(listening)))


def _asked(listening: tuple[str, ...]) -> list[Rule]:
    """Return the usual rules, or those alone that listen for something: all of them take long."""
    return [rule for rule in all_rules() if rule.id in listening] if listening else usual(all_rules())
