"""Flow files of mitmproxy, a flow at a time, and of a WebSocket a message at a time.

A flow file is a row of tnetstrings: a length, a colon, so many bytes, and a letter for what they are. mitmproxy keeps
all messages of a flow in memory; here the list of them is left out of what it is given, and read when it is asked for.
Flows of other versions of mitmproxy, which it converts first, are given to it whole.

Source: mitmproxy 12.2, `io/tnetstring.py`, `io/io.py` and `websocket.py` (read 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from realtime_inspector.formats.mapped import Data, Passed

if TYPE_CHECKING:
    from mitmproxy import http, websocket

_LENGTH = re.compile(rb"(\d{1,12}):")
_DICT, _LIST = b"}", b"]"

Messages = Callable[[], "Iterator[websocket.WebSocketMessage]"]


class NoFlow(ValueError):  # noqa: N818 - the name says what was met
    """There is no flow here, or no message of one."""


_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What mitmproxy raises of a state that it did not write so."""


def flows(data: Data) -> Iterator[tuple[http.HTTPFlow | None, Messages]]:
    """Yield each flow, without its messages, and what reads these; None for what is no HTTP.

    Raises:
        NoFlow: If something else stands there, or the file ends too early; of a message, when it is read.
    """
    from mitmproxy import exceptions, flow, http
    from mitmproxy.io import compat

    at = 0
    while at < len(data):
        try:
            state, messages, at = _flow(data, at)
            found = flow.Flow.from_state(compat.migrate_flow(state))
        except (*_BROKEN, exceptions.FlowReadException) as error:
            raise NoFlow(str(error) or type(error).__name__) from error
        if not isinstance(found, http.HTTPFlow):
            yield None, messages
        elif messages is _NONE and found.websocket is not None:
            kept = found.websocket.messages
            yield found, lambda kept=kept: iter(kept)  # type: ignore[misc]  # a default's type cannot be told
        else:
            yield found, messages


def _none() -> Iterator[websocket.WebSocketMessage]:
    return iter(())


_NONE: Messages = _none


def _flow(data: Data, at: int) -> tuple[dict[Any, Any], Messages, int]:
    """Return a flow's state, its messages if they were left out of it, and where it ends."""
    from mitmproxy.io import tnetstring

    begin, end = _piece(data, at)
    if data[end : end + 1] != _DICT:
        raise ValueError("not a flow")
    places = _places(data, begin, end)
    socket = places.pop(b"websocket", None)
    if socket is None or data[socket[1] : socket[1] + 1] != _DICT or not _is_of_this_version(data, places):
        whole: Any = tnetstring.loads(data[at : end + 1])
        return whole, _NONE, end + 1
    inner = _places(data, *_piece(data, socket[0]))
    messages = _reader(data, inner.pop(b"messages")[0])
    return {**_state(data, places), "websocket": {**_state(data, inner), "messages": []}}, messages, end + 1


def _is_of_this_version(data: Data, places: Mapping[bytes, tuple[int, int]]) -> bool:
    from mitmproxy import version
    from mitmproxy.io import tnetstring

    one, other = places.get(b"version", (0, -1))
    return other > 0 and tnetstring.loads(data[one : other + 1]) == version.FLOW_FORMAT_VERSION


def _state(data: Data, places: Mapping[bytes, tuple[int, int]]) -> dict[str, Any]:
    from mitmproxy.io import tnetstring

    return {name.decode(): tnetstring.loads(data[one : other + 1]) for name, (one, other) in places.items()}


def _reader(data: Data, at: int) -> Messages:
    begin, end = _piece(data, at)
    if data[end : end + 1] != _LIST:
        raise ValueError("its messages are no list")

    def messages() -> Iterator[websocket.WebSocketMessage]:
        from mitmproxy import websocket
        from mitmproxy.io import tnetstring

        passed = Passed(data, begin)
        at = begin
        while at < end:
            try:
                _, last = _piece(data, at)
                state: Any = tnetstring.loads(data[at : last + 1])
                message = websocket.WebSocketMessage.from_state(state)
            except _BROKEN as error:
                raise NoFlow(str(error) or type(error).__name__) from error
            yield message
            at = last + 1
            passed.to(at)

    return messages


def _piece(data: Data, at: int) -> tuple[int, int]:
    """Return where the content of a piece begins, and where it ends: there stands its letter.

    Raises:
        ValueError: If there is none, or it is not whole.
    """
    found = _LENGTH.match(data, at)
    if found is None:
        raise ValueError("Invalid data format.")
    end = found.end() + int(found[1])
    if end >= len(data):
        raise ValueError("Invalid data format.")
    return found.end(), end


def _places(data: Data, begin: int, end: int) -> dict[bytes, tuple[int, int]]:
    """Return where the members of an object are: each from its length to its letter."""
    found = {}
    at = begin
    while at < end:
        name, name_end = _piece(data, at)
        at = name_end + 1
        _, value_end = _piece(data, at)
        found[bytes(data[name:name_end])] = (at, value_end)
        at = value_end + 1
    return found
