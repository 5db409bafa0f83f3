"""Playing a recording from the cursor on, by the sound device of this machine.

Where each sound stands is found out in a thread; samples are decoded between two keys, a little ahead of the device.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from realtime_inspector.errors import InspectorError
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.playback import Playback, Run
from realtime_inspector.tui.screens.keeping import KeepingScreen
from realtime_inspector.tui.slowly import LeftError
from realtime_inspector.tui.timeline import position_at
from realtime_inspector.tui.widgets.timeline import TimelinePane

_STEP_S = 0.05
_TELL_S = 0.5
"""So often is shown how far reading has come."""
_STEPS = 3
"""So often is more made ready in one step: who comes late catches up."""
_GROUP = "play"


class ListeningScreen(KeepingScreen):
    """A screen over one moment of a recording, which can be played from there on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p,space", "play", "Play from here, or stop", show=False, id="session.play"),
        Binding("P", "play_side", "Play one side, or both", show=False, id="session.play-side"),
        Binding("u", "play_unheard", "Play what nobody heard, or not", show=False, id="session.play-unheard"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.playback = Playback(desk)
        """What is played."""

    def action_play(self) -> None:
        """Play from the cursor on; while something is played, stop."""
        if self.playback.run is not None:
            self.workers.cancel_group(self, _GROUP)
        elif len(self.study.index):
            self._start()

    def action_play_side(self) -> None:
        """Play the next of: both sides, the user, the assistant."""
        self.tell(self.playback.next_side())
        self._go_on()

    def action_play_unheard(self) -> None:
        """Play what was cut off too, or only what was heard."""
        self.playback.heard_only = not self.playback.heard_only
        only = self.playback.heard_only
        self.tell("what the user heard is played" if only else "what was cut off is played too")
        self._go_on()

    def _go_on(self) -> None:
        """Play on from where it is, if something is played, as is wanted now."""
        run = self.playback.run
        if run is not None:
            self._start(run.speaker.seconds if run.speaker is not None else None)

    def _start(self, t: float | None = None) -> None:
        self.playback.run = Run()
        self.run_worker(self._play(self.playback.run, t), group=_GROUP, exclusive=True)
        self.refresh_panes()

    async def _play(self, run: Run, t: float | None) -> None:
        """Play from a time on, or from the cursor."""
        try:
            await self._set_up(run, t)
            await self._keep_up(run)
        except LeftError:
            pass
        except InspectorError as error:
            self.tell(str(error), severity="error")
        finally:
            if run.speaker is not None:  # a device takes a moment to end
                asyncio.get_running_loop().run_in_executor(None, run.speaker.close)
            if self.playback.run is run:
                self.playback.run = self.desk.playing_s = None
                self.refresh_panes()

    async def _set_up(self, run: Run, t: float | None) -> None:
        from realtime_inspector.formats import speaker  # what nobody listens to need not be imported

        reading = asyncio.ensure_future(asyncio.to_thread(self.playback.excerpt))
        reading.add_done_callback(_heed)
        while not (await asyncio.wait([reading], timeout=_TELL_S))[0]:
            self.refresh_panes()
        excerpt = reading.result()
        start = self.playback.place(excerpt, t if t is not None else self._moment()[1])
        run.speaker = speaker.Speaker(excerpt, self.playback.sides, start=start)
        await asyncio.to_thread(run.speaker.begin, self.app.device or speaker.opened)

    async def _keep_up(self, run: Run) -> None:
        """Let the device have what it plays next, and show where it is, until all was heard."""
        playing, seen, shown = run.speaker, self._moment(), ""
        while playing is not None and not playing.over and not self.study.closed:
            now = self._moment()
            if _moved(seen, now) and not self.event_list.following:
                playing.seek(self.playback.place(playing.excerpt, now[1]))
            seen = now
            for _ in range(_STEPS):
                playing.step()
            self.desk.playing_s = playing.seconds
            if self.playback.label != shown:
                shown = self.playback.label
                self.refresh_panes()
            await asyncio.sleep(_STEP_S)

    def _moment(self) -> tuple[int, float | None]:
        """Return where the cursor is: its entry, and its time if the timeline has one between two entries."""
        position = self.desk.position
        for pane in self.query(TimelinePane):  # none while the screen is taken down
            if self.panes.active == "timeline" and position_at(self.study.index.times, pane.t) == position:
                return position, pane.t
        return position, None


def _heed(read: asyncio.Future[Any]) -> None:
    """Take notice of an error that nobody waits for any more: else it would be printed over the screen."""
    if not read.cancelled():
        read.exception()


def _moved(before: tuple[int, float | None], now: tuple[int, float | None]) -> bool:
    """Tell whether the user moved the cursor; to look at it in another pane is none."""
    if now[0] != before[0]:
        return True
    return now[1] != before[1] and None not in (now[1], before[1])
