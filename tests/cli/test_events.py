"""`events`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realtime_inspector.cli import faulting
from realtime_inspector.cli.events import Rows
from realtime_inspector.cli.output import Ink
from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.replay.faults.sockets import Between
from realtime_inspector.tui.memory import Memory, usual_path
from tests.analysis import sessions
from tests.analysis.sessions import VOICE
from tests.cli.helpers import CommandLine, write_recording


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "call.jsonl", VOICE)


def numbers(out: str) -> list[int]:
    return [int(line.split()[0]) for line in out.splitlines()]


def test_every_entry_is_a_row(rti: CommandLine, call: Path) -> None:
    lines = rti("events", "call.jsonl").out.splitlines()

    assert len(lines) == 36
    assert lines[0] == "     1  0:00.001  →  wire.request                         GET /v1/realtime?model=gpt-realtime"
    assert lines[12] == "    13  0:02.508   ← response.output_audio.delta          4.0 s of audio"
    assert lines[35].split()[2:] == ["·", "wire.end", "closed"]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("type:response.created", [11, 22, 30]),
        ("turn:2 type:response.created", [22, 30]),
        ("latency>300ms", [13, 17]),
        ("from:proxy", [36]),
        ("nothing like it", []),
    ],
)
def test_a_filter_chooses_rows(rti: CommandLine, call: Path, expression: str, found: list[int]) -> None:
    assert numbers(rti("events", "--filter", expression, "call.jsonl").out) == found


def test_json_is_the_entry_as_it_stands_in_the_file(rti: CommandLine, call: Path) -> None:
    out = rti("events", "-o", "json", "-f", "n:3", "call.jsonl").out

    assert out.encode() == jsonl.dump(transcript.entries(VOICE)[2])
    assert json.loads(out)["event"]["session"]["id"] == "sess_1"


def test_a_filter_that_is_none_is_shown_with_its_place(rti: CommandLine, call: Path) -> None:
    ran = rti("events", "-f", "n:1 and latency>800", "call.jsonl")

    assert ran.code == 2
    assert ran.out == ""
    assert ran.err == (
        "n:1 and latency>800\n"
        "                ^\n"
        "realtime-inspector: filter: a number without its unit; units of 'latency' are ms, s\n"
    )


def test_audio_is_measured_in_the_format_of_its_session(rti: CommandLine, tmp_path: Path) -> None:
    session = '{"audio": {"output": {"format": {"type": "audio/pcmu"}}}}'
    write_recording(
        tmp_path / "call.jsonl",
        f"""
        < {{"type": "session.created", "session": {session}}}
        < {{"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<100ms>"}}
        """,
    )

    assert rti("events", "call.jsonl", "-f", "n:2").out.endswith("600 ms of audio\n")


@pytest.mark.parametrize(("width", "row"), [(None, 70), (80, 70), (60, 49)])
def test_in_a_narrow_terminal_the_type_takes_no_more_than_it_needs(width: int | None, row: int) -> None:
    (event,) = sessions.events('> {"type": "response.create", "response": {"instructions": "Say hello."}}')

    line = Rows(Ink(on=False), width).line(event)
    assert "Say hello." in line
    assert len(line) == row


def test_what_a_peer_sent_never_steers_the_terminal(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", '> {"type": "evil\\u001b[2J", "item_id": "\\u202e"}\n< \x1b]0;x\x07')

    assert not set(rti("events", "call.jsonl").out) & set("\x1b\x07\u202e")


def test_a_filter_for_findings_means_those_that_the_project_wants(rti: CommandLine, tmp_path: Path) -> None:
    text = '> {"type": "response.create"}\n< {"type": "response.created", "response": {"id": "r1"}}\n'
    write_recording(tmp_path / "call.jsonl", text + '> {"type": "response.create"}\nx')
    assert numbers(rti("events", "-f", "rule:RSP001", "call.jsonl").out) == [3]
    (tmp_path / "realtime-inspector.toml").write_text('[lint]\nignore = ["RSP001"]')
    assert numbers(rti("events", "-f", "rule:RSP001", "call.jsonl").out) == []


def test_a_saved_filter_is_the_projects_or_the_users_own(
    rti: CommandLine, call: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path / "data"))
    own = Memory(usual_path())
    own.save("first", "n:1")
    own.save("few", "n:9")
    (tmp_path / "realtime-inspector.toml").write_text('[open.filters]\nfew = "@first or n:3"')
    assert numbers(rti("events", "-f", "@few", "call.jsonl").out) == [1, 3]
    ran = rti("events", "-f", "n:1 @fw", "call.jsonl")
    assert (ran.code, ran.err.splitlines()[:2]) == (2, ["n:1 @fw", "    ^"])
    assert "no filter is saved as 'fw'; did you mean '@few'?" in ran.err
    assert [str(fault.where is not None) for fault in saved_fault("drop on @few").plan.faults] == ["True"]


def saved_fault(fault: str) -> Between:
    """Return the faults of a command line."""
    made = faulting.between({"faults": (fault,), "profiles": (), "fault_seed": "0"})
    assert made is not None
    return made
