"""Parquet: the events of recordings as a table, and what is known of recordings, turns and findings as three more.

For DuckDB, pandas, Polars, Spark (extra `corpus`). Rows of any number of recordings stand in one file, under the
recording's id; they are written in groups as they come, so a long recording takes no more memory than a short one. No
content is in them but ids, sizes, figures and the words of findings, as in `table.py`, whose columns these are.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.finding import Severity, count
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.summary import of_session
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.errors import UsageError
from realtime_inspector.formats import table
from realtime_inspector.formats.reading import Readable
from realtime_inspector.recording.printable import printable
from realtime_inspector.recording.redact import Redactor

VERSION = 1
"""Of the columns; it stands in each file's metadata under `realtime_inspector`."""
GROUP_ROWS = 20_000
_FIGURE, _NUMBER, _WORD, _YES = "double", "int64", "string", "bool"
TABLES: Mapping[str, Mapping[str, str]] = {
    "events": {
        "recording": _WORD, "n": _NUMBER, "line": _NUMBER, "t": _FIGURE, "side": _WORD, "type": _WORD,
        "turn": _NUMBER, "event_id": _WORD, "response_id": _WORD, "item_id": _WORD, "call_id": _WORD,
        "bytes": _NUMBER, "audio_ms": _FIGURE, "latency_ms": _FIGURE, "code": _WORD, "findings": "list<string>",
    },
    "turns": {
        "recording": _WORD, "turn": _NUMBER, "n": _NUMBER, "t": _FIGURE, "spoken": _YES, "interrupted": _YES,
        "responses": _NUMBER, "calls": _NUMBER, "answer_ms": _FIGURE, "voice_to_voice_ms": _FIGURE,
        "speech_stop_to_audio_ms": _FIGURE, "audio_ms": _FIGURE, "heard_ms": _FIGURE, "input_tokens": _NUMBER,
        "output_tokens": _NUMBER, "cached_tokens": _NUMBER,
    },
    "findings": {
        "recording": _WORD, "rule": _WORD, "name": _WORD, "severity": _WORD, "n": _NUMBER, "line": _NUMBER,
        "t": _FIGURE, "cause": _NUMBER, "message": _WORD, "fix": _WORD,
    },
    "recordings": {
        "recording": _WORD, "path": _WORD, "started": "timestamp", "model": _WORD, "dialect": _WORD,
        "session": _WORD, "length_s": _FIGURE, "events": _NUMBER, "turns": _NUMBER, "interruptions": _NUMBER,
        "calls": _NUMBER, "errors": _NUMBER, "warnings": _NUMBER, "infos": _NUMBER, "median_ttfa_ms": _FIGURE,
        "input_tokens": _NUMBER, "output_tokens": _NUMBER, "cost_usd": _FIGURE, "ended": _WORD,
    },
}  # fmt: skip
"""Table → column → type."""
_INT64 = range(-(2**63), 2**63)


def write(
    recordings: Iterable[Readable],
    sinks: Mapping[str, IO[bytes]],
    *,
    findings: bool = True,
    policy: Policy | None = None,
) -> int:
    """Write tables of recordings, and return how many recordings there were.

    Args:
        recordings: Each must be one that can be read twice.
        sinks: Where each table goes, by its name in `TABLES`; those that are not named are not written.
        findings: Ask the rules too.
        policy: The rules as a project wants them.

    Raises:
        UsageError: If pyarrow is not installed.
    """
    arrow, parquet = _library()
    files = {name: _File(name, sink, arrow, parquet) for name, sink in sinks.items()}
    ids: Counter[str] = Counter()
    clean = Redactor.from_environment(os.environ)
    for recording in recordings:
        name = recording.header.id
        ids[name] += 1
        of = _Of(recording, f"{name}#{ids[name]}" if ids[name] > 1 else name, clean, findings, policy)
        for table_name, file in files.items():
            for row in of.rows(table_name):
                file.add(row)
    for file in files.values():
        file.close()
    return ids.total()


