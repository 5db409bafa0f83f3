"""What can be done here, by key, over the screen it was asked on. Enter does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen

from realtime_inspector.tui.bars import PANES
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.widgets.line_list import LineList
from realtime_inspector.tui.widgets.panes import Panes

_HIDDEN = frozenset({"app.help", "app.command_palette", "command_palette", "screen.copy_text"})


@dataclass(slots=True)
class Action:
    """Something that can be done now."""

    keys: str
    about: str
    action: str
    node: DOMNode
    pane: str = ""
    """The pane that has to have the keys first; empty for what can be done where one is."""

    @property
    def line(self) -> Line:
        """How it is listed."""
        return Line((Span(f"{self.keys:>18}  ", "key"), Span(self.about)))


def actions(screen: Screen[Any]) -> list[Action]:
    """Return what can be done on a screen with the focus where it is, the focused pane's first."""
    found: dict[tuple[str, str], Action] = {}
    for active in screen.active_bindings.values():
        if not active.enabled or active.binding.system or not active.binding.description:
            continue
        key = screen.app.get_key_display(active.binding)
        known = found.get((active.binding.action, active.binding.description))
        if known is not None:
            known.keys = f"{known.keys} {key}"
        else:
            found[active.binding.action, active.binding.description] = _action(active, key)
    return [*found.values(), *_elsewhere(screen)]


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
                    yield Action(keys, f"{name.capitalize()}: {binding.description}", binding.action, pane, name)


def _given_keys(screen: Screen[Any]) -> Mapping[str, str]:
    return getattr(screen.app, "given_keys", {})


def _action(active: ActiveBinding, key: str) -> Action:
    return Action(key, active.binding.description, active.binding.action, active.node)


class HelpScreen(ModalScreen[Action | None]):
    """The actions of the focused pane and of the screen. Gives the one that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,question_mark", "dismiss(None)", "Back", id="help.back"),
    ]
    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Vertical { width: 60; max-width: 95%; height: auto; max-height: 90%; border: heavy $primary; }
    HelpScreen LineList { height: auto; max-height: 100%; scrollbar-gutter: auto; }
    """

    def __init__(self, found: Iterable[Action]) -> None:
        super().__init__()
        self._actions = [action for action in found if action.action not in _HIDDEN]

    def compose(self) -> ComposeResult:
        """Make the frame and the list in it."""
        with Vertical() as frame:
            frame.border_title = "What can be done here"
            frame.border_subtitle = "enter: do it   q: back"
            yield LineList([action.line for action in self._actions], id="actions")

    def on_mount(self) -> None:
        """Give the list the keys."""
        listed = self.query_one(LineList)
        listed.update()
        listed.focus()

    def on_line_list_chosen(self, message: LineList.Chosen) -> None:
        """Close, and do what was chosen."""
        message.stop()
        self.dismiss(self._actions[message.y])
