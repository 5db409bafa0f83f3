from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot

from realtime_inspector.tui import keymap, themes
from realtime_inspector.tui.bars import PANES
from realtime_inspector.tui.screens.acting import COPY_CHARACTERS
from realtime_inspector.tui.screens.explain import ExplainScreen
from realtime_inspector.tui.screens.help import HelpScreen, actions
from realtime_inspector.tui.screens.session import SessionScreen
from realtime_inspector.tui.widgets.line_list import LineList
from realtime_inspector.tui.widgets.search_line import SearchLine
from tests.tui import sample
from tests.tui.driving import app_on, check, contrasts, drive, dump, press, settled, until


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return sample.write(tmp_path / "call.jsonl")


def n_of(screen: SessionScreen) -> int:
    """Return the number of the entry that the panes show."""
    return screen.study.event(screen.desk.position).n


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
def test_the_screen_looks_like_its_snapshot(call: Path, size: tuple[int, int]) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "right_curly_bracket")
        await check(pilot, f"session-{size[0]}x{size[1]}")

    drive(app_on(call), play, size)


@pytest.mark.parametrize("pane", ["detail", "findings", "state"])
def test_a_pane_fills_a_small_terminal(call: Path, pane: str) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "right_curly_bracket", {"detail": "2", "findings": "3", "state": "4"}[pane])
        await check(pilot, f"session-{pane}-80x24")

    drive(app_on(call), play)


@pytest.mark.parametrize("theme", list(themes.NAMES.values()))
def test_every_word_stands_out_from_its_background(call: Path, theme: str) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        pilot.app.theme = theme
        await settled(pilot)
        await press(pilot, "right_curly_bracket")
        for key in ("1", "5", "6", "8", "slash"):
            await press(pilot, key)
            assert not [word for word, contrast in contrasts(pilot.app) if contrast < 4.5]

    drive(app_on(call), play, (200, 60))


# panes and the one cursor


