"""`scrub`: private things taken out of recordings, so that they can be shown to somebody else."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from realtime_inspector.capture.audio import Audio, AudioPolicy
from realtime_inspector.cli import diagnostics, output, recording_out
from realtime_inspector.cli.recording_out import STANDARD_OUTPUT
from realtime_inspector.cli.serving import writable, write_whole
from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.formats.reading import STANDARD_INPUT
from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.printable import printable
from realtime_inspector.recording.private import KINDS, Finder
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.recording.scrub import Replaced, Scrubber
from realtime_inspector.replay.mute import Mute, Sound

SCHEMA_VERSION = 1
HOW = ("keep", "silence", "tone", "hash", "drop")
_LISTED = 20
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")
_NOUNS = {"mail": "mail address", "phone": "phone number", "card": "card number"}
_SIDES = {Side.CLIENT: "the user's audio", Side.SERVER: "the assistant's audio"}
_OPTIONS = {Side.CLIENT: "--audio-in", Side.SERVER: "--audio-out"}
_TRANSCRIPTS = {
    Side.CLIENT: (b"input_audio_transcription.", b"input_transcript."),
    Side.SERVER: (b"audio_transcript.", b"output_transcript."),
}
"""Whose words: what is in the type of an event that has them as text."""
_SOUNDS = {
    Side.CLIENT: (b'input_audio_buffer.append"', b'input_audio.append"', b'"input_audio"'),
    Side.SERVER: (b'audio.delta"',),
}
"""Whose voice: what is in an event that has it as sound."""

_HELP = """Take private things out of recordings before they are shown to somebody.

