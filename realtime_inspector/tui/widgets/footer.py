"""The keys in the last line of a screen, drawn as one line.

Not as Textual's own: a dozen widgets, made and laid out anew whenever the keys are others, which took longer than
anything else of what a `/` or the first frame sets off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

_SCROLL_CELLS = 4


class _Key(NamedTuple):
    """A key that does something."""

    key: str
    """What is pressed."""
    shown: str
    about: str
    """What it does."""
    tooltip: str
    enabled: bool
    group: str = ""
    """What it does together with its neighbours."""


class _Piece(NamedTuple):
    """So much of the line that looks alike."""

    text: str
    style: str = ""
    """The part of the widget that has its looks."""
    key: _Key | None = None
    """What a click on it presses."""


class Footer(Widget, can_focus=False):
    """The keys that do something here; a click on one presses it. The one for the palette stands at the right."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"footer--key", "footer--about", "footer--hover", "footer--edge"}
    DEFAULT_CSS = """
    Footer {
        dock: bottom;
        height: 1;
        color: $footer-foreground;
        background: $footer-background;
        & > .footer--key { color: $footer-key-foreground; background: $footer-key-background; text-style: bold; }
        & > .footer--about { color: $footer-description-foreground; background: $footer-description-background; }
        & > .footer--hover { color: $footer-key-foreground; background: $block-hover-background; }
        & > .footer--edge { color: $foreground 20%; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: Sequence[_Key] = ()
        self._palette: _Key | None = None
        self._hovered: _Key | None = None
        self._scrolled = 0
        """So many cells are left out at the left: by the wheel, where there is not room for all."""

    def on_mount(self) -> None:
        """Follow what the keys do."""
        self.screen.bindings_updated_signal.subscribe(self, self._on_bindings_updated)

    def _on_bindings_updated(self, screen: Screen[object]) -> None:
        """Draw the keys anew if they are others."""
        if not screen.app.app_focus or not self.is_attached or screen is not self.screen:
            return
        keys, palette = self._active()
        if (keys, palette) != (self._keys, self._palette):
            self._keys, self._palette, self._scrolled = keys, palette, 0
            self._hover(None)
            self.refresh()

    def _active(self) -> tuple[Sequence[_Key], _Key | None]:
        """Return what there is to show: of several keys for one action, the first."""
        app, active = self.app, self.screen.active_bindings
        keys: dict[str, _Key] = {}
        for _, binding, enabled, tooltip in active.values():
            if binding.show and binding.action not in keys:
                group = binding.group.description if binding.group is not None else ""
                shown = app.get_key_display(binding)
                keys[binding.action] = _Key(binding.key, shown, binding.description, tooltip, enabled, group)
        if app.COMMAND_PALETTE_BINDING not in active:
            return list(keys.values()), None
        _, binding, enabled, tooltip = active[app.COMMAND_PALETTE_BINDING]
        about = binding.description
        return list(keys.values()), _Key(binding.key, app.get_key_display(binding), about, tooltip or about, enabled)

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        base, width = self.rich_style, self.size.width
        right = self._strip(_at_right(self._palette), base)
        room = max(0, width - right.cell_length)
        left = self._strip(_pieces(self._keys), base).crop(self._scrolled, self._scrolled + room)
        return Strip.join([left.adjust_cell_length(room, base), right]).adjust_cell_length(width, base)

    def _strip(self, pieces: Iterator[_Piece], base: Style) -> Strip:
        return Strip(Segment(piece.text, base + self._look(piece)) for piece in pieces)

    def _look(self, piece: _Piece) -> Style:
        if not piece.style:
            return Style.null()
        look = self.get_component_rich_style(f"footer--{piece.style}")
        if piece.key is not None and piece.key == self._hovered:
            look += self.get_component_rich_style("footer--hover")
        return look + Style(dim=True) if piece.key is not None and not piece.key.enabled else look

    def _key_at(self, x: int) -> _Key | None:
        """Return the key that stands there."""
        right = list(_at_right(self._palette))
        edge = self.size.width - _width(right)
        pieces, x = (right, x - edge) if x >= edge else (list(_pieces(self._keys)), x + self._scrolled)
        ends = accumulate(map(_cells, pieces))
        return next((piece.key for piece, end in zip(pieces, ends, strict=True) if x < end), None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key under the mouse."""
        key = self._key_at(event.x)
        if key is not None and key.enabled:
            self.app.simulate_key(key.key)
        elif key is not None:
            self.app.bell()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Mark the key under the mouse."""
        self._hover(self._key_at(event.x))

    def on_leave(self) -> None:
        """Mark none."""
        self._hover(None)

    def _hover(self, key: _Key | None) -> None:
        if key != self._hovered:
            self._hovered = key
            self.tooltip = key.tooltip or None if key is not None else None
            self.styles.pointer = "default" if key is None else "pointer"
            self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Show what there was no room for."""
        self._scroll(event, _SCROLL_CELLS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Return to the first."""
        self._scroll(event, -_SCROLL_CELLS)

    def _scroll(self, event: events.MouseEvent, cells: int) -> None:
        room = self.size.width - _width(_at_right(self._palette))
        event.stop()
        self._scrolled = min(max(0, self._scrolled + cells), max(0, _width(_pieces(self._keys)) - room))
        self.refresh()


def _pieces(keys: Sequence[_Key]) -> Iterator[_Piece]:
    """Yield what says of each key what it does; neighbours of one group, what they do together."""
    for group, several in groupby(keys, lambda key: key.group):
        together = list(several)
        if group and len(together) > 1:
            for key in together:
                yield _Piece(key.shown, "key", key._replace(tooltip=key.tooltip or key.about))
            yield _Piece(" ")
            yield _Piece(group, "about")
            yield _Piece(" ")
        else:
            for key in together:
                yield _Piece(key.shown, "key", key)
                yield _Piece(f" {key.about}", "about", key)
                yield _Piece(" ")


def _at_right(palette: _Key | None) -> Iterator[_Piece]:
    if palette is not None:
        yield _Piece("▏", "edge")
        yield _Piece(palette.shown, "key", palette)
        yield _Piece(f" {palette.about}", "about", palette)
        yield _Piece(" ")


def _width(pieces: Iterable[_Piece]) -> int:
    return sum(map(_cells, pieces))


def _cells(piece: _Piece) -> int:
    return cell_len(piece.text)
