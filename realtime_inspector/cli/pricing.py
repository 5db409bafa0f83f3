"""Prices of the user's own: the option `--prices`, and the file it names."""

from __future__ import annotations

from pathlib import Path

import click

from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.realtime import models
from realtime_inspector.protocol.realtime.models import Table

option = click.option(
    "--prices",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help='prices of your own, over the built-in ones: TOML, [models."NAME"]',
)


def table(path: Path | None) -> Table:
    """Return the built-in table, with what a file says over it.

    Raises:
        UsageError: If the file cannot be read.
    """
    if path is None:
        return models.builtin()
    try:
        return models.read(path.read_text(encoding="utf-8"), models.builtin())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8 text, hence no TOML") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
