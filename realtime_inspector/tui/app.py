"""The app: which screens there are, and what is the same on all of them."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from textual import actions as parsing
from textual import events
from textual.actions import ActionParseResult
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode
from textual.screen import Screen

from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.tui import rights, terminal, themes
from realtime_inspector.tui.colourless import Colourless
from realtime_inspector.tui.driver import driver_class
from realtime_inspector.tui.first_keys import FirstKeys
from realtime_inspector.tui.keys import KeyQueue
from realtime_inspector.tui.memory import Memory, usual_path
from realtime_inspector.tui.screens.help import Action, HelpScreen, actions
from realtime_inspector.tui.screens.session import SessionScreen
from realtime_inspector.tui.screens.sessions import SessionsScreen
from realtime_inspector.tui.shelf import Shelf
from realtime_inspector.tui.study import Study

if TYPE_CHECKING:
    from realtime_inspector.formats.speaker import Opener

_TOUCH_S = 0.4
"""For so long after a key, the next one is expected: background work goes on in between only."""
_FRESH_S = 0.05
"""For so long even what the user waits for does: letters of a filter come faster than anybody reads rows."""
_GIVE_WAY_S = 0.02
_SWITCH_S = 0.0005
"""So long at most a thread computes while another one wants to: what reads the keys and what writes the frames are
threads, and wait for each slice of the background work, or for a thread beside it, otherwise ten times as long."""
_SAID = 0.01
"""How well an action fits whose name does not."""
_NOT_OURS = frozenset({"Keys", "Maximize", "Minimize"})
"""Of the framework's commands, those that `?` and `z` do here."""
_YOUNG = 2_000
"""Where so many things are young, garbage among them is collected: a millisecond or two, when nothing else is to do."""
_GARBAGE = (10 * _YOUNG, 1_000, 50)
"""How often it is collected at the latest: what is old hardly ever, for a session only grows, and no key is to wait
while it is walked."""


class Actions(Provider):
    """Everything that can be done now, for the palette."""

    async def discover(self) -> Hits:
        """Yield every action."""
        for action in actions(self.screen):
            yield DiscoveryHit(action.about, self._doing(action), help=_told(action))

    async def search(self, query: str) -> Hits:
        """Yield the actions that fit what was typed by their name, and behind them those by what is said of them."""
        matcher = self.matcher(query)
        for action in actions(self.screen):
            score = matcher.match(action.about)
            if score > 0:
                yield Hit(score, matcher.highlight(action.about), self._doing(action), help=_told(action))
            elif query.casefold() in action.more.casefold():
                yield Hit(_SAID, action.about, self._doing(action), help=_told(action))

    def _doing(self, action: Action) -> Callable[[], object]:
        async def do() -> None:
            await perform(self.app, action)

        return do


def _told(action: Action) -> str:
    """Return what stands beneath an action's name in the palette."""
    return f"key: {action.keys}" + (f"   {action.more}" if action.more else "")


async def perform(app: App[Any], action: Action) -> None:
    """Do what was chosen from a list, in the pane it belongs to."""
    if action.pane:
        await app.run_action(f"pane({action.pane!r})", app.screen)
    await app.run_action(action.action, action.node)


@dataclass(frozen=True, slots=True)
class Look:
    """How it looks, and which keys do what."""

    theme: str = "dark"
    """One of `themes.NAMES`."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action's id → keys; the others keep theirs."""


