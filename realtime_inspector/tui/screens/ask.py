"""Small questions over a screen: a line of text, yes or no, one of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from realtime_inspector.tui.text import Line
from realtime_inspector.tui.widgets.line_list import LineList

_CSS = """
{name} {{ align: center middle; }}
{name} > Vertical {{
    width: 72; max-width: 95%; height: auto; max-height: 90%;
    border: heavy $primary; padding: 0 1; background: $background;
}}
{name} LineList {{ height: auto; max-height: 100%; scrollbar-gutter: auto; }}
"""


class AskScreen(ModalScreen[str | None]):
    """A line of text; None if the question was left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Back", id="ask.back")]
    CSS = _CSS.format(name="AskScreen")

    def __init__(self, title: str, value: str = "", hint: str = "") -> None:
        super().__init__()
        self._heading, self._value, self._hint = title, value, hint

    def compose(self) -> ComposeResult:
        """Make the frame and the line."""
        with Vertical() as frame:
            frame.border_title = self._heading
            frame.border_subtitle = "enter: keep   escape: back"
            if self._hint:
                yield Static(self._hint, markup=False)
            yield Input(self._value, compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Give the line the keys."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with what was typed."""
        event.stop()
        self.dismiss(event.value)


class ConfirmScreen(ModalScreen[bool]):
    """Yes or no; enter alone is neither."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes", id="confirm.yes"),
        Binding("n,escape,q", "dismiss(False)", "No", id="confirm.no"),
    ]
    CSS = _CSS.format(name="ConfirmScreen")

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__()
        self._heading, self._lines = title, lines

    def compose(self) -> ComposeResult:
        """Make the frame and what is asked."""
        with Vertical() as frame:
            frame.border_title = self._heading
            frame.border_subtitle = "y: yes   n: no"
            asked = LineList(self._lines, id="asked")
            asked.passive = True
            yield asked

    def on_mount(self) -> None:
        """Give the question the keys."""
        asked = self.query_one(LineList)
        asked.update()
        asked.focus()


class ChooseScreen(ModalScreen[int | None]):
    """One of several, by its place; None if none was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,escape", "dismiss(None)", "Back", id="choose.back")]
    CSS = _CSS.format(name="ChooseScreen")

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__()
        self._heading, self._lines = title, lines

    def compose(self) -> ComposeResult:
        """Make the frame and the list."""
        with Vertical() as frame:
            frame.border_title = self._heading
            frame.border_subtitle = "enter: choose   q: back"
            yield LineList(self._lines, id="choices")

    def on_mount(self) -> None:
        """Give the list the keys."""
        listed = self.query_one(LineList)
        listed.update()
        listed.focus()

    def on_line_list_chosen(self, message: LineList.Chosen) -> None:
        """Close with what was chosen."""
        message.stop()
        self.dismiss(message.y)
