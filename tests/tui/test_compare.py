"""Two recordings side by side: the lines, and the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.cells import cell_len
from textual.pilot import Pilot

from realtime_inspector.analysis.diff import compare
from realtime_inspector.analysis.differences.told import Told, tell
from realtime_inspector.recording import transcript
from realtime_inspector.tui import versus
from realtime_inspector.tui.screens.compare import CompareScreen
from tests.tui import sample
from tests.tui.driving import app_on, drive, dump, until

OTHER = sample.CALL.replace("18 degrees in Ulm", "12 degrees in Ulm").replace('"voice":"alloy"', '"voice":"marin"')
MORE = """
+1s < {"type":"input_audio_buffer.speech_started","audio_start_ms":3000,"item_id":"item_9"}
+300ms < {"type":"input_audio_buffer.speech_stopped","audio_end_ms":3300,"item_id":"item_9"}
< {"type":"conversation.item.added","item":{"id":"item_9","type":"message","role":"user","content":[{"type":"input_audio","transcript":"Bye"}]}}
< {"type":"response.created","response":{"id":"r9"}}
< {"type":"response.done","response":{"id":"r9","status":"completed"}}
x
"""  # noqa: E501 - a message is a line


def told(text: str) -> Told:
    return tell(transcript.entries(text))


def test_turns_stand_side_by_side_with_what_differs_beneath() -> None:
    a, b = sample.CALL, "\n".join(OTHER.splitlines()[:-2]) + MORE
    shown = [line.text for line in versus.lines(compare(told(a), told(b)), 100)]
    assert "differences: " in shown[0]
    assert any(line.startswith("turn 1  0:00.358  interrupted") and " ≠ turn 1  0:00.358" in line for line in shown)
    assert any("12 degrees" in line and "18 degrees" in line for line in shown)
    assert any("[-18-]" in line and "{+12+}" in line for line in shown)
    assert any(line.strip().startswith("> turn 2") for line in shown)
    places = [line for line in versus.lines(compare(told(a), told(b)), 100) if line.target is not None]
    assert [line.target for line in places] == list(range(1, len(places) + 1))
    assert places[-1].text.strip().startswith("> turn 2")
    assert all(cell_len(line) <= 100 for line in shown if " │ " in line)


def test_the_same_session_differs_in_nothing_and_control_sequences_are_written_out() -> None:
    shown = [line.text for line in versus.lines(compare(told(sample.CALL), told(sample.CALL)), 80)]
    assert shown[0] == "no difference"
    assert any(" = turn 1" in line for line in shown)
    assert "\x1b" not in "".join(shown)


def test_two_recordings_of_the_list_are_compared(tmp_path: Path) -> None:
    sample.write(tmp_path / "one.jsonl")
    sample.write(tmp_path / "two.jsonl", OTHER)

    async def play(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: dump(pilot.app).count("E1 W1 i0") == 2)
        await pilot.press("c")
        await until(pilot, lambda: "c on another compares it with one" in dump(pilot.app))
        await pilot.press("j", "c")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen) and "{+12+}" in dump(pilot.app))
        screen = pilot.app.screen
        assert isinstance(screen, CompareScreen)
        seen = [screen.shown.cursor]
        for key in ("n", "right_curly_bracket", "N"):
            await pilot.press(key)
            await until(pilot, lambda: screen.shown.cursor != seen[-1])
            seen.append(screen.shown.cursor)
            assert screen.shown.line is not None
            assert screen.shown.line.target is not None
        assert seen[1] == seen[3] < seen[2]
        await pilot.press("N")
        await until(pilot, lambda: any("no earlier difference" in note.message for note in pilot.app._notifications))

    drive(app_on(tmp_path), play, (100, 30))
