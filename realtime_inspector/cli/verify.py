"""`verify`: whether recordings are whole, and as they were written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from realtime_inspector.cli import diagnostics, output, reading
from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.formats.reading import STANDARD_INPUT
from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Entry, Header, Kind
from realtime_inspector.recording.printable import printable
from realtime_inspector.tui import text

SCHEMA_VERSION = 1
_SHOWN = 20

_HELP = """Say whether recordings are whole: nothing cut off, lost, or taken out.

\b
  realtime-inspector verify                 the folder ./recordings
  realtime-inspector verify call.jsonl
  realtime-inspector verify --format json | jq '.recordings[].problems'

It looks at what the format promises: every line is an entry, numbers have no
holes, all parts are there, and the connection has an end. Gaps are told too:
what the recorder itself could not keep. An edit that leaves all of this in
place is not seen; compare a digest (sha256sum) for that.

Exits 1 if one is not whole, 4 if none can be read.
"""


@click.command("verify", help=_HELP)
@reading.paths_argument
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="how to write it")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], folder: Path, form: str) -> None:
    """Look at each recording."""
    if STANDARD_INPUT in paths and not STANDARD_INPUT.exists():
        raise UsageError("-: verify looks at files; save the standard input as one first")
    found = reading.find(paths, folder)
    if not found:
        raise reading.nothing_in(paths or (folder,))
    looked = []
    for path in found:
        looked.append(look(path))
        if form == "text":
            output.write_lines(looked[-1].lines())
    if form == "json":
        output.write_json({"schema_version": SCHEMA_VERSION, "recordings": [each.to_json() for each in looked]})
    whole = sum(each.whole for each in looked)
    diagnostics.say(_verdict(whole, len(looked)))
    if not any(each.id for each in looked):
        raise RecordingError("no recording could be read")
    ctx.exit(0 if whole == len(looked) else 1)


def _verdict(whole: int, of: int) -> str:
    if of == 1:
        return "the recording is whole" if whole else "the recording is not whole"
    return f"all {of} recordings are whole" if whole == of else f"{of - whole} of {of} recordings are not whole"


@dataclass(slots=True)
class Looked:
    """What was seen of one recording."""

    path: Path
    id: str = ""
    """Empty if it cannot be read."""
    piece_of: str = ""
    """The id of the recording that it is a piece of."""
    entries: int = 0
    messages: int = 0
    length_s: float = 0.0
    lost: int = 0
    """Messages that the recorder could not keep, as gaps count them."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """The line, and what is wrong there."""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.problems

    def lines(self) -> list[str]:
        """Say it."""
        shown = [printable(message) for _, message in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            shown.append(printable(f"{self.path}: {len(self.problems) - _SHOWN} more"))
        if self.whole:
            noun = "entry" if self.entries == 1 else "entries"
            piece = f", a piece of {self.piece_of}" if self.piece_of else ""
            length = text.length(self.length_s)
            shown.append(printable(f"{self.path}: whole: {self.entries} {noun}, {length}{piece}"))
        return shown

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "path": str(self.path),
            "id": self.id or None,
            "piece_of": self.piece_of or None,
            "whole": self.whole,
            "entries": self.entries,
            "messages": self.messages,
            "length_s": self.length_s,
            "lost": self.lost,
            "problems": [{"line": line, "message": message} for line, message in self.problems],
        }


def look(path: Path) -> Looked:
    """Read a recording to its end; never raises for what is in it."""
    seen = Looked(path)
    try:
        recording = files.open_recording(path)
        seen.id, seen.piece_of = recording.header.id, _whole_of(recording.header)
        last: Entry | None = None
        for last in recording:
            _note(seen, last)
    except RecordingError as error:
        seen.problems.append((1, str(error)))
        return seen
    seen.problems += [(problem.line, problem.message) for problem in recording.problems]
    torn = any(problem.torn for problem in recording.problems)
    if not torn and (last is None or last.kind is not Kind.END) and not recording.header.via.startswith("import:"):
        line = last.line if last is not None else 1
        seen.problems.append((line, f"{path}:{line}: no end follows: it is cut off here, or still being written"))
    seen.problems.sort()
    return seen


def _note(seen: Looked, entry: Entry) -> None:
    seen.entries += 1
    seen.messages += entry.kind is Kind.MESSAGE
    seen.length_s = max(seen.length_s, entry.t)
    if entry.kind is Kind.GAP:
        lost = entry.members.get("lost")
        lost = lost if isinstance(lost, int) else 0
        seen.lost += lost
        what = f"{lost} {'message was' if lost == 1 else 'messages were'} not recorded: {entry.members.get('why')}"
        seen.problems.append((entry.line, f"{seen.path}:{entry.line}: {what}"))


def _whole_of(header: Header) -> str:
    cut = header.extra.get("cut")
    of = cut.get("of") if isinstance(cut, dict) else None
    return of if isinstance(of, str) else ""
