"""What came of a drive: what was sent, what did not come, what was refused. No socket, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from realtime_inspector.protocol.event import APPENDS, Event
from realtime_inspector.protocol.realtime.conversation import ServerError
from realtime_inspector.replay.cues import Plan
from realtime_inspector.replay.driver import Driver
from realtime_inspector.replay.landmarks import Key

SCHEMA_VERSION = 1
_LISTED = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to tell."""

    what: str
    """`not sent`, `did not come`, `refused`, `not recorded`, `changed`, `added`."""
    text: str
    line: int | None = None
    """Of the recording."""
    fails: bool = True
    """The recorded conversation did not happen again because of it."""


@dataclass(frozen=True, slots=True)
class Driven:
    """The outcome of one drive."""

    recording: str
    url: str
    sent: int
    messages: int
    appends: int
    """How many of the messages are audio."""
    took_s: float
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, driver: Driver, url: str, beside: Sequence[Line] = ()) -> Driven:
        """Take down what has come of a drive so far; `beside` is what came of HTTP requests."""
        cues = driver.plan.cues
        return cls(
            recording=driver.plan.name,
            url=url,
            sent=len(driver.sent),
            messages=len(cues),
            appends=sum(cue.type in APPENDS for cue in cues),
            took_s=round(driver.now, 3),
            lines=(*beside, *_lines(driver)),
        )

    @property
    def through(self) -> bool:
        """Whether all that the recorded client did was done, and all that it waited for came."""
        return not any(line.fails for line in self.lines)

    @property
    def exit_code(self) -> int:
        """0 if it went through, 1 if not."""
        return 0 if self.through else 1

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "schema_version": SCHEMA_VERSION,
            "verdict": "through" if self.through else "not through",
            "exit_code": self.exit_code,
            "recording": self.recording,
            "url": self.url,
            "sent": self.sent,
            "messages": self.messages,
            "took_s": self.took_s,
            "lines": [{"what": one.what, "text": one.text, "line": one.line, "fails": one.fails} for one in self.lines],
        }

    def text(self) -> str:
        """Return it for people: what is to be told, and the verdict in the last line."""
        shown: list[str] = []
        for what, number in Counter(line.what for line in self.lines).items():
            lines = [line for line in self.lines if line.what == what]
            shown += [f"  {what}: {line.text}" for line in lines[:_LISTED]]
            shown += [f"  {what}: {number - _LISTED} more"] if number > _LISTED else []
        audio = f", {self.appends} of them audio" if self.appends else ""
        counts = f"{self.sent} of {self.messages} messages sent{audio}, {self.took_s:.1f} s"
        verdict = "it went through" if self.through else "it did not go through"
        return "\n".join([*shown, f"{self.recording}: {verdict}: {counts}"])


def describe(key: Key, plan: Plan) -> str:
    """Return what a landmark, an item or a call is, in words."""
    match key:
        case ("answered", int(place)):
            return f"the answer to {plan.cues[place]}"
        case ("refused", int(place)):
            return f"the error that {plan.cues[place]} met"
        case ("made", int(place), *_):
            return f"the item of {plan.cues[place]}"
        case ("heard", int(number), *more):
            return f"{_HEARD.get(str(more[0]) if more else '', 'the item')} of the {_ordinal(number)} utterance"
        case ("response", str(how), int(number), *more):
            return f"{_part(more)} the {_response(how, number, plan)}"
    return str(key[0])


_HEARD = {
    "started": "speech_started",
    "stopped": "speech_stopped",
    "committed": "the commit",
    "timeout": "the idle timeout",
    "transcribed": "the transcription",
}
_PARTS = {"created": "response.created of", "audio": "the first audio of", "done": "response.done of"}


def _part(more: list[str | int]) -> str:
    match more:
        case ["call", str(name), int(number), *_]:
            return f"the {_ordinal(number)} call of {name or 'a function'} in"
        case ["item", int(number), *_]:
            return f"the {_ordinal(number)} item of"
        case [str(part)]:
            return _PARTS.get(part, part)
    return ""


def _response(how: str, number: int, plan: Plan) -> str:
    if how == "asked":
        return f"response that {plan.cues[number]} asks for"
    return f"{_ordinal(number)} response that the server begins by itself"


def _ordinal(number: int) -> str:
    place = number + 1
    ending = "th" if place % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def _lines(driver: Driver) -> Iterator[Line]:
    plan = driver.plan
    if driver.ended == "server" and not (plan.closed_by_server and driver.is_through):
        yield Line("ended", f"the server ended the connection{_code(driver.live.session.close)}")
    yield from _unsent(driver)
    for key in driver.recorded.times:
        if key not in driver.live.times:
            waited = driver.given_up.get(key)
            yield Line("did not come", describe(key, plan) + (f"; {waited} waited for it" if waited else ""))
    for error in _unexpected(driver):
        yield Line("refused", f"{error.code or error.type}: {error.message}")
    if plan.closed_by_server and driver.ended == "client":
        yield Line("did not come", "the server's close")
    yield from _remarks(driver)


def _unsent(driver: Driver) -> Iterator[Line]:
    for skipped in driver.skipped:
        if skipped.why is not None:
            text = f"{skipped.cue}: it names {describe(skipped.why, driver.plan)}, which did not come"
            yield Line("not sent", text, skipped.cue.event.entry.line)
    late = [skipped.cue for skipped in driver.skipped if skipped.why is None]
    if late:
        more = f" and {len(late) - 1} after it" if len(late) > 1 else ""
        yield Line("not sent", f"{late[0]}{more}: the connection had ended", late[0].event.entry.line)


def _remarks(driver: Driver) -> Iterator[Line]:
    """Yield what went another way than recorded and does no harm by itself."""
    plan = driver.plan
    for key in driver.live.times:
        if key not in driver.recorded.times and key[0] == "response" and (key[-1] == "created" or "call" in key):
            yield Line("not recorded", describe(key, plan), fails=False)
    for cue, recorded_ms, live_ms in driver.clipped:
        text = f"{cue}: it names {live_ms:.0f} ms of the answer, not {recorded_ms:.0f}: there was no more"
        yield Line("changed", text, cue.event.entry.line, fails=False)
    if driver.silence_ms:
        yield Line("added", f"{driver.silence_ms:.0f} ms of silence, for voice detection to notice an end", fails=False)
    silent = sum(cue.left_out for cue in plan.cues)
    if silent:
        yield Line(
            "changed", f"silence in place of the audio of {silent} messages, which was not recorded", fails=False
        )
    redacted = [cue for cue in plan.cues if b"[redacted:" in cue.event.entry.payload]
    if redacted:
        more = f", and {len(redacted) - 1} more" if len(redacted) > 1 else ""
        text = f"{redacted[0]}{more}: sent with what was redacted in it"
        yield Line("changed", text, redacted[0].event.entry.line, fails=False)


def _unexpected(driver: Driver) -> list[ServerError]:
    """Return the errors that the recording has not."""
    known = Counter(error.code or error.type for error in driver.recorded.session.errors)
    found = []
    for error in driver.live.session.errors:
        name = error.code or error.type
        if known[name]:
            known[name] -= 1
        else:
            found.append(error)
    return found


def _code(close: Event | None) -> str:
    code = close.body.get("code") if close is not None else None
    return f" with {code}" if code is not None else ""
