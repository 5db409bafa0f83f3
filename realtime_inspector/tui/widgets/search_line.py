"""The line in which a text to look for is typed."""

from __future__ import annotations

from textual import on
from textual.message import Message
from textual.widgets import Input

from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.widgets.text_line import TextLine

_PLACEHOLDER = "text in what was sent; enter searches, escape leaves"


class SearchLine(TextLine):
    """A text to look for; hidden until it is opened."""

    DEFAULT_CSS = """
    SearchLine { display: none; height: 1; }
    SearchLine.-open { display: block; }
    """

    class Left(Message):
        """The line was left."""

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(placeholder=_PLACEHOLDER, id=id, compact=True)
        self._desk = desk

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self.has_class("-open")

    def open(self) -> None:
        """Show the line, empty."""
        self.add_class("-open")
        self.value = ""

    def leave(self) -> None:
        """Hide the line."""
        self.remove_class("-open")
        self.post_message(self.Left())

    @on(Input.Submitted)
    def _on_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._desk.look_for(event.value)
        self.leave()
