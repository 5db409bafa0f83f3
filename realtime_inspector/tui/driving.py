"""The screen of a drive: which server, how far it has come, what did not happen again. Pure."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.printable import printable_lines
from realtime_inspector.tui import text
from realtime_inspector.tui.text import Line, Span

HINT = "ws://127.0.0.1:PORT or wss://HOST; the key is OPENAI_API_KEY's. Recorded beside this file."
PACES: Sequence[tuple[float, str]] = (
    (1.0, "as recorded"),
    (2.0, "twice as fast"),
    (10.0, "ten times as fast"),
    (float("inf"), "as soon as each message may go out"),
)
"""How many times as fast as it was recorded, and how that is said."""
_API = "wss://api.openai.com"
_BAR_CELLS = 30


@dataclass(slots=True)
class Progress:
    """How far a drive has come; counted where it goes on, read where it is shown."""

    url: str = ""
    messages: int = 0
    """Of the recorded client."""
    sent: int = 0
    received: int = 0
    seconds: float = 0.0
    written: Path | None = None
    """The new recording."""
    outcome: str = ""
    """What came of it, in lines; empty while it goes on."""
    through: bool = False
    problem: str = ""
    """Why there is nothing to tell."""
    speed: float = PACES[0][0]
    """One of `PACES`."""

    def note(self, entry: Entry) -> None:
        """Count an entry of the connection."""
        self.seconds = max(self.seconds, entry.t)
        if entry.kind is Kind.MESSAGE:
            self.sent += entry.side is Side.CLIENT
            self.received += entry.side is Side.SERVER

    @property
    def over(self) -> bool:
        """Whether nothing more is to come."""
        return bool(self.outcome or self.problem)


def proposed(recorded: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the server to propose: that of the environment, else the recording's, else the API's."""
    return environment.get("OPENAI_BASE_URL", "") or recorded or _API


def paces() -> list[Line]:
    """Return what can be chosen from: how fast the client goes on."""
    return [text.plain(words) for _, words in PACES]


def lines(progress: Progress) -> list[Line]:
    """Return a drive as lines."""
    shown = [
        Line((Span("server      ", "key"), Span(text.safe(progress.url), "title")), indent=12),
        Line((Span("pace        ", "key"), Span(dict(PACES).get(progress.speed, f"x{progress.speed:g}")))),
        Line((Span("recorded to ", "key"), Span(_where(progress))), indent=12),
        Line((Span("time        ", "key"), Span(text.clock(progress.seconds)))),
        Line(),
    ]
    if progress.messages:
        shown.append(_bar(progress))
        shown.append(Line((Span("received    ", "key"), Span(text.count(progress.received, "message")))))
    if progress.problem:
        return [*shown, Line(), text.plain(text.safe(progress.problem), "error")]
    if not progress.over:
        waits = "each message goes out when what it waited for has happened here too"
        return [*shown, Line(), text.plain(waits if progress.messages else "starting …", "dim")]
    return [*shown, Line(), *_outcome(progress)]


def _where(progress: Progress) -> str:
    return text.safe(str(progress.written)) if progress.written is not None else "nothing yet"


def _bar(progress: Progress) -> Line:
    cells = round(_BAR_CELLS * min(1.0, progress.sent / progress.messages))
    bar = "█" * cells + "░" * (_BAR_CELLS - cells)
    told = f" {progress.sent:,} of {text.count(progress.messages, 'message')}"
    return Line((Span("sent        ", "key"), Span(bar, "client"), Span(told)))


def _outcome(progress: Progress) -> Iterator[Line]:
    *told, verdict = printable_lines(progress.outcome).splitlines()
    yield text.plain(verdict, "good" if progress.through else "error", indent=2)
    for line in told:
        yield text.plain(line, "warning", indent=4)
    yield Line()
    then = "enter opens the new recording, c compares it with the old one, r drives once more, s at another pace"
    yield text.plain(then, "dim")
