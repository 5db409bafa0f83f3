"""What is played of a recording, and from where: the sound under the cursor, what of it, how far it has come.

Where each sound stands, and its samples, are those of the WAV export. Knows no screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from realtime_inspector.errors import NotAnEntry, UsageError
from realtime_inspector.recording import files as recordings
from realtime_inspector.recording.entry import Entry, Side
from realtime_inspector.tui import text
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.slowly import Slowly

if TYPE_CHECKING:
    from realtime_inspector.formats.excerpt import Excerpt
    from realtime_inspector.formats.speaker import Speaker
    from realtime_inspector.formats.voices import Layout

_SIDES = ((Side.CLIENT, Side.SERVER), (Side.CLIENT,), (Side.SERVER,))
_NAMES = ("", " user", " assistant")
_SAID = ("both sides are played", "the user alone is played", "the assistant alone is played")


@dataclass(slots=True)
class Run:
    """One time that something is played."""

    speaker: Speaker | None = None
    """None until it is known what stands where."""


class Playback:
    """What is played of a recording."""

    def __init__(self, desk: Desk) -> None:
        self.run: Run | None = None
        """None while nothing is played."""
        self.heard_only = True
        """Whether what the user did not hear is left out."""
        self._desk = desk
        self._side = 0
        self._layout: tuple[int, Layout] | None = None
        """The number of entries it was made for, and where everything stands."""
        self._excerpts: dict[bool, Excerpt] = {}
        """Whether what was heard alone → what is played."""
        self._reading: Slowly[Entry] | None = None
        self._one_reads = Lock()

    @property
    def sides(self) -> tuple[Side, ...]:
        """Whose voice is played."""
        return _SIDES[self._side]

    def next_side(self) -> str:
        """Play the next of: both sides, the user, the assistant; return what that is."""
        self._side = (self._side + 1) % len(_SIDES)
        return _SAID[self._side]

    @property
    def label(self) -> str:
        """Where it is, in a few cells; empty while nothing is played."""
        if self.run is None:
            return ""
        if self.run.speaker is None:
            read = self._reading.seen / max(1, len(self._desk.study.index)) if self._reading is not None else 0.0
            return f"▶ reading the sound {min(1.0, read):.0%}"
        place = text.clock(self.run.speaker.seconds)[:-2]
        return f"▶ {place}{_NAMES[self._side]}{'' if self.heard_only else ' +unheard'}"

    def excerpt(self) -> Excerpt:
        """Return what is to be played; reads the whole recording the first time, so call it in a thread.

        Raises:
            RecordingError: If it cannot be read.
            UsageError: If there is no sound in it.
            LeftError: If nobody looks at it any more.
        """
        from realtime_inspector.formats.excerpt import Excerpt
        from realtime_inspector.formats.voices import layout

        study, heard = self._desk.study, self.heard_only
        with self._one_reads:
            entries = len(study.index)
            if self._layout is None or self._layout[0] != entries:
                self._reading = Slowly(recordings.open_recording(study.path), self._desk)
                self._layout = (entries, layout(self._reading))
                self._excerpts.clear()
            found = self._excerpts.get(heard) or Excerpt(self._layout[1], self._payload, heard=heard)
            self._excerpts[heard] = found
        if found.is_silent:
            raise UsageError("there is no audio in this recording to be played")
        return found

    def place(self, excerpt: Excerpt, t: float | None = None) -> int:
        """Return where the moment sounds: a time, or what the entry at the cursor brought or began."""
        if t is not None:
            return round(t * excerpt.rate)
        study, position = self._desk.study, self._desk.position
        n = study.n_at(position)
        for place in (excerpt.place_of(n), excerpt.places.begin_of(n)):
            if place is not None:
                return place
        return round(study.index.times[position] * excerpt.rate)

    def _payload(self, n: int) -> bytes:
        study = self._desk.study
        try:
            return study.index.entry(study.position_of(n)).payload
        except (NotAnEntry, IndexError):
            return b""
