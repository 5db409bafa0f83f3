"""A recording in parts is one recording to every command."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Entry
from realtime_inspector.recording.jsonl import PartEnd
from realtime_inspector.recording.parts import name_of
from realtime_inspector.replay.load import load
from realtime_inspector.tui.shelf import Shelf
from realtime_inspector.tui.study import Study
from tests.analysis.sessions import VOICE
from tests.cli.helpers import HEADER, CommandLine, write_recording


@pytest.fixture
def parts(rti: CommandLine) -> list[Path]:
    """Keep one call in a file, and again in three parts, in folders of their own."""
    write_recording(Path("one/call.jsonl"), VOICE)
    Path("parts").mkdir()
    entries = list(transcript.entries(VOICE))
    third = len(entries) // 3
    return write_parts(Path("parts/call.jsonl"), [entries[:third], entries[third : 2 * third], entries[2 * third :]])


def write_parts(path: Path, parts: list[list[Entry]]) -> list[Path]:
    paths = [name_of(path, number) for number in range(1, len(parts) + 1)]
    first = jsonl.dump_header(HEADER)
    for number, entries in enumerate(parts, 1):
        header = first if number == 1 else jsonl.part_header(first, number, entries[0].n)
        end = jsonl.dump_part_end(PartEnd(number + 1, parts[number][0].n)) if number < len(parts) else b""
        paths[number - 1].write_bytes(header + b"".join(map(jsonl.dump, entries)) + end)
    return paths


@pytest.mark.parametrize(
    "words",
    [
        ["lint", "--format", "json"],
        ["lint", "--format", "concise"],
        ["show"],
        ["events"],
        ["events", "-o", "json"],
        ["stats"],
        ["stats", "--json"],
        ["ls"],
        ["ls", "--json"],
        ["export", "--to", "markdown"],
        ["tail", "--all"],
    ],
    ids=" ".join,
)
def test_it_is_read_like_one_file(rti: CommandLine, parts: list[Path], words: list[str]) -> None:
    one, several = rti(*words, "one/call.jsonl"), rti(*words, parts[0])
    assert one.out
    assert several.out.replace("parts/", "one/") == one.out
    assert (several.code, several.err.replace("parts/", "one/")) == (one.code, one.err)


@pytest.mark.parametrize("command", ["ls", "lint", "stats"])
def test_a_folder_or_all_its_files_give_it_once(rti: CommandLine, parts: list[Path], command: str) -> None:
    assert rti(command, "parts").out == rti(command, *parts).out == rti(command, parts[0]).out


def test_it_replays_like_one_file(parts: list[Path]) -> None:
    (one,), (several,) = load(Path("one")), load(Path("parts"))
    assert several.steps == one.steps
    assert len(several.steps) > 10


def test_a_missing_part_cannot_be_replayed_and_is_told_everywhere(rti: CommandLine, parts: list[Path]) -> None:
    parts[1].unlink()
    ran = rti("mock", parts[0], "--listen", "127.0.0.1:0")
    assert (ran.code, ran.out) == (4, "")
    assert "part 2 of the recording, with entries" in ran.err
    for words in (["show"], ["stats"], ["ls"], ["events"]):
        assert f"{parts[2]}:1: part 2 of the recording" in rti(*words, parts[0]).err, words
    assert "REC002" in rti("lint", "--select", "REC002", parts[0]).out


def test_a_screen_shows_one_recording(parts: list[Path]) -> None:
    shelf = Shelf([Path("parts")])
    shelf.look()
    while shelf.step(lambda: True):
        pass
    (listed,) = shelf.listed.values()
    assert (listed.path, listed.size) == (parts[0], sum(path.stat().st_size for path in parts))
    assert listed.ended
    assert listed.summary is not None
    assert listed.summary.turns == 2
    study = Study(parts[0])
    while not (study.read_on() and study.analyse(lambda: True)):
        pass
    assert len(study.index) == len(list(transcript.entries(VOICE)))
    study.close()
    shelf.close()


def age(paths: list[Path], days: float) -> None:
    for path in paths:
        os.utime(path, (time.time() - days * 86400,) * 2)


def test_prune_takes_the_whole_of_it(rti: CommandLine, parts: list[Path]) -> None:
    age(parts, 8)
    ran = rti("prune", "--keep", "7d", "parts")
    assert ran.out == f"{parts[0]}\n"
    assert "1 deleted" in ran.err
    assert list(Path("parts").iterdir()) == []


def test_prune_leaves_the_whole_of_it_while_one_part_is_new_or_pinned(rti: CommandLine, parts: list[Path]) -> None:
    age(parts[:2], 8)
    assert rti("prune", "--keep", "7d", "parts").out == ""
    age(parts, 8)
    parts[1].with_name(parts[1].name + ".pin").touch()
    assert "0 deleted (0 B), 1 left" in rti("prune", "--keep", "7d", "parts").err
    assert all(path.exists() for path in parts)


def test_repair_mends_each_part(rti: CommandLine, parts: list[Path]) -> None:
    parts[2].write_bytes(parts[2].read_bytes()[:-5])
    ran = rti("repair", parts[0])
    assert (ran.code, ran.err.count("nothing to mend"), ran.err.count("cut a torn last line")) == (0, 2, 1)
    ran = rti("repair", parts[0], "-o", "new.jsonl")
    said = "--output takes one file, not the 3 parts of parts/call.jsonl; mend them where they are"
    assert (ran.code, ran.err) == (2, f"realtime-inspector: {said}\n")


def test_a_later_part_alone_says_what_it_is(rti: CommandLine, parts: list[Path]) -> None:
    ran = rti("events", "-o", "json", parts[2])
    assert f"this is part 3 of {parts[0]}: entries 1 to" in ran.err
    assert json.loads(ran.out.splitlines()[0])["kind"] == "gap"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rotate-size", "big"], "--rotate-size 'big' is none; write 100MB or 1GB"),
        (["--rotate-every", "soon"], "--rotate-every 'soon' is none; write 1h or 30m"),
        (["--rotate-size", "1kB"], "--rotate-size 1kB would make a file of every few lines; give at least 10kB"),
        (["--rotate-every", "0s"], "--rotate-every 0s would make a file of every few lines; give at least 1s"),
    ],
)
@pytest.mark.parametrize("command", ["proxy", "run"])
def test_a_rotation_that_is_none_is_one_clear_line(
    rti: CommandLine, command: str, options: list[str], said: str
) -> None:
    ran = rti(command, *options, *(["--", "true"] if command == "run" else []))
    assert (ran.code, ran.err) == (2, f"realtime-inspector: {said}\n")
