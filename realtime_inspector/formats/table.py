"""CSV: one row an event, for a spreadsheet or a notebook.

No content is in it but ids, sizes and times: what was said is in the transcript. A cell that a spreadsheet would take
for a formula gets an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from realtime_inspector.analysis import policy as policies
from realtime_inspector.analysis.facts import Index
from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.sweep import ask
from realtime_inspector.formats.reading import Readable
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import CUT_OFF
from realtime_inspector.recording.printable import printable

COLUMNS = ("n", "t", "from", "type", "turn", "event_id", "response_id", "item_id", "call_id", "bytes", "audio_ms",
           "code", "findings")  # fmt: skip
"""What a row says; `code` is the error's, the close's, or the status of an HTTP answer or a response."""
_PATHS = {
    "response_id": ("response_id", "response.id"),
    "item_id": ("item_id", "item.id"),
    "call_id": ("call_id", "item.call_id"),
    "code": ("error.code", "error.type", "response.status", "code", "status"),
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(recording: Readable, *, findings: bool = True, policy: Policy | None = None) -> Iterator[str]:
    """Yield the lines of a CSV file of one recording, which must be one that can be read twice."""
    yield _line(COLUMNS)
    for row in rows(recording, judge(recording, policy, asked=findings)):
        shown = {name: "" if value is None else value for name, value in row.items()}
        shown |= {
            "from": row["side"],
            "t": f"{row['t']:.6f}",
            "audio_ms": "" if row["audio_ms"] is None else f"{row['audio_ms']:.1f}",
            "findings": " ".join(row["findings"]),
        }
        yield _line(shown[name] for name in COLUMNS)


@dataclass(frozen=True, slots=True)
class Judged:
    """A recording that was read once: what its rows need to know before they are written."""

    session: Session
    index: Index
    """Turns, findings and latencies, by entry."""
    findings: list[Finding]


def judge(recording: Readable, policy: Policy | None = None, *, asked: bool = True) -> Judged:
    """Read a recording, and ask the rules about it if they are to be asked."""
    linter = policies.linter(policy, recording.path, recording.header) if asked else Linter((), header=recording.header)
    (found,) = ask(recording, linter)
    return Judged(linter.session, Index(linter.session, found), found)


def rows(recording: Readable, judged: Judged) -> Iterator[dict[str, Any]]:
    """Yield a row for each event, None where there is nothing to say: the one home of what is told of an event."""
    before = Session()
    for event in events(recording):
        if event.entry.members.get("how") == CUT_OFF:
            break
        duration = _audio_ms(event, before)
        before.apply(event)
        known = judged.index[event.n]
        yield {
            "n": event.n,
            "line": event.entry.line or None,
            "t": event.t,
            "side": str(event.side),
            "type": event.type,
            "turn": known.turn,
            "event_id": _first(event, ("event_id",)),
            **{name: _first(event, paths) for name, paths in _PATHS.items()},
            "bytes": len(event.entry.payload),
            "audio_ms": duration or None,
            "latency_ms": known.latency_ms,
            "findings": [finding.rule for finding in known.findings],
        }


def _audio_ms(event: Event, before: Session) -> float:
    if not event.audio_bytes:
        return 0.0
    if event.from_client:
        return before.input_audio.format.duration_ms(event.audio_bytes)
    response = before.responses.get(str(event.get("response_id", "")))
    own = response.audio_format if response is not None else None
    return (own or before.output_format).duration_ms(event.audio_bytes)


def _first(event: Event, paths: Iterable[str]) -> str | None:
    found = (dig(event.body, path) for path in paths)
    return next((str(value) for value in found if isinstance(value, str | int)), None)


def _line(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: object) -> str:
    text = printable(str(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
