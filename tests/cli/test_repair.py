"""`repair`: a recording that was cut off, made whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.helpers import CommandLine, write_recording

TEXT = '> {"type": "response.create"}\n< {"type": "response.created"}\nx'


@pytest.fixture
def torn(rti: CommandLine) -> Path:
    path = write_recording(Path("call.jsonl"), TEXT)
    path.write_bytes(path.read_bytes() + b'{"n":4,"t"')
    return path


def test_a_torn_line_is_cut_and_what_was_done_is_told(rti: CommandLine, torn: Path) -> None:
    ran = rti("repair", torn)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == (
        "call.jsonl: cut a torn last line of 10 bytes; 3 entries can be read; the old file is call.jsonl.bak\n"
    )
    again = rti("repair", torn)
    assert (again.code, again.err) == (0, "call.jsonl: nothing to mend; 3 entries can be read\n")


def test_another_output_leaves_the_recording_as_it_is(rti: CommandLine, torn: Path) -> None:
    before = torn.read_bytes()
    ran = rti("repair", torn, "-o", "new.jsonl")
    assert ran.err.endswith("3 entries can be read; written to new.jsonl\n")
    assert torn.read_bytes() == before == Path("new.jsonl").read_bytes() + b'{"n":4,"t"'


def test_a_folder_is_mended_and_what_cannot_be_is_told(rti: CommandLine, torn: Path) -> None:
    Path("bad.jsonl").write_text("hello\n")
    ran = rti("repair", ".")
    assert ran.code == 4
    assert "bad.jsonl:1: not a recording's header" in ran.err
    assert "call.jsonl: cut a torn last line" in ran.err
    assert ran.err.endswith("1 of 2 files could not be mended\n")


def test_lines_that_are_no_entries_are_told_and_left(rti: CommandLine) -> None:
    path = write_recording(Path("call.jsonl"), TEXT)
    path.write_bytes(path.read_bytes().replace(b'"n":2', b'"n":"2"')[:-1])
    ran = rti("repair", path)
    assert "ended the last line; 1 line is no entry and left in place; 2 entries can be read" in ran.err


def test_one_output_takes_one_recording(rti: CommandLine, torn: Path) -> None:
    write_recording(Path("other.jsonl"), TEXT)
    ran = rti("repair", ".", "-o", "new.jsonl")
    assert (ran.code, ran.err) == (2, "realtime-inspector: --output takes one recording, not 2\n")


def test_a_folder_without_recordings_is_told(rti: CommandLine) -> None:
    Path("none").mkdir()
    assert "none: no recordings in this folder" in rti("repair", "none").err


@pytest.mark.parametrize("arguments", [[], ["absent.jsonl"], ["torn.jsonl", "-o", "-"]])
def test_a_recording_must_be_named(rti: CommandLine, arguments: list[str]) -> None:
    assert rti("repair", *arguments).code == 2
