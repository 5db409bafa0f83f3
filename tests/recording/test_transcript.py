"""The notation of rules and tests."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.transcript import entries, parse, render

WHOLE = """\
> GET /v1/realtime?model=m {"Authorization":"Bearer k"}
< 101
< {"type":"session.created"}
+120ms > {"type":"response.create"}
b< AAEC
! 12 disk full
+2000ms x> 1000 bye
x<
x reset
"""


def test_every_line_becomes_an_entry_with_its_side_and_kind() -> None:
    assert [(entry.n, entry.side.value, entry.kind.value) for entry in entries(WHOLE)] == [
        (1, "client", "request"),
        (2, "server", "response"),
        (3, "server", "message"),
        (4, "client", "message"),
        (5, "server", "message"),
        (6, "proxy", "gap"),
        (7, "client", "close"),
        (8, "server", "close"),
        (9, "proxy", "end"),
    ]


def test_time_goes_on_by_what_a_line_says_or_a_millisecond() -> None:
    assert [entry.t for entry in entries(WHOLE)] == [0.001, 0.002, 0.003, 0.123, 0.124, 0.125, 2.125, 2.126, 2.127]


def test_a_transcript_that_is_rendered_reads_the_same() -> None:
    assert render(entries(WHOLE)) == WHOLE


def test_members_are_read() -> None:
    request, accepted, _, _, binary, gap, close, empty, end = entries(WHOLE)
    assert request.members == {
        "method": "GET", "target": "/v1/realtime?model=m", "headers": [("Authorization", "Bearer k")]
    }  # fmt: skip
    assert accepted.members["status"] == 101
    assert (binary.payload, binary.binary) == (b"\0\1\2", True)
    assert gap.members == {"lost": 12, "why": "disk full"}
    assert close.members == {"code": 1000, "reason": "bye"}
    assert empty.members == {"code": None, "reason": ""}
    assert end.members == {"how": "reset"}


def test_a_refusal_has_its_body() -> None:
    (refusal,) = entries('< 401 {"error": {}}')
    assert refusal.members == {"status": 401, "reason": "", "headers": [], "body": '{"error": {}}'}


def test_waiting_is_time_without_an_entry() -> None:
    parsed = parse('> {"type": "a"}\n+3s .\n> {"type": "b"}\n+1.5s .')
    assert [entry.t for entry in parsed.entries] == [0.001, 3.002]
    assert parsed.end_t == pytest.approx(4.502)


def test_a_line_can_stand_before_the_one_above_it_in_time() -> None:
    assert [entry.t for entry in entries("+5s > {}\n-3s < {}\n+1s > {}")] == [5.0, 2.0, 3.0]


def test_comments_are_nothing_and_remarks_belong_to_their_line() -> None:
    parsed = parse('# a comment\n\n> {"type": "a"}  # RSP001 here\n> {"type": "b"} # no remark\n')
    assert parsed.remarks == {1: "RSP001 here"}
    assert [entry.payload for entry in parsed.entries] == [b'{"type": "a"}', b'{"type": "b"} # no remark']


def test_silence_is_written_by_its_length() -> None:
    (entry,) = entries('> {"type": "input_audio_buffer.append", "audio": "<10ms>"}')
    assert b64encode(bytes(480)) in entry.payload


@pytest.mark.parametrize("line", ["hello", ">{}", "* {}", "+1h > {}"])
def test_a_line_of_another_notation_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(ValueError, match="transcript line 2: "):
        parse(f"# first\n{line}")


def test_laid_out_json_is_rendered_on_one_line() -> None:
    entry = Entry(1, 0.001, Side.CLIENT, Kind.MESSAGE, b'{\n  "type": "a"\n}')
    broken = Entry(2, 0.002, Side.SERVER, Kind.MESSAGE, b'{\n  "type"')
    assert render([entry, broken]) == '> {"type":"a"}\n< { "type"\n'


def test_what_the_notation_lacks_is_a_comment() -> None:
    ping = Entry(1, 0.5, Side.CLIENT, Kind.PING)
    after = Entry(2, 0.6, Side.CLIENT, Kind.MESSAGE, b"{}")
    assert render([ping, after]) == "# ping of the client\n+600ms > {}\n"
    assert [entry.t for entry in entries(render([ping, after]))] == [0.6]


@given(st.lists(st.tuples(st.integers(1, 5000), st.sampled_from("<>")), max_size=9))
def test_times_survive_rendering(steps: list[tuple[int, str]]) -> None:
    text = "".join(f'+{ms}ms {sign} {{"type":"x"}}\n' for ms, sign in steps)
    assert [entry.t for entry in entries(render(entries(text)))] == [entry.t for entry in entries(text)]


def test_a_header_is_told_by_its_members() -> None:
    parsed = parse('= {"after": "01KAN3"}\n> {"type": "response.create"}')
    assert parsed.header is not None
    assert parsed.header.extra == {"after": "01KAN3"}
    assert [entry.n for entry in parsed.entries] == [1]
    assert parse("+1s .").header is None
