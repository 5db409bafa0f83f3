"""HTML as nested calls: whatever is not made here is text, and escaped."""

from __future__ import annotations

from html import escape

from realtime_inspector.recording.printable import printable, printable_lines

_VOID = frozenset({"br", "meta", "link", "input"})
"""Elements that HTML knows to have no content."""
_EMPTY = frozenset({"line", "rect", "path", "circle", "polygon"})
"""Elements of SVG without content: they are closed by themselves."""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Content = str | None
"""What an element may hold: markup (`Html`), text, or nothing."""


def tag(name: str, /, *content: Content, **attributes: object) -> Html:
    """Return an element; `class_` and `data_t` stand for attributes of those names, one that is None is left out."""
    marks = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{_attribute(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{marks}>")
    if name in _EMPTY:
        return Html(f"<{name}{marks}/>")
    return Html(f"<{name}{marks}>{join(*content)}</{name}>")


def join(*content: Content) -> Html:
    """Return parts one after the other."""
    return Html("".join(part if isinstance(part, Html) else text(part) for part in content if part is not None))


def text(words: str) -> Html:
    """Return text on one line, control characters written out."""
    return Html(escape(printable(words)))


def percent(part: float, whole: float) -> str:
    """Return a place within a drawing that has no width of its own."""
    return f"{100 * part / whole:.3f}%"


def block(words: str) -> Html:
    """Return text of several lines, control characters written out."""
    return Html(escape(printable_lines(words)))


def _attribute(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return escape(printable(str(value)))
