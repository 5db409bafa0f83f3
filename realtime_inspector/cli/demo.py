"""`demo`: what this tool is for, in five seconds: a conversation that goes wrong, and why."""

from __future__ import annotations

import asyncio
import os
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.folding import Told, told
from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.capture.relay import new_event_loop
from realtime_inspector.cli import diagnostics, output
from realtime_inspector.errors import UsageError
from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Side
from realtime_inspector.recording.printable import shell_word
from realtime_inspector.simulator.demo import record
from realtime_inspector.simulator.stories import STORIES, Story

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_WHO = 10


_HELP = """Hold a conversation with planted mistakes, and explain them.

\b
  realtime-inspector demo
  realtime-inspector demo --no-tui --dir demo
  realtime-inspector demo --scenario barge-in-without-truncate

A voice client talks to a simulated Realtime server through the recording
proxy, all on this machine: no key, no network. What went wrong is then told
from the recording alone.
"""


@click.command(help=_HELP)
@click.option(
    "--scenario",
    default=next(iter(STORIES)),
    show_default=True,
    metavar="NAME",
    help=f"which conversation: {', '.join(STORIES)}",
)
@click.option("--no-tui", is_flag=True, help="do not open the recording on the full screen afterwards")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="folder of the recording [default: demo in the user's data folder]",
)
def command(scenario: str, no_tui: bool, folder: Path | None) -> None:
    """Hold a conversation with planted mistakes, and explain them."""
    story = STORIES.get(scenario)
    if story is None:
        raise UsageError(f"no demo {scenario!r}: known are {', '.join(STORIES)}")
    path = _play(story, folder or _usual_folder())
    recording = files.open_recording(path)
    clients = {entry.n for entry in recording if entry.side is Side.CLIENT}
    wrong = [finding for finding in lint(recording) if finding.severity is not Severity.INFO]
    mistakes = told(wrong, clients.__contains__)
    output.write_lines(_told(mistakes))
    output.write_lines(_next(path, mistakes))
    output.flush()
    if not no_tui and output.is_terminal() and sys.stdin.isatty():
        _show(path)


def _play(story: Story, folder: Path) -> Path:
    """Play the story, telling it as it happens, and return its recording."""
    diagnostics.say(f"a voice client talks to a simulated server, through the recording proxy:\n{story.about}\n")
    began = time.monotonic()
    ink = output.Ink(on=output.wants_colour(sys.stderr))

    def tell(who: str, what: str) -> None:
        diagnostics.say(f"  {time.monotonic() - began:4.1f} s  {ink(who.ljust(_WHO), 'bold')} {what}")

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        path = runner.run(record(story, folder, tell))
    diagnostics.say("")
    return path


def _told(mistakes: Sequence[Told]) -> Iterator[str]:
    """Yield what was found, in words for people who have never seen it."""
    if not mistakes:
        yield "What the recording says: nothing is wrong in this conversation."
        return
    yield "What the recording says went wrong:"
    for number, mistake in enumerate(mistakes, 1):
        yield ""
        yield from _explained(number, mistake)


def _explained(number: int, mistake: Told) -> Iterator[str]:
    ink, width = output.Ink(on=output.wants_colour()), output.width()
    finding = mistake.same[0]
    page = next(rule for rule in all_rules() if rule.id == finding.rule).page()
    yield f"{number}. {_name(finding, ink)} ({finding.severity.value}, {finding.t:.1f} s into the call)"
    for label, text in (
        ("", page.what),
        ("Here: ", finding.message),
        ("Why it hurts: ", page.why),
        ("To mend it: ", page.fix),
    ):
        lines = _wrapped(label + text, width)
        yield from (line.replace(label, ink(label, "dim"), 1) if label else line for line in lines)
    for first, *_ in mistake.follow:
        yield ""
        yield f"   Then: {_name(first, ink)} ({first.severity.value}, {first.t:.1f} s into the call)"
        yield from _wrapped(first.message, width)


def _name(finding: Finding, ink: output.Ink) -> str:
    return f"{ink(finding.rule, _COLOURS[finding.severity], 'bold')} {ink(finding.name, 'bold')}"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent="   ", subsequent_indent="   ", break_on_hyphens=False, break_long_words=False
    )


def _next(path: Path, mistakes: Sequence[Told]) -> Iterator[str]:
    """Yield what to do next, to be copied."""
    shown, program = shell_word(str(path)), _program()
    yield ""
    yield f"The recording: {path}"
    yield ""
    yield "Next:"
    yield f"  {program} open {shown}"
    yield f"  {program} lint {shown}"
    if mistakes:
        yield f"  {program} explain {mistakes[0].same[0].rule}"
    yield f"  {program} proxy          and point your own client at it"


def _program() -> str:
    """Return what begins a command line here: who came by `uv run` has nothing on the path."""
    by_uv = "UV_RUN_RECURSION_DEPTH" in os.environ and os.environ.get("VIRTUAL_ENV") == sys.prefix
    return "uv run realtime-inspector" if by_uv else "realtime-inspector"


def _usual_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("realtime-inspector", appauthor=False) / "demo"


def _show(path: Path) -> None:
    """Open the recording on the full screen, once the reader is ready."""
    click.pause("\npress a key to open it on the full screen; there, q leaves", err=True)
    from realtime_inspector.cli.open_ import open_paths

    open_paths([path], show_findings=True)
