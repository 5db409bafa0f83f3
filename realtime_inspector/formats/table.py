"""CSV: one row an event, for a spreadsheet or a notebook.

No content is in it but ids, sizes and times: what was said is in the transcript. A cell that a spreadsheet would take
for a formula gets an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.turns import turn_at, turns
from realtime_inspector.formats.reading import Readable
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.session import Session
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


def write(recording: Readable, *, findings: bool = True) -> Iterator[str]:
    """Yield the lines of a CSV file of one recording, which must be one that can be read twice."""
    session, found = _judged(recording, asked=findings)
    exchanges = turns(session)
    yield _line(COLUMNS)
    before = Session()
    for event in events(recording):
        if event.entry.members.get("how") == "cut off":
            break
        duration = _audio_ms(event, before)
        before.apply(event)
        turn = turn_at(exchanges, event.n)
        row = {
            "n": event.n,
            "t": f"{event.t:.6f}",
            "from": str(event.side),
            "type": event.type,
            "turn": turn.number if turn is not None else "",
            "event_id": event.get("event_id", ""),
            **{name: _first(event, paths) for name, paths in _PATHS.items()},
            "bytes": len(event.entry.payload),
            "audio_ms": f"{duration:.1f}" if duration else "",
            "findings": " ".join(found.get(event.n, ())),
        }
        yield _line(row[name] for name in COLUMNS)


def _judged(recording: Readable, *, asked: bool) -> tuple[Session, dict[int, list[str]]]:
    """Return the session of a recording, and the rules that found something, by entry."""
    linter = Linter(None if asked else (), header=recording.header)
    found: dict[int, list[str]] = {}
    for event in events(recording):
        for finding in linter.feed(event):
            found.setdefault(finding.entry, []).append(finding.rule)
    return linter.session, found


def _audio_ms(event: Event, before: Session) -> float:
    if not event.audio_bytes:
        return 0.0
    if event.from_client:
        return before.input_audio.format.duration_ms(event.audio_bytes)
    response = before.responses.get(str(event.get("response_id", "")))
    own = response.audio_format if response is not None else None
    return (own or before.output_format).duration_ms(event.audio_bytes)


def _first(event: Event, paths: Iterable[str]) -> str:
    found = (dig(event.body, path) for path in paths)
    return next((str(value) for value in found if isinstance(value, str | int)), "")


def _line(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: object) -> str:
    text = printable(str(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
