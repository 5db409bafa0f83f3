"""What can be kept of a recording: marks and comments beside it, files made from it, an entry in an editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar

import orjson
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from realtime_inspector.errors import InspectorError, NotAnEntry, UsageError
from realtime_inspector.protocol.event import Event
from realtime_inspector.recording import files as recordings
from realtime_inspector.tui import detail, files
from realtime_inspector.tui.screens.acting import ActingScreen
from realtime_inspector.tui.screens.ask import AskScreen, ChooseScreen
from realtime_inspector.tui.text import Line, Span

_EDITORS = ("VISUAL", "EDITOR")
_USUAL_EDITOR = "notepad" if os.name == "nt" else "vi"

Blocks = Callable[[], Iterable[bytes]]


class KeepingScreen(ActingScreen):
    """A screen over one moment of a recording, of which something can be kept."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "mark", "Mark", tooltip="a * in the list", show=False, id="session.mark"),
        Binding(
            "a,C", "comment", "Comment", tooltip="words kept beside the recording", show=False, id="session.comment"
        ),
        Binding("apostrophe", "noted(1)", "Next mark or comment", show=False, id="session.next-mark"),
        Binding("quotation_mark", "noted(-1)", "Previous mark or comment", show=False, id="session.previous-mark"),
        Binding(
            "w", "export", "Export", tooltip="pane, entry, WAV, report, any format", show=False, id="session.export"
        ),
        Binding("o", "edit", "Open in $EDITOR", tooltip="the entry as it was sent", show=False, id="session.edit"),
        Binding(
            "r", "replay", "Replay", tooltip="as if live; serve it, drive a server", show=False, id="session.replay"
        ),
    ]

    @property
    def _n(self) -> int:
        return self.study.n_at(self.desk.position)

    def action_mark(self) -> None:
        """Mark the entry, or take its mark away."""
        if not len(self.study.index):
            return
        with self.telling():
            marked = self.study.notes.mark(self._n)
            self.tell(f"#{self._n} {'marked' if marked else 'no longer marked'}")
        self.refresh_panes()

    def action_comment(self) -> None:
        """Say something about the entry, beside the recording."""
        if not len(self.study.index):
            return
        n = self._n

        def keep(words: str | None) -> None:
            if words is not None:
                with self.telling():
                    self.study.notes.comment(n, words)
                self.refresh_panes()

        hint = f"kept in {self.study.notes.path.name}; the recording stays as it is"
        self.app.push_screen(AskScreen(f"Comment on #{n}", self.study.notes[n].comment, hint), keep)

    def action_noted(self, step: int) -> None:
        """Go to the next or previous entry with a mark or a comment."""
        noted, here = self.study.noted(), self.desk.position
        later = [position for position in noted if (position > here if step > 0 else position < here)]
        if not later:
            self.tell("no further mark or comment" if step > 0 else "no earlier mark or comment")
            return
        self.bring(later[0] if step > 0 else later[-1])

    # files

    def action_export(self) -> None:
        """Write a file: the recording in another format, what the filter shows, or what the pane does."""
        made = self._makers()

        def chosen(at: int | None) -> None:
            if at is not None:
                self._ask_where(*made[at][1:])

        lines = [Line((Span(f"{name:<14}", "key"), Span(about))) for name, about, _, _ in made]
        self.app.push_screen(ChooseScreen("Write to a file", lines), chosen)

    def _makers(self) -> list[tuple[str, str, str, Blocks]]:
        """Return what can be written: name, what it is, suffix, and what gives its bytes."""
        path, study, desk = self.study.path, self.study, self.desk
        pane, position = self.panes.active, desk.position
        shown = self.copied()
        made: list[tuple[str, str, str, Blocks]] = [
            ("pane", f"what the {pane} pane shows, as text", ".txt", lambda: [shown.encode(errors="replace"), b"\n"]),
            ("entry", "this entry as it was sent", ".json", lambda: [_sent(study.event(position))]),
        ]
        if desk.filter_text:
            made.append(("filtered", f"a recording of what passes {desk.filter_text}", ".jsonl", desk.filtered))
        from realtime_inspector.formats import exports  # all formats: who only looks need not wait for them

        for name, each in exports.FORMATS.items():
            made.append((name, each.about, each.suffix, partial(_exported, path, name)))
        return made

    def _ask_where(self, about: str, suffix: str, blocks: Blocks) -> None:
        try:
            proposed = files.free_name(Path(), files.stem_of(self.study.path), suffix)
        except UsageError as error:
            self.tell(str(error), severity="error")
            return

        def named(name: str | None) -> None:
            if name:
                work = partial(self._write, Path(name).expanduser(), blocks)
                self.run_worker(work, thread=True, group="export", exit_on_error=False)

        self.app.push_screen(AskScreen(f"Write {about} to", str(proposed)), named)

    def _write(self, path: Path, blocks: Blocks) -> None:
        """Write a file, in a thread of its own."""
        try:
            if path.exists():
                raise UsageError(f"{path}: is there already; give another name")
            files.write(path, blocks())
            told = partial(self.tell, f"written to {path}")
        except InspectorError as error:
            told = partial(self.tell, str(error), severity="error")
        except Exception as error:  # broad: a format's bug must not end the screen
            told = partial(self.tell, f"{path}: not written: {type(error).__name__}: {error}", severity="error")
        with suppress(RuntimeError):  # the app is gone
            self.app.call_from_thread(told)

    def action_replay(self) -> None:
        """Let the recording happen again."""
        from realtime_inspector.tui.screens.replay import ReplayScreen  # for who asks for it

        self.app.push_screen(ReplayScreen(self.desk, self.bring))

    # an editor

    def action_edit(self) -> None:
        """Open a copy of the entry in the user's editor; nothing of it comes back."""
        try:
            event = self.study.event(self.desk.position)
        except (NotAnEntry, IndexError):
            self.tell("there is no entry to open")
            return
        command = next((found for name in _EDITORS if (found := os.environ.get(name))), _USUAL_EDITOR)
        with tempfile.TemporaryDirectory(prefix="realtime-inspector-") as folder:
            path = Path(folder, f"entry-{event.n}.json")
            path.write_bytes(_indented(_sent(event)))
            try:
                with self.app.suspend():
                    _run(command, path)
            except (OSError, ValueError) as error:
                self.tell(f"{command}: {error}; set EDITOR to your editor", severity="error")
            except SuspendNotSupported:
                self.tell("no editor can be opened over this screen; w writes a file", severity="error")
        self.app.refresh()


def _exported(path: Path, name: str) -> Iterable[bytes]:
    from realtime_inspector.formats import exports

    return exports.write(recordings.open_recording(path), name)


def _sent(event: Event) -> bytes:
    """Return what was sent; of a handshake or a close, which have no payload, what is known of it."""
    return event.entry.payload or detail.copied(event).encode(errors="replace")


def _run(command: str, path: Path) -> None:
    """Run the user's own command for a file, as the user's shell would."""
    if os.name == "nt":  # its shell, for its quotes, and for editors that are scripts
        subprocess.run(f"{command} {subprocess.list2cmdline([str(path)])}", shell=True, check=False)  # noqa: S602
    else:
        subprocess.run([*shlex.split(command), str(path)], check=False)  # noqa: S603


def _indented(payload: bytes) -> bytes:
    try:
        return orjson.dumps(orjson.loads(payload), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONDecodeError:
        return payload
