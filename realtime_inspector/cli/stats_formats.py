"""How `stats` writes figures, and whether each budget was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from realtime_inspector.cli import budgets_kept
from realtime_inspector.cli.budgets_kept import Kept
from realtime_inspector.cli.ci import ctrf, github, gitlab, junit
from realtime_inspector.formats.markdown import escape
from realtime_inspector.recording.printable import printable


def _text(figures: Iterable[str], kept: Sequence[Kept]) -> Iterator[str]:
    """Yield the figures, and whether each budget was kept."""
    yield from figures
    if kept:
        yield ""
    marks = {True: "kept", False: "EXCEEDED", None: "unknown"}
    yield from (f"budget  {marks[one.kept]:8}  {printable(one.words)}" for one in kept)


def _markdown(figures: Iterable[str], kept: Sequence[Kept]) -> Iterator[str]:
    """Yield the same for a comment: the budgets first, the figures as they stand in a terminal."""
    marks = {True: "kept", False: "**exceeded**", None: "unknown"}
    if kept:
        yield "| budget | | |"
        yield "|---|---|---|"
        yield from (f"| {escape(one.budget.name)} | {marks[one.kept]} | {escape(one.words)} |" for one in kept)
        yield ""
    yield "```text"
    yield from (line.replace("`", "'") for line in figures)
    yield "```"


def _github(figures: Iterable[str], kept: Sequence[Kept]) -> Iterator[str]:
    """Yield the figures for the log, annotations of what was exceeded, and write the summary of the step."""
    shown = list(figures)
    yield from shown
    yield from github.commands([budgets_kept.suite(kept)])
    github.add_summary("\n".join(_markdown(shown, kept)))


FORMATS: dict[str, Callable[[Iterable[str], Sequence[Kept]], Iterator[str]]] = {
    "text": _text,
    "json": _text,
    "markdown": _markdown,
    "github": _github,
    "gitlab": lambda _, kept: gitlab.lines([budgets_kept.suite(kept)]),
    "junit": lambda _, kept: junit.lines([budgets_kept.suite(kept)]),
    "ctrf": lambda _, kept: ctrf.lines([budgets_kept.suite(kept)]),
}
"""How figures, and whether each budget was kept, are written; `json` is written as a whole."""
