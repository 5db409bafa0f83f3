"""How a span looks in the theme that is chosen: its colours, and whether it is bold, dim or underlined.

Not by component classes: the framework matches each of them with its style sheet, in every list and bar, whenever one
is made or the keys go from one to another.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from rich.style import Style
from textual.color import Color
from textual.widget import Widget

_COLORS: Mapping[str, str] = {
    "client": "text-primary",
    "server": "text-success",
    "proxy": "text-secondary",
    "key": "text-accent",
    "string": "text-success",
    "number": "text-warning",
    "link": "text-primary",
    "good": "text-success",
    "error": "text-error",
    "warning": "text-warning",
    "info": "text-primary",
}
"""A span's style → the theme's variable that has its colour."""
_IN_DARK: dict[str, str] = {"proxy": "#c3a6e8"}
"""A span's style → its colour where the theme is dark and its own cannot be read."""
_BACKGROUNDS: Mapping[str, str] = {"match": "warning"}
_ALWAYS: dict[str, str] = {"match": "black"}
_BOLD = frozenset({"title", "good", "error", "warning", "match"})


class Spans(Widget):
    """A widget that draws spans."""

    _variables: Mapping[str, str] = MappingProxyType({})
    """The theme's."""
    _in_theme: Mapping[str, str] = MappingProxyType({})
    """A span's style → its colour, where that is none of the variables."""

    def look(self, style: str) -> Style:
        """Return what a span's style adds to the look of the widget."""
        variables = self._variables
        color = self._in_theme.get(style) or variables.get(_COLORS.get(style, ""), "")
        return _look(style, color, variables.get(_BACKGROUNDS.get(style, ""), ""))

    def notify_style_update(self) -> None:
        """Draw anew if the theme is another one."""
        super().notify_style_update()
        if self._variables is not self.app.theme_variables:
            self._variables = self.app.theme_variables
            self._in_theme = _ALWAYS | _IN_DARK if self.app.current_theme.dark else _ALWAYS
            self.refresh()


@lru_cache(maxsize=256)
def _look(style: str, color: str, background: str) -> Style:
    return Style(
        color=Color.parse(color).rich_color if color else None,
        bgcolor=Color.parse(background).rich_color if background else None,
        bold=style in _BOLD or None,
        dim=style == "dim" or None,
        underline=style == "link" or None,
    )
