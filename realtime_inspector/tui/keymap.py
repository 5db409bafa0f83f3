"""Every action with its id and its keys, and keys given to other actions.

An id stays what it is from release to release; `open --key ID=KEY` and the configuration name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from textual.binding import Binding
from textual.dom import DOMNode

from realtime_inspector.errors import UsageError


@dataclass(frozen=True, slots=True)
class Bound:
    """One action that keys can be given to."""

    id: str
    keys: str
    """As the framework names them, with commas between: `right,l`."""
    about: str
    where: str
    """What it belongs to: `session`, `events`, `timeline`, …"""


def table() -> list[Bound]:
    """Return every action, by where it belongs and in the order of the code."""
    found: dict[str, Bound] = {}
    for owner in _owners():
        for binding in owner.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id:
                bound = Bound(binding.id, binding.key, binding.description, binding.id.partition(".")[0])
                found.setdefault(binding.id, bound)
    return list(found.values())


def read(words: Iterable[str]) -> Mapping[str, str]:
    """Return the keys that `ID=KEY` texts give to actions.

    Raises:
        UsageError: If one is no such text, or there is no such action.
    """
    words = list(words)
    known = {bound.id for bound in table()} if words else set()  # all screens are loaded for it
    keys: dict[str, str] = {}
    for word in words:
        name, equals, key = word.partition("=")
        name, key = name.strip(), key.strip()
        if not equals or not key:
            raise UsageError(f"key {word!r}: give it as ACTION=KEY, such as session.search=s or session.back=q,x")
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "docs/tui.md lists them"
            raise UsageError(f"key {word!r}: no action {name!r}; {hint}")
        keys[name] = key
    return keys


def _owners() -> Iterator[type[DOMNode]]:
    """Yield everything that has keys, what one meets first first."""
    from realtime_inspector.tui import app
    from realtime_inspector.tui.screens import (
        acting,
        ask,
        compare,
        driving,
        explain,
        keeping,
        replay,
        serving,
        session,
        sessions,
    )
    from realtime_inspector.tui.screens.help import HelpScreen
    from realtime_inspector.tui.screens.listening import ListeningScreen
    from realtime_inspector.tui.screens.searching import SearchingScreen
    from realtime_inspector.tui.widgets import events, filter_line, findings, line_list, timeline, views

    yield from (app.InspectorApp, sessions.SessionsScreen)
    yield from (session.SessionScreen, SearchingScreen, acting.ActingScreen, keeping.KeepingScreen, ListeningScreen)
    yield from (events.EventList, findings.FindingList, timeline.TimelinePane, views.TurnsPane)
    yield from (replay.ReplayScreen, serving.ServingScreen, driving.DrivingScreen, compare.CompareScreen)
    yield from (filter_line.FilterInput, line_list.LineList)
    yield from (HelpScreen, explain.ExplainScreen, ask.AskScreen, ask.ConfirmScreen, ask.ChooseScreen)
