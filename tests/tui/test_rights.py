"""What a read-only view does not do, and that every action is known to read or to write."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot

from realtime_inspector import tui
from realtime_inspector.tui import rights
from realtime_inspector.tui.app import InspectorApp
from realtime_inspector.tui.memory import Memory
from realtime_inspector.tui.rights import READING, SOUNDING, WRITING, Guarded
from realtime_inspector.tui.screens.help import actions
from realtime_inspector.tui.screens.serving import ServingScreen
from realtime_inspector.tui.screens.session import SessionScreen
from realtime_inspector.tui.screens.sessions import SessionsScreen
from tests.tui import sample
from tests.tui.driving import drive, dump, press, settled, until


def bindings() -> Iterator[tuple[type[DOMNode], Binding]]:
    """Yield every key of every class of the screens, with its class."""
    for found in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        module = importlib.import_module(found.name)
        for _, owner in inspect.getmembers(module, inspect.isclass):
            if owner.__module__ == module.__name__ and issubclass(owner, DOMNode):
                yield from ((owner, one) for one in owner.__dict__.get("BINDINGS", ()))


def read_only(*paths: Path) -> InspectorApp:
    """Return an app that only looks."""
    return InspectorApp(paths, rules=sample.RULES, clock=lambda: sample.STARTED_AT + 1e6, read_only=True)


def told(app: App[Any], words: str) -> bool:
    """Tell whether something was said."""
    return any(words in note.message for note in app._notifications)


def files(folder: Path) -> dict[str, bytes]:
    """Return all there is in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_action_is_known_to_read_or_to_write_and_has_a_name() -> None:
    ids = [one.id for _, one in bindings()]
    assert len(ids) > 60
    assert None not in ids
    assert {name for name in ids if name is not None} - READING - WRITING - SOUNDING == set()
    assert (READING | WRITING | SOUNDING) - set(ids) == set()
    assert not READING & WRITING
    assert not SOUNDING & (READING | WRITING)


def test_whoever_has_an_action_that_writes_or_sounds_hides_it() -> None:
    owners = {owner for owner, one in bindings() if one.id in WRITING | SOUNDING}
    assert len(owners) == 6
    assert all(issubclass(owner, Guarded) for owner in owners)


def test_what_no_table_has_is_refused() -> None:
    class NewScreen(Guarded):
        BINDINGS = [Binding("x", "erase('all')", "Erase", id="new.erase"), Binding("j", "look", "Look", id="list.down")]

    NewScreen.__module__ = "realtime_inspector.tui.screens.new"
    assert rights.refusal(NewScreen(), "erase").startswith("read-only: 'Erase' is off")
    assert not rights.refusal(NewScreen(), "look")
    assert not rights.refusal(NewScreen(), "focus_next")
    assert rights.refusal(NewScreen(), "screenshot")
    assert "'Speed' is off" in rights.refusal(ServingScreen(Path("call.jsonl")), "speed")


def test_a_read_only_list_deletes_and_tags_nothing_and_says_why(tmp_path: Path) -> None:
    sample.write(tmp_path / "call.jsonl")
    before = files(tmp_path)

    async def play(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "call" in dump(pilot.app))
        for key, about in (("d", "Delete"), ("t", "Tag")):
            await pilot.press(key)
            await until(pilot, partial(told, pilot.app, f"read-only: '{about}' is off"))
            assert isinstance(pilot.app.screen, SessionsScreen)
        listed = {action.about for action in actions(pilot.app.screen)}
        assert "Compare" in listed
        assert listed & {"Delete", "Tag"} == set()
        assert "Tag" not in dump(pilot.app).splitlines()[-1]
        assert "Screenshot" not in {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}

    drive(read_only(tmp_path), play)
    assert files(tmp_path) == before


def test_a_read_only_session_keeps_and_starts_nothing(tmp_path: Path) -> None:
    call = sample.write(tmp_path / "call.jsonl")
    before = files(tmp_path)

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        for key in "mawo":
            await pilot.press(key)
            await pilot.pause()
            assert isinstance(pilot.app.screen, SessionScreen)
        abouts = ("Mark", "Comment", "Export", "Open in $EDITOR")
        await until(pilot, lambda: all(told(pilot.app, f"'{about}' is off") for about in abouts))
        await press(pilot, "right_curly_bracket", "2")
        assert "TST001" in dump(pilot.app)
        await press(pilot, "r", "s", "d")
        await until(pilot, lambda: all(told(pilot.app, f"'{about}' is off") for about in ("Serve", "Drive")))
        assert "replay of call.jsonl" in dump(pilot.app)

    drive(read_only(call), play)
    assert files(tmp_path) == before


def test_a_memory_that_keeps_nothing_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "screens.json"
    memory = Memory(path, keeps=False)
    assert memory.greet()
    memory.used("type:a")
    assert memory.filters == ["type:a"]
    assert not path.exists()
