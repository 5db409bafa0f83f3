from __future__ import annotations

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.protocol.event import Event, read
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.tui import detail
from realtime_inspector.tui.detail import Known
from realtime_inspector.tui.rows import Stream
from realtime_inspector.tui.text import Line

APPEND = '> {"type":"input_audio_buffer.append","audio":"<100ms>"}'


def event(text: str) -> Event:
    return read(transcript.entries(text)[0])


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


def test_audio_is_shown_by_its_length_in_bytes_and_time() -> None:
    lines = texts(detail.of_event(event(APPEND), Known()))
    assert '  "audio": <base64, 4800 bytes, 100 ms>' in lines


def test_a_finding_comes_with_its_fix_its_cause_and_the_corrected_event() -> None:
    found = Finding(
        "T1", "name", Severity.ERROR, 1, 2, 0.1, "what is wrong", "what to do", cause=7, corrected={"type": "x"}
    )
    lines = detail.of_event(event('> {"type":"x"}'), Known([found]))
    assert texts(lines)[3:8] == [
        "E T1 name",
        "  what is wrong",
        "  fix: what to do",
        "  cause: ⏎ #7",
        "  as the API takes it:",
    ]
    assert [line.target for line in lines if "cause" in line.text] == [7]


def test_malformed_json_is_shown_as_it_is() -> None:
    lines = texts(detail.of_event(event("> {no\x1b[2J"), Known()))
    assert lines[-1] == "{no\\e[2J"
    assert "not JSON" in lines[-2]


def test_a_binary_message_is_shown_in_hexadecimal() -> None:
    shown = detail.of_event(read(Entry(1, 0.1, Side.CLIENT, Kind.MESSAGE, b"\x00AB\xff", binary=True)), Known())
    assert shown[-1].text.startswith("000000  00 41 42 ff")
    assert shown[-1].text.endswith(".AB.")


def test_headers_stand_one_a_line() -> None:
    lines = texts(detail.of_event(event('> GET /v1/realtime {"host": "h", "x": "1"}'), Known()))
    assert "host: h" in lines
    assert '  "method": "GET",' in lines


def test_a_fold_says_how_much_it_is_and_shows_its_first_piece() -> None:
    stream = Stream(96, 614_400, 460_800, 2.5, (event(APPEND),))
    lines = texts(detail.of_stream(stream, Known()))
    assert "the first of 96 pieces, 614 kB in 2.5 s; 461 kB of audio, 9.6 s" in lines
    assert '  "audio": <base64, 4800 bytes, 100 ms>' in lines


def test_what_is_copied_is_the_payload_without_the_audio() -> None:
    assert detail.copied(event(APPEND)) == '{"type":"input_audio_buffer.append","audio":"<base64, 4800 bytes>"}'
    assert detail.copied(event('> { "type" : "x" }')) == '{ "type" : "x" }'
    assert '"code": 1000' in detail.copied(event("x> 1000 bye"))


def test_an_unreadable_line_is_shown_with_what_is_wrong() -> None:
    lines = texts(detail.of_unreadable(7, b"rub\x1bbish", "not an entry: x"))
    assert lines == ["line 7", "not an entry: x", "", "rub\\ebish"]
