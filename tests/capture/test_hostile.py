from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.capture import frames, tap
from realtime_inspector.capture.frames import FrameReader
from realtime_inspector.recording.entry import Kind, Side
from tests.capture.hostile import DEFLATE, EOF_CLIENT, EOF_SERVER, NO_TAKEOVER, TEE, UPGRADED, check, decode, encode
from tests.capture.hostile_inputs import kept, seeds

CORPUS = kept(Path(__file__).parent / "corpus" / "tap.jsonl")
"""Inputs by which fuzzing reached new parts of the code, and those at which something was wrong."""
PORTIONS = 8

sides = st.sampled_from([Side.CLIENT, Side.SERVER])
chunks = st.lists(st.tuples(sides, st.binary(min_size=1, max_size=60)), max_size=6)
options = st.integers(0, UPGRADED | DEFLATE | NO_TAKEOVER | EOF_CLIENT | EOF_SERVER)


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_what_fuzzing_found_holds_in_all_splits(portion: int) -> None:
    for data in CORPUS[portion::PORTIONS]:
        check(data, ways=2)


def test_one_input_of_each_kind_holds_in_all_splits() -> None:
    for data in seeds():
        check(data, ways=2)


@settings(deadline=None, max_examples=50)
@given(options, chunks)
def test_any_bytes_hold_in_all_splits(bits: int, sent: list[tuple[Side, bytes]]) -> None:
    check(encode(bits, sent))


def test_an_input_is_read_as_it_was_made() -> None:
    sent = [(Side.SERVER, b"a"), (Side.CLIENT, b"b"), (Side.SERVER, b"c")]
    assert decode(encode(EOF_CLIENT, sent)) == (EOF_CLIENT, sent)


def test_an_outcome_that_depends_on_the_split_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    read = FrameReader.read

    def forgetful(reader: FrameReader, data: bytes, t: float) -> object:
        return read(reader, data, t) if len(data) > 1 else []

    monkeypatch.setattr(FrameReader, "read", forgetful)
    with pytest.raises(AssertionError):
        check(encode(UPGRADED, [(Side.SERVER, b"\x81\x02{}")]))


def test_a_fault_of_the_reader_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FrameReader, "read", lambda reader, data, t: 1 / 0)
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        check(encode(UPGRADED, [(Side.SERVER, b"\x81\x02{}")]))


def test_work_of_the_tee_is_done_whatever_is_asked_of_it() -> None:
    check(bytes([TEE, 255, 0, 6, 14, 2, 10]))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 65537])
@pytest.mark.parametrize("mask", [b"", b"\x01\x80\x7f\xfe"])
@pytest.mark.parametrize("form", [7, 16, 64])
def test_a_length_is_read_in_every_form_that_holds_it(size: int, mask: bytes, form: int) -> None:
    bit = 0x80 if mask else 0
    if size >= {7: 126, 16: 1 << 16, 64: 1 << 63}[form]:
        form = 64
    lengths = {7: bytes([bit | size & 0x7F]), 16: bytes([bit | 126]) + (size & 0xFFFF).to_bytes(2, "big")}
    length = lengths.get(form, bytes([bit | 127]) + size.to_bytes(8, "big"))
    payload = b"x" * size
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
    wire = b"\x81" + length + mask + masked
    whole = FrameReader(Side.SERVER).feed(wire + b"\x89\x00", 0.0)
    assert [entry.kind for entry in whole] == [Kind.MESSAGE, Kind.PING]
    assert whole[0].payload == payload
    head = len(wire) - size
    for cut in {1, 2, 3, head - 1, head, head + 1, len(wire) - 1}:
        reader = FrameReader(Side.SERVER)
        assert reader.feed(wire[:cut], 0.0) + reader.feed(wire[cut:] + b"\x89\x00", 0.0) == whole


def test_the_limits_are_as_before_after_a_check() -> None:
    before = (frames.MAX_MESSAGE_BYTES, tap.MAX_BODY_BYTES)
    check(encode(0, [(Side.CLIENT, b"GET / HTTP/1.1\r\n\r\n")]))
    assert before == (frames.MAX_MESSAGE_BYTES, tap.MAX_BODY_BYTES)