\b
  realtime-inspector scrub call.jsonl
  realtime-inspector scrub call.jsonl --audio-in silence -o for-support.jsonl
  realtime-inspector scrub call.jsonl --pattern name='Ada( Lovelace)?'
  realtime-inspector scrub --check recordings/*.jsonl

Addresses of mail, numbers of phones and cards, also as people say them, keys
and your own patterns become [redacted:mail-1]: the same for the same thing.
Ids, order and times stay, and the result replays. Without --output a file
goes beside the one it is made of, and its path is printed.

With --check nothing is written; exits 1 if there is something to replace.
"""


@click.command("scrub", help=_HELP)
@click.argument("files_", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="write nothing, list what would be replaced: for a pre-commit hook")
@click.option("--kinds", default=",".join(KINDS), show_default=True, metavar="KIND,...", help="what to look for")
@click.option("--pattern", "patterns", multiple=True, metavar="NAME=REGEX",
              help="something of your own to look for, and what to call it")  # fmt: skip
@click.option("--audio-in", type=click.Choice(HOW), default="keep", show_default=True,
              help="the user's audio: made silent or a tone of its length, its digest, or nothing")  # fmt: skip
@click.option("--audio-out", type=click.Choice(HOW), default="keep", show_default=True, help="the assistant's")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path, dir_okay=False),
              help="the new file, - for standard output [default: FILE.scrubbed.jsonl]")  # fmt: skip
@click.option("--in-place", is_flag=True, help="write it over the old one")
@click.option("--report", "report_file", type=click.Path(path_type=Path), callback=writable,
              help="write there what was replaced and where, as JSON; - is stdout")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, files_: tuple[Path, ...], check: bool, **chosen: Any) -> None:
    """Take private things out of recordings."""
    out, in_place = chosen["out"], chosen["in_place"]
    to_stdout = chosen["report_file"] == STANDARD_OUTPUT
    if out is not None and (len(files_) > 1 or in_place or check):
        raise UsageError("--output names one file: give it with one recording, and without --in-place and --check")
    if to_stdout and out == STANDARD_OUTPUT:
        raise UsageError("--output - and --report - would be mixed: name a file for one of them")
    job = _Job.of(chosen)
    done = []
    for file in files_:
        _check_there(file, out)
        target = None if check else file if in_place else out or recording_out.beside(file, "scrubbed")
        done.append(job.scrub(file, target))
    for one in done:
        if check and not to_stdout:
            output.write_lines(one.places())
        elif one.written not in {None, STANDARD_OUTPUT} and not to_stdout:
            output.write(str(one.written))
        diagnostics.say(printable(one.text()))
        for side in one.still_heard:
            say = f"{one.path}: {_SIDES[side]} stays, and what was replaced in its transcript can be heard in it"
            diagnostics.warn(printable(f"{say}; {_OPTIONS[side]} silence takes it out"))
    _report(done, chosen["report_file"])
    ctx.exit(1 if check and any(one.found for one in done) else 0)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one recording."""

    path: Path
    written: Path | None
    replaced: list[Replaced]
    audio: dict[Side, tuple[str, float]]
    """Whose audio was changed: how, and how much of it in milliseconds."""
    still_heard: list[Side]
    """Whose audio stays and says what was replaced in its transcript."""

    @property
    def found(self) -> bool:
        """Whether there was anything to replace."""
        return bool(self.replaced or self.audio)

    def text(self) -> str:
        """Say what was done, in a line."""
        counts = Counter(one.kind for one in self.replaced)
        things = {kind: len({one.name for one in self.replaced if one.kind == kind}) for kind in counts}
        parts = [f"{_count(things[kind], kind)} in {_count(counts[kind], 'place')}" for kind in counts]
        parts += [f"{ms / 1000:.1f} s of {_SIDES[side]}: {how}" for side, (how, ms) in self.audio.items()]
        verb = "replaced" if self.written is not None else "to be replaced"
        return f"{self.path}: {verb}: {'; '.join(parts)}" if parts else f"{self.path}: nothing private found"

    def places(self) -> Iterator[str]:
        """Yield what is where, without what it is."""
        shown = list(dict.fromkeys((one.line, one.kind, one.path) for one in self.replaced))
        for line, kind, path in shown[:_LISTED]:
            yield printable(f"{self.path}:{line}: {kind} at {path}")
        if len(shown) > _LISTED:
            yield printable(f"{self.path}: {len(shown) - _LISTED} more places")
        for side, (_, ms) in self.audio.items():
            yield printable(f"{self.path}: {ms / 1000:.1f} s of {_SIDES[side]}")

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "path": str(self.path),
            "written": str(self.written) if self.written is not None else None,
            "replaced": [
                {"entry": one.entry, "line": one.line, "path": one.path, "kind": one.kind, "as": one.name}
                for one in self.replaced
            ],
            "audio": {side.value: {"how": how, "ms": round(ms, 3)} for side, (how, ms) in self.audio.items()},
            "still_heard": [side.value for side in self.still_heard],
        }


@dataclass(frozen=True, slots=True)
class _Job:
    scrubber: Scrubber
    audio: dict[Side, str]

    @classmethod
    def of(cls, chosen: dict[str, Any]) -> _Job:
        """Read the options.

        Raises:
            UsageError: If one of them is wrong.
        """
        kinds = frozenset(word.strip() for word in chosen["kinds"].split(",") if word.strip())
        unknown = next((kind for kind in sorted(kinds) if kind not in KINDS), None)
        if unknown is not None:
            raise UsageError(f"--kinds {unknown!r} is none; known are {', '.join(KINDS)}")
        finder = Finder(kinds, dict(map(_pattern, chosen["patterns"])))
        scrubber = Scrubber(finder, Redactor.from_environment(os.environ))
        return cls(scrubber, {Side.CLIENT: chosen["audio_in"], Side.SERVER: chosen["audio_out"]})

    def scrub(self, path: Path, target: Path | None) -> Done:
        """Scrub one recording; write it where it is to go."""
        recording = files.open_recording(path)
        mute, leave_out = self._mute(), self._leave_out()
        self.scrubber.replaced = []
        header = self.scrubber.header(recording.header)
        left_out: Counter[Side] = Counter()
        voices = _Voices()
        entries = []
        for entry in self.scrubber.scrub(recording, recording):
            voices.note(entry, len(self.scrubber.replaced))
            made = leave_out(mute(entry))
            if made.members.get("audio") != entry.members.get("audio"):
                left_out[_whose(entry)] += _bytes(made) - _bytes(entry)
            entries.append(made)
        broken = next((problem for problem in recording.problems if not problem.torn), None)
        if broken is not None:
            raise RecordingError(broken.message)
        if target is not None:
            self._write(target, header, entries, path)
        audio = self._audio(mute, left_out)
        return Done(path, target, self.scrubber.replaced, audio, [side for side in voices.heard() if side not in audio])

    def _write(self, target: Path, header: Header, entries: Sequence[Entry], path: Path) -> None:
        if target == STANDARD_OUTPUT:
            recording_out.deliver(target, header, entries, path)
            return
        if target != path:
            recording_out.write(target, header, entries, path)
            return
        if len(files.find_parts(path.parent).get(path, [path])) > 1:
            raise UsageError(f"{path}: kept in parts; name another file with --output")
        if not self.scrubber.replaced and entries == list(files.open_recording(path)):
            return
        recording_out.write(target, header, entries, target.with_name(f"{target.name}.not-there"))

    def _mute(self) -> Mute:
        sounds = [Sound(how) if how in list(Sound) else Sound.KEEP for how in self.audio.values()]
        return Mute(*sounds)

    def _leave_out(self) -> Callable[[Entry], Entry]:
        policy = AudioPolicy(*(Audio(how) if how in {"hash", "drop"} else Audio.KEEP for how in self.audio.values()))
        return policy or (lambda entry: entry)

    def _audio(self, mute: Mute, left_out: Counter[Side]) -> dict[Side, tuple[str, float]]:
        found = {side: (self.audio[side], ms) for side, ms in mute.muted_ms.items() if ms}
        for side, size in left_out.items():
            if size:
                found[side] = (self.audio[side], mute.formats[side].duration_ms(size))
        return found


class _Voices:
    """Who said what was replaced, as text and as sound."""

    def __init__(self) -> None:
        self._replaced = 0
        self._said: set[Side] = set()
        self._sounded: set[Side] = set()

    def note(self, entry: Entry, replaced: int) -> None:
        """Take in an entry; `replaced` is the number of places so far, those in it too."""
        more, self._replaced = replaced > self._replaced, replaced
        if more:
            self._said |= set(_sides(_TRANSCRIPTS, entry))
        if "audio" not in entry.members:
            self._sounded |= set(_sides(_SOUNDS, entry))

    def heard(self) -> list[Side]:
        """Return those of whom both are there."""
        return sorted(self._said & self._sounded)


def _sides(marks: Mapping[Side, tuple[bytes, ...]], entry: Entry) -> Iterator[Side]:
    return (side for side, its in marks.items() if any(mark in entry.payload for mark in its))


def _check_there(path: Path, out: Path | None) -> None:
    if path == STANDARD_INPUT and not path.exists():
        raise UsageError("-: scrub reads a file, and twice; save the standard input as one first")
    if path.is_dir() or not path.exists():
        raise UsageError(f"{path}: {'a folder; name its recordings' if path.is_dir() else 'no such file'}")
    if out is not None and out.exists() and out.samefile(path):
        raise UsageError(f"{out}: the output would overwrite what it is made of; --in-place does that")


def _count(number: int, kind: str) -> str:
    noun = _NOUNS.get(kind, kind)
    return f"{number} {noun}{'' if number == 1 else 'es' if noun.endswith('s') else 's'}"


def _pattern(text: str) -> tuple[str, re.Pattern[str]]:
    name, sign, pattern = text.partition("=")
    if not sign or _NAME.fullmatch(name) is None or not pattern:
        raise UsageError(f"--pattern {text!r} is no NAME=REGEX; the name has small letters, digits and hyphens")
    try:
        return name, re.compile(pattern)
    except re.error as error:
        raise UsageError(f"--pattern {name}: no regular expression: {error}") from None


def _whose(entry: Entry) -> Side:
    return Side.CLIENT if entry.side is Side.CLIENT else Side.SERVER


def _bytes(entry: Entry) -> int:
    """Return how many bytes of audio a message says were left out of it."""
    said = entry.members.get("audio")
    sizes = (part.get("bytes") for part in said.values() if isinstance(part, dict)) if isinstance(said, dict) else ()
    return sum(size for size in sizes if isinstance(size, int)) if entry.kind is Kind.MESSAGE else 0


def _report(done: Sequence[Done], file: Path | None) -> None:
    told = {"schema_version": SCHEMA_VERSION, "files": [one.to_json() for one in done]}
    if file == STANDARD_OUTPUT:
        output.write_json(told)
    elif file is not None:
        text = orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
        write_whole(file, text, "--report")
