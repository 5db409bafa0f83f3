"""Findings for other programs: JSON as one document, or a finding a line.

The shape is a promise: members may be added under the same `schema_version`, never renamed or removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.cli.findings import Linted, count

SCHEMA_VERSION = 1


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
    return {
        "schema_version": SCHEMA_VERSION,
        "recordings": list(map(_recording, linted)),
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
