# ruff: noqa: E501 - an event is one line
"""What goes wrong in calls while they are recorded."""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from realtime_inspector.analysis.lint import Linter
from realtime_inspector.cli import live
from realtime_inspector.cli.live import Calls, Lines
from realtime_inspector.cli.main import main
from realtime_inspector.cli.output import Ink
from realtime_inspector.recording import jsonl, transcript
from tests.capture.wire import wait_for
from tests.cli.helpers import HEADER, CommandLine, write_recording

SINCE = "2026-11-23T12:00:00.500000Z"
NAME = "20261123T120001Z_01CALL.jsonl"
REFUSED = '{"type": "error", "error": {"code": "missing_required_parameter", "message": "Missing: \'item.call_id\'", "param": "item.call_id"}}'
OUTPUT = '{"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "1"}}'
BETA = '{"type": "error", "error": {"code": "beta_api_shape_disabled", "message": "The beta is over."}}'
SESSION = f"""
< {{"type": "session.created", "session": {{"id": "s1"}}}}
> {OUTPUT}
< {REFUSED}
> {OUTPUT}
< {REFUSED}
"""


def begin(folder: Path, text: str, *, name: str = NAME, started: str = "2026-11-23T12:00:01.000000Z") -> Path:
    header = replace(HEADER, started=started, url="ws://127.0.0.1:1/v1/realtime")
    return write_recording(folder / name, text, header)


def calls(folder: Path) -> Calls:
    return Calls(folder, lambda path: Linter(), SINCE)


def lines(followed: Calls, now: float, *, ends: bool = True) -> list[str]:
    form = Lines(Ink(on=False), ends=ends)
    return [line for call, news in followed.poll(now) for line in form.of(call, news)]


def test_a_mistake_is_told_once_without_what_it_brought_about(tmp_path: Path) -> None:
    followed = calls(tmp_path)
    assert lines(followed, 100.0) == []
    begin(tmp_path, SESSION)

    (told,) = lines(followed, 100.0)
    assert told.startswith(" 0:00.002  error TOOL003 missing-call-id: this tool output has no call_id inside item")
    assert told.endswith(" (…Z_01CALL:3)")
    assert lines(followed, 100.1) == []


def test_calls_that_begin_after_the_clock_was_set_back_are_followed_and_older_ones_are_not(tmp_path: Path) -> None:
    """Nothing was said of any call until the clock was again where it had been."""
    clock = [5000.0]
    followed = Calls(tmp_path, lambda path: Linter(), SINCE, lambda: clock[0])
    earlier = "20261123T113000Z_01OLD.jsonl"
    begin(tmp_path, SESSION, name=earlier, started="2026-11-23T11:30:00.000000Z")
    assert lines(followed, 100.0) == []
    clock[0] -= 3600.0 - 0.2
    begin(tmp_path, SESSION, name="20261123T110001Z_01CALL.jsonl", started="2026-11-23T11:00:01.000000Z")

    (told,) = lines(followed, 100.2)
    assert "TOOL003" in told
    assert told.endswith(" (…Z_01CALL:3)")


def test_an_error_that_another_rule_knows_is_told_by_that_alone(tmp_path: Path) -> None:
    followed = calls(tmp_path)
    begin(tmp_path, '> GET /v1/realtime {"OpenAI-Beta": "realtime=v1"}\n< 101\n< ' + BETA)

    (told,) = lines(followed, 100.0)
    assert "CON001 beta-header" in told


def test_the_end_of_a_call_says_what_was_found_and_how_to_see_it(tmp_path: Path) -> None:
    followed = calls(tmp_path)
    path = begin(tmp_path, SESSION + "x> 1000\nx\n")

    *_, end = lines(followed, 100.0)
    assert "…Z_01CALL has ended, 4 errors" in end
    assert end.endswith(f"`realtime-inspector lint {path}`")
    begin(tmp_path, SESSION + "x> 1000\nx\n", name=NAME.replace("01CALL", "02CALL"))
    assert [line for line in lines(followed, 100.0, ends=False) if "has ended" in line] == []
    begin(tmp_path, "x> 1000\nx\n", name=NAME.replace("01CALL", "03CALL"))
    assert lines(followed, 100.0) == [" 0:00.002  …Z_03CALL has ended, no findings"]


