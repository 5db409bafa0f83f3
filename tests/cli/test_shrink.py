"""`shrink`: a command says whether a piece still fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.recording import files
from tests.cli.helpers import CommandLine, write_recording
from tests.replay.helpers import OPEN
from tests.replay.test_shrink import turn


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """Write a call of several turns, one of which names a place."""
    text = OPEN + turn(1) + turn(2).replace('"ok"', '"Oslo"') + turn(3)
    return write_recording(tmp_path / "call.jsonl", text)


def test_the_smallest_piece_for_which_a_command_fails_is_written(call: Path, rti: CommandLine) -> None:
    ran = rti("shrink", call, "--if", "! grep -q Oslo {}")
    assert ran.code == 0, ran.err
    (path,) = ran.out.splitlines()
    assert path == str(call.with_name("call.shrunk.jsonl"))
    left = list(files.open_recording(Path(path)))
    assert any(b"Oslo" in entry.payload for entry in left)
    assert len(left) < 12
    assert f"{len(left) - 1} of " in ran.err or f"{len(left)} of " in ran.err


def test_the_path_stands_at_the_end_if_nothing_says_where(call: Path, rti: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "small.jsonl"
    ran = rti("shrink", call, "--if", "! grep -q Oslo", "-o", out)
    assert (ran.code, ran.out) == (0, f"{out}\n")


def test_a_command_that_does_not_fail_is_refused(call: Path, rti: CommandLine) -> None:
    ran = rti("shrink", call, "--if", "true")
    assert ran.code == 2
    assert "--if 'true' exits with 0 for the whole recording: there is nothing to shrink" in ran.err
    ran = rti("shrink", call, "--if", "sleep 60;", "--timeout", "0.05")
    assert "takes longer than 0.05 s" in ran.err


def test_another_failure_does_not_count(call: Path, rti: CommandLine) -> None:
    ran = rti("shrink", call, "--if", "grep -q Oslo {} && exit 7; exit 8; :")
    assert ran.code == 0
    left = list(files.open_recording(Path(ran.out.strip())))
    assert any(b"Oslo" in entry.payload for entry in left)


def test_what_was_found_so_far_is_written_when_it_is_stopped(
    call: Path, rti: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from realtime_inspector.cli import shrink

    tries: list[object] = []
    real = shrink.Trial.fails

    def fails(trial: shrink.Trial, piece: object) -> bool:
        tries.append(piece)
        if len(tries) == 4:
            raise KeyboardInterrupt
        return real(trial, piece)  # type: ignore[arg-type]  # a piece

    monkeypatch.setattr(shrink.Trial, "fails", fails)
    ran = rti("shrink", call, "--if", "! grep -q Oslo {}")
    assert ran.code == 0
    assert "stopped; this is the smallest so far" in ran.err
    assert Path(ran.out.strip()).exists()
