"""The library: what the commands do, for programs. `docs/library.md` has the examples.

Everything here takes what `open_recording` gives, or a path. Nothing is read before it is asked for, and what a
function needs is loaded when it is called.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_inspector.errors import UsageError

if TYPE_CHECKING:
    from realtime_inspector.analysis.finding import Finding
    from realtime_inspector.analysis.why import Why
    from realtime_inspector.protocol.event import Event
    from realtime_inspector.protocol.realtime.session import Session
    from realtime_inspector.recording.readable import Readable
    from realtime_inspector.replay.server import ReplayServer

    Source = str | os.PathLike[str] | Readable


def open_recording(path: str | os.PathLike[str]) -> Readable:
    """Open a recording, or whatever else the commands read: a HAR, a flow file, a log.

    Iterate it for its entries, as often as you like; `problems` then says what could not be read.

    Raises:
        RecordingError: If it cannot be read, or is none of these.
    """
    from realtime_inspector.formats.reading import read_any

    return read_any(Path(path))


def open_recordings(path: str | os.PathLike[str]) -> list[Readable]:
    """Open every recording of a folder and its subfolders, or every connection of one file.

    Raises:
        RecordingError: If one cannot be read.
    """
    from realtime_inspector.formats.reading import read_each
    from realtime_inspector.recording import files

    place = Path(path)
    paths = files.find(place) if place.is_dir() else [place]
    return [recording for each in paths for recording in read_each(each)]


def events(source: Source) -> Iterator[Event]:
    """Return the events of a recording, read one by one: one for each entry, and its end where it was cut off.

    Raises:
        RecordingError: If the recording cannot be read.
    """
    from realtime_inspector.analysis import lint as linting

    return linting.events(_opened(source))


def session_of(source: Source) -> Session:
    """Return the session of a recording as it was at its end. `Session.apply` folds one event by event."""
    from realtime_inspector.protocol.realtime.session import Session

    recording = _opened(source)
    session = Session()
    session.begin(recording.header)
    for event in events(recording):
        session.apply(event)
    return session


def lint(
    source: Source, *, select: str | Iterable[str] = (), ignore: str | Iterable[str] = (), acoustic: bool = False
) -> list[Finding]:
    """Return what is wrong in a recording, by entry.

    Args:
        source: A path, or what was opened.
        select: Ask these rules only: an id (`TOOL003`), a name (`missing-call-id`) or a group (`TOOL`).
        ignore: Do not ask these.
        acoustic: Listen to the audio too, which takes about a second for a minute of it.

    Raises:
        UsageError: If a word names no rule.
        RecordingError: If the recording cannot be read.
    """
    from realtime_inspector.analysis import lint as linting
    from realtime_inspector.analysis.rule import all_rules
    from realtime_inspector.analysis.selection import select as chosen
    from realtime_inspector.analysis.selection import usual

    recording, words = _opened(source), _words(select)
    try:
        rules = usual(chosen(all_rules(), words, _words(ignore)), words, acoustic=acoustic)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return linting.lint(recording, rules, header=recording.header)


def why(source: Source) -> list[Why]:
    """Return every silence of a session with its cause, in order; there is always a last one."""
    from realtime_inspector.analysis.why import explain

    recording = _opened(source)
    return explain(recording, recording.header)


def export(
    source: Source,
    format_name: str,
    *,
    side: str = "both",
    turn: int | None = None,
    heard: bool = False,
    findings: bool = True,
    audio: bool = True,
) -> Iterator[bytes]:
    """Return a recording in a format of `realtime-inspector export`, made piece by piece.

    Args:
        source: A path, or what was opened.
        format_name: As `--to` takes it: `wav`, `har`, `html` …
        side: Whose voice: `both`, `user` or `assistant`.
        turn: One turn only, by its number.
        heard: Only what the user heard, not all that was sent.
        findings: Say what is wrong, in its place.
        audio: The sound itself too, in a page.

    Raises:
        UsageError: If there is no such format, it does not take what is wanted, or the recording has none of it: the
            last is said by the first piece.
    """
    from realtime_inspector.formats import exports

    wanted = exports.Wanted(side=side, turn=turn, heard=heard, findings=findings, audio=audio)
    return exports.write(_opened(source), format_name, wanted)


def mock(
    source: Source,
    *,
    match: str = "causal",
    speed: str = "max",
    ignore: str | Iterable[str] = (),
    fresh_ids: bool = False,
) -> AbstractContextManager[ReplayServer]:
    """Serve a recording, or each of a folder, while the block runs.

    The block is given the server: clients connect to `base_url` or `ws_url`, `report()` says what they did.

    Args:
        source: A recording, or a folder of them: one for each connection, in the order of their names.
        match: How exactly the client has to follow: `causal`, `strict`, `types` or `none`.
        speed: `max` (no pauses), `recorded`, or how many times faster than recorded.
        ignore: Paths of client events that are not compared, such as `session.instructions`.
        fresh_ids: The server's ids are other ones on each connection.

    Raises:
        UsageError: If there is no such recording, way to match or speed.
        RecordingError: If the recording cannot be read.
    """
    from realtime_inspector.replay import options
    from realtime_inspector.replay.load import load, script_of
    from realtime_inspector.replay.thread import serving

    played = options.Options(options.policy(match), options.speed(speed), tuple(_words(ignore)), fresh_ids=fresh_ids)
    scripts = load(Path(source)) if isinstance(source, str | os.PathLike) else [script_of(source)]
    return serving(scripts, played)


def _words(words: str | Iterable[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _opened(source: Source) -> Readable:
    return open_recording(source) if isinstance(source, str | os.PathLike) else source
