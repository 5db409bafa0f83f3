"""How often each rule found something, in how many recordings, and where first: `lint --statistics`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.cli import output
from realtime_inspector.cli.findings import Linted
from realtime_inspector.cli.findings_json import SCHEMA_VERSION
from realtime_inspector.cli.findings_text import place


@dataclass(slots=True)
class Row:
    """One rule, with findings of one severity."""

    recording: Linted
    """Where it found something first."""
    first: Finding
    count: int = 0
    recordings: int = 0
    """In how many it did."""


def rows(linted: Sequence[Linted]) -> list[Row]:
    """Return a row a rule, the most frequent first."""
    found: dict[tuple[str, str], Row] = {}
    for one in linted:
        seen = set()
        for finding in one.findings:
            key = (finding.rule, finding.severity.value)
            row = found.setdefault(key, Row(one, finding))
            row.count += 1
            row.recordings += key not in seen
            seen.add(key)
    return sorted(found.values(), key=lambda row: (-row.count, row.first.rule))


def write(linted: Sequence[Linted], *, as_json: bool) -> None:
    """Write the rows."""
    found = rows(linted)
    if as_json:
        output.write_json({"schema_version": SCHEMA_VERSION, "statistics": list(map(_members, found))})
    else:
        table = [_cells(row, len(linted)) for row in found]
        output.write_lines(output.table(table, right=(0,)) if table else ["no findings"])


def _cells(row: Row, recordings: int) -> tuple[str, ...]:
    first = row.first
    spread = (f"in {row.recordings} of {recordings}",) if recordings > 1 else ()
    where = f"first at {place(row.recording, first)}"
    return (str(row.count), first.rule, first.name, first.severity.value, *spread, where)


def _members(row: Row) -> dict[str, Any]:
    first = row.first
    return {
        "rule": first.rule,
        "name": first.name,
        "severity": first.severity.value,
        "count": row.count,
        "recordings": row.recordings,
        "first": {"path": row.recording.path, "entry": first.entry, "line": first.line, "t": round(first.t, 6)},
    }
