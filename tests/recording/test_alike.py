"""Lines that are taken for alike say, read one by one, what was taken of them."""

from __future__ import annotations

from base64 import b64encode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.recording.alike import Layout, alike

FIRST = b',"from":"client","kind":"message","event":{"type":"input_audio_buffer.append","audio":"'
AFTER = b'"}}\n'
COUNT = 6


def lines(audio_bytes: int) -> list[bytes]:
    """Lines of one length, from number 11 on."""
    pieces = [b64encode(bytes([number]) * audio_bytes) for number in range(COUNT)]
    return [b'{"n":%d,"t":%.6f' % (11 + at, 1 + at / 25) + FIRST + each + AFTER for at, each in enumerate(pieces)]


def told(buffer: bytearray, most: int = 64) -> list[float]:
    """What is told of the lines behind the first."""
    behind, begin = buffer.index(FIRST), buffer.index(FIRST) + len(FIRST)
    stop = buffer.index(b'"', begin)
    line = Layout(0, behind, begin, stop, stop + len(AFTER))
    return alike(buffer, line, FIRST, AFTER, 12, most, len(buffer))


@pytest.mark.parametrize("audio_bytes", [60, 61, 62])
def test_every_line_of_the_same_length_and_padding_is_told(audio_bytes: int) -> None:
    assert told(bytearray(b"".join(lines(audio_bytes)))) == [1.04, 1.08, 1.12, 1.16, 1.2]


def test_no_more_lines_are_told_than_are_asked_for() -> None:
    assert told(bytearray(b"".join(lines(60))), most=2) == [1.04, 1.08]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"AwMDAw", b'AwM"Aw'),
        (b'"from":"client"', b'"from":"server"'),
        (b'"}}\n', b'"}} '),
        (b'append","audio"', b'append","other"'),
    ],
)
def test_what_is_not_like_it_ends_them(old: bytes, new: bytes) -> None:
    made = lines(60)
    made[3] = made[3].replace(old, new)
    assert told(bytearray(b"".join(made))) == [1.04, 1.08]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"AwMDAw", b"AwM\\nw"),
        (b"AwMDAw", b"AwM\nAw"),
        (b'AwMDAwMD"', b'AwMDAwM="'),
        (b'"n":14', b'"n":15'),
        (b'"n":14', b'"n":1.'),
        (b'"n":14,', b'"m":14,'),
        (b'"t":1.120000', b'"t":"1120000'),
        (b'"t":1.120000', b'"t":11200000'),
        (b'{"n":14,"t":1.120000', b'{"n":14,"t":1,"q":00'),
    ],
)
def test_where_one_is_doubtful_none_is_told(old: bytes, new: bytes) -> None:
    made = lines(60)
    assert old in made[3]
    made[3] = made[3].replace(old, new)
    assert told(bytearray(b"".join(made))) == []


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from([12, 13, 14]),
    st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(list(b'"\\=}{,:.0123456789nteA\n '))), max_size=3),
)
def test_what_is_told_is_what_reading_says(audio_bytes: int, edits: list[tuple[int, int]]) -> None:
    made = lines(audio_bytes)
    buffer, size = bytearray(b"".join(made)), len(made[0])
    for at, byte in edits:
        buffer[size + at % (len(buffer) - size)] = byte
    for number, t in enumerate(told(buffer), 1):
        read = orjson.loads(buffer[number * size : (number + 1) * size])
        assert (read["n"], read["t"]) == (11 + number, t)
        audio = read["event"]["audio"]
        assert len(audio) == len(orjson.loads(made[0])["event"]["audio"])
        assert len(audio[-2:].rstrip("=")) == {12: 2, 13: 0, 14: 1}[audio_bytes]
