"""A mismatch told so that it can be mended: what came, what was recorded, where they differ, why, and what to write.

No secret gets into it, for a report goes into logs: whoever makes a mismatch redacts the event first. No socket, no
clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from realtime_inspector.protocol.event import Event, read
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.replay.matching import MISSING, Difference, look_random, parting
from realtime_inspector.replay.script import Expected, Step

SHOWN_CHARS = 120
"""A longer value is cut in the middle of a sentence; the JSON report has all of it."""
_BEFORE_CHARS = 30
"""So much is shown of what two long texts have in common, before they part."""


class Why(StrEnum):
    """What kind of mismatch it is."""

    DIFFERS = "differs"
    """It came in place of a recorded event of its type, and says something else."""
    UNEXPECTED = "unexpected"
    """The recording has no such event, or none is left."""
    EARLY = "early"
    """It came before another event that it followed in the recording."""
    NEVER_CAME = "never-came"
    """The server's answer rests on an event that did not come."""
    TOO_LITTLE_AUDIO = "too-little-audio"
    """The server's answer rests on what the user said, and not all of it was appended."""
    REFUSED = "refused"
    """The API refuses it."""
    HTTP = "http"
    """A request beside the socket that was not recorded."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing the client did that the recording does not have."""

    why: Why
    recording: str
    """Path of the recording."""
    came: str
    """The type of what came; empty if it is about something that did not."""
    place: int = 0
    """It was the client's n-th message, audio left out."""
    body: Mapping[str, Any] | None = None
    nearest: Expected | Step | None = None
    """The recorded event it comes closest to, or the one that did not come; a server's, if it was not waited for."""
    differences: tuple[Difference, ...] = ()
    detail: str = ""
    """What else is known, as a clause."""

    @property
    def message(self) -> str:
        """Everything that matters, in one line."""
        return _MESSAGES[self.why](self)

    @property
    def cause(self) -> str:
        """What most probably lies behind it, in words."""
        return probable_cause(self)

    @property
    def ignorable(self) -> list[str]:
        """The paths that would have to be left out of the comparison to accept it; none if that would not help."""
        if self.why is Why.REFUSED and not (isinstance(self.nearest, Expected) and self.nearest.refused):
            return []
        if any(difference.path in _KINDS for difference in self.differences):
            return []
        return [difference.path for difference in self.differences if difference.path]

    @property
    def accept(self) -> str:
        """The option of the command line that would accept it; empty if there is none."""
        return " ".join(f"--ignore-path '{path}'" for path in self.ignorable)

    def text(self, accept: str | None = None) -> str:
        """Return the mismatch for people: several lines.

        Args:
            accept: What to write where to accept it, if not an option of the command line.
        """
        accept = self.accept if accept is None else accept
        lines = [self.message]
        for difference in self.differences:
            recorded, came = _pair(difference)
            lines.append(f"    {_show_path(difference)}: recorded {recorded}, came {came}")
        if self.cause:
            lines.append(f"    probably: {self.cause}")
        if accept:
            lines.append(f"    to accept it: {accept}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the mismatch for programs."""
        return {
            "why": self.why.value,
            "message": self.message,
            "came": {"type": self.came, "place": self.place, "event": self.body},
            "nearest": None
            if self.nearest is None
            else {"type": self.nearest.type, "line": self.nearest.line, "entry": self.nearest.event.n},
            "differences": [
                {"path": d.path, "recorded": _plain(d.recorded), "came": _plain(d.live)} for d in self.differences
            ],
            "cause": self.cause,
            "accept": self.accept,
        }


def redacted(event: Event, redactor: Redactor) -> Event:
    """Return an event without secrets."""
    return read(redactor.entry(event.entry))


def shown(found: Sequence[Difference], safe: Sequence[Difference]) -> tuple[Difference, ...]:
    """Return differences with the values that may be shown.

    Args:
        found: Where two events differ.
        safe: Where they differ once both are redacted: where one is left out, nothing but a secret differs.
    """
    values = {difference.path: difference for difference in safe}
    return tuple(values.get(d.path) or Difference(d.path, "[redacted]", "[redacted]") for d in found)


def probable_cause(mismatch: Mismatch) -> str:
    """Return the likeliest reason in words; empty if there is nothing to go by."""
    if mismatch.why is Why.TOO_LITTLE_AUDIO:
        return "another piece of audio, or a client that stopped sending it: silence has to be sent too"
    if mismatch.why is Why.EARLY and isinstance(mismatch.nearest, Step):
        return "a client that asks before the user has spoken, or audio that was not sent"
    if mismatch.why is Why.EARLY and mismatch.nearest is not None:
        return f"a missing {mismatch.nearest.type}, or two messages that changed places"
    if mismatch.why is Why.NEVER_CAME and mismatch.nearest is not None:
        return f"a missing {mismatch.nearest.type}"
    if mismatch.why is Why.REFUSED:
        return "a mistake in the client: the real server refuses this too"
    found = mismatch.differences
    if not found:
        return ""
    if any(map(_kind, found)):
        return f"another message in its place: the recorded one was left out, or this one is new ({_kinds(found)})"
    for check, words in _CAUSES:
        if all(check(difference) for difference in found):
            return words
    return "the client says something else than it did when this was recorded"


def _kinds(found: Sequence[Difference]) -> str:
    return ", ".join(f"{_show(d.live)} for {_show(d.recorded)}" for d in found if _kind(d))


def _both_strings(difference: Difference) -> bool:
    return isinstance(difference.recorded, str) and isinstance(difference.live, str)


def _random(difference: Difference) -> bool:
    return _both_strings(difference) and look_random(difference.recorded, difference.live)


_CLOCK = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}:\d\d(:\d\d)?|\b(mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)


