"""A line of text that is typed, whatever keys the screen has."""

from __future__ import annotations

from textual.widgets import Input

_CHARACTERS = {"slash": "/"}
"""Keys of ours whose name is not that of their character."""


class TextLine(Input):
    """Takes every character: a key that types one is no action of the screen while the line has the focus."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Tell whether a key types something."""
        return super().check_consume_key(key, character or _CHARACTERS.get(key))
