from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_inspector.capture.held import hold
from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.recording.files import find
from tests.capture import wire
from tests.cli.helpers import CommandLine, write_recording

DAY_S = 86400
CALL = "> {}\nx 1000\n"


@pytest.fixture(autouse=True)
def _no_socket_is_left_open() -> Iterator[None]:
    yield
    wire.close_all()


def recording(name: str, days: float) -> Path:
    path = write_recording(Path("recordings") / name, CALL)
    changed = time.time() - days * DAY_S
    os.utime(path, (changed, changed))
    return path


def test_old_recordings_go_and_are_named(rti: CommandLine) -> None:
    old, new = recording("a/old.jsonl", 8), recording("new.jsonl", 6)
    ran = rti("prune", "--keep", "7d")
    assert (ran.code, ran.out) == (0, f"{old}\n")
    assert ran.err.startswith("1 deleted (")
    assert (old.exists(), new.exists()) == (False, True)


def test_a_dry_run_deletes_nothing(rti: CommandLine) -> None:
    old = recording("old.jsonl", 8)
    ran = rti("prune", "--keep", "7d", "--dry-run")
    assert ran.out == f"{old}\n"
    assert "1 would go" in ran.err
    assert old.exists()


def test_a_folder_can_be_named(rti: CommandLine) -> None:
    old = recording("old.jsonl", 8)
    elsewhere = old.rename(Path("elsewhere.jsonl"))
    assert rti("prune", "--keep", "1d", ".").out == f"{elsewhere}\n"


def test_the_oldest_of_too_many_go(rti: CommandLine) -> None:
    paths = [recording(f"{days}.jsonl", days) for days in (1, 2, 3)]
    size = paths[0].stat().st_size
    ran = rti("prune", "--max-size", str(2 * size))
    assert ran.out == f"{paths[2]}\n"


def test_a_pin_keeps_a_recording(rti: CommandLine) -> None:
    old = recording("old.jsonl", 8)
    Path(f"{old}.pin").touch()
    ran = rti("prune", "--keep", "7d", "--max-size", "0")
    assert (ran.code, ran.out) == (0, "")
    assert "1 pinned" in ran.err
    assert "what is left is more than 0: it is pinned, or being written" in ran.err
    assert old.exists()


def test_what_is_no_recording_is_left_alone(rti: CommandLine) -> None:
    recording("old.jsonl", 8)
    other = Path("recordings/training.jsonl")
    other.write_text('{"prompt": "not ours"}\n')
    os.utime(other, (0, 0))
    rti("prune", "--keep", "7d", "--max-size", "0")
    assert other.exists()


def test_a_call_under_way_is_left_alone_however_long_it_was_quiet(rti: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    with wire.upstream() as server, relay_in_thread(server.url, folder) as relay:
        client = wire.connect(relay.port)
        client.send(wire.REQUEST)
        peer = server.accept()
        peer.read_head()
        wire.wait_for(lambda: any(path.stat().st_size for path in find(folder)))
        (path,) = find(folder)
        os.utime(path, (0, 0))
        ran = rti("prune", "--keep", "7d", "--max-size", "0")
        assert ran.out == ""
        assert "1 being written" in ran.err
        client.close()
        peer.close()
        wire.finished(folder)
    os.utime(path, (0, 0))
    assert rti("prune", "--keep", "7d").out.endswith(f"{path.name}\n")
    assert not path.exists()


def test_one_without_an_end_that_just_grew_is_left_alone_too(rti: CommandLine) -> None:
    path = recording("growing.jsonl", 0)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    assert "1 being written" in rti("prune", "--max-size", "0").err
    os.utime(path, (0, 0))
    assert rti("prune", "--max-size", "0").out == f"{path}\n"


def test_a_clock_that_was_set_back_leaves_nothing_that_cannot_be_deleted(rti: CommandLine) -> None:
    path = recording("ahead.jsonl", -1)
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    os.utime(path, (time.time() + 5 * 3600,) * 2)
    assert rti("prune", "--keep", "1h").out == ""
    assert rti("prune", "--max-size", "0").out == f"{path}\n"


def test_a_clock_that_is_set_ahead_does_not_delete_a_call_under_way(rti: CommandLine, tmp_path: Path) -> None:
    path = recording("call.jsonl", 0)
    with path.open("ab") as stream:
        hold(stream.fileno())
        os.utime(path, (time.time() - 10 * 86400,) * 2)
        assert "1 being written" in rti("prune", "--keep", "1h", "--max-size", "0").err
    assert path.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say what may stay: --keep 7d, --max-size 2GB, or both"),
        (["--keep", "soon"], "--keep 'soon' is none; write 7d, 12h or 30m"),
        (["--keep", "7d", "nowhere"], "nowhere: no such folder; name the one with the recordings"),
    ],
)
def test_a_mistake_is_one_clear_line(rti: CommandLine, arguments: list[str], said: str) -> None:
    ran = rti("prune", *arguments)
    assert (ran.code, ran.err) == (2, f"realtime-inspector: {said}\n")
