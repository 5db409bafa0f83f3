"""What of the findings is accepted already: suppressions beside the recordings, and a baseline.

Both grow stale: what they name may be mended. Then they are wrong, and said to be, until `--prune` takes it out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.project import suppressions_of
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.selection import select
from realtime_inspector.cli import diagnostics
from realtime_inspector.cli.findings import Accepted, Linted
from realtime_inspector.errors import UsageError

if TYPE_CHECKING:
    from realtime_inspector.analysis.baseline import Baseline
    from realtime_inspector.analysis.suppressions import Suppression

PRUNE = "`realtime-inspector lint --prune`"


@dataclass(frozen=True, slots=True)
class Asked:
    """One finding, or a rule, that is to be suppressed."""

    rule: str
    entry: int | None
    reason: str


def asked(value: str | None, reason: str | None, rules: Sequence[Rule], recordings: Sequence[Path]) -> Asked | None:
    """Return what `--suppress RULE@ENTRY --reason WHY` asks for.

    Raises:
        UsageError: If there is no such rule, no reason, or more than one recording.
    """
    if value is None:
        if reason is not None:
            raise UsageError("--reason goes with --suppress RULE@ENTRY")
        return None
    word, _, entry = value.partition("@")
    if entry and not entry.isdigit():
        raise UsageError(f"--suppress {value}: {entry!r} is no number of an entry; TOOL003@41 is entry 41")
    try:
        found = select(rules, [word])
    except ValueError as error:
        raise UsageError(f"--suppress {value}: {error}") from None
    if len(found) != 1:
        raise UsageError(f"--suppress {value}: a group of rules; name one of them, such as {found[0].id}")
    if reason is None or not reason.strip():
        raise UsageError(f"--suppress {value}: say why it is accepted, with --reason WHY")
    if len(recordings) != 1:
        raise UsageError(f"--suppress {value}: name the one recording that it is about; here are {len(recordings)}")
    if not recordings[0].is_file():
        raise UsageError(f"--suppress {value}: {recordings[0]} is no file that it could stand beside")
    return Asked(found[0].id, int(entry) if entry else None, reason.strip())


class Acceptance:
    """What is accepted, and what of it is not needed any more."""

    def __init__(self, rules: Sequence[Rule], baseline: Baseline | None = None, wanted: Asked | None = None) -> None:
        self.baseline = baseline
        self._rules = rules
        self._wanted = wanted
        self._missed = ""
        """Why nothing was suppressed, as long as nothing was."""
        self._unneeded: dict[Path, list[Suppression]] = {}

    def take(self, linted: Linted) -> Linted:
        """Return a recording without the findings that are accepted; those stand apart in it.

        Raises:
            UsageError: If its suppressions cannot be read.
        """
        ids = {rule.id for rule in linted.asked}
        kept, accepted = self._suppressed(linted, ids)
        if self.baseline is not None:
            kept, old = self.baseline.take(linted.path, kept, ids)
            accepted += [Accepted(finding) for finding in old]
        return replace(linted, findings=kept, accepted=accepted)

    def _suppressed(self, linted: Linted, asked: Collection[str]) -> tuple[list[Finding], list[Accepted]]:
        """Return a recording's findings, and those of them that are suppressed, apart."""
        path = suppressions_of(Path(linted.path))
        if self._wanted is None and not path.is_file():
            return list(linted.findings), []
        from realtime_inspector.analysis import suppressions

        if self._wanted is not None and self._suppress(linted, path, self._wanted):
            self._wanted = None
        known = suppressions.read(path, self._rules)
        done = suppressions.sort(linted.findings, known, asked)
        before = self._unneeded.get(path, done.unneeded)  # a log has several sessions: needed by one is needed
        self._unneeded[path] = [each for each in before if each in done.unneeded]
        return done.kept, [Accepted(finding, each.reason) for finding, each in done.suppressed]

    def settle(self) -> None:
        """Look whether what was to be suppressed was found.

        Raises:
            UsageError: If it was not.
        """
        if self._wanted is not None:
            raise UsageError(self._missed)

    def stale(self) -> list[str]:
        """Return what is not found any more, a line each."""
        return [*self._stale_suppressions(), *self._stale_baseline()]

    def prune(self) -> None:
        """Take out what is not found any more.

        Raises:
            UsageError: If a file cannot be written.
        """
        from realtime_inspector.analysis import suppressions

        for path, unneeded in self._unneeded.items():
            if unneeded:
                suppressions.remove(path, unneeded)
        if self.baseline is not None:
            self.baseline.prune()

    def _suppress(self, linted: Linted, path: Path, wanted: Asked) -> bool:
        """Write what is to be suppressed beside a recording, if it is found there, and tell whether it was."""
        found = [finding for finding in linted.findings if finding.rule == wanted.rule]
        there = [finding for finding in found if wanted.entry in {None, finding.entry}]
        if not there:
            self._missed = f"{linted.path}: {_not_there(wanted, found)}"
            return False
        from realtime_inspector.analysis import suppressions
        from realtime_inspector.analysis.fingerprint import fingerprint
        from realtime_inspector.analysis.suppressions import Suppression

        mark = fingerprint(there[0]) if wanted.entry is not None else ""
        made = Suppression(wanted.rule, wanted.reason, wanted.entry, mark)
        suppressions.add(path, made, Path(linted.path).name)
        diagnostics.say(f"{path}: {made.subject} is suppressed")
        return True

    def _stale_suppressions(self) -> Iterator[str]:
        for path, unneeded in self._unneeded.items():
            for each in unneeded:
                where = f"{path}:{each.line}" if each.line else str(path)
                yield f"{where}: {each.subject} is not found any more; {PRUNE} takes the suppression out"

    def _stale_baseline(self) -> Iterator[str]:
        if self.baseline is None:
            return
        for recording, each in self.baseline.gone():
            what = f"{each.rule} {each.name} of {recording}"
            yield f"{self.baseline.path}: {what} is not found any more; {PRUNE} takes it out"


def _not_there(wanted: Asked, found: Sequence[Finding]) -> str:
    if not found:
        return f"{wanted.rule} finds nothing here, so there is nothing to suppress"
    places = ", ".join(str(finding.entry) for finding in found[:6])
    return f"{wanted.rule} finds nothing at entry {wanted.entry}; it does at {places}"


def options(function: click.decorators.FC) -> click.decorators.FC:
    """Give a command the options about what is accepted."""
    added = (
        click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE",
                     help="tell only what is not in this file of findings"),
        click.option("--write-baseline", is_flag=True, help="write what is found into the file of --baseline"),
        click.option("--prune", is_flag=True, help="take out of baseline and suppressions what is not found any more"),
        click.option("--suppress", metavar="RULE[@ENTRY]", help="accept a finding of one recording, beside it"),
        click.option("--reason", metavar="WHY", help="why --suppress does"),
    )  # fmt: skip
    for option in reversed(added):
        function = option(function)
    return function
