"""`cut` and `concat`: files out of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.recording import files
from tests.cli.helpers import CommandLine, write_recording
from tests.replay.test_cut import THREE


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """Return a recording of three turns."""
    return write_recording(tmp_path / "call.jsonl", THREE)


def test_a_recording_goes_into_pieces_and_back(rti: CommandLine, call: Path, tmp_path: Path) -> None:
    first = rti("cut", call, "--turns", "1")
    assert (first.code, first.out) == (0, f"{tmp_path}/call.cut.jsonl\n")
    assert first.err.startswith("cut from 01RECORDING: ")
    assert rti("cut", call, "--turns", "2-", "-o", "rest.jsonl.zst").out == "rest.jsonl.zst\n"
    assert Path("rest.jsonl.zst").read_bytes()[:4] == b"\x28\xb5\x2f\xfd"
    assert rti("concat", "rest.jsonl.zst", "call.cut.jsonl", "-o", "whole.jsonl").err == "nothing is left out\n"
    assert Path("whole.jsonl").read_bytes() == call.read_bytes()
    assert Path("whole.jsonl").stat().st_mode & 0o777 == 0o600
    assert rti("lint", "call.cut.jsonl", "rest.jsonl.zst", "--exit-zero").code == 0


def test_a_piece_on_the_standard_output_is_the_piece_and_nothing_else(rti: CommandLine, call: Path) -> None:
    rti("cut", call, "--turns", "1", "-o", "first.jsonl")
    piped = rti("cut", call, "--turns", "1", "-o", "-")
    first, said = (text.splitlines()[1:] for text in (Path("first.jsonl").read_text(), piped.out))
    assert said == first
    assert not Path("-").exists()
    assert len(rti("concat", call, "first.jsonl", "-o", "-").out.splitlines()) > len(first)


def test_time_may_be_written_in_any_of_the_usual_ways(rti: CommandLine, call: Path) -> None:
    said = {
        rti("cut", call, "--from", start, "--to", end, "-o", "piece.jsonl").err
        for start, end in (("0.35s", "1s"), ("350ms", "0:01"), ("0.35", "0m1s"))
    }
    assert len(said) == 1
    assert len(list(files.open_recording(Path("piece.jsonl")))) < len(list(files.open_recording(call)))


def test_two_recordings_become_one(rti: CommandLine, call: Path, tmp_path: Path) -> None:
    ran = rti("concat", call, call)
    assert (ran.code, ran.out) == (0, f"{tmp_path}/call.joined.jsonl\n")
    assert ran.err.startswith("joined: from here on it is 01RECORDING")
    assert "6 turns" in rti("show", "call.joined.jsonl").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cut", "call.jsonl"], "name what to keep: either --turns 2-4, or --from 12s and --to 30s"),
        (["cut", "call.jsonl", "--turns", "1", "--from", "1s"], "name what to keep"),
        (["cut", "call.jsonl", "--turns", "two"], "--turns 'two' is none; write a number, or two: 2-4"),
        (["cut", "call.jsonl", "--turns", "7"], "call.jsonl: there is no turn 7; the recording has 3"),
        (["cut", "call.jsonl", "--from", "soon"], "--from 'soon' is no time; write 12s, 1m30s or 1:30"),
        (["cut", "call.jsonl", "--from", "9m"], "call.jsonl: nothing happens in that time; the recording is"),
        (["cut", "call.jsonl", "--turns", "1", "-o", "call.jsonl"], "the output would overwrite what it is made of"),
        (["concat", "call.jsonl"], "name two recordings or more"),
        (["concat", "call.jsonl", "call.jsonl", "-o", "call.jsonl"], "the output would overwrite what it is made of"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(rti: CommandLine, call: Path, arguments: list[str], said: str) -> None:
    before = call.read_bytes()
    ran = rti(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert call.read_bytes() == before
