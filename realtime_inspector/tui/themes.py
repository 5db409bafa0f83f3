"""The colours: dark, light, and one for eyes that need contrast. Nothing is told by colour alone in any of them."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

LIGHT = Theme(
    name="realtime-inspector-light",
    primary="#005a9e",
    secondary="#6a1b9a",
    accent="#8a4b00",
    foreground="#1a1a1a",
    background="#fafafa",
    surface="#efefef",
    panel="#e2e2e2",
    success="#2e9e4f",
    warning="#ffbf47",
    error="#c62839",
    dark=False,
    variables={
        "text-primary": "#004f8c",
        "text-secondary": "#6a1b9a",
        "text-accent": "#7a4100",
        "text-success": "#17602a",
        "text-warning": "#744a00",
        "text-error": "#a80020",
        "footer-key-foreground": "#004f8c",
    },
)
"""Textual's own light theme has orange on grey, which few can read."""

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

NAMES: Mapping[str, str] = {"dark": "textual-dark", "light": LIGHT.name, "contrast": CONTRAST.name}
"""What a theme is called here → its name in the framework."""
