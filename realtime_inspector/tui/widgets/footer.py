"""The keys in the last line of a screen, made anew only where they are others.

Textual's own is made anew whenever the focus moves, a dozen widgets each time: half of what another pane took.
"""

from __future__ import annotations

from typing import Any

from textual import widgets
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets._footer import FooterKey


class Footer(widgets.Footer):
    """The keys that do something here."""

    def __init__(self) -> None:
        super().__init__(compact=True)
        self._told: object = None
        """What its keys were made of."""

    def compose(self) -> ComposeResult:
        """Make the keys, compact from the first: what becomes so later is matched with the style sheets once more."""
        for key in super().compose():
            yield key.add_class("-compact", update=False) if isinstance(key, FooterKey) else key

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Make the keys anew if they are others."""
        active = screen.active_bindings
        palette = active.get(screen.app.COMMAND_PALETTE_BINDING)
        shown = (each for each in active.values() if each.binding.show or each is palette)
        told = [
            (binding.key, binding.action, binding.description, binding.group, enabled, tooltip)
            for _, binding, enabled, tooltip in shown
        ]
        if self._bindings_ready and told == self._told:
            return
        if screen.app.app_focus and self.is_attached and screen is self.screen:
            self._told = told
        super().bindings_changed(screen)