class InspectorApp(App[None]):
    """Recordings on a full screen."""

    TITLE = "realtime-inspector"
    COMMANDS = App.COMMANDS | {Actions}
    CSS_PATH = "screens/session.tcss"  # not the screen's own: for that, all style sheets would be parsed once more
    CSS = """
    LineList:focus > .line--cursor { background: $primary 30%; }
    LineList:light:focus > .line--cursor { background: $primary 18%; }
    Input > .input--placeholder { color: $foreground 80%; }
    ToastRack { margin-bottom: 3; }
    LineList:dark > .line--proxy { color: #c3a6e8; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", id="app.help"),
        Binding("T", "next_theme", "Other colours", tooltip="dark, light, high contrast", show=False, id="app.theme"),
    ]

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        show_findings: bool = False,
        rules: Sequence[Rule] | Policy | None = None,
        clock: Callable[[], float] = time.time,
        memory: Memory | None = None,
        look: Look | None = None,
        read_only: bool = False,
        elsewhere: bool = False,
        device: Opener | None = None,
        project_filters: Mapping[str, str] | None = None,
        first_keys: FirstKeys | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class(first_keys))
        if self.no_color:
            self._filters = [Colourless()]
        look = look or Look()
        for theme in (themes.LIGHT, themes.CONTRAST):
            self.register_theme(theme)
        self.theme = themes.NAMES[look.theme]
        self.given_keys = look.keys
        """Action's id → the keys that it was given in place of its own."""
        if look.keys:
            self.set_keymap(dict(look.keys))
        self.read_only = read_only
        """Whether it only looks: what writes, deletes or starts something is off."""
        self.elsewhere = elsewhere
        """Whether who looks is not at this machine: nothing is played there."""
        self.device = device
        """Starts what plays, if not this machine's sound device."""
        self.rules = rules
        """The rules to check with, or what a project wants of them; all of them if None."""
        self._first_keys = first_keys
        """What answers keys in the only recording until its screen does."""
        self._greets = memory is not None
        self.memory = memory or Memory()
        """What is remembered from one start to the next."""
        self._project_filters = project_filters or {}
        self._paths = paths
        self._show_findings = show_findings
        self._clock = clock
        self._touched_at = 0.0
        self._clashes: set[str] = set()
        self._keys = KeyQueue(self, super().on_event)

    @property
    def saved_filters(self) -> Mapping[str, str]:
        """The filters that have a name: the user's own, and before them those of the project."""
        return {**self.memory.saved, **self._project_filters}

    def on_mount(self) -> None:
        """Begin to take keys."""
        self.run_worker(self._keys.run(), group="keys")
        if self._greets and self.memory.greet():
            self.notify("? says what can be done, ctrl+p finds it by name, q goes back", timeout=10, markup=False)
        self.call_next(self._begin)  # until this is over, frames are made but not shown

    def _begin(self) -> None:
        """Show the session if there is one to show, else the list."""
        if len(self._paths) == 1 and self._paths[0].is_file():
            self.open(self._paths[0])
        else:
            self.push_screen(SessionsScreen(Shelf(self._paths, self.rules, self._clock)))

    def open(self, path: Path) -> None:
        """Show one recording.

        Raises:
            RecordingError: If the file cannot be opened.
        """
        first, self._first_keys = self._first_keys, None
        study = first.frame.study if first is not None else Study(path, clock=self._clock)
        study.rules = self.rules
        self.push_screen(SessionScreen(study, show_findings=self._show_findings, first_keys=first))

    async def on_event(self, event: events.Event) -> None:
        """Note that the user does something, and let a key wait for the one before it."""
        if isinstance(event, events.Key | events.MouseEvent):
            self._touched_at = perf_counter()
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._keys.put(event)
        else:
            await super().on_event(event)

    async def give_way(self, wake: asyncio.Event | None = None, *, awaited: bool = False) -> None:
        """Let keys and frames have their turn: longer while the user is doing something, unless `wake` is set.

        `awaited` is what the user waits for: it goes on sooner.
        """
        is_touched = self._is_touched_for(_FRESH_S) if awaited else self.is_touched()
        if wake is None or not is_touched:
            await asyncio.sleep(_GIVE_WAY_S if is_touched else 0)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), _GIVE_WAY_S)

    def is_touched(self) -> bool:
        """Tell whether the user is doing something."""
        return self._is_touched_for(_TOUCH_S)

    def _is_touched_for(self, seconds: float) -> bool:
        return perf_counter() - self._touched_at < seconds

    def tidy(self) -> None:
        """Collect what garbage there is among the young, now that nobody waits; what the start has made stays."""
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        elif gc.get_count()[0] > _YOUNG:
            gc.collect(0)

    def leave(self) -> None:
        """Go back one screen, or out."""
        if len(self.screen_stack) > 2:  # below the first of ours is Textual's own
            self.pop_screen()
        else:
            self.exit()

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do an action, or say why not: every key, click and choice comes through here."""
        if self.read_only or self.elsewhere:
            of, name, _ = parsing.parse(action) if isinstance(action, str) else action
            node = (namespaces or {}).get(of) or (getattr(self, of, None) if of else default_namespace) or self
            if refused := rights.refused_by(self, node, name):
                self.notify(refused, severity="warning", markup=False)
                return True
        return await super().run_action(action, default_namespace, namespaces)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return what the framework adds to the palette, without what writes a file if nothing is written."""
        for command in super().get_system_commands(screen):
            if command.title not in _NOT_OURS and not (self.read_only and command.title == "Screenshot"):
                yield command

    def action_next_theme(self) -> None:
        """Take the next of the themes."""
        names = list(themes.NAMES.values())
        at = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(at + 1) % len(names)]

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        """Say once which actions have been given the same key."""
        about = " and ".join(sorted(binding.description for binding in clashed_bindings))
        if about and about not in self._clashes:
            self._clashes.add(about)
            self.notify(f"one key for several actions: {about}", severity="warning", markup=False)

    def action_help(self) -> None:
        """Say what can be done here."""
        self.push_screen(HelpScreen(actions(self.screen)), self._do)

    async def _do(self, action: Action | None) -> None:
        if action is not None:
            await perform(self, action)


def run(
    paths: Iterable[Path],
    *,
    show_findings: bool = False,
    policy: Policy | None = None,
    look: Look | None = None,
    read_only: bool = False,
    project_filters: Mapping[str, str] | None = None,
    first_keys: FirstKeys | None = None,
) -> None:
    """Show recordings, or folders of them, until the user leaves; garbage is collected as suits that, see `tidy`.

    `policy` is what the project wants of the rules, `project_filters` are those that it has a name for.
    """
    memory = Memory(usual_path(), keeps=not read_only)
    app = InspectorApp(
        list(paths),
        show_findings=show_findings,
        rules=policy,
        memory=memory,
        look=look,
        read_only=read_only,
        elsewhere=terminal.is_elsewhere(),
        project_filters=project_filters,
        first_keys=first_keys,
    )
    before, switch_s = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(*_GARBAGE)
    sys.setswitchinterval(_SWITCH_S)
    try:
        app.run()
    finally:
        gc.set_threshold(*before)
        sys.setswitchinterval(switch_s)
