"""`import`: a recording made of a log."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path

import pytest

from realtime_inspector.recording.files import open_recording
from tests.cli.helpers import HEADER, CommandLine, write_recording

LOG = """\
2026-11-22T11:10:03.000Z sent {"type": "session.update", "session": {"tools": [{"type": "mcp", "authorization": "sk-abcdefgh123456"}]}}
2026-11-22T11:10:03.500Z received {"type": "session.updated", "session": {}}
"""  # noqa: E501 - a line of a log


def test_a_log_becomes_a_recording_under_a_name_of_its_own(rti: CommandLine, tmp_path: Path) -> None:
    Path("app.log").write_text(LOG)
    ran = rti("import", "app.log")
    assert (ran.code, ran.err) == (0, "")
    path = Path(ran.out.strip())
    assert path.parent == Path("recordings")
    assert path.name.startswith("20261122T111003Z_log-")
    recording = open_recording(path)
    assert recording.header.via == "import:log"
    assert recording.header.tool.startswith("realtime-inspector ")
    assert [(entry.side.value, entry.t) for entry in recording] == [("client", 0.0), ("server", 0.5)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_import_goes_over_an_earlier_one_and_never_over_what_it_was_made_of(rti: CommandLine) -> None:
    talk = '> {"type": "response.create"}\n< {"type": "response.created", "response": {"id": "r"}}\nx'
    recorded = write_recording(Path("recordings", f"20261122T111003Z_{HEADER.id}.jsonl"), talk)
    before = recorded.read_bytes()
    rti("export", str(recorded), "--to", "har", "-o", "call.har")
    copies = [Path(rti("import", "call.har").out.strip()) for _ in range(2)]
    assert copies[0] == copies[1] != recorded
    assert recorded.read_bytes() == before
    assert [open_recording(copies[0]).header.id] == [open_recording(recorded).header.id]


def test_no_secret_gets_into_the_recording(rti: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "correct-horse-battery")
    Path("app.log").write_text(
        LOG + 'got {"type": "error", "event_id": "e", "error": {"m": "correct-horse-battery"}}\n'
    )
    assert rti("import", "app.log", "-o", "call.jsonl").out == "call.jsonl\n"
    content = Path("call.jsonl").read_text()
    assert "abcdefgh123456" not in content
    assert "correct-horse" not in content
    assert '"redacted":[' in content


def test_standard_input_and_output_will_do(rti: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'> {"type": "response.create"}')))
    ran = rti("import", "-", "-o", "-")
    header, entry = map(json.loads, ran.out.splitlines())
    assert header["via"] == "import:log"
    assert entry["event"] == {"type": "response.create"}
    assert ran.err == "no times in it: all entries stand at 0, and nothing is said about silence\n"


def test_what_was_cut_off_is_told(rti: CommandLine) -> None:
    Path("app.log").write_text('got {"type": "session.created"}\nsent {"type": "session.update", "session": {"voice...')
    ran = rti("import", "app.log", "-o", "call.jsonl")
    assert "app.log:2: session.update is cut off and was left out" in ran.err


def test_a_recording_is_not_imported(rti: CommandLine) -> None:
    write_recording(Path("call.jsonl"), '> {"type": "response.create"}')
    ran = rti("import", "call.jsonl")
    assert (ran.code, ran.err) == (2, "realtime-inspector: call.jsonl: it is a recording already\n")


def test_the_log_itself_is_not_overwritten(rti: CommandLine) -> None:
    Path("app.log").write_text(LOG)
    ran = rti("import", "app.log", "-o", "app.log")
    assert ran.code == 2
    assert "would overwrite what it is made of" in ran.err
    assert Path("app.log").read_text() == LOG


def test_a_file_without_events_is_refused(rti: CommandLine) -> None:
    Path("notes.txt").write_text("nothing here")
    ran = rti("import", "notes.txt")
    assert ran.code == 4
    assert ran.err.startswith("realtime-inspector: notes.txt: neither a recording nor a log of Realtime events")
    assert not Path("recordings").exists()


def test_a_folder_that_cannot_be_made_is_named(rti: CommandLine) -> None:
    Path("app.log").write_text(LOG)
    Path("taken").write_text("")
    ran = rti("import", "app.log", "--dir", "taken")
    assert (ran.code, ran.err) == (2, "realtime-inspector: taken: File exists\n")


TWO = """\
2026-11-22T11:10:03.000Z received {"type": "session.created", "event_id": "e1", "session": {"id": "s1"}}
2026-11-22T11:10:04.000Z received {"type": "response.created", "event_id": "e2", "response": {"id": "r1"}}
2026-11-22T11:12:00.000Z received {"type": "session.created", "event_id": "e3", "session": {"id": "s2"}}
2026-11-22T11:12:01.000Z received {"type": "response.created", "event_id": "e4", "response": {"id": "r2"}}
"""


def test_each_session_of_a_log_becomes_a_recording(rti: CommandLine) -> None:
    Path("app.log").write_text(TWO)
    paths = rti("import", "app.log").out.split()
    started = [open_recording(Path(path)).header.started for path in paths]
    assert started == ["2026-11-22T11:10:03.000000Z", "2026-11-22T11:12:00.000000Z"]
    assert [[(entry.n, entry.t) for entry in open_recording(Path(path))] for path in paths] == [
        [(1, 0.0), (2, 1.0)]
    ] * 2


def test_several_sessions_do_not_go_into_one_file(rti: CommandLine) -> None:
    Path("app.log").write_text(TWO)
    ran = rti("import", "app.log", "-o", "call.jsonl")
    assert ran.code == 2
    assert "app.log: 2 sessions, each becomes a file: name no --output, but a folder (--dir)" in ran.err


def test_a_recording_of_a_log_knows_what_the_log_left_out(rti: CommandLine) -> None:
    Path("app.log").write_text(TWO)
    first = Path(rti("import", "app.log").out.split()[0])
    assert "response.done" in open_recording(first).header.tags["left_out"].split()
    assert rti("lint", str(first)).code == rti("lint", "app.log").code == 0


def test_each_connection_of_a_har_becomes_a_recording(rti: CommandLine) -> None:
    path = write_recording(Path("call.jsonl"), '< {"type": "session.created"}\nx')
    assert rti("export", path, "--to", "har", "-o", "call.har").code == 0
    har = json.loads(Path("call.har").read_text())
    har["log"]["entries"].append(json.loads(json.dumps(har["log"]["entries"][0]).replace("01RECORDING", "02RECORDING")))
    Path("two.har").write_text(json.dumps(har))
    ran = rti("import", "two.har")
    assert (ran.code, ran.err) == (0, "")
    assert [open_recording(Path(line)).header.id for line in ran.out.splitlines()] == ["01RECORDING", "02RECORDING"]
    assert rti("events", "two.har").code == 4
    assert rti("import", "two.har", "-o", "one.jsonl").code == 2


def test_what_is_lost_of_another_tool_s_file_is_told(rti: CommandLine) -> None:
    entry = {"_resourceType": "websocket", "request": {"url": "wss://h/v1/realtime"}, "_webSocketMessages": [{}]}
    Path("odd.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    ran = rti("import", "odd.har", "-o", "call.jsonl")
    assert "a message has no direction or no data, and was left out" in ran.err
