from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from realtime_inspector.tui.widgets.bar import Bar
from tests.tui import sample
from tests.tui.driving import app_on, drive, dump, press, settled, until


def test_a_filter_shows_what_passes_while_it_is_typed_and_the_cursor_keeps_its_place(tmp_path: Path) -> None:
    app = app_on(sample.write(tmp_path / "call.jsonl"))

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "right_curly_bracket")  # entry 41
        await press(pilot, "f")
        text = screen.filter_line.input
        text.insert_text_at_cursor("from:client")
        await until(pilot, lambda: "filter 32/68" in dump(app))
        assert "▸  41" in dump(app)
        assert "session.updated" not in dump(app)
        text.insert_text_at_cursor(" type:error")
        await until(pilot, lambda: "no entry passes the filter" in dump(app))
        await press(pilot, "escape")
        await until(pilot, lambda: "filter" not in dump(app).splitlines()[0] and "▸  41" in dump(app))

        await press(pilot, "f")
        assert "Search" not in dump(app).splitlines()[-1]  # its key types a / here
        assert "such as  type:response.*  from:client" in dump(app)
        text.insert_text_at_cursor("type:")
        await until(pilot, lambda: "tab: conversation.*" in dump(app))  # lacks no more than its end
        await press(pilot, "enter")
        await until(pilot, lambda: "'type' has no value" in dump(app))
        text.insert_text_at_cursor("resp")
        await press(pilot, "tab")
        text.insert_text_at_cursor(" no:1")
        await until(pilot, lambda: "no field 'no'" in dump(app))
        hint = screen.query_one("#filter-mark", Bar)
        assert hint.render_line(0).text.rstrip() == " " * len("filter: type:response.* ") + "^"
        text.value = "type:response.*"
        await press(pilot, "enter")
        await until(pilot, lambda: "x6" in dump(app) and screen.focused is screen.event_list)
        assert app.memory.filters == ["type:response.*"]
        position = screen.desk.position
        await press(pilot, "slash")
        screen.search_line.value = "degrees"
        await press(pilot, "enter")
        assert screen.desk.position > position
        assert screen.study.view.has(screen.desk.position)

        await press(pilot, "right_curly_bracket", "left_curly_bracket")  # hidden: what was found is never out of reach
        await until(pilot, lambda: screen.study.event(screen.desk.position).n == 41)
        assert screen.desk.filter_text == ""
        await press(pilot, "f", "up")
        await until(pilot, lambda: text.value == "type:response.*")
        await press(pilot, "down", "enter")
        assert screen.desk.filter_text == ""

    drive(app, play)


def test_a_filter_by_findings_follows_what_is_found_in_a_live_recording(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", '> {"type":"session.update"}')
    os.utime(path, (sample.STARTED_AT, sample.STARTED_AT))

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "f")
        screen.filter_line.input.value = "rule:*"
        await press(pilot, "enter")
        await until(pilot, lambda: "no entry passes the filter" in dump(pilot.app))
        sample.add(path, sample.MissingCallId.bad[0] + "\n" + '< {"type":"session.updated"}')
        await until(pilot, lambda: "E →  conversation.item.create" in dump(pilot.app))
        assert len(screen.study.view) == 1

    drive(app_on(path, now=sample.STARTED_AT), play)


def test_a_filter_is_saved_under_a_name_chosen_by_it_and_forgotten(tmp_path: Path) -> None:
    app = app_on(sample.write(tmp_path / "call.jsonl"))
    app._project_filters = {"tools": "type:*function_call*"}

    async def asked(pilot: Pilot[Any], words: str) -> None:
        await until(pilot, lambda: words in dump(app))

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        text = screen.filter_line.input
        await press(pilot, "f")
        text.insert_text_at_cursor("from:client")
        for name, answer in (("mine", "saved: @mine"), ("tools", "the project has a filter"), ("1", "is no name")):
            await pilot.press("ctrl+s")
            await asked(pilot, "Save the filter as")
            await pilot.press(*name, "enter")
            await asked(pilot, answer)
        assert dict(app.memory.saved) == {"mine": "from:client"}

        await press(pilot, "ctrl+o")
        await asked(pilot, "type:*function_call*")
        await pilot.press("j", "enter")
        await until(pilot, lambda: text.value == "@tools")
        await pilot.press("ctrl+r")
        await asked(pilot, "the project has @tools in its configuration")
        text.value = "@m"
        await pilot.press("end", "tab")
        await until(pilot, lambda: text.value == "@mine")
        await asked(pilot, "filter 32/68")
        await press(pilot, "enter")
        assert screen.desk.filter_text == "@mine"

        await press(pilot, "f", "ctrl+r")
        await asked(pilot, "@mine is forgotten")
        assert text.value == "from:client"
        assert not app.memory.saved
        await press(pilot, "escape")
        assert screen.desk.filter_text == "from:client"
        await press(pilot, "f")
        text.value = "@mine"
        await asked(pilot, "no filter is saved as 'mine'; there are @tools")

    drive(app, play)
