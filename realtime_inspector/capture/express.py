"""The short way from the wire to the file, for what nearly every message is: text, in one frame, one line of JSON.

A flood spends its time here, so there is no object, no dictionary and no call for a message but those that do the work:
unmask, look for secrets, check the JSON, put a number before it. All else goes the plain way, by an `Entry`, and a
message that goes both ways gives the same line; the tests hold that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct

import orjson

from realtime_inspector.recording.entry import Entry, Side
from realtime_inspector.recording.redact import Redactor

try:
    from websockets.speedups import apply_mask as apply_mask
except ImportError:  # built without the C extension
    from websockets.utils import apply_mask as apply_mask

Read = Entry | bytes
"""What was read: the payload alone of a text message that came in one plain frame, an entry for everything else."""

_WHOLE_TEXT = 0x81
"""First byte of a frame that is a text message by itself."""
_LONGEST_HEAD = 14
_U64 = Struct(">Q")
_HEADS = {side: b',"t":%%.6f,"from":"%b","kind":"message","event":' % side.encode() for side in Side}
_LINES = {side: b'{"n":%%d,"t":%%.6f,"from":"%b","kind":"message","event":%%b}\n' % side.encode() for side in Side}
_OBJECT = ord("{")


def whole_texts(data: bytes, at: int, limit: int, found: list[Read]) -> int:
    """Read the text messages that stand one behind the other, each in one plain frame; return where they end.

    Args:
        data: Frames.
        at: Where a frame begins.
        limit: A longer message is left alone, as is whatever is no such message, or not whole.
        found: Gets the payloads.
    """
    size = len(data)
    while size - at > _LONGEST_HEAD and data[at] == _WHOLE_TEXT:
        length = data[at + 1]
        masked = length & 0x80
        length &= 0x7F
        start = at + 2
        if length == 126:
            length = data[at + 2] << 8 | data[at + 3]
            start = at + 4
        elif length == 127:
            length = _U64.unpack_from(data, at + 2)[0]
            start = at + 10
        if masked:
            start += 4
        end = start + length
        if end > size or length > limit:
            break
        if masked:
            found.append(apply_mask(data[start:end], data[start - 4 : start]))
        else:
            found.append(data[start:end])
        at = end
    return at


def lines(
    found: Sequence[Read],
    side: Side,
    t: float,
    number: int,
    redactor: Redactor,
    plain: Callable[[Read, int, Side, float], bytes],
) -> bytes:
    """Return the lines of what one side sent, each with its line break.

    Args:
        found: What was read.
        side: Who sent the payloads.
        t: When.
        number: That of the first line.
        redactor: Says whether payloads may hold a secret.
        plain: Gives the line of anything that is not as usual.
    """
    loads = orjson.loads
    texts = [read for read in found if type(read) is bytes]
    # All payloads at once: a search costs more to begin than to do. What the outline leaves out is inside a string,
    # where a line break is no JSON.
    look = b"\n".join([redactor.outline(text) for text in texts])
    usual = look.count(b"\n") < len(texts) and look.find(b"\r") < 0 and not redactor.suspicious(look)
    if not usual:
        return b"".join([line(read, side, t, n, redactor, plain) for n, read in enumerate(found, number)])
    head = _HEADS[side] % t
    parts: list[bytes] = []
    for n, read in enumerate(found, number):
        if type(read) is bytes and read and read[0] == _OBJECT:
            try:
                loads(read)
            except orjson.JSONDecodeError:
                pass
            else:
                parts += (b'{"n":%d' % n, head, read, b"}\n")
                continue
        parts.append(plain(read, n, side, t))
    return b"".join(parts)


def line(
    read: Read, side: Side, t: float, number: int, redactor: Redactor, plain: Callable[[Read, int, Side, float], bytes]
) -> bytes:
    """Return one line, the same that `lines` gives: a call comes message by message."""
    if type(read) is bytes and read and read[0] == _OBJECT:
        look = redactor.outline(read)
        if look.find(b"\n") < 0 and look.find(b"\r") < 0 and not redactor.suspicious(look):
            try:
                orjson.loads(read)
            except orjson.JSONDecodeError:
                pass
            else:
                return _LINES[side] % (number, t, read)
    return plain(read, number, side, t)
