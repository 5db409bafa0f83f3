"""The colours: dark, light, and one for eyes that need contrast. Nothing is told by colour alone in any of them."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

CONTRAST = Theme(
    name="realtime-inspector-contrast",
    primary="#00d7ff",
    secondary="#ff87ff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#5fff5f",
    warning="#ffd700",
    error="#ff8787",
    dark=True,
    variables={
        "text-primary": "#00ffff",
        "text-secondary": "#ffafff",
        "text-accent": "#ffff5f",
        "text-success": "#87ff87",
        "text-warning": "#ffd75f",
        "text-error": "#ffafaf",
        "block-cursor-foreground": "#000000",
        "block-cursor-background": "#ffffff",
        "footer-key-foreground": "#ffff00",
        "border": "#ffffff",
        "scrollbar": "#ffffff",
    },
)

NAMES: Mapping[str, str] = {"dark": "textual-dark", "light": "textual-light", "contrast": CONTRAST.name}
"""What a theme is called here → its name in the framework."""
