"""Ogg's pages, as far as the number of the stream that is on each of them.

Encoders draw that number at random, so that files can be put behind each other; the same sound would be other bytes
each time.
Source: RFC 3533, section 6 (read 2026-11-23).
"""

from __future__ import annotations

import struct
from zlib import crc32

_HEAD = 27
_NUMBER_AT, _SUM_AT, _SEGMENTS_AT = 14, 22, 26
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Byte → the same with its bits the other way round."""


def numbered(content: bytes, number: int) -> bytes:
    """Return an Ogg file whose pages all have this number; what is no page is left as it is."""
    whole = bytearray(content)
    at = 0
    while whole[at : at + 4] == b"OggS" and at + _HEAD <= len(whole):
        segments = whole[at + _SEGMENTS_AT]
        end = at + _HEAD + segments + sum(whole[at + _HEAD : at + _HEAD + segments])
        struct.pack_into("<I", whole, at + _NUMBER_AT, number)
        struct.pack_into("<I", whole, at + _SUM_AT, 0)
        struct.pack_into("<I", whole, at + _SUM_AT, checksum(whole[at:end]))
        at = end
    return bytes(whole)


def checksum(page: bytes | bytearray) -> int:
    """Return the sum of a page that has 0 in its place: zlib's polynomial, but highest bit first and not inverted."""
    mirrored = crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
