"""The short way gives what the plain way gives: the same messages of any bytes, the same line of any message."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from realtime_inspector.capture.express import Read, lines, whole_texts
from realtime_inspector.capture.frames import FrameReader, whole_text
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.redact import Redactor
from tests.capture.wire import client_frame, server_frame

SECRET = "Zx81secretQ"
REDACTOR = Redactor({"OTHER_API_KEY": SECRET, "SHORT_TOKEN": "with\\escape"})
AUDIO = base64.b64encode(bytes(range(256)) * 4)
LIMIT = 1 << 26


def plain(read: Read, number: int, side: Side, t: float) -> bytes:
    entry = whole_text(side, t, read) if isinstance(read, bytes) else read
    return jsonl.dump(REDACTOR.entry(entry), number)


def by_plain_way(found: Sequence[Read]) -> bytes:
    return b"".join(plain(read, number, Side.SERVER, 1.5) for number, read in enumerate(found, 7))


def by_short_way(found: Sequence[Read]) -> bytes:
    return lines(found, Side.SERVER, 1.5, 7, REDACTOR, plain)


spaced = st.sampled_from([b"", b" ", b"\t", b"\n", b"\r\n"])
strings = st.sampled_from(
    ["", "plain", "sk-abcdef123456", "Bearer abcdefgh", SECRET, "a\\b", "é\n", AUDIO.decode(), AUDIO.decode() + "-_ %"]
)
events = st.builds(
    lambda name, value, more, before, between, after: b"".join(
        [before, b'{"type":"x",', between, orjson.dumps({name: value} | more)[1:], after]
    ),
    st.sampled_from(["audio", "delta", "authorization", "text"]),
    strings,
    st.dictionaries(st.sampled_from(["audio", "delta", "api_key", "n"]), strings | st.integers(-9, 9), max_size=2),
    spaced,
    spaced,
    spaced,
)
payloads = events | st.binary(max_size=40) | st.builds(lambda tail: b'{"audio":"' + AUDIO + tail, st.binary(max_size=9))
entries = st.just(Entry(0, 1.5, Side.SERVER, Kind.PING, b"ping"))


@given(st.lists(payloads | entries, max_size=5))
@example([b'{"type":"x","delta":"' + AUDIO + b'"}', b'{"audio": "' + AUDIO + b'", "type":"x"}'])
@example([b'{"delta":"' + AUDIO + b"\n" + AUDIO + b'"}'])
@example([b'{"delta":"' + AUDIO + SECRET.encode() + AUDIO + b'"}', b"{}"])
@example([b'{"audio":"' + AUDIO + b'","delta":"' + AUDIO + b'","api_key":"x"}'])
@example([b'{"a":[1', b"2]}"])
@example([b"{}\n", b"{}"])
@example([b"{}", b"\r{}"])
def test_both_ways_give_the_same_lines(found: list[Read]) -> None:
    assert by_short_way(found) == by_plain_way(found)


def test_what_is_as_usual_never_takes_the_plain_way() -> None:
    usual = [b'{"type":"input_audio_buffer.append","audio":"' + AUDIO + b'"}', b'{"type": "response.create"}']

    def never(read: Read, number: int, side: Side, t: float) -> bytes:
        raise AssertionError(read)

    block = lines(usual, Side.CLIENT, 0.25, 41, REDACTOR, never)
    head = b'"t":0.250000,"from":"client","kind":"message","event":'
    assert block == b'{"n":41,%b%b}\n{"n":42,%b%b}\n' % (head, usual[0], head, usual[1])


@pytest.mark.parametrize("name", ["audio", "delta"])
@pytest.mark.parametrize("separator", [":", ": ", " :  "])
@pytest.mark.parametrize("behind", ["", ', "type": "x"'])
def test_audio_is_left_out_of_the_search_wherever_it_stands(name: str, separator: str, behind: str) -> None:
    payload = f'{{"type": "x", "{name}"{separator}"{AUDIO.decode()}"{behind}}}'.encode()
    assert REDACTOR.outline(payload) == payload.replace(AUDIO, b"")


@pytest.mark.parametrize("inside", ["sk-", "ek_", "Bearer x", "\\u0073", "%20", SECRET])
def test_a_string_that_may_hold_a_secret_is_not_left_out(inside: str) -> None:
    payload = f'{{"audio":"{AUDIO.decode()}{inside}{AUDIO.decode()}"}}'.encode()
    assert REDACTOR.outline(payload) == payload


def frame(opcode: Opcode, size: int, mask: bool, fin: bool) -> bytes:
    if opcode is Opcode.PING:
        size, fin = min(size, 125), True
    return Frame(opcode, b"d" * size, fin).serialize(mask=mask)


opcodes = st.sampled_from([Opcode.TEXT, Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING])
lengths = st.integers(0, 30) | st.sampled_from([125, 126, 200, 70_000])
frames = st.lists(st.builds(frame, opcodes, lengths, st.booleans(), st.sampled_from([True, True, False])), max_size=6)


@given(frames, st.lists(st.integers(1, 80_000), max_size=6))
def test_bytes_in_any_pieces_give_what_they_give_one_by_one(parts: list[bytes], sizes: list[int]) -> None:
    wire = b"".join(parts)
    whole, pieces, single = (FrameReader(Side.CLIENT) for _ in range(3))
    got: list[Entry] = []
    at = 0
    for size in [*sizes, len(wire)]:
        got += pieces.feed(wire[at : at + size], 1.0)
        at += size
    assert got == whole.feed(wire, 1.0)
    assert got == [entry for part in parts for entry in single.feed(part, 1.0)]


def test_reading_stops_at_what_is_no_whole_text() -> None:
    texts = client_frame(b"one, longer than a head") + server_frame(b"x" * 300) + server_frame(b"y" * 70_000)
    found: list[Read] = []
    for other in (server_frame(b"b" * 20, Opcode.BINARY), server_frame(b"z" * 200)[:-1], b"\x81\x7f" + b"\xff" * 20):
        assert whole_texts(texts + other, 0, LIMIT, found) == len(texts)
    assert found == [b"one, longer than a head", b"x" * 300, b"y" * 70_000] * 3
