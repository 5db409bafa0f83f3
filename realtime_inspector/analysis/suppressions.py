"""Findings that somebody has looked at and accepts, each with the reason: a file beside the recording.

    # call.jsonl.suppress.toml
    [[suppress]]
    rule = "TOOL003"
    entry = 41
    reason = "this server takes it: see its documents"

Without `entry` every finding of the rule in that recording is meant. `fingerprint` finds it again where the session was
recorded anew and the entry has moved. The recording itself is never changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from realtime_inspector.analysis import project
from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.fingerprint import fingerprint
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.selection import select
from realtime_inspector.errors import UsageError

_KEYS = ("rule", "entry", "reason", "fingerprint")
_BEGINNING = re.compile(r"^[ \t]*\[\[[ \t]*suppress[ \t]*\]\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One finding that is accepted, or all of a rule."""

    rule: str
    """Its id."""
    reason: str
    entry: int | None = None
    """`n` of the entry; None for every finding of the rule."""
    fingerprint: str = ""
    line: int = 0
    """Where it stands in its file."""

    @property
    def subject(self) -> str:
        """What is accepted, in words."""
        return self.rule if self.entry is None else f"{self.rule} at entry {self.entry}"

    def covers(self, finding: Finding) -> bool:
        """Tell whether a finding is at the place that is meant."""
        named = self.rule == finding.rule
        return named and (self.entry is None or self.entry == finding.entry)

    def resembles(self, finding: Finding) -> bool:
        """Tell whether a finding is the same at another place."""
        named = self.rule == finding.rule
        return named and self.fingerprint != "" and self.fingerprint == fingerprint(finding)


@dataclass(frozen=True, slots=True)
class Sorted:
    """The findings of a recording, by what is accepted of them."""

    kept: list[Finding]
    suppressed: list[tuple[Finding, Suppression]]
    unneeded: list[Suppression]
    """Those that no finding was met by, though its rule was asked."""


def read(path: Path, rules: Sequence[Rule]) -> list[Suppression]:
    """Return what a file holds; nothing if it is not there.

    Raises:
        UsageError: If it is not readable, a suppression has no reason, or names a rule that is not there.
    """
    if not path.is_file():
        return []
    values = project.read(path)
    for key in values:
        if key != "suppress":
            raise UsageError(f"{path}: no key {key!r}; a suppression begins with [[suppress]]")
    blocks = values.get("suppress", [])
    if not isinstance(blocks, list):
        raise UsageError(f"{path}: suppress is no list; a suppression begins with [[suppress]]")
    lines = _lines(path.read_text(encoding="utf-8"), len(blocks))
    return [_suppression(block, f"{path}:{line}" if line else str(path), line, rules)
            for block, line in zip(blocks, lines, strict=True)]  # fmt: skip


def _suppression(block: Any, where: str, line: int, rules: Sequence[Rule]) -> Suppression:
    if not isinstance(block, Mapping):
        raise UsageError(f"{where}: no table; a suppression begins with [[suppress]]")
    for key in block:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(_KEYS)}"
            raise UsageError(f"{where}: no key {key!r}; {hint}")
    rule, entry, reason, mark = (block.get(key) for key in _KEYS)
    if not isinstance(rule, str):
        raise UsageError(f'{where}: no rule; say which, as rule = "TOOL003"')
    found = next((each for each in rules if rule.upper() == each.id or rule.lower() == each.name), None)
    if found is None:
        raise UsageError(f"{where}: {_unknown(rule, rules)}")
    if not isinstance(reason, str) or not reason.strip():
        raise UsageError(f'{where}: the suppression of {rule} has no reason; say why it is accepted, as reason = "…"')
    if entry is not None and (not isinstance(entry, int) or isinstance(entry, bool)):
        raise UsageError(f"{where}: entry = {entry!r} is no number of an entry")
    return Suppression(found.id, reason.strip(), entry, str(mark or ""), line)


def _unknown(word: str, rules: Sequence[Rule]) -> str:
    try:
        group = select(rules, [word])
    except ValueError as error:
        return str(error)
    return f"{word!r} is a group of rules; name one of them, such as {group[0].id}"


def sort(findings: Iterable[Finding], suppressions: Sequence[Suppression], asked: Collection[str]) -> Sorted:
    """Return findings by whether they are accepted; `asked` are the ids of the rules that looked."""
    kept = list(findings)
    suppressed: list[tuple[Finding, Suppression]] = []
    unneeded: list[Suppression] = []
    for each in suppressions:
        found = [finding for finding in kept if each.covers(finding)]
        found = found or [finding for finding in kept if each.resembles(finding)][:1]
        kept = [finding for finding in kept if finding not in found]
        suppressed += [(finding, each) for finding in found]
        if not found and each.rule in asked:
            unneeded.append(each)
    return Sorted(kept, suppressed, unneeded)


def add(path: Path, suppression: Suppression, recording: str) -> None:
    """Write a suppression at the end of a file, which is made if it is not there.

    Raises:
        UsageError: If it cannot be written.
    """
    lines = ["", "[[suppress]]", f"rule = {_text(suppression.rule)}"]
    if suppression.entry is not None:
        lines.append(f"entry = {suppression.entry}")
    if suppression.fingerprint:
        lines.append(f"fingerprint = {_text(suppression.fingerprint)}")
    lines.append(f"reason = {_text(suppression.reason)}")
    try:
        if not path.exists():
            lines.insert(0, f"# What `realtime-inspector lint` need not say about {recording}, and why.")
        with path.open("a", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
    except OSError as error:
        raise UsageError(f"{path}: not written: {error.strerror}") from error


def remove(path: Path, unneeded: Collection[Suppression]) -> None:
    """Take suppressions out of their file, and the file away if none is left.

    Raises:
        UsageError: If the file has them in a way that only an editor can take them out.
    """
    text = path.read_text(encoding="utf-8")
    starts = [found.start() for found in _BEGINNING.finditer(text)]
    blocks = project.read(path).get("suppress", [])
    if len(starts) != len(blocks):
        raise UsageError(f"{path}: not written as [[suppress]] blocks; take out by hand what is not needed any more")
    gone = {each.line for each in unneeded}
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    left = [piece for piece, start in zip(pieces, starts, strict=True) if text.count("\n", 0, start) + 1 not in gone]
    if left:
        path.write_text((text[: starts[0]] + "".join(left)).rstrip() + "\n", encoding="utf-8")
    else:
        path.unlink()


def _lines(text: str, count: int) -> list[int]:
    """Return the line of each suppression; 0 where they are not written as blocks."""
    found = [text.count("\n", 0, match.start()) + 1 for match in _BEGINNING.finditer(text)]
    return found if len(found) == count else [0] * count


def _text(value: str) -> str:
    """Return a text as TOML writes it: what JSON leaves as it is and TOML does not is one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
