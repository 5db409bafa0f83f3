from __future__ import annotations

import tracemalloc
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from realtime_inspector.capture import frames
from realtime_inspector.capture.frames import FrameReader, Inflater
from realtime_inspector.recording.entry import Entry, Kind, Side
from tests.capture.wire import client_frame, outline, server_frame

messages = st.lists(
    st.tuples(
        st.sampled_from([Opcode.TEXT, Opcode.BINARY]),
        st.lists(st.binary(max_size=300) | st.just(b"x" * 70_000), min_size=1, max_size=3),
        st.sampled_from([None, Opcode.PING, Opcode.PONG]),
    ),
    max_size=5,
)


def read(data: bytes, side: Side = Side.CLIENT, inflater: Inflater | None = None) -> list[Entry]:
    return FrameReader(side, inflater).feed(data, 1.0)


@given(messages, st.booleans(), st.lists(st.integers(0, 400_000), max_size=8))
def test_any_split_of_the_bytes_gives_the_messages_that_were_sent(
    sent: list[tuple[Opcode, list[bytes], Opcode | None]], mask: bool, cuts: list[int]
) -> None:
    wire = b""
    for opcode, fragments, control in sent:
        for place, fragment in enumerate(fragments):
            last = place == len(fragments) - 1
            wire += Frame(opcode if place == 0 else Opcode.CONT, fragment, last).serialize(mask=mask)
            if control is not None and not last:
                wire += Frame(control, b"between").serialize(mask=mask)
    reader = FrameReader(Side.CLIENT)
    entries: list[Entry] = []
    places = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    for start, end in pairwise(places):
        entries += reader.feed(wire[start:end], 1.0)
    got = [(entry.binary, entry.payload, entry.fragments) for entry in entries if entry.kind is Kind.MESSAGE]
    assert got == [(opcode is Opcode.BINARY, b"".join(parts), len(parts)) for opcode, parts, _ in sent]
    controls = [control for _, parts, control in sent if control is not None for _ in parts[1:]]
    assert sum(entry.kind in {Kind.PING, Kind.PONG} for entry in entries) == len(controls)
    assert reader.end(2.0) == []


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=5), st.booleans())
def test_bytes_that_are_no_frames_never_raise(data: bytes, cuts: list[int], deflate: bool) -> None:
    reader = FrameReader(Side.SERVER, Inflater(context_takeover=True) if deflate else None)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for start, end in pairwise(places):
        reader.feed(data[start:end], 1.0)
    reader.end(2.0)


@pytest.mark.parametrize("takeover", [True, False])
@pytest.mark.parametrize("bits", [-9, -15])
def test_compressed_messages_are_inflated(takeover: bool, bits: int) -> None:
    texts = [b'{"type":"same"}' * 50, b"", b'{"type":"same"}' * 50, bytes(range(256)) * 300]
    stream = zlib.compressobj(wbits=bits)
    wire = b""
    for text in texts:
        stream = stream if takeover else zlib.compressobj(wbits=bits)
        data = (stream.compress(text) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]
        wire += server_frame(data[:7], rsv1=True, fin=False) + server_frame(data[7:], Opcode.CONT)
    entries = read(wire, Side.SERVER, Inflater(context_takeover=takeover))
    assert [entry.payload for entry in entries] == texts
    assert all(entry.compressed and entry.fragments == 2 for entry in entries)


def test_a_block_that_says_it_is_the_last_does_not_end_the_direction() -> None:
    stream = zlib.compressobj(wbits=-15)
    final = stream.compress(b"one") + stream.flush(zlib.Z_FINISH) + b"\x00"
    wire = server_frame(final, rsv1=True) * 2
    entries = read(wire, Side.SERVER, Inflater(context_takeover=True))
    assert [entry.payload for entry in entries] == [b"one", b"one"]


def test_a_message_that_cannot_be_inflated_costs_the_ones_that_need_its_context() -> None:
    broken = server_frame(b"\xff\xff\xff", rsv1=True)
    good = server_frame(b"plain")
    reader = FrameReader(Side.SERVER, Inflater(context_takeover=True))
    assert outline(reader.feed(broken + good + broken, 1.0)) == [
        "proxy gap 1 a message that cannot be inflated: Error -3 while decompressing data: invalid block type",
        "server message plain",
        "proxy gap 1 a message that is compressed, and the context was lost with an earlier message",
    ]


