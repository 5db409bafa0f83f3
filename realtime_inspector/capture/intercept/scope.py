"""Which part of a program's traffic is recorded: an interceptor sees all of it. No socket, no clock.

Realtime is what says so: `/realtime` in the path, or `realtime` among the subprotocols. All else passes unrecorded, and
so do its keys and its contents.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum, auto

from realtime_inspector.capture.http import Exchange, Head
from realtime_inspector.recording.entry import Entry, Kind

API_HOST = "api.openai.com"

_PATH = re.compile(r"/realtime(?:/|$)", re.IGNORECASE)
_FIRST_LINE = re.compile(rb"[A-Z]{1,20} [!-~]+ HTTP/1\.[01]\r?\n")
_BEGINNING = re.compile(rb"[A-Z]{1,20}(?: [!-~]*(?: (?:H(?:T(?:T(?:P(?:/(?:1(?:\.[01]?\r?)?)?)?)?)?)?)?)?)?")

_TELLING_BYTES = 1024
"""So much of a first line without an end tells whether it may be one."""


class Opening(Enum):
    """What the first bytes of a client are, while they are no whole head."""

    UNFINISHED = auto()
    """They may become an HTTP/1.1 request."""
    OTHER = auto()
    """They are not one."""


class Beginning:
    """The first bytes of a client, as they come: each is looked at once."""

    def __init__(self) -> None:
        self.found: Head | Opening = Opening.UNFINISHED
        """The head of its first request, or what the bytes are without one."""
        self._line = bytearray()
        self._line_fits = False
        """The first line is whole, and one of HTTP/1.1."""
        self._exchange = Exchange()

    def feed(self, data: bytes) -> Head | Opening:
        """Take more bytes, and return what all of them are."""
        if self.found is Opening.UNFINISHED and data:
            self.found = self._head(data) if self._line_fits or self._begins_well(data) else Opening.OTHER
        return self.found

    def server_speaks(self) -> None:
        """Hear that the server did not wait for a request."""
        if self.found is Opening.UNFINISHED:
            self.found = Opening.OTHER

    def _begins_well(self, data: bytes) -> bool:
        """Tell whether the first line may be, or is, one of HTTP/1.1."""
        self._line += data[: data.find(b"\n") + 1 or len(data)]
        if self._line.endswith(b"\n"):
            self._line_fits = _FIRST_LINE.fullmatch(self._line) is not None
            return self._line_fits
        return _BEGINNING.fullmatch(self._line, 0, _TELLING_BYTES) is not None

    def _head(self, data: bytes) -> Head | Opening:
        for part in self._exchange.client(data):
            return part.head if part.head is not None else Opening.OTHER
        return Opening.UNFINISHED


def is_api(host: str) -> bool:
    """Tell whether a host is OpenAI's API, in whatever region."""
    name = host.lower().rstrip(".")
    return name == API_HOST or name.endswith(f".{API_HOST}")


def is_realtime(target: str, headers: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a request belongs to the Realtime API, its HTTP part included."""
    if _PATH.search(target.partition("?")[0]):
        return True
    offered = (value for name, value in headers if name.lower() == "sec-websocket-protocol")
    return any(word.strip().lower() == "realtime" for value in offered for word in value.split(","))


class Scope:
    """The entries of one connection that are recorded: requests of the Realtime API, and what follows from them."""

    def __init__(self, fits: Callable[[Entry], bool] = lambda request: True) -> None:
        """Record what is Realtime, from the first request on that `fits`."""
        self._fits = fits
        self._chosen = False
        self._asked: deque[bool] = deque()
        self._inside = False
        """The last thing that passed is recorded, so what has no request of its own is, too."""

    def __call__(self, entry: Entry) -> bool:
        """Tell whether an entry is recorded; ask once for every one, in order."""
        if entry.kind is Kind.REQUEST:
            realtime = is_realtime(str(entry.members.get("target", "")), entry.members.get("headers", ()))
            self._inside = realtime and (self._chosen or self._fits(entry))
            self._chosen = self._chosen or self._inside
            self._asked.append(self._inside)
        elif entry.kind is Kind.RESPONSE:
            self._inside = self._answered(int(entry.members.get("status", 0)))
        return self._inside or entry.kind is Kind.END

    def _answered(self, status: int) -> bool:
        if not self._asked:
            return self._inside
        interim = status < 200 and status != 101
        return self._asked[0] if interim else self._asked.popleft()
