"""Findings for other programs: JSON as one document, or a finding a line.

The shape is a promise: members may be added under the same `schema_version`, never renamed or removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from realtime_inspector.analysis.finding import Finding, count
from realtime_inspector.cli.findings import Linted
from realtime_inspector.errors import RecordingError
from realtime_inspector.formats import Readable, read_each
from realtime_inspector.formats.reading import STANDARD_INPUT
from realtime_inspector.protocol.realtime.dialects import ASKED_FOR

SCHEMA_VERSION = 1
MOST_BYTES = 64_000_000
"""A larger recording is not read again for the sake of one sentence; `why` does that."""


class Json:
    """Everything in one document, at the end."""

    def recording(self, linted: Linted) -> Iterator[str]:
        """Yield the lines about one recording: none yet."""
        return iter(())

    def summary(self, linted: Sequence[Linted]) -> Iterator[str]:
        """Yield the document."""
        yield orjson.dumps(document(linted), option=orjson.OPT_INDENT_2).decode()


class JsonLines:
    """A finding a line, each with its recording."""

    def recording(self, linted: Linted) -> Iterator[str]:
        """Yield the lines about one recording."""
        for finding in linted.findings:
            yield orjson.dumps({"path": linted.path, "id": linted.id, **members(finding)}).decode()

    def summary(self, linted: Sequence[Linted]) -> Iterator[str]:
        """Yield the lines at the end: none."""
        return iter(())


def document(linted: Sequence[Linted]) -> dict[str, Any]:
    """Return recordings and findings as one document."""
    findings = [finding for one in linted for finding in one.findings]
    silences = _Silences()
    return {
        "schema_version": SCHEMA_VERSION,
        "recordings": [{**_recording(one), "why": silences.last(one)} for one in linted],
        "summary": {severity.value: number for severity, number in count(findings).items()},
    }


def _recording(one: Linted) -> dict[str, Any]:
    return {
        "path": one.path,
        "id": one.id,
        "events": one.events,
        "dialect": one.dialect,
        "dialect_reason": one.dialect_sign,
        "findings": list(map(members, one.findings)),
        "accepted": [
            {**members(each.finding), "by": "suppression" if each.reason else "baseline", "reason": each.reason}
            for each in one.accepted
        ],
    }


class _Silences:
    """Why it did not answer, of recordings that are read again for it."""

    def __init__(self) -> None:
        self._path = ""
        self._sessions: list[Readable] = []

    def last(self, linted: Linted) -> dict[str, Any] | None:
        """Return what `why` says of a recording; null where it cannot be read again, or is large."""
        from realtime_inspector.analysis.why import explain, last
        from realtime_inspector.cli.why import members

        session = self._session(linted)
        if session is None:
            return None
        return members(last(explain(session, session.header, findings=linted.findings, dialect=_asked(linted))))

    def _session(self, linted: Linted) -> Readable | None:
        """Return the next session of that id: a log may hold several."""
        if linted.path != self._path:
            self._path, self._sessions = linted.path, _read_again(Path(linted.path))
        place = next((at for at, each in enumerate(self._sessions) if each.header.id == linted.id), None)
        return None if place is None else self._sessions.pop(place)


def _asked(linted: Linted) -> str:
    """Return the dialect that somebody said it is, in place of what is seen."""
    return linted.dialect if linted.dialect_sign == ASKED_FOR else ""


def _read_again(path: Path) -> list[Readable]:
    try:
        small = path != STANDARD_INPUT and path.stat().st_size <= MOST_BYTES
        return read_each(path) if small else []
    except (OSError, RecordingError):
        return []


def members(finding: Finding) -> dict[str, Any]:
    """Return a finding's members; `corrected` only where it is known."""
    found: dict[str, Any] = {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "entry": finding.entry,
        "line": finding.line,
        "t": round(finding.t, 6),
        "message": finding.message,
        "fix": finding.fix,
        "cause": finding.cause,
        "related": list(finding.related),
    }
    if finding.corrected is not None:
        found["corrected"] = dict(finding.corrected)
    return found