def test_without_a_context_the_next_message_is_read_again() -> None:
    stream = zlib.compressobj(wbits=-15)
    good = server_frame((stream.compress(b"good") + stream.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv1=True)
    entries = read(server_frame(b"\xff", rsv1=True) + good, Side.SERVER, Inflater(context_takeover=False))
    assert [entry.kind for entry in entries] == [Kind.GAP, Kind.MESSAGE]


def test_a_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_MESSAGE_BYTES", 10_000)
    stream = zlib.compressobj(wbits=-15)
    bomb = (stream.compress(bytes(1_000_000)) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]
    entries = read(server_frame(bomb, rsv1=True), Side.SERVER, Inflater(context_takeover=False))
    assert outline(entries) == ["proxy gap 1 a message that is longer than 10000 bytes when inflated"]


@pytest.mark.parametrize("chunk", [1, 7, 5000])
def test_a_message_over_the_limit_is_a_gap_and_is_not_kept(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(frames, "MAX_MESSAGE_BYTES", 1000)
    wire = client_frame(b"x" * 1001) + client_frame(b"y" * 600, fin=False) + client_frame(b"y" * 600, Opcode.CONT)
    wire += client_frame(b"next")
    reader = FrameReader(Side.CLIENT)
    entries = [entry for at in range(0, len(wire), chunk) for entry in reader.feed(wire[at : at + chunk], 1.0)]
    over = "proxy gap 1 a message of more than 1000 bytes"
    assert outline(entries) == [over, over, "client message next"]


def test_many_small_fragments_take_no_more_than_their_bytes() -> None:
    """Each was kept by itself: of empty ones, which no limit counts, without end."""
    reader = FrameReader(Side.SERVER)
    some = server_frame(b"", Opcode.CONT, fin=False) * 1500 + server_frame(b"1", Opcode.CONT, fin=False)
    reader.feed(server_frame(b"{", fin=False), 1.0)
    tracemalloc.start()
    try:
        for _ in range(10):
            reader.feed(some, 1.0)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    (entry,) = reader.feed(server_frame(b"}", Opcode.CONT), 1.0)
    assert (entry.payload, entry.fragments) == (b"{1111111111}", 15_012)
    assert kept < 50_000


def test_a_frame_of_impossible_length_ends_the_reading_of_that_side() -> None:
    reader = FrameReader(Side.CLIENT)
    entries = reader.feed(b"\x81\xff" + b"\xff" * 8 + b"mask" + b"data", 1.0)
    assert [entry.kind for entry in entries] == [Kind.GAP]
    assert reader.feed(client_frame(b"more"), 2.0) == []
    assert reader.end(3.0) == []


@pytest.mark.parametrize(
    ("payload", "code", "reason"),
    [
        (b"", None, ""),
        (b"\x03", None, ""),
        (b"\x03\xe8", 1000, ""),
        (b"\x0f\xa0tsch\xc3\xbcss", 4000, "tschüss"),
        (b"\x03\xe8\xff", 1000, "\ufffd"),
    ],
)
def test_a_close_says_its_code_and_reason(payload: bytes, code: int | None, reason: str) -> None:
    frame = bytes([0x88, len(payload)]) + payload
    assert read(frame, Side.SERVER)[0].members == {"code": code, "reason": reason}


def test_text_that_is_no_utf8_is_a_message_with_its_bytes() -> None:
    entry = read(client_frame(b"\xff\xfe"))[0]
    assert (entry.kind, entry.binary, entry.payload) == (Kind.MESSAGE, False, b"\xff\xfe")


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"\x83\x00", "a frame with the reserved opcode 0x3"),
        (b"\x8b\x00", "a frame with the reserved opcode 0xb"),
        (b"\x80\x01x", "a continuation of no message"),
        (b"\x01\x01x\x82\x01y", "a message that was not finished before the next"),
        (b"\xc1\x01x", "a message with reserved bits of an extension that is not known"),
        (b"\xa1\x01x", "a message with reserved bits of an extension that is not known"),
    ],
)
def test_a_broken_rule_is_a_gap_and_the_next_message_is_read(wire: bytes, why: str) -> None:
    entries = read(wire + server_frame(b"next"), Side.SERVER)
    assert entries[0].members == {"lost": 1, "why": why, "of": "server"}
    assert entries[-1].payload == b"next"


@pytest.mark.parametrize("wire", [b"\x81", b"\x81\x05abc", b"\x01\x01x"])
def test_the_end_inside_a_message_is_a_gap(wire: bytes) -> None:
    reader = FrameReader(Side.SERVER)
    assert reader.feed(wire, 1.0) == []
    assert outline(reader.end(2.0)) == ["proxy gap 1 the connection ended inside a message"]


def test_a_masked_frame_of_a_server_is_read_too() -> None:
    assert read(client_frame(b"masked"), Side.SERVER)[0].payload == b"masked"
