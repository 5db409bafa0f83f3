"""Every format a recording can be written in, by name; each writer is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from realtime_inspector.analysis.policy import Policy
from realtime_inspector.errors import UsageError
from realtime_inspector.formats.reading import Readable
from realtime_inspector.recording.entry import Side


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a format; each takes some of it only."""

    findings: bool = True
    """Say what is wrong, in its place."""
    side: str = "both"
    """`both`, `user` or `assistant`."""
    turn: int | None = None
    """One turn only, by its number."""
    heard: bool = False
    """Only what the user heard."""
    audio: bool = True
    """The sound itself too."""
    policy: Policy | None = None
    """The rules as a project wants them, for what is wrong; the usual ones without."""

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that are wanted, left to right."""
        return {"user": (Side.CLIENT,), "assistant": (Side.SERVER,)}.get(self.side, (Side.CLIENT, Side.SERVER))


SIDES = ("both", "user", "assistant")
_DEFAULT = Wanted()


@dataclass(frozen=True, slots=True)
class Format:
    """One format."""

    about: str
    suffix: str
    """Of a file of it."""
    write: Callable[[Readable, Wanted], Iterator[bytes]]
    takes: frozenset[str] = frozenset()
    """The fields of `Wanted` that it minds."""
    binary: bool = False
    judges: bool = False
    """It tells what is wrong, so that it asks the rules."""


def write(recording: Readable, name: str, wanted: Wanted = _DEFAULT) -> Iterator[bytes]:
    """Return a recording in a format, by the format's name. The recording must be one that can be read twice.

    Raises:
        UsageError: If there is no such format, or it does not take what is wanted; and by the first piece, if the
            recording has none of it.
    """
    if name not in FORMATS:
        raise UsageError(f"no format {name!r}; known are {', '.join(FORMATS)}")
    if wanted.side not in SIDES:
        raise UsageError(f"no side {wanted.side!r}; known are {', '.join(SIDES)}")
    for field in fields(Wanted):
        if field.name == "policy":  # what it does not mind does not matter to it
            continue
        if getattr(wanted, field.name) != getattr(_DEFAULT, field.name) and field.name not in FORMATS[name].takes:
            able = [known for known, each in FORMATS.items() if field.name in each.takes]
            raise UsageError(f"{name} takes no --{field.name}; {', '.join(able)} {'do' if len(able) > 1 else 'does'}")
    return _written(recording, name, wanted)


def _written(recording: Readable, name: str, wanted: Wanted) -> Iterator[bytes]:
    try:
        yield from FORMATS[name].write(recording, wanted)
    except LookupError as error:
        raise UsageError(f"{recording.path}: {error.args[0]}; `realtime-inspector show` counts them") from None


def _lines(lines: Iterable[str], end: bytes = b"\n") -> Iterator[bytes]:
    return (line.encode(errors="backslashreplace") + end for line in lines)


def _markdown(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import markdown

    return _lines(markdown.write(recording, None if wanted.findings else (), policy=wanted.policy))


def _html(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats.html import page

    return page.write(recording, audio=wanted.audio, policy=wanted.policy)


def _wav(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import wav

    return wav.write(recording, wanted.sides, turn=wanted.turn, heard=wanted.heard)


def _flac(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import packed

    return packed.write(recording, "flac", wanted.sides, turn=wanted.turn, heard=wanted.heard)


def _opus(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import packed

    return packed.write(recording, "opus", wanted.sides, turn=wanted.turn, heard=wanted.heard)


def _vtt(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import captions

    return _lines(captions.vtt(recording, wanted.sides, wanted.turn))


def _srt(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import captions

    return _lines(captions.srt(recording, wanted.sides, wanted.turn))


def _csv(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import table

    return _lines(table.write(recording, findings=wanted.findings, policy=wanted.policy), b"\r\n")


def _har(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import har

    return har.write(recording)


def _mitm(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import flow_file

    return flow_file.write(recording)


def _python(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import reproducer

    return _lines(reproducer.python(recording))


def _javascript(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import reproducer

    return _lines(reproducer.javascript(recording))


def _bundle(recording: Readable, wanted: Wanted) -> Iterator[bytes]:
    from realtime_inspector.formats import bundle

    return bundle.write(recording, wanted.policy)


_CUT = frozenset({"side", "turn"})
FORMATS: Mapping[str, Format] = {
    "markdown": Format("the conversation for a report", ".md", _markdown, frozenset({"findings"}), judges=True),
    "html": Format("one page with everything, playable", ".html", _html, frozenset({"audio"}), judges=True),
    "wav": Format("the sound: user left, assistant right", ".wav", _wav, _CUT | {"heard"}, binary=True),
    "flac": Format("the same in half the space", ".flac", _flac, _CUT | {"heard"}, binary=True),
    "opus": Format("the same in a tenth, to listen to", ".opus", _opus, _CUT | {"heard"}, binary=True),
    "vtt": Format("captions for the sound", ".vtt", _vtt, _CUT),
    "srt": Format("captions for players without WebVTT", ".srt", _srt, _CUT),
    "csv": Format("one row an event, without content", ".csv", _csv, frozenset({"findings"}), judges=True),
    "har": Format("for browsers' network panels", ".har", _har),
    "mitm": Format("a flow file of mitmproxy", ".flow", _mitm, binary=True),
    "python": Format("a program that does what the client did", ".py", _python),
    "javascript": Format("the same for Node.js", ".mjs", _javascript),
    "bundle": Format("ids, times and findings for support", ".zip", _bundle, binary=True, judges=True),
}
"""By the name that `--to` takes."""


def arguments(values: Mapping[str, Any]) -> Wanted:
    """Return what is wanted from named values; None stands for a default."""
    return Wanted(**{name: value for name, value in values.items() if value is not None})