def _clock(difference: Difference) -> bool:
    if not _both_strings(difference):
        return False
    return _CLOCK.sub("", difference.recorded) == _CLOCK.sub("", difference.live)


def _kind(difference: Difference) -> bool:
    return difference.path in _KINDS


def _tool(difference: Difference) -> bool:
    return re.match(r"(session|response)\.tools(\[|$)", difference.path) is not None


_KINDS = ("item.type", "session.type")
"""What makes another event of it: to leave these out of the comparison would accept anything."""
_CAUSES = (
    (_random, "a random id, drawn anew in each run"),
    (_clock, "a clock: the date or time of the run"),
    (_tool, "the tools were changed since this was recorded"),
    (lambda d: ".arguments" in d.path, "a call with other arguments than when this was recorded"),
    (lambda d: d.path.startswith("item.output"), "the tool gave another result than when this was recorded"),
    (lambda d: d.path.endswith("instructions"), "the instructions were changed since this was recorded"),
    (lambda d: d.recorded is MISSING, "a field the recorded client did not send: a newer SDK, or a changed program"),
    (lambda d: d.live is MISSING, "a field the client no longer sends: another SDK version, or a changed program"),
)


def _differs(mismatch: Mismatch) -> str:
    return (
        f"{mismatch.recording}: client message {mismatch.place} fits no recorded one; nearest is {_at(mismatch)}: "
        f"{mismatch.came} {how_it_differs(mismatch.differences)}"
    )


def how_it_differs(found: Sequence[Difference]) -> str:
    """Return what tells an event from the recorded one nearest to it: a value, or else only when it came."""
    return f"differs at {told(found)}" if found else "came at another moment"


def told(found: Sequence[Difference]) -> str:
    """Return differences in a few words: the first with both values, and how many more there are."""
    more = f" and at {len(found) - 1} more" if len(found) > 1 else ""
    recorded, came = _pair(found[0])
    return f"{_show_path(found[0])} ({recorded} → {came}){more}"


def _unexpected(mismatch: Mismatch) -> str:
    if not mismatch.place:
        return f"{mismatch.recording}: {mismatch.came} too many: {mismatch.detail}"
    return (
        f"{mismatch.recording}: client message {mismatch.place} fits no recorded one: {mismatch.came}: "
        f"{mismatch.detail or 'the recording has no such event'}"
    )


def _early(mismatch: Mismatch) -> str:
    return (
        f"{mismatch.recording}: client message {mismatch.place}, {mismatch.came}, came before the "
        f"{mismatch.nearest and mismatch.nearest.type} of {_at(mismatch)}, which it followed in the recording"
    )


def _never_came(mismatch: Mismatch) -> str:
    return (
        f"{mismatch.recording}: the {mismatch.nearest and mismatch.nearest.type} of {_at(mismatch)} did not come"
        f"{'; ' + mismatch.detail if mismatch.detail else ''}"
    )


def _too_little_audio(mismatch: Mismatch) -> str:
    return (
        f"{mismatch.recording}: too little audio for the {mismatch.nearest and mismatch.nearest.type} of "
        f"{_at(mismatch)}: {mismatch.detail}"
    )


def _refused(mismatch: Mismatch) -> str:
    return (
        f"{mismatch.recording}: client message {mismatch.place}, {mismatch.came}, is one the API refuses: "
        f"{mismatch.detail}"
    )


def _http(mismatch: Mismatch) -> str:
    return f"{mismatch.recording}: {mismatch.came} was not recorded"


_MESSAGES = {
    Why.DIFFERS: _differs,
    Why.UNEXPECTED: _unexpected,
    Why.EARLY: _early,
    Why.NEVER_CAME: _never_came,
    Why.TOO_LITTLE_AUDIO: _too_little_audio,
    Why.REFUSED: _refused,
    Why.HTTP: _http,
}


def _at(mismatch: Mismatch) -> str:
    return f"line {mismatch.nearest.line}" if mismatch.nearest is not None else "no line"


def _show_path(difference: Difference) -> str:
    return difference.path or "the whole message"


def _pair(difference: Difference) -> tuple[str, str]:
    """Return both values in a few characters: of long texts, from shortly before the place where they part."""
    recorded, live = difference.recorded, difference.live
    if not _both_strings(difference) or max(len(recorded), len(live)) < SHOWN_CHARS:
        return _show(recorded), _show(live)
    same = parting(recorded, live)
    start = same - _BEFORE_CHARS if same > 2 * _BEFORE_CHARS else 0
    lead = "…" if start else ""
    return _show(lead + recorded[start:]), _show(lead + live[start:])


def _show(value: Any) -> str:
    """Return a value in a few characters; JSON, but for strings, which are quoted as in an error message."""
    if value is MISSING:
        return "nothing"
    shown = repr(value) if isinstance(value, str) else _dumps(value)
    return shown if len(shown) <= SHOWN_CHARS else f"{shown[: SHOWN_CHARS - 1]}…"


def _plain(value: Any) -> Any:
    return {"missing": True} if value is MISSING else value


def _dumps(value: Any) -> str:
    return orjson.dumps(value, default=repr).decode()
