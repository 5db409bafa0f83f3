"""The line in which a filter is typed: where it is wrong, what can stand there, and the filters used before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label

from realtime_inspector.analysis import filter as filters
from realtime_inspector.analysis.filter import FilterError
from realtime_inspector.analysis.saved import NAME
from realtime_inspector.tui import completion, text
from realtime_inspector.tui.completion import Completion
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.memory import Memory
from realtime_inspector.tui.screens.ask import AskScreen, ChooseScreen
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.widgets.bar import Bar
from realtime_inspector.tui.widgets.text_line import TextLine

_LABEL = "filter: "
_IDLE = 'such as  type:response.*  from:client  turn:2  latency>1s  ~"text"'


class FilterInput(TextLine):
    """The text of the filter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep", id="filter.keep"),
        Binding("escape", "leave", "Leave", tooltip="the filter that was on before is on again", id="filter.leave"),
        Binding("tab", "complete", "Complete", id="filter.complete"),
        Binding("up", "older", "Used before", id="filter.older"),
        Binding("down", "newer", "Used after", show=False, id="filter.newer"),
        Binding("ctrl+s", "save", "Save", tooltip="under a name; @name stands for it", id="filter.save"),
        Binding("ctrl+o", "saved", "Saved", tooltip="the filters that have a name", id="filter.saved"),
        Binding("ctrl+r", "forget", "Forget a saved filter", show=False, id="filter.forget"),
    ]

    class Asked(Message):
        """A key of the line was pressed: `leave`, `complete`, `older`, `newer`, `save`, `saved` or `forget`."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def action_leave(self) -> None:
        """Ask to leave the line."""
        self.post_message(self.Asked("leave"))

    def action_complete(self) -> None:
        """Ask for what can stand at the cursor."""
        self.post_message(self.Asked("complete"))

    def action_older(self) -> None:
        """Ask for the filter used before."""
        self.post_message(self.Asked("older"))

    def action_newer(self) -> None:
        """Ask for the filter used after."""
        self.post_message(self.Asked("newer"))

    def action_save(self) -> None:
        """Ask to save the filter."""
        self.post_message(self.Asked("save"))

    def action_saved(self) -> None:
        """Ask for the saved filters."""
        self.post_message(self.Asked("saved"))

    def action_forget(self) -> None:
        """Ask to forget the saved filter that is named."""
        self.post_message(self.Asked("forget"))


class FilterLine(Vertical):
    """A filter being typed; hidden until it is opened."""

    DEFAULT_CSS = """
    FilterLine { display: none; height: auto; }
    FilterLine.-open { display: block; }
    FilterLine Horizontal { height: 1; }
    FilterLine Label { width: auto; text-style: bold; background: $surface; }
    FilterLine Input { width: 1fr; height: 1; }
    """

    class Changed(Message):
        """Another filter is on."""

    class Left(Message):
        """The line was left."""

    def __init__(
        self,
        desk: Desk,
        memory: Callable[[], Memory],
        saved: Callable[[], Mapping[str, str]] = dict,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Make the line for a desk; `memory` has the filters that were used, `saved` all that have a name."""
        super().__init__(id=id)
        self._desk = desk
        self._memory = memory
        self._saved = saved
        self._before = ""
        self._history: Sequence[str] = ()
        self._at = -1
        """Which filter of the history is shown; -1 for the one being typed."""
        self._typed = ""
        self._offered: Completion | None = None
        self._said: tuple[str, Line] | None = None
        """A filter, and what was said of it."""
        self._turn = 0

    @property
    def input(self) -> FilterInput:
        """The text."""
        return self.query_one(FilterInput)

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self.has_class("-open")

    def compose(self) -> ComposeResult:
        """Make the text and the line beneath it."""
        with Horizontal():
            yield Label(_LABEL)
            yield FilterInput(compact=True, select_on_focus=False, id="filter-text")
        yield Bar(id="filter-mark")
        yield Bar(id="filter-hint")
        yield Bar(id="filter-more")

    def open(self) -> None:
        """Show the line with the filter that is on, to be changed."""
        self._before = self._typed = self._desk.filter_text
        self._history, self._at = self._memory().filters, -1
        self.add_class("-open")
        self._put(self._before)
        self._hint(text.plain(_IDLE, "dim"))

    def leave(self) -> None:
        """Hide the line, and return to the filter that was on before."""
        self._close(self._before)

    def _close(self, kept: str) -> None:
        self.remove_class("-open")
        with suppress(FilterError):  # a saved one that was forgotten meanwhile stays as it was
            self._desk.sift(filters.compile(kept, self._saved()) if kept.strip() else None)
        self.post_message(self.Left())

    @on(Input.Changed)
    def _on_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self._look(event.value)
            if self._said is not None and self._said[0] == event.value:
                self._hint(self._said[1])
            else:
                self._said = None

    @on(Input.Submitted)
    def _on_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._look(event.value, typing=False):
            self._memory().used(event.value)
            self._close(event.value)

    @on(FilterInput.Asked)
    def _on_asked(self, message: FilterInput.Asked) -> None:
        message.stop()
        asked: Mapping[str, Callable[[], None]] = {
            "leave": self.leave,
            "complete": self._complete,
            "older": partial(self._go, 1),
            "newer": partial(self._go, -1),
            "save": self._save,
            "saved": self._choose,
            "forget": self._forget,
        }
        asked[message.what]()

    def _look(self, value: str, *, typing: bool = True) -> bool:
        """Read the text and tell of it; what is wrong is shown, and changes nothing.

        While it is being typed, what lacks no more than its end is not wrong: what can stand there is shown.
        """
        try:
            chosen = filters.compile(value, self._saved())
        except FilterError as error:
            offered = self._candidates()
            if (
                typing
                and offered.words
                and offered.start <= error.position
                and self.input.cursor_position == len(value)
            ):
                self._hint(completion.hint(offered.words, self.size.width))
                return False
            before = len(_LABEL) - int(self.input.scroll_offset.x)
            self._hint(text.plain(text.safe(error.problem), "error"), completion.mark(error, before, self.size.width))
            return False
        shown = completion.hint(self._candidates().words, self.size.width) if value else text.plain(_IDLE, "dim")
        self._hint(shown)
        self._desk.sift(chosen if value.strip() else None)
        self.post_message(self.Changed())
        return True

    def _candidates(self) -> Completion:
        study = self._desk.study
        types = (label.type for label in study.index.labels if label.type)
        rules = (finding.rule for finding in study.findings)
        return completion.complete(self.input.value, self.input.cursor_position, types, rules, self._saved())

    def _complete(self) -> None:
        """Put in what fits; once more, the next that does."""
        cursor = self.input.cursor_position
        offered = self._offered
        if offered is None or self.input.value[offered.start : cursor] != offered.words[self._turn]:
            offered, self._turn = self._candidates(), -1
        if not offered.words:
            self._offered = None
            return
        rest = self.input.value[cursor:]
        self._turn = (self._turn + 1) % len(offered.words)
        word = offered.words[self._turn]
        self._put(self.input.value[: offered.start] + word + rest, offered.start + len(word))
        # A single word that wants a value is complete; the next tab is about that value.
        self._offered = offered if len(offered.words) > 1 else None

    def _go(self, by: int) -> None:
        """Show an older or newer filter of the history; behind the newest, what was typed."""
        if self._at < 0:
            self._typed = self.input.value
        at = self._at + by
        if -1 <= at < len(self._history):
            self._at = at
            self._put(self._history[at] if at >= 0 else self._typed)

    def _save(self) -> None:
        """Save the filter under a name that is asked for."""
        chosen = self.input.value
        if not chosen.strip() or not self._look(chosen, typing=False):
            self._say("there is no filter to be saved yet")
            return

        def named(name: str | None) -> None:
            name = (name or "").strip().removeprefix("@")
            if not name:
                return
            problem = self._refused(name, chosen)
            if not problem:
                self._memory().save(name, chosen)
            self._say(problem or f"saved: @{name} stands for it from now on", "error" if problem else "good")

        hint = f"{text.safe(text.clip(chosen, 200))}\nletters, digits, _, - and .; @NAME stands for it in filters"
        self.app.push_screen(AskScreen("Save the filter as", hint=hint), named)

    def _refused(self, name: str, chosen: str) -> str:
        """Return why a filter cannot be saved under a name; empty if it can."""
        if not NAME.fullmatch(name):
            return f"{name!r} is no name: it begins with a letter; letters, digits, _, - and . follow"
        if name in self._saved() and name not in self._memory().saved:
            return f"the project has a filter {name!r} in its configuration: take another name"
        try:
            filters.compile(chosen, {**self._saved(), name: chosen})
        except FilterError as error:
            return error.problem
        return ""

    def _choose(self) -> None:
        """Put in one of the saved filters."""
        saved = self._saved()
        if not saved:
            self._say("no filter is saved yet: ctrl+s saves the one that stands here")
            return

        def chosen(at: int | None) -> None:
            if at is not None:
                self._put(f"@{list(saved)[at]}")

        lines = [Line((Span(f"@{name}  ", "key"), Span(text.safe(each)))) for name, each in saved.items()]
        self.app.push_screen(ChooseScreen("Saved filters", lines), chosen)

    def _forget(self) -> None:
        """Forget the saved filter whose name stands there, and put in what it stood for."""
        name, own = self.input.value.strip().removeprefix("@"), self._memory().saved
        if not self.input.value.strip().startswith("@") or name not in self._saved():
            self._say("let @NAME stand here alone: ctrl+r forgets that filter")
        elif name not in own:
            self._say(f"the project has @{name} in its configuration; it is forgotten there")
        else:
            self._memory().forget(name)
            self._put(own[name])
            self._say(f"@{name} is forgotten; this is what it stood for")

    def _say(self, words: str, style: str = "dim") -> None:
        """Say something beneath the filter that stands there, also when its change is looked at only after this."""
        self._said = self.input.value, text.plain(text.safe(words), style)
        self._hint(self._said[1])

    def _put(self, value: str, cursor: int | None = None) -> None:
        self.input.value = value
        self.input.cursor_position = len(value) if cursor is None else cursor

    def _hint(self, line: Line, mark: Line | None = None) -> None:
        rows = [*text.wrap([line], self.size.width or self.app.size.width), Line()]
        self.query_one("#filter-hint", Bar).show(rows[0])
        more = self.query_one("#filter-more", Bar)
        more.display = len(rows) > 2
        more.show(rows[1])
        marked = self.query_one("#filter-mark", Bar)
        marked.display = mark is not None
        marked.show(mark or Line())
