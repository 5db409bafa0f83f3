"""The number on Ogg's pages, and their sums."""

from __future__ import annotations

import io

import pytest

from realtime_inspector.formats import ogg

HEAD = b"OggS\0\2" + bytes(8) + b"\x07\0\0\0" + bytes(4)
PAGE = HEAD + bytes(4) + b"\2\x03\x01" + b"abcd"


def bit_by_bit(page: bytes) -> int:
    """Return the sum as the standard describes it."""
    total = 0
    for byte in page:
        total ^= byte << 24
        for _ in range(8):
            total = (total << 1 ^ 0x04C11DB7 if total & 1 << 31 else total << 1) & 0xFFFFFFFF
    return total


def test_the_sum_is_the_standard_s() -> None:
    assert ogg.checksum(PAGE) == bit_by_bit(PAGE)


def test_each_page_gets_the_number_and_a_sum_that_fits() -> None:
    found = ogg.numbered(PAGE + PAGE, 9)
    for page in (found[: len(PAGE)], found[len(PAGE) :]):
        assert page[14:18] == b"\x09\0\0\0"
        assert int.from_bytes(page[22:26], "little") == bit_by_bit(page[:22] + bytes(4) + page[26:])
        assert page[26:] == PAGE[26:]


@pytest.mark.parametrize("content", [b"", b"RIFF", PAGE[:20], PAGE + b"rest"])
def test_what_is_no_page_is_left(content: bytes) -> None:
    assert len(ogg.numbered(content, 9)) == len(content)
    assert ogg.numbered(content, 9)[len(PAGE) :] == content[len(PAGE) :]


def test_what_the_encoder_wrote_has_the_same_sums() -> None:
    soundfile = pytest.importorskip("soundfile")
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", 8000, 1, "OPUS", format="OGG") as file:
        file.buffer_write(bytes(1600), "int16")
    content = out.getvalue()
    assert ogg.numbered(content, int.from_bytes(content[14:18], "little")) == content
