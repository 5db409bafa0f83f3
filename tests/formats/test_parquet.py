"""Parquet: the same rows as CSV, typed, of several recordings, in groups."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.formats import exports, parquet, read_any
from realtime_inspector.formats.reading import Readable
from tests.analysis.sessions import VOICE
from tests.cli.helpers import CommandLine, write_recording
from tests.formats.recorded import HEADER, recorded

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "recordings/missing-call-id.jsonl"
PAGE = ROOT / "docs/exports.md"


def tables(*recordings: Readable, **options: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table, as pyarrow reads them."""
    reader = pytest.importorskip("pyarrow.parquet")
    sinks = {name: io.BytesIO() for name in parquet.TABLES}
    parquet.write(recordings, sinks, **options)
    return {name: reader.read_table(io.BytesIO(sink.getvalue())).to_pylist() for name, sink in sinks.items()}


def test_events_are_the_rows_of_the_csv_with_types() -> None:
    rows = tables(read_any(SAMPLE))["events"]
    plain = list(csv.DictReader(io.StringIO(b"".join(exports.write(read_any(SAMPLE), "csv")).decode())))
    assert len(rows) == len(plain) == 25
    for row, cells in zip(rows, plain, strict=True):
        assert [str(row["n"]), row["side"], row["type"], str(row["bytes"])] == [
            cells["n"], cells["from"], cells["type"], cells["bytes"]]  # fmt: skip
        assert " ".join(row["findings"]) == cells["findings"]
        assert row["call_id"] == (cells["call_id"] or None)
        assert json.loads(SAMPLE.read_text().splitlines()[row["line"] - 1])["n"] == row["n"]


def test_turns_findings_and_recordings_join_by_the_recording() -> None:
    made = tables(recorded(VOICE), replace_id(recorded(VOICE), "02OTHER"), recorded(VOICE))
    assert [row["recording"] for row in made["recordings"]] == ["01RECORDING", "02OTHER", "01RECORDING#2"]
    assert {row["recording"] for row in made["turns"]} == {"01RECORDING", "02OTHER", "01RECORDING#2"}
    first, second, *_ = made["turns"]
    assert (first["interrupted"], first["heard_ms"], first["input_tokens"]) == (True, 1000.0, 100)
    assert (second["calls"], second["responses"]) == (1, 2)
    known = {(row["recording"], row["n"]) for row in made["events"]}
    assert {(row["recording"], row["n"]) for row in made["findings"]} <= known
    assert made["recordings"][0]["infos"] == sum(
        row["severity"] == "info" and row["recording"] == "01RECORDING" for row in made["findings"]
    )
    assert made["recordings"][0]["started"].isoformat() == "2026-11-22T11:10:03.123456+00:00"


def replace_id(recording: Any, name: str) -> Readable:
    recording.header = replace(HEADER, id=name)
    found: Readable = recording
    return found


def test_rows_are_written_in_groups_and_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(parquet, "GROUP_ROWS", 10)
    sink = io.BytesIO()
    assert parquet.write([read_any(SAMPLE), recorded(VOICE)], {"events": sink}) == 2
    file = reader.ParquetFile(io.BytesIO(sink.getvalue()))
    groups = [file.metadata.row_group(at).num_rows for at in range(file.metadata.num_row_groups)]
    assert groups[:-1] == [10] * (len(groups) - 1)
    assert file.metadata.row_group(0).column(5).compression == "ZSTD"
    assert file.schema_arrow.metadata[b"realtime_inspector"] == b"1"


def test_the_same_recordings_give_the_same_bytes_and_no_words_of_anybody() -> None:
    pytest.importorskip("pyarrow")
    twice = []
    for _ in range(2):
        sinks = {name: io.BytesIO() for name in parquet.TABLES}
        parquet.write([recorded(VOICE)], sinks)
        twice.append({name: sink.getvalue() for name, sink in sinks.items()})
    assert twice[0] == twice[1]
    assert "Oslo" not in str(tables(recorded(VOICE)))


def test_without_findings_no_rule_is_asked_and_a_number_that_is_too_large_is_left_out() -> None:
    usage = f'{{"input_tokens": {2**63}, "output_tokens": 5}}'
    done = f'{{"type": "response.done", "response": {{"id": "r", "status": "completed", "usage": {usage}}}}}'
    made = tables(recorded(f'< {{"type": "response.created", "response": {{"id": "r"}}}}\n< {done}\nx'), findings=False)
    assert (made["findings"], made["recordings"][0]["errors"]) == ([], None)
    assert (made["turns"][0]["input_tokens"], made["turns"][0]["output_tokens"]) == (None, 5)


def test_a_folder_becomes_four_files_and_a_name_the_events_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = pytest.importorskip("pyarrow.parquet")
    monkeypatch.chdir(tmp_path)
    run = CommandLine(capsys)
    write_recording(Path("calls/talk.jsonl"), VOICE)
    Path("calls/call.jsonl").write_bytes(SAMPLE.read_bytes())
    assert run("export", "calls", "--to", "parquet", "-o", "out").err == "2 recordings: written to out as parquet\n"
    assert sorted(path.name for path in Path("out").iterdir()) == [f"{name}.parquet" for name in sorted(parquet.TABLES)]
    assert Path("out/events.parquet").stat().st_mode & 0o077 == 0
    costs = {row["path"]: row["cost_usd"] for row in reader.read_table("out/recordings.parquet").to_pylist()}
    assert costs == {row["path"]: row["cost_usd"] for row in json.loads(run("ls", "calls", "--json").out)}
    assert costs["calls/call.jsonl"] > 0
    ran = run("export", "calls/talk.jsonl", "calls/call.jsonl", "--to", "parquet", "-o", "both.parquet")
    assert ran.code == 0, ran.err
    both = reader.read_table("both.parquet")
    assert both.num_rows == reader.read_table("out/events.parquet").num_rows
    slow = both.filter(reader.filters_to_expression([("latency_ms", ">", 200.0)]))
    assert set(slow["side"].to_pylist()) == {"client", "server"}


def test_what_does_not_go_together_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CommandLine(capsys)
    call = write_recording(tmp_path / "call.jsonl", "x")
    cases: tuple[tuple[list[str | Path], str], ...] = (
        ([call, "--to", "parquet"], "parquet is several tables: name a folder with -o, or a file (.parquet) for"),
        ([call, call, "--to", "csv"], "csv takes one recording; parquet takes several"),
        ([call, "--to", "parquet", "-o", "x", "--turn", "1"], "parquet takes no --turn"),
        ([call, "--to", "parquet", "-o", "x", "--content"], "parquet takes no --content; otlp does"),
    )
    for arguments, words in cases:
        ran = run("export", *arguments)
        assert (ran.code, words in ran.err) == (2, True), ran.err

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ran = run("export", call, "--to", "parquet", "-o", tmp_path / "out")
    assert ran.err.endswith("--to parquet needs pyarrow; install it with `pip install 'realtime-inspector[corpus]'`\n")
    assert list((tmp_path / "out").iterdir()) == []


def test_the_page_names_every_table_and_column() -> None:
    page = PAGE.read_text(encoding="utf-8").partition("## Tables")[2].partition("\n## ")[0]
    for name, columns in parquet.TABLES.items():
        (row,) = (line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        told = [word for word in row.split("|")[3].replace("`", "").replace(" ", "").split(",") if word]
        assert told == list(columns), name
