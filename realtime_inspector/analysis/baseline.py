"""Findings that were there when somebody began to look: a file of them, so that only new ones are told.

A finding is known by its rule and the shape of its message, so that it is known again when the session is recorded
anew; a recording is known by its path from the baseline's folder. The time and the id in a name that the proxy gave are
not looked at. Of findings alike, as many are known as there were in one recording; what is more is told.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.fingerprint import fingerprint
from realtime_inspector.errors import UsageError

SCHEMA_VERSION = 1
_OWN_NAME = re.compile(r"[^/]*\d{8}T\d{6}\w*_\w+")
"""The name that the proxy gives a recording."""


@dataclass(frozen=True, slots=True)
class Known:
    """Findings alike, of one recording."""

    rule: str
    fingerprint: str
    count: int
    name: str = ""
    message: str = ""
    """Of one of them, for whoever reads the file."""


class Baseline:
    """What is known, and what of it was met."""

    def __init__(self, path: Path, recordings: Mapping[str, Iterable[Known]] | None = None) -> None:
        self.path = path
        self._known = {key: {each.fingerprint: each for each in known} for key, known in (recordings or {}).items()}
        self._met: dict[str, Counter[str]] = {}
        """Recording → fingerprint → how many were in one recording, at most."""
        self._asked: dict[str, set[str]] = {}
        self._now: dict[str, dict[str, Known]] = {}
        """What was found, as it would be written."""

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Return the baseline of a file.

        Raises:
            UsageError: If there is none, or it is no baseline.
        """
        try:
            values = json.loads(path.read_bytes())
        except OSError as error:
            raise UsageError(f"{path}: no baseline ({error.strerror}); make it with --write-baseline") from error
        except ValueError as error:
            raise UsageError(f"{path}: not readable as JSON: {error}") from error
        version = values.get("schema_version") if isinstance(values, dict) else None
        if version != SCHEMA_VERSION:
            raise UsageError(f"{path}: no baseline of version {SCHEMA_VERSION}; make it anew with --write-baseline")
        try:
            recordings = {key: [_known(each) for each in known] for key, known in values["recordings"].items()}
        except (KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{path}: not what --write-baseline writes; make it anew") from error
        return cls(path, recordings)

    def take(
        self, recording: str, findings: Iterable[Finding], asked: Collection[str]
    ) -> tuple[list[Finding], list[Finding]]:
        """Return what is new of a recording's findings, and what is known; `asked` are the rules that looked."""
        key = self._key(recording)
        known, now, seen = self._known.get(key, {}), self._now.setdefault(key, {}), Counter[str]()
        new: list[Finding] = []
        old: list[Finding] = []
        for finding in findings:
            mark = fingerprint(finding)
            seen[mark] += 1
            (old if mark in known and seen[mark] <= known[mark].count else new).append(finding)
            first = now.setdefault(mark, Known(finding.rule, mark, 1, finding.name, finding.message))
            now[mark] = replace(first, count=max(first.count, seen[mark]))
        self._met[key] = self._met.get(key, Counter()) | seen
        self._asked.setdefault(key, set()).update(asked)
        return new, old

    def gone(self) -> Iterator[tuple[str, Known]]:
        """Yield what was known and is not found any more, by recording; of rules that looked at it."""
        for key, known in self._known.items():
            for each in known.values():
                if each.rule in self._asked.get(key, ()) and not self._met[key][each.fingerprint]:
                    yield key, each

    def prune(self) -> None:
        """Forget what is gone, recordings that are gone too, and how many more there were."""
        for key, each in list(self.gone()):
            del self._known[key][each.fingerprint]
        for key, met in self._met.items():
            for mark, known in self._known.get(key, {}).items():
                if met[mark]:
                    self._known[key][mark] = replace(known, count=min(known.count, met[mark]))
        for key in [key for key in self._known if "*" not in key and not (self.path.parent / key).exists()]:
            del self._known[key]
        self._write(self._known)

    def write(self) -> int:
        """Write what was found in place of what was known of those recordings; return how many findings it is."""
        kept: dict[str, dict[str, Known]] = {}
        for key, known in self._known.items():
            asked = self._asked.get(key, ())
            kept[key] = {mark: each for mark, each in known.items() if each.rule not in asked}
        for key, now in self._now.items():
            kept.setdefault(key, {}).update(now)
        self._write(kept)
        return sum(each.count for now in self._now.values() for each in now.values())

    def _write(self, recordings: Mapping[str, Mapping[str, Known]]) -> None:
        values = {
            key: [_members(each) for each in sorted(known.values(), key=lambda each: (each.rule, each.fingerprint))]
            for key, known in sorted(recordings.items())
            if known
        }
        text = json.dumps({"schema_version": SCHEMA_VERSION, "recordings": values}, indent=2, ensure_ascii=False)
        new = self.path.with_name(f"{self.path.name}.new")
        try:
            new.write_bytes(text.encode("utf-8", "backslashreplace") + b"\n")
            new.replace(self.path)
        except OSError as error:
            raise UsageError(f"{self.path}: not written: {error.strerror}") from error

    def _key(self, recording: str) -> str:
        """Return what a recording is known by."""
        whole = (Path.cwd() / recording).resolve()
        try:
            path = whole.relative_to(self.path.parent.resolve())
        except ValueError:
            path = whole
        return _OWN_NAME.sub("*", path.as_posix())


def _known(value: Any) -> Known:
    return Known(str(value["rule"]), str(value["fingerprint"]), int(value["count"]), str(value.get("name", "")),
                 str(value.get("message", "")))  # fmt: skip


def _members(known: Known) -> dict[str, Any]:
    return {"rule": known.rule, "name": known.name, "fingerprint": known.fingerprint, "count": known.count,
            "message": known.message}  # fmt: skip
