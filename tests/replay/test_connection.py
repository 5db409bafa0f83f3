"""What a connection writes is what the WebSocket library would write."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from realtime_inspector.replay.connection import _frame_head, _parsed
from realtime_inspector.replay.doors import Answer


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_the_head_of_a_frame_is_the_library_s(length: int) -> None:
    for opcode in (Opcode.TEXT, Opcode.BINARY):
        payload = bytes(length)
        assert _frame_head(length, binary=opcode is Opcode.BINARY) + payload == Frame(opcode, payload).serialize(
            mask=False
        )


def test_a_length_that_no_request_has_is_refused() -> None:
    found = _parsed(b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n")
    assert isinstance(found, Answer)
    assert found.status == 400


@pytest.mark.parametrize("head", [b"", b"Content-Length: 999999999999\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_a_request_without_an_end_is_refused_before_it_takes_all_memory(head: bytes) -> None:
    """Of a head alone the length was limited, and not of a body."""
    assert _parsed(b"POST / HTTP/1.1\r\n" + head) is None
    found = _parsed(b"POST / HTTP/1.1\r\n" + head + bytes(4 << 20))
    assert isinstance(found, Answer)
    assert found.status == 413