class _Of:
    """The rows of one recording."""

    def __init__(self, recording: Readable, name: str, clean: Redactor, findings: bool, policy: Policy | None) -> None:
        self._recording = recording
        self._name = name
        self._clean = clean
        self._asked = findings
        self._judged = table.judge(recording, policy, asked=findings)

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        made = {"events": self._events, "turns": self._turns, "findings": self._findings,
                "recordings": self._recordings}  # fmt: skip
        for row in made[name]():
            yield {"recording": self._name, **row}

    def _events(self) -> Iterator[dict[str, Any]]:
        yield from table.rows(self._recording, self._judged)

    def _turns(self) -> Iterator[dict[str, Any]]:
        yield from map(_turn, self._judged.index.turns)

    def _findings(self) -> Iterator[dict[str, Any]]:
        for one in self._judged.findings:
            yield {
                "rule": one.rule,
                "name": one.name,
                "severity": one.severity.value,
                "n": one.entry,
                "line": one.line,
                "t": one.t,
                "cause": one.cause,
                "message": self._clean.text(one.message),
                "fix": self._clean.text(one.fix),
            }

    def _recordings(self) -> Iterator[dict[str, Any]]:
        counts = count(self._judged.findings)
        summary = of_session(self._judged.session, counts)
        header = self._recording.header
        yield {
            "path": printable(str(self._recording.path)),
            "started": _moment(header.started) if header.tags.get("times") != "unknown" else None,
            "model": summary.model or None,
            "dialect": summary.dialect or None,
            "session": summary.session_id or None,
            "length_s": summary.length_s,
            "events": summary.events,
            "turns": summary.turns,
            "interruptions": summary.interruptions,
            "calls": summary.calls,
            "errors": counts[Severity.ERROR] if self._asked else None,
            "warnings": counts[Severity.WARNING] if self._asked else None,
            "infos": counts[Severity.INFO] if self._asked else None,
            "median_ttfa_ms": summary.median_ttfa_ms,
            "input_tokens": summary.tokens.input,
            "output_tokens": summary.tokens.output,
            "cost_usd": None if summary.cost.total is None else round(summary.cost.total, 6),
            "ended": summary.ended,
        }


@dataclass(slots=True)
class _File:
    """A table that grows, written a group of rows at a time."""

    name: str
    sink: IO[bytes]
    arrow: Any
    parquet: Any
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _writer: Any = None

    def __post_init__(self) -> None:
        schema = self._schema()
        self._writer = self.parquet.ParquetWriter(self.sink, schema, compression="zstd")

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) >= GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = TABLES[self.name]
        values = {name: [_fit(row.get(name), kind) for row in self._rows] for name, kind in columns.items()}
        self._writer.write_table(self.arrow.table(values, schema=self._schema()))
        self._rows.clear()

    def _schema(self) -> Any:
        arrow = self.arrow
        types = {
            _WORD: arrow.string(), _NUMBER: arrow.int64(), _FIGURE: arrow.float64(), _YES: arrow.bool_(),
            "list<string>": arrow.list_(arrow.string()), "timestamp": arrow.timestamp("us", tz="UTC"),
        }  # fmt: skip
        fields = [(name, types[kind]) for name, kind in TABLES[self.name].items()]
        return arrow.schema(fields, metadata={"realtime_inspector": str(VERSION)})


def _turn(turn: Turn) -> dict[str, Any]:
    tokens = sum((metrics.tokens_of(response) for response in turn.responses), metrics.Tokens())
    return {
        "turn": turn.number,
        "n": turn.start.n,
        "t": turn.start.t,
        "spoken": turn.spoken,
        "interrupted": turn.interrupted,
        "responses": len(turn.responses),
        "calls": len(turn.calls),
        "answer_ms": metrics.answer_ms(turn),
        "voice_to_voice_ms": metrics.voice_to_voice_ms(turn),
        "speech_stop_to_audio_ms": metrics.speech_stop_to_audio_ms(turn),
        "audio_ms": turn.audio_ms,
        "heard_ms": turn.heard_ms,
        "input_tokens": tokens.input,
        "output_tokens": tokens.output,
        "cached_tokens": tokens.cached,
    }


def _fit(value: Any, kind: str) -> Any:
    """Return a value that its column can hold; a number that a peer made too large is left out."""
    return None if kind == _NUMBER and value is not None and value not in _INT64 else value


def _moment(started: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _library() -> tuple[Any, Any]:
    try:
        if not TYPE_CHECKING:  # it has no types, and is not installed everywhere
            import pyarrow
            import pyarrow.parquet
        else:
            pyarrow: Any = None
    except ImportError:
        raise UsageError(
            "--to parquet needs pyarrow; install it with `pip install 'realtime-inspector[corpus]'`"
        ) from None
    return pyarrow, pyarrow.parquet
