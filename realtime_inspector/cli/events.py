"""`events`: the entries of a recording, one a line, filtered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click

from realtime_inspector.analysis import facts, lint
from realtime_inspector.analysis import filter as filters
from realtime_inspector.analysis.filter import Filter, FilterError
from realtime_inspector.cli import diagnostics, linting, output, reading
from realtime_inspector.cli.output import Ink
from realtime_inspector.errors import UsageError
from realtime_inspector.formats import Readable
from realtime_inspector.protocol.event import AUDIO_FIELDS, Event, read
from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Side
from realtime_inspector.tui import memory, text
from realtime_inspector.tui.gist import gist
from realtime_inspector.tui.rows import SIGNS, audio_gist

_COLOURS = {Side.CLIENT: "green", Side.SERVER: "blue", Side.PROXY: "yellow"}
_TYPE_WIDTH = 36

_HELP = """Print the events of a recording.

\b
  realtime-inspector events              the newest of ./recordings
  realtime-inspector events call.jsonl
  realtime-inspector events call.jsonl -f 'from:client not type:*.append'
  realtime-inspector events call.jsonl -f 'severity>=warning or latency>800ms'
  realtime-inspector events call.jsonl -o json | jq .event.type

A row is number, time, sender (→ client, ← server), type and what it says.
-o json writes the entries as they stand in a recording, a line each.

\b
A filter is made of
  type:response.*  from:client  kind:ping    words; * and , for "or"
  n:41  turn:2..4  t>1.5s  bytes>1k          numbers
  latency>800ms                              since the event it answers
  severity>=warning  rule:TOOL*              what was found about it
  word  ~"two words"  /call_[0-9]+/          somewhere in it, audio left out
  @name                                      a saved filter (docs/filter.md)
and of and, or, not, ( ).
"""


@click.command("events", help=_HELP)
@click.option("-f", "--filter", "expression", default="", metavar="FILTER", help="show these only")
@click.option("-o", "--output", "--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="how to write it")  # fmt: skip
@reading.file_argument
def command(path: Path | None, folder: Path, expression: str, form: str) -> None:
    """Print the events of one recording."""
    chosen, file = compiled(expression), reading.chosen(path, folder)
    if path is None:
        diagnostics.say(f"events of {text.safe(str(file))}")
    recording = reading.one(file)
    if form == "json":
        output.write_lines(jsonl.dump(event.entry).decode() for event in choose(recording, chosen))
    else:
        rows = Rows(Ink(on=output.wants_colour()), output.width() if output.is_terminal() else None)
        output.write_lines(rows.line(event) for event in choose(recording, chosen, rows.note))
    reading.tell_problems(recording)


def compiled(expression: str) -> Filter:
    """Read a filter.

    Raises:
        UsageError: If it is none; where it is wrong is shown beneath it first.
    """
    try:
        return filters.compile(expression, memory.saved_filters() if "@" in expression else {})
    except FilterError as error:
        diagnostics.say(text.safe(error.text) + "\n" + " " * error.position + "^")
        raise UsageError(f"filter: {error.problem}") from None


def choose(
    recording: Readable, chosen: Filter, note: Callable[[Event], object] = lambda event: None
) -> Iterator[Event]:
    """Yield the events that a filter lets through; `note` is told of all of them first."""
    index = facts.gather(lint.events(recording), _linter(recording)) if chosen.needs_facts else None
    for event in map(read, recording):
        note(event)
        if chosen(event, index[event.n] if index is not None else facts.NOTHING):
            yield event


def _linter(recording: Readable) -> lint.Linter:
    """Return the linter of the project: a filter that asks for findings means those that `lint` tells."""
    return linting.project().linter(recording.path, recording.header)


class Rows:
    """Events as rows of text."""

    def __init__(self, ink: Ink, width: int | None) -> None:
        self._formats = Session()
        """Of the session only the configuration, which says what audio is."""
        self._ink = ink
        self._width = width
        self._type_width = _TYPE_WIDTH if width is None or width >= output.WIDTH else 0

    def note(self, event: Event) -> None:
        """Take in what an event says of the rows after it."""
        if event.type.endswith(("session.created", "session.updated")):
            self._formats.apply(event)

    def line(self, event: Event) -> str:
        """Return an event's row."""
        start = f"{event.n:>6} {text.clock(event.t):>9}  "
        what = f"{SIGNS[event.side]} {text.safe(event.type):<{self._type_width}}"
        said = self._said(event)
        if self._width is not None:
            said = text.pad(said, self._width - len(start) - len(what) - 1).rstrip()
        return f"{self._ink(start, 'dim')}{self._ink(what, _COLOURS[event.side])} {said}".rstrip()

    def _said(self, event: Event) -> str:
        if event.type not in AUDIO_FIELDS:
            return gist(event)
        return audio_gist(event.audio_bytes, self._format(event))

    def _format(self, event: Event) -> AudioFormat:
        session = self._formats
        return session.input_audio.format if event.side is Side.CLIENT else session.output_format
