"""What can be done here, by key, over the screen it was asked on. Enter does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen

from realtime_inspector.tui import text
from realtime_inspector.tui.bars import PANES
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.widgets.line_list import LineList
from realtime_inspector.tui.widgets.panes import Panes

_PLACES = {"session": "In any pane", "sessions": "Recordings", "app": "Everywhere", "list": "In every list",
           "walk": "The replay", "replay": "Serving it", "drive": "Driving a server"}  # fmt: skip
"""What an action belongs to → the heading above it; others are called what they are."""
_ELSEWHERE = "In other panes"
_LAST = "list"
"""What everybody finds without help stands behind everything else."""


@dataclass(slots=True)
class Action:
    """Something that can be done now."""

    keys: str
    about: str
    action: str
    node: DOMNode
    pane: str = ""
    """The pane that has to have the keys first; empty for what can be done where one is."""
    where: str = ""
    """What it belongs to, as the first word of its id says."""
    more: str = ""
    """What its name leaves unsaid."""

    @property
    def heading(self) -> str:
        """What stands above it and its like."""
        return _ELSEWHERE if self.pane else _PLACES.get(self.where, self.where.capitalize())

    @property
    def line(self) -> Line:
        """How it is listed."""
        return Line((Span(f"{self.keys:>18}  ", "key"), Span(self.about), Span(f"  {self.more}", "dim")))


def actions(screen: Screen[Any]) -> list[Action]:
    """Return what can be done on a screen with the focus where it is, the focused pane's first."""
    found: dict[tuple[str, str], Action] = {}
    for active in screen.active_bindings.values():
        if not active.enabled or active.binding.system or not active.binding.id:
            continue  # not ours
        key = screen.app.get_key_display(active.binding)
        known = found.get((active.binding.action, active.binding.description))
        if known is not None:
            known.keys = f"{known.keys} {key}"
        else:
            found[active.binding.action, active.binding.description] = _action(active, key)
    return sorted([*found.values(), *_elsewhere(screen)], key=lambda action: not action.pane and action.where == _LAST)


def _elsewhere(screen: Screen[Any]) -> Iterator[Action]:
    """Yield what can be done in the panes that have not the keys."""
    for panes in screen.query(Panes):
        for name in PANES:
            if name == panes.active:
                continue
            pane = screen.query_one(f"#{name}")
            for binding in type(pane).__dict__.get("BINDINGS", ()):
                if isinstance(binding, Binding) and binding.action != "choose":
                    given = replace(binding, key=_given_keys(screen).get(binding.id or "", binding.key))
                    keys = " ".join(map(screen.app.get_key_display, Binding.make_bindings([given])))
                    about = f"{name.capitalize()}: {binding.description}"
                    yield Action(keys, about, binding.action, pane, name, name, binding.tooltip)


def _given_keys(screen: Screen[Any]) -> Mapping[str, str]:
    return getattr(screen.app, "given_keys", {})


def _action(active: ActiveBinding, key: str) -> Action:
    binding = active.binding
    where = (binding.id or "").partition(".")[0]
    return Action(key, binding.description, binding.action, active.node, where=where, more=binding.tooltip)


class HelpScreen(ModalScreen[Action | None]):
    """The actions of the focused pane and of the screen. Gives the one that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,question_mark", "dismiss(None)", "Back", id="help.back"),
    ]
    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Vertical { width: 76; max-width: 95%; height: auto; max-height: 90%; border: heavy $primary; }
    HelpScreen LineList { height: auto; max-height: 100%; scrollbar-gutter: auto; }
    """

    def __init__(self, found: Iterable[Action]) -> None:
        super().__init__()
        self._rows: list[Action | str] = []
        """What can be done, each kind behind its heading."""
        for heading, group in groupby(found, key=lambda action: action.heading):
            self._rows += [heading, *(action for action in group if action.action != "help")]

    def compose(self) -> ComposeResult:
        """Make the frame and the list in it."""
        with Vertical() as frame:
            frame.border_title = "What can be done here"
            frame.border_subtitle = "enter: do it   q: back"
            listed = LineList([_line(row) for row in self._rows], id="actions")
            listed.set_reactive(LineList.cursor, 1)  # below the heading, which stays in view
            yield listed

    def on_mount(self) -> None:
        """Give the list the keys."""
        listed = self.query_one(LineList)
        listed.update()
        listed.focus()

    def on_line_list_chosen(self, message: LineList.Chosen) -> None:
        """Close, and do what was chosen."""
        message.stop()
        row = self._rows[message.y]
        if isinstance(row, Action):
            self.dismiss(row)


def _line(row: Action | str) -> Line:
    return text.plain(row, "title") if isinstance(row, str) else row.line
