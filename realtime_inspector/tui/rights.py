"""Which actions only look, and which change something: a file, a program, a server.

A read-only view does the first alone. What is in neither table is refused there too.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from realtime_inspector.tui.text import safe

WRITING = frozenset(
    {
        "sessions.tag", "sessions.delete",
        "session.mark", "session.comment", "session.export", "session.edit",
        "walk.serve", "walk.drive", "drive.again", "drive.pace",
        "replay.again", "replay.speed", "replay.match",
    }
)  # fmt: skip
"""Ids of the actions that write or delete a file, start a program, or listen."""
SOUNDING = frozenset({"session.play", "session.play-side", "session.play-unheard"})
"""Ids of the actions that only look, but sound where the program runs: off for who looks from elsewhere."""
READING = frozenset(
    {
        "app.help", "app.theme",
        "sessions.sort", "sessions.reverse", "sessions.filter", "sessions.compare", "sessions.copy", "sessions.all",
        "sessions.back",
        "session.next-pane", "session.previous-pane", "session.events", "session.detail", "session.findings",
        "session.state", "session.transcript", "session.timeline", "session.turns", "session.why", "session.zoom",
        "session.search", "session.filter", "session.next-match", "session.previous-match", "session.previous-turn",
        "session.next-turn", "session.jump-back", "session.leave", "session.back", "session.previous-finding",
        "session.next-finding", "session.cause", "session.explain", "session.copy", "session.next-mark",
        "session.previous-mark",
        "events.unfold", "events.fold", "findings.unfold", "findings.fold",
        "timeline.later", "timeline.earlier", "timeline.much-later", "timeline.much-earlier", "timeline.next-entry",
        "timeline.previous-entry", "timeline.zoom-in", "timeline.zoom-out", "timeline.whole", "timeline.begin",
        "timeline.end", "timeline.choose",
        "turns.sort",
        "compare.first", "compare.second", "compare.next", "compare.previous", "compare.copy", "compare.back",
        "session.replay", "walk.play", "walk.next", "walk.previous", "walk.next-turn", "walk.previous-turn",
        "walk.faster", "walk.slower", "walk.open", "walk.back",
        "drive.open", "drive.compare", "drive.copy", "drive.back",
        "replay.copy", "replay.back",
        "filter.keep", "filter.leave", "filter.complete", "filter.older", "filter.newer", "filter.save", "filter.saved",
        "filter.forget",
        "list.down", "list.up", "list.page-down", "list.page-up", "list.first", "list.last", "list.choose",
        "help.back", "explain.back", "ask.back", "confirm.yes", "confirm.no", "choose.back",
    }
)  # fmt: skip
"""Ids of the actions that only look."""

_OF_THE_FRAMEWORK = frozenset({"screenshot", "suspend_process"})
"""What Textual's own actions write, or start."""


def refusal(node: DOMNode, action: str, *, read_only: bool = True, elsewhere: bool = False) -> str:
    """Return why an action of a node is not done; empty if it is.

    Args:
        node: The one that has the action: a screen, a pane, the app.
        action: Its name, without the arguments.
        read_only: Whether the view only looks.
        elsewhere: Whether who looks is not where the program runs.
    """
    about = _refused(type(node), action) if read_only else ""
    if about:
        return safe(f"read-only: {about!r} is off; only --allow-write at the start turns it on")
    if elsewhere and any(one.id in SOUNDING for one in _bound(type(node)) if _name(one) == action):
        return "the sound would come out of the machine that serves this; w writes a WAV, if writing is on"
    return ""


@cache
def _refused(owner: type[DOMNode], action: str) -> str:
    """Return what a refused action is called; empty for one that is allowed."""
    if action in _OF_THE_FRAMEWORK:
        return action
    return next(
        (one.description for one in _bound(owner) if _name(one) == action and one.id not in READING | SOUNDING), ""
    )


def _bound(owner: type[DOMNode]) -> Iterable[Binding]:
    """Yield the bindings of a class that are ours, and of those it is made of."""
    for each in owner.__mro__:
        if each.__module__.startswith("realtime_inspector."):
            yield from (one for one in each.__dict__.get("BINDINGS", ()) if isinstance(one, Binding))


def _name(binding: Binding) -> str:
    return binding.action.partition("(")[0].rpartition(".")[2]


class Guarded(Screen[None]):
    """A screen with actions that a read-only app hides."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tell whether an action is shown: what the app refuses is not."""
        return not refused_by(self.app, self, action)


def refused_by(app: App[Any], node: DOMNode, action: str) -> str:
    """Return why an app does not do an action of a node; empty if it does."""
    read_only, elsewhere = (bool(getattr(app, name, False)) for name in ("read_only", "elsewhere"))
    return refusal(node, action, read_only=read_only, elsewhere=elsewhere)
