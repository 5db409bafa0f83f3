from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.protocol.event import read
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Side
from realtime_inspector.recording.index import Label
from realtime_inspector.tui import rows
from realtime_inspector.tui.rows import Formats, Stream

CREATE = '> {"type":"response.create"}'
DONE = '< {"type":"response.done","response":{"id":"r1","status":"completed","usage":{"total_tokens":1500}}}'
APPEND = '> {"type":"input_audio_buffer.append","audio":"<20ms>"}'


def line(text: str, width: int = 80, worst: Severity | None = None) -> str:
    return rows.line(rows.of_event(read(transcript.entries(text)[-1]), worst, Formats()), width, 4).text.rstrip()


def test_the_sender_is_told_by_sign_and_place() -> None:
    assert line(CREATE).index("→") < line(DONE).index("←")
    assert "·" in line("x")


def test_a_wide_row_names_the_sender_and_the_size() -> None:
    shown = line(DONE, 120)
    assert shown.startswith("   1  0:00.001     ← server response.done ")
    assert shown.endswith(f" {len(DONE) - 2} B r1 completed 1,500 tokens")


@pytest.mark.parametrize(("severity", "mark"), [(Severity.ERROR, "E"), (Severity.WARNING, "W"), (Severity.INFO, "i")])
def test_a_finding_is_marked_by_a_letter(severity: Severity, mark: str) -> None:
    assert f" {mark} → " in line(CREATE, worst=severity)


def test_audio_is_told_by_its_length_never_as_base64() -> None:
    assert line(APPEND).endswith("20 ms of audio")
    assert "AAAA" not in line(APPEND)


def test_a_long_type_gives_way_in_its_middle() -> None:
    shown = line('< {"type":"conversation.item.input_audio_transcription.completed","transcript":"hi"}')
    assert "conversatio…ranscription.completed" in shown


def stream(text: str, count: int = 96) -> Stream:
    first = tuple(read(entry) for entry in transcript.entries(text))
    return Stream(count, 614_400, 460_800, 2.5, first)


def test_a_fold_has_its_count_its_length_and_its_time() -> None:
    shown = rows.line(rows.of_stream(stream(APPEND), None, Formats()), 120, 4).text
    assert "+ input_audio_buffer.append x96" in shown
    assert "614 kB 9.6 s of audio in 2.5 s" in shown


def test_a_fold_of_text_says_what_its_pieces_say_together() -> None:
    words = "\n".join(f'< {{"type":"response.output_text.delta","delta":"{word}"}}' for word in ("Hel", "lo\\n"))
    assert rows.of_stream(stream(words), None, Formats()).gist.startswith("“Hello\\n”")


@pytest.mark.parametrize("width", [30, 60, 80, 99, 100, 140])
def test_a_row_and_its_heading_fill_the_width(width: int) -> None:
    cells = rows.of_event(read(transcript.entries(DONE)[0]), None, Formats())
    assert rows.line(cells, width, 4).width == width
    assert rows.heading(width, 4).width == width


def test_what_is_too_large_or_unreadable_still_has_its_row() -> None:
    large = rows.of_large(4, 1.0, Label(Side.CLIENT, None, "x"), 5_000_000, None)
    assert "x" in rows.line(large, 80, 4).text
    assert "line 7 is not an entry" in rows.line(rows.of_unreadable(7, 1.0, 20), 80, 4).text


@pytest.mark.parametrize("width", [80, 120])
def test_a_time_of_hours_moves_the_columns_of_row_and_heading_alike(width: int) -> None:
    late = replace(rows.of_unreadable(1_000_000, 17_906.46, 20), side=Side.CLIENT)
    row, heading = rows.line(late, width, 7, 10), rows.heading(width, 7, 10)
    assert "298:26.460" in row.text
    assert row.width == heading.width == width
    assert row.text.index("→") == heading.text.index("→" if width < rows.WIDE else "from")
