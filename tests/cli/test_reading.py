"""From what a command line names to what is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.helpers import CommandLine, write_recording

HELLO = '< {"type": "session.created", "session": {"id": "s1", "type": "realtime"}}'


@pytest.mark.parametrize("command", ["show", "events", "import", "export --to markdown"])
def test_a_file_that_is_not_there_is_a_mistake_of_usage(rti: CommandLine, command: str) -> None:
    ran = rti(*command.split(), "nowhere.jsonl")

    assert (ran.code, ran.err) == (2, "realtime-inspector: nowhere.jsonl: no such file\n")


@pytest.mark.parametrize("command", ["show", "events", "import", "export --to markdown"])
def test_a_folder_in_place_of_a_file_is_answered_with_the_command_that_lists_it(rti: CommandLine, command: str) -> None:
    Path("calls").mkdir()

    ran = rti(*command.split(), "calls")
    assert ran.code == 2
    assert "calls: a folder; name one of its recordings: `realtime-inspector ls calls` lists them" in ran.err


@pytest.mark.skipif(os.name == "nt", reason="quoted otherwise there")
def test_a_command_that_is_printed_can_be_pasted(rti: CommandLine) -> None:
    Path("my calls").mkdir()
    Path("my log.jsonl").write_text('{"not": "a header"}\n')
    assert "`realtime-inspector ls 'my calls'` lists them" in rti("show", "my calls").err
    assert "`realtime-inspector demo --dir 'no calls'`" in rti("ls", "--dir", "no calls").err
    assert "`realtime-inspector import 'my log.jsonl'` makes" in rti("repair", "my log.jsonl").err


@pytest.mark.parametrize("command", ["show", "events", "digest", "report -o -"])
def test_without_a_file_the_newest_of_the_folder_is_read(rti: CommandLine, command: str) -> None:
    new = write_recording(Path("recordings/new.jsonl"), HELLO)
    old = write_recording(Path("recordings/old.jsonl"), "x")
    os.utime(old, (1, 1))

    assert rti(*command.split()).out == rti(*command.split(), new).out != rti(*command.split(), old).out
    assert "none: no recording yet; name a FILE, or make one" in rti(*command.split(), "--dir", "none").err


def test_a_folder_that_is_not_there_is_answered_with_two_ways_to_make_a_recording(rti: CommandLine) -> None:
    said = rti("lint").err
    assert "recordings: no such folder" in said
    assert "`realtime-inspector run -- CMD`, or without a key `realtime-inspector demo --dir recordings`" in said


@pytest.mark.parametrize("command", ["repair", "mock --listen 127.0.0.1:0"])
def test_a_log_where_a_recording_is_needed_is_answered_with_import(rti: CommandLine, command: str) -> None:
    Path("log.txt").write_text('> {"type": "response.create"}\n')

    ran = rti(*command.split(), "log.txt")
    assert ran.code == 4
    assert "if it is a log, `realtime-inspector import log.txt` makes a recording of it" in ran.err


def test_a_header_that_is_damaged_is_not_taken_for_a_log(rti: CommandLine) -> None:
    Path("call.jsonl").write_text('{"recording":1,"id":\n')

    assert "import" not in rti("repair", "call.jsonl").err


def test_standard_input_is_no_file_to_mend(rti: CommandLine) -> None:
    ran = rti("repair", "-")

    assert (ran.code, "save the standard input as" in ran.err) == (2, True)


def test_a_file_that_cannot_be_mended_in_its_place_is_answered_with_the_way_out(
    rti: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_recording(Path("call.jsonl"), "x")
    path.write_bytes(path.read_bytes() + b'{"n":')

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    ran = rti("repair", path)
    assert ran.code == 4
    assert "call.jsonl: cannot be mended where it is: Permission denied; --output FILE writes it elsewhere" in ran.err
