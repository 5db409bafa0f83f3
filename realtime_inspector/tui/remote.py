"""The driver of a view whose screen is elsewhere: packets to standard output, packets from standard input.

The framework's own looks ten times a second whether a key came, and stays when whoever shows the screen is gone. This
one sleeps until something comes, and its app ends with its input.
"""

from __future__ import annotations

import os
import selectors
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterable
from threading import Thread
from time import monotonic
from typing import Any

from textual import events, messages
from textual._xterm_parser import XTermParser
from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver
from textual.message import Message

_CHUNK = 65536
_TICK_S, _TICKING_S = 0.05, 1.0
"""After something came, whether an escape stands alone is asked so often, for so long."""


class RemoteDriver(WebDriver):
    """Draws for a browser, by way of the process that started this one."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._write = self._send  # type: ignore[assignment] # a partial of os.write
        self._key_thread = Thread(target=self.run_input_thread, name="input", daemon=True)
        self._parser, self._stream = XTermParser(debug=self._debug), ByteStream()
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._woken_by, self._waker = os.pipe()
        self._in_focus = False

    def _send(self, data: bytes) -> int:
        """Write a whole packet; to nobody, if nobody is left, which the input tells as well."""
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self.fileno, left) :]
        except BrokenPipeError:
            pass
        return len(data)

    def start_application_mode(self) -> None:
        """Start drawing and reading."""
        super().start_application_mode()
        self._app.call_later(self._tell_focus)  # after the framework's, which takes the focus away

    def _tell_focus(self) -> None:
        if self._in_focus:
            self._app.post_message(events.AppFocus())

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Take what is told besides keys."""
        if packet_type in {"focus", "blur"}:
            self._in_focus = packet_type == "focus"
        super().on_meta(packet_type, payload)

    def stop_application_mode(self) -> None:
        """Stop drawing and reading."""
        super().stop_application_mode()
        os.write(self._waker, b"\0")

    def run_input_thread(self) -> None:
        """Hand over what comes, until the app has ended; end it when no more can come."""
        if sys.__stdin__ is None or self._read(sys.__stdin__.fileno()):
            self._app.post_message(messages.ExitApp())

    def _read(self, source: int) -> bool:
        """Hand over what comes; tell whether that ended before the app did."""
        ticks_until = 0.0
        with selectors.DefaultSelector() as waiting:
            for descriptor in (source, self._woken_by):
                waiting.register(descriptor, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in waiting.select(_TICK_S if monotonic() < ticks_until else None)}
                if self._woken_by in ready:
                    return False
                if source in ready:
                    data = os.read(source, _CHUNK)
                    if not data:
                        return True
                    self._take(data)
                    ticks_until = monotonic() + _TICKING_S
                self._hand_over(self._parser.tick())

    def _take(self, data: bytes) -> None:
        for kind, payload in self._stream.feed(data):
            if kind == "D":
                self._hand_over(self._parser.feed(self._decode(payload)))
            else:
                self._on_meta(kind, payload)

    def _hand_over(self, came: Iterable[Message]) -> None:
        for message in came:
            self.process_message(message)
