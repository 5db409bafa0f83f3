"""`open`: recordings on a full screen."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from realtime_inspector.cli import folders
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.printable import shell_word
from realtime_inspector.tui.terminal import DRIVER

THEMES = ("dark", "light", "contrast")

_FRAMES = "120"
"""So many frames a second may be drawn; the framework's own 60 would have half of the keys wait for their frame."""

_HELP = """Look at recordings on a full screen.

\b
  realtime-inspector open                   the folder ./recordings
  realtime-inspector open call.jsonl
  realtime-inspector open call.jsonl --theme light --key session.search=s
  realtime-inspector open call.jsonl --read-only

PATH is a recording, also one that is still being written, or a folder of
them. `?` says what can be done.
"""


def screen_options(*, read_only: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what gives a command the options of the screens; `read_only` is the default of one of them."""
    added = (
        click.option("--theme", type=click.Choice(THEMES), default=THEMES[0], show_default=True, help="the colours"),
        click.option("--key", "keys", multiple=True, metavar="ACTION=KEY",
                     help="give an action other keys; docs/tui.md has the names of both"),
        click.option("--read-only/--allow-write", "read_only", default=read_only, show_default=True,
                     help="whether what writes or deletes a file, or starts a program or a server, is off"),
    )  # fmt: skip

    def give(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(added):
            function = option(function)
        return function

    return give


@click.command("open", help=_HELP)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@folders.option("where the recordings are, if no PATH is given")
@screen_options(read_only=False)
def command(paths: tuple[Path, ...], folder: Path, theme: str, keys: tuple[str, ...], read_only: bool) -> None:
    """Look at recordings on a full screen."""
    open_paths(paths or (folder,), theme=theme, keys=keys, read_only=read_only)


def open_paths(
    paths: Sequence[Path],
    *,
    show_findings: bool = False,
    theme: str = THEMES[0],
    keys: Sequence[str] = (),
    read_only: bool = False,
) -> None:
    """Show recordings until the user leaves; `show_findings` begins with what was found in them.

    Raises:
        UsageError: If there is no terminal, a path or an action that is not there, or what the project wants of the
            rules is wrong.
        RecordingError: If the only path is a file that cannot be read as a recording.
    """
    check_there(paths)
    if not os.environ.get(DRIVER) and not all(stream.isatty() for stream in (sys.stdin, sys.stdout)):
        names = " ".join(shell_word(str(path)) for path in paths)
        as_text = "show" if len(paths) == 1 and paths[0].is_file() else "ls"
        raise UsageError(f"open needs a terminal; as text: `realtime-inspector {as_text} {names}`")
    os.environ.setdefault("TEXTUAL_FPS", _FRAMES)
    with _without_collecting():
        check_readable(paths)
        from realtime_inspector.tui import first_frame

        with first_frame.shown(paths, answers=not keys and not show_findings) as first_keys:
            from realtime_inspector.analysis import saved
            from realtime_inspector.cli import linting

            policy = linting.project() if linting.is_wished() else None
            from realtime_inspector.tui import app, keymap

            look = app.Look(theme, keymap.read(keys))
            app.run(
                paths,
                show_findings=show_findings,
                policy=policy,
                look=look,
                read_only=read_only,
                project_filters=saved.of_project(Path.cwd()),
                first_keys=first_keys,
            )


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Collect no garbage within the block: what is imported stays, and to walk it takes time before the first key."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def check_there(paths: Sequence[Path]) -> None:
    """Check that there is something to show.

    Raises:
        UsageError: If a path is not there.
    """
    for path in paths:
        # The recordings folder is made by whoever records first: that it is not there yet is no mistake.
        if not path.exists() and path != folders.FOLDER:
            raise UsageError(f"{path}: no such file or folder")


def check_readable(paths: Sequence[Path]) -> None:
    """Say at once what is wrong with a single file, before the screen is taken.

    Raises:
        RecordingError: If it cannot be read as a recording.
    """
    if len(paths) == 1 and paths[0].is_file() and paths[0].stat().st_size:
        from realtime_inspector.recording.files import open_recording

        open_recording(paths[0])
