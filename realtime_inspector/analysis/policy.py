"""The rules as a project wants them, for each of its recordings.

What may be wanted is in `wishes.py`. Whatever asks the rules, at once or while a call goes on, has its `Linter` here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.project import Configuration, suppressions_of
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.analysis.selection import fits, usual
from realtime_inspector.analysis.wishes import TABLE, Wishes, check, chosen, read, underscored, words
from realtime_inspector.protocol.event import Event
from realtime_inspector.recording.entry import Header

if TYPE_CHECKING:
    from realtime_inspector.analysis.suppressions import Suppression


_SHARED = ("select", "ignore", "dialect", "rules")


class Policy:
    """The rules as a project wants them, for each of its recordings."""

    def __init__(
        self,
        rules: Sequence[Rule] | None = None,
        wishes: Sequence[Wishes] = (),
        *,
        folder: Path | None = None,
        acoustic: bool = False,
    ) -> None:
        """Check the wishes; a later one goes before an earlier one.

        Args:
            rules: All there are, those of the user too; the rules of this tool by default.
            wishes: What is wanted of them.
            folder: What the patterns of paths are counted from.
            acoustic: Ask the rules that listen too.

        Raises:
            UsageError: If one names a rule, a threshold, a severity or a dialect that is not there.
        """
        self.rules = all_rules() if rules is None else tuple(rules)
        """All there are."""
        self._wishes = tuple(wishes)
        self._folder = folder
        self._acoustic = acoustic
        self._made: dict[tuple[int, ...], list[Rule]] = {}
        for wish in self._wishes:
            check(self.rules, wish)

    def rules_for(self, path: str | Path = "") -> list[Rule]:
        """Return the rules that are asked about a recording, as it is wanted there."""
        places = tuple(place for place, wish in enumerate(self._wishes) if self._is_for(wish, path))
        if places not in self._made:
            self._made[places] = self._make([self._wishes[place] for place in places])
        return self._made[places]

    def every(self) -> list[Rule]:
        """Return all rules as they are wanted in general, those that are not asked too."""
        wishes = [wish for wish in self._wishes if not wish.paths]
        return sorted((_set_up(rule, wishes) for rule in self.rules), key=lambda rule: rule.id)

    def dialect_for(self, path: str | Path = "") -> str:
        """Return the dialect that a recording is said to have; empty if it is to be seen."""
        return next((w.dialect for w in reversed(self._wishes) if w.dialect and self._is_for(w, path)), "")

    def linter(self, path: str | Path = "", header: Header | None = None) -> Linter:
        """Return what asks the rules about a recording, and does not tell what is suppressed beside it.

        Raises:
            UsageError: If its suppressions cannot be read.
        """
        rules, dialect = self.rules_for(path), self.dialect_for(path)
        sidecar = suppressions_of(Path(path)) if Path(path).name else None
        if sidecar is None or not sidecar.is_file():
            return Linter(rules, header=header, dialect=dialect)
        from realtime_inspector.analysis import suppressions

        return _Discreet(suppressions.read(sidecar, self.rules), rules, header=header, dialect=dialect)

    def _make(self, wishes: Sequence[Wishes]) -> list[Rule]:
        named = [word for wish in wishes for word in wish.select]
        asked = list(self.rules)
        for wish in wishes:
            ids = {rule.id for rule in chosen(self.rules, wish)}
            asked = [rule for rule in asked if rule.id in ids]
        return [_set_up(rule, wishes) for rule in usual(asked, named, acoustic=self._acoustic)]

    def _is_for(self, wish: Wishes, path: str | Path) -> bool:
        return not wish.paths or _matches(wish.paths, path, self._folder or Path.cwd())


class _Discreet(Linter):
    """A linter that keeps to itself what is suppressed."""

    def __init__(self, known: Sequence[Suppression], rules: Sequence[Rule], **options: Any) -> None:
        super().__init__(rules, **options)
        self._known = known

    def feed(self, event: Event) -> list[Finding]:
        """See `Linter`."""
        return self._told(super().feed(event))

    def advance(self, now: float) -> list[Finding]:
        """See `Linter`."""
        return self._told(super().advance(now))

    def _told(self, findings: list[Finding]) -> list[Finding]:
        return [finding for finding in findings if not any(each.covers(finding) for each in self._known)]


def linter(policy: Policy | None, path: str | Path = "", header: Header | None = None) -> Linter:
    """Return what asks the rules about a recording, as a project wants them, or the usual ones without a project.

    Raises:
        UsageError: If the recording's suppressions cannot be read.
    """
    return Linter(header=header) if policy is None else policy.linter(path, header)


def of(found: Configuration | None, **options: Any) -> Policy:
    """Return what a configuration file wants, its own rules loaded; `options` are those of `Policy`.

    Raises:
        UsageError: If something in it is wrong, with the file and the key.
    """
    if found is None:
        return Policy(with_users([]), **options)
    table = found.values.get(TABLE, {})
    shared = {key: value for key, value in found.values.items() if key in _SHARED}  # said for all commands
    whole = replace(found, values={TABLE: {**shared, **table} if isinstance(table, Mapping) else table})
    rules = words(whole.values[TABLE], "rules", f"{found.path}: {TABLE}") if isinstance(table, Mapping) else ()
    folder = found.path.parent
    return Policy(with_users(folder / path for path in rules), read(whole), folder=folder, **options)


def with_users(paths: Iterable[Path], rules: Sequence[Rule] | None = None) -> tuple[Rule, ...]:
    """Return the rules of this tool (or those given in their place), of folders and of installed packages.

    Raises:
        UsageError: If one does not load.
    """
    from realtime_inspector.analysis import user_rules

    known = all_rules() if rules is None else rules
    return (*known, *user_rules.load(paths, known))


def _set_up(rule: Rule, wishes: Sequence[Wishes]) -> Rule:
    severity: Severity | None = None
    numbers: dict[str, Any] = {}
    for wish in wishes:
        fitting = [word for word in wish.severity if fits(rule, word)]
        if fitting:
            severity = Severity(wish.severity[max(fitting, key=lambda word: _narrowness(rule, word))])
        for word, own in wish.thresholds.items():
            if word.lower() == rule.name or word.upper() == rule.id:
                numbers |= {underscored(name): value for name, value in own.items()}
    return rule.set_up(numbers, severity) if severity or numbers else rule


def _narrowness(rule: Rule, word: str) -> int:
    """Return how closely a word names a rule: its name as closely as its id, letters in front of it less."""
    return len(rule.id) if word.lower() == rule.name else len(word)


def _matches(pattern: str, path: str | Path, folder: Path) -> bool:
    """Tell whether a recording's path, or its name alone where the pattern has no folder, fits a pattern."""
    whole = Path(path)
    if "/" not in pattern:
        return _expression(pattern).fullmatch(whole.name or str(path)) is not None
    absolute = Path.cwd() / whole
    try:
        inside = absolute.resolve().relative_to(folder.resolve())
    except ValueError:
        inside = absolute
    return _expression(pattern.removeprefix("./")).fullmatch(inside.as_posix()) is not None


@cache
def _expression(pattern: str) -> Any:
    """Return a pattern of a shell as an expression: `*` and `?` stay within a folder, `**` does not."""
    import re

    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    words = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(parts.get(word, re.escape(word)) for word in words))