def test_the_panes_take_turns(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        seen = []
        for _ in range(9):
            seen.append(screen.focused.id if screen.focused else "")
            await press(pilot, "tab")
        assert seen == [*PANES, "events"]
        await press(pilot, "shift+tab", "escape")
        assert screen.focused is screen.event_list

    drive(app_on(call), play)


def test_a_small_terminal_shows_one_pane_and_a_large_one_all(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)

        def shown() -> list[str]:
            return [str(pane.id).removesuffix("-pane") for pane in screen.query(".pane") if pane.display]

        assert shown() == ["events"]
        await pilot.resize_terminal(200, 60)
        await settled(pilot)
        assert shown() == ["events", "detail", "findings", "state"]
        await press(pilot, "7")
        assert shown() == ["events", "detail", "turns", "state"]
        await press(pilot, "4")
        assert shown() == ["events", "detail", "turns", "state"]
        await press(pilot, "z")
        assert shown() == ["state"]
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert shown() == ["state"]

    drive(app_on(call), play)


def test_moving_in_the_events_moves_detail_and_state(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        assert "no session yet" in dump(pilot.app)
        await press(pilot, "j", "j", "j", "j")
        shown = dump(pilot.app)
        assert "#5 session.updated" in shown
        assert "voice: alloy" in shown
        assert n_of(screen) == 5

    drive(app_on(call), play, (200, 60))


def test_moving_in_the_findings_moves_the_other_panes(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "3", "j", "j")
        assert n_of(screen) == 66
        assert "#66 response.create" in dump(pilot.app)
        assert screen.focused is screen.finding_list

    drive(app_on(call), play, (200, 60))


def test_enter_on_a_finding_goes_to_its_entry(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "3", "enter")
        assert screen.focused is screen.event_list
        assert n_of(screen) == 41
        assert "▸  41" in dump(pilot.app)

    drive(app_on(call), play)


def test_enter_on_a_rule_closes_and_opens_it(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "3")
        assert "E TST001 missing-call-id" in dump(pilot.app)
        await press(pilot, "k", "enter")
        assert "the output names no call" not in dump(pilot.app)
        assert "TST001 missing-call-id … (enter unfolds)" in dump(pilot.app)
        await press(pilot, "enter")
        assert "the output names no call" in dump(pilot.app)

    drive(app_on(call), play)


def test_a_link_is_followed_and_backspace_returns(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "right_curly_bracket", "2", *["j"] * 6, "enter")
        assert n_of(screen) == 39
        assert screen.focused is screen.query_one("#detail")
        await press(pilot, "backspace")
        assert n_of(screen) == 41

    drive(app_on(call), play)


def test_a_fold_opens_and_closes(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        rows = len(screen.study.folding)
        await press(pilot, *["j"] * 5, "l")
        assert len(screen.study.folding) == rows + 12
        assert "- input_audio_buffer.append x12" in dump(pilot.app)
        await press(pilot, "j", "j", "h")
        assert len(screen.study.folding) == rows
        assert n_of(screen) == 6
        await press(pilot, "enter")
        assert len(screen.study.folding) == rows + 12

    drive(app_on(call), play)


def test_a_click_puts_the_cursor_there(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await pilot.click("#events", offset=(10, 3))
        await settled(pilot)
        assert n_of(screen) == 4
        await pilot.click("#tabs", offset=(15, 0))
        await settled(pilot)
        assert screen.focused is screen.query_one("#detail")

    drive(app_on(call), play)


# findings


def test_braces_go_from_finding_to_finding_in_any_pane(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        seen = []
        for key in ("right_curly_bracket", "4", "right_curly_bracket", "right_curly_bracket", "left_curly_bracket"):
            await press(pilot, key)
            seen.append(n_of(screen))
        assert seen == [41, 41, 66, 66, 41]
        assert any("no further finding" in note.message for note in pilot.app._notifications)

    drive(app_on(call), play)


def test_c_goes_to_the_cause(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "3", "c")
        assert n_of(screen) == 39
        assert screen.focused is screen.event_list
        await press(pilot, "j", "j", "j", "c")  # the error event; what it answers is the cause
        assert n_of(screen) == 41

    drive(app_on(call), play)


def test_e_explains_the_rule(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "right_curly_bracket", "e")
        assert isinstance(pilot.app.screen, ExplainScreen)
        await until(pilot, lambda: "TST001 missing-call-id" in dump(pilot.app))
        await pilot.press("G")
        await until(pilot, lambda: "Like this" in dump(pilot.app))
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.screen is screen)

    drive(app_on(call), play)


def test_the_demo_begins_with_the_worst_that_was_found_in_all_panes(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        assert screen.focused is screen.finding_list
        assert "▸  #41" in dump(pilot.app)
        assert "add call_id 'call_7' (cause: #39)" in dump(pilot.app)
        assert n_of(screen) == 41

    drive(app_on(call, show_findings=True), play)


def test_a_long_finding_is_shown_whole_and_is_one_step_for_the_cursor(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        shown = screen.finding_list
        assert "(cause:" in shown.source[2].text
        await press(pilot, "j", "j")
        assert shown.finding is not None
        assert shown.finding.entry == 66
        await press(pilot, "k", "k")
        assert shown.cursor == 1

    drive(app_on(call, show_findings=True), play, (48, 24))


def test_findings_are_marked_in_the_list(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "G")
        shown = dump(pilot.app)
        assert " E →  conversation.item.create" in shown
        assert " W →  response.create" in shown

    drive(app_on(call), play)


# searching


def test_a_search_goes_to_the_match_and_n_goes_on(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "slash", *"degrees", "enter")
        assert n_of(screen) == 41
        assert screen.focused is screen.event_list
        await press(pilot, "n")
        assert n_of(screen) == 43
        await press(pilot, "N")
        assert n_of(screen) == 41

    drive(app_on(call), play)


def test_a_match_inside_a_fold_opens_it(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "slash", *"sunny.", "enter")
        assert screen.event_list.row is not None
        assert screen.event_list.row.member
        assert '"delta": "sunny."' in dump(pilot.app)

    drive(app_on(call), play, (200, 60))


def test_a_text_that_is_nowhere_is_told(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "slash", *"zzz", "enter")
        assert n_of(screen) == 1
        assert any("'zzz' is nowhere" in note.message for note in pilot.app._notifications)

    drive(app_on(call), play)


def test_escape_leaves_the_search(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "slash", "q", "escape")
        assert not screen.query_one("#search", SearchLine).has_class("-open")
        assert screen.focused is screen.event_list
        assert screen.desk.needle == ""

    drive(app_on(call), play)


# help, palette, keys


def test_keys_typed_faster_than_they_take_effect_are_not_lost(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        for key in ("j", "slash", *"marin", "enter", "4"):
            pilot.app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: screen.focused is screen.query_one("#state"))
        await until(pilot, lambda: screen.desk.needle == "marin" and n_of(screen) == 4)

    drive(app_on(call), play)


def test_keys_typed_before_a_new_screen_is_there_go_to_it(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        for key in ("question_mark", "j", "k", "q", "2"):
            pilot.app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: pilot.app.screen is screen and screen.focused is screen.query_one("#detail"))

    drive(app_on(call), play)


def test_help_lists_the_keys_of_the_pane_and_enter_does_it(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await until(pilot, lambda: "Unfold" in dump(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert screen.event_list.row is not None  # the first of the list was Unfold: nothing to unfold on row 1

    drive(app_on(call), play)


def test_every_action_of_the_screen_is_in_the_help_and_has_an_id(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        listed = {action.about.rpartition(": ")[2] for action in actions(screen)}
        places = {"app", "session", "events", "findings", "timeline", "turns", "list"}
        wanted = {bound.about for bound in keymap.table() if bound.where in places}
        assert wanted <= listed
        ours = [active.binding for active in screen.active_bindings.values() if "." not in active.binding.action]
        nameless = [binding.action for binding in ours if not binding.id and not binding.system]
        assert set(nameless) <= {"command_palette", "quit"}
        assert all(screen.event_list.__class__ and action.keys for action in actions(screen))

    drive(app_on(call), play)


def test_the_palette_does_an_action(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await pilot.press("ctrl+p")
        await pilot.press(*"next finding")
        await until(pilot, lambda: "key: }" in dump(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen and n_of(screen) == 41)
        await pilot.press("ctrl+p")
        await pilot.press(*"wav")  # no action's name: what is said of one has it
        await until(pilot, lambda: "key: w" in dump(pilot.app))

    drive(app_on(call), play)


def test_keys_can_be_given_to_other_actions(call: Path) -> None:
    app = app_on(call)

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        app.set_keymap({"session.next-finding": "x"})
        await press(pilot, "right_curly_bracket")
        assert n_of(screen) == 1
        await press(pilot, "x")
        assert n_of(screen) == 41

    drive(app, play)


def test_y_copies_what_the_pane_shows(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        copied = []
        for keys in (["j", "j", "j", "y"], ["3", "y"], ["4", "y"]):
            await press(pilot, *keys)
            copied.append(pilot.app.clipboard)
        assert copied[0].startswith('{"type":"session.update","event_id":"up_1"')
        assert copied[1].startswith(f"{call}:42: TST001 missing-call-id: the output names no call")
        assert '"call_id": "call_7"' in copied[1].partition("as the API takes it:")[2]
        assert "Configuration in force" in copied[2]

    drive(app_on(call), play)


def test_a_copy_is_no_longer_than_a_terminal_takes(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", '> {"type":"x","text":"' + "é" * 150_000 + '"}\nx')

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "y")
        assert len(pilot.app.clipboard) == COPY_CHARACTERS
        assert any("the first 100,000 characters" in note.message for note in pilot.app._notifications)

    drive(app_on(path), play)


def test_detail_says_what_the_field_under_the_cursor_can_be(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "j", "j", "j", "2")
        detail = screen.query_one("#detail", LineList)
        voice = next(y for y in range(len(detail.source)) if '"voice"' in detail.source[y].text)
        await press(pilot, *["j"] * voice)
        assert "session.audio.output.voice: object or text" in dump(pilot.app)
        await press(pilot, "1")
        assert "output.voice:" not in dump(pilot.app)

    drive(app_on(call), play)