def test_silence_is_told_when_the_wait_is_over(tmp_path: Path) -> None:
    followed = calls(tmp_path)
    begin(
        tmp_path,
        '< {"type": "session.created", "session": {"id": "s1"}}\n'
        '< {"type": "response.created", "response": {"id": "r1"}}\n'
        '< {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "arguments": "{}"}\n'
        '< {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}]}}\n'
        '> {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}\n',
    )
    assert lines(followed, 100.0) == []
    (told,) = lines(followed, 104.0)
    assert "TOOL001 output-without-response" in told


def test_what_began_before_and_what_is_no_recording_is_left_alone(tmp_path: Path) -> None:
    followed = calls(tmp_path / "recordings")
    assert lines(followed, 100.0) == []  # the folder comes with the first call
    begin(tmp_path / "recordings", SESSION, name="20261123T115900Z_01OLD.jsonl", started="2026-11-23T11:59:00.000000Z")
    begin(tmp_path / "recordings", SESSION, name="20261123T120000Z_01HALF.jsonl", started="2026-11-23T12:00:00.400000Z")
    (tmp_path / "recordings" / NAME).write_text("no recording\n")

    assert [line for line in lines(followed, 100.0) if "ended" not in line] == []


def test_a_call_that_grows_is_told_of_as_it_grows(tmp_path: Path) -> None:
    followed = calls(tmp_path)
    path = begin(tmp_path, '< {"type": "session.created", "session": {"id": "s1"}}\n')
    assert lines(followed, 100.0) == []

    (entry,) = transcript.entries(f"> {OUTPUT}")
    with path.open("ab") as stream:
        stream.write(jsonl.dump(replace(entry, n=2, t=0.5)))
    (told,) = lines(followed, 100.5)
    assert "TOOL003" in told


def test_a_file_is_none_to_wait_for_calls_in(rti: CommandLine, tmp_path: Path) -> None:
    begin(tmp_path, SESSION)
    ran = rti("tail", "--lint", NAME)
    assert (ran.code, ran.err) == (
        2,
        f"realtime-inspector: {NAME}: --lint follows the calls of a folder; leave it out, or name the folder\n",
    )


def test_the_screens_need_no_lines_besides(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["proxy", "--tui", "--lint", "--listen", "127.0.0.1:0"]) == 2
    assert "--tui shows what is wrong by itself; leave --lint out" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_beside_a_proxy_it_says_its_last_words_before_it_ends(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ""

    def has(words: str) -> bool:
        nonlocal said
        said += capfd.readouterr().err
        return words in said

    monkeypatch.setattr(live, "now", lambda: SINCE)
    monkeypatch.setattr(live, "_END_S", 60.0)
    with live.beside(tmp_path, ends=True):
        begin(tmp_path, SESSION)
        wait_for(lambda: has("error TOOL003"))
        begin(tmp_path, SESSION + "x> 1000\nx\n", name=NAME.replace("01CALL", "02CALL"))
    assert has("…Z_02CALL has ended, 4 errors")


def test_a_signal_ends_it_after_a_last_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = {}
    monkeypatch.setattr(signal, "signal", lambda number, handler: handlers.update({number: handler}))
    monkeypatch.setattr(time, "sleep", lambda seconds: handlers[signal.SIGINT](signal.SIGINT, None))
    begin(tmp_path, SESSION)
    written: list[str] = []

    live.follow(calls(tmp_path), Lines(Ink(on=False), ends=True), written.append, alone=True)

    assert len(written) == 1
    assert signal.SIGTERM in handlers
