"""The folder of the recordings: `--dir`, as every command has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FOLDER = Path("recordings")
"""Where recordings are, unless told otherwise."""


def option(help_: str, name: str = "folder") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what gives a command the option, as the parameter of that name."""
    return click.option(
        "--dir",
        name,
        metavar="DIR",
        type=click.Path(path_type=Path),
        default=FOLDER,
        show_default=True,
        help=help_,
    )
