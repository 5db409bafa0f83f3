"""`export`: a recording in another format."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.cli.helpers import CommandLine, write_recording

TEXT = '> {"type": "response.crate"}\nx'


def test_markdown_is_written_on_standard_output(rti: CommandLine) -> None:
    ran = rti("export", write_recording(Path("call.jsonl"), TEXT), "--to", "markdown")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("# call.jsonl\n\n| | |\n")
    assert "> **error" in ran.out


def test_findings_can_be_left_out(rti: CommandLine) -> None:
    ran = rti("export", write_recording(Path("call.jsonl"), TEXT), "--to", "markdown", "--no-findings")
    assert "> **" not in ran.out
    assert "Findings" not in ran.out


def test_a_file_is_written_for_its_owner_only(rti: CommandLine) -> None:
    ran = rti("export", write_recording(Path("call.jsonl"), TEXT), "--to", "markdown", "-o", "call.md")
    assert (ran.out, ran.err) == ("", "call.jsonl: written to call.md as markdown\n")
    assert Path("call.md").read_text().startswith("# call.jsonl\n")
    assert stat.S_IMODE(Path("call.md").stat().st_mode) == 0o600


def test_the_recording_itself_is_not_overwritten(rti: CommandLine) -> None:
    path = write_recording(Path("call.jsonl"), TEXT)
    before = path.read_bytes()
    assert rti("export", path, "--to", "markdown", "-o", path).code == 2
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(rti: CommandLine) -> None:
    ran = rti("export", write_recording(Path("call.jsonl"), TEXT), "--to", "markdown", "-o", "no/call.md")
    assert ran.code == 2
    assert ran.err == "realtime-inspector: no/call.md: cannot be written: No such file or directory\n"


def test_an_unknown_format_is_refused_with_the_known_ones(rti: CommandLine) -> None:
    ran = rti("export", "call.jsonl", "--to", "pdf")
    assert ran.code == 2
    assert "'markdown'" in ran.err


def test_a_torn_recording_is_exported_and_the_tear_told(rti: CommandLine) -> None:
    path = write_recording(Path("call.jsonl"), TEXT)
    path.write_bytes(path.read_bytes()[:-9])
    ran = rti("export", path, "--to", "markdown")
    assert ran.code == 0
    assert "the last line is cut off; run `realtime-inspector repair call.jsonl`" in ran.err


def test_a_format_that_is_no_text_is_written_as_bytes(rti: CommandLine) -> None:
    path = write_recording(Path("call.jsonl"), TEXT)
    assert rti("export", path, "--to", "bundle", "-o", "call.zip").code == 0
    assert Path("call.zip").read_bytes().startswith(b"PK")


def test_an_option_of_another_format_is_refused(rti: CommandLine) -> None:
    ran = rti("export", write_recording(Path("call.jsonl"), TEXT), "--to", "har", "--heard")
    assert ran.code == 2
    assert ran.err == "realtime-inspector: har takes no --heard; wav, flac, opus do\n"


def test_nothing_is_left_behind_where_there_is_nothing_to_export(rti: CommandLine) -> None:
    ran = rti("export", write_recording(Path("call.jsonl"), TEXT), "--to", "wav", "-o", "call.wav")
    assert (ran.code, ran.out) == (2, "")
    assert "no audio in it" in ran.err
    assert [path.name for path in Path().iterdir()] == ["call.jsonl"]
