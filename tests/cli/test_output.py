"""What the standard output is given."""

from __future__ import annotations

from realtime_inspector.cli import output


def test_columns_are_aligned_by_what_a_terminal_shows() -> None:
    rows = [("FILE", "TURNS"), ("通话.jsonl", "1"), ("caf\u0065\u0301.jsonl", "12")]
    assert output.table(rows, right=(1,)) == [
        "FILE        TURNS",
        "通话.jsonl      1",
        "cafe\u0301.jsonl     12",
    ]
