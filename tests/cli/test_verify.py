"""`verify`: what is whole, what is not, and its exit codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.cli.helpers import HEADER, CommandLine, write_recording

CALL = """
> {"type": "response.create"}
< {"type": "response.created", "response": {"id": "r1"}}
+2s x
"""


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "call.jsonl", CALL)


def test_a_recording_as_it_was_written_is_whole(rti: CommandLine, call: Path) -> None:
    ran = rti("verify", call.name)
    assert (ran.code, ran.out, ran.err) == (0, "call.jsonl: whole: 3 entries, 0:02\n", "the recording is whole\n")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda lines: [*lines[:2], *lines[3:]], "call.jsonl:3: entry 3 follows 1: 2 is missing, so the file was edi"),
        (lambda lines: [*lines[:-1], lines[-1][:20]], "call.jsonl:4: the last line is cut off; run `realtime-inspect"),
        (lambda lines: lines[:-1], "call.jsonl:3: no end follows: it is cut off here, or still being written"),
        (lambda lines: lines[:1], "call.jsonl:1: no end follows"),
        (lambda lines: [lines[0], b"what?\n", *lines[1:]], "call.jsonl:2: not an entry"),
        (
            lambda lines: [
                *lines[:3],
                b'{"n":3,"t":1,"from":"proxy","kind":"gap","lost":7,"why":"the disk is full"}\n',
                lines[3].replace(b'"n":3', b'"n":4'),
            ],
            "call.jsonl:4: 7 messages were not recorded: the disk is full",
        ),
        (lambda lines: [*lines, b'{"next_part":2,"first":4}\n'], "the recording goes on in part 2, which is missing"),
    ],
)  # fmt: skip
def test_what_is_missing_or_changed_is_told_with_its_line(
    rti: CommandLine, call: Path, spoil: object, told: str
) -> None:
    assert callable(spoil)
    call.write_bytes(b"".join(spoil(call.read_bytes().splitlines(keepends=True))))
    ran = rti("verify", call.name)
    assert (ran.code, told in ran.out) == (1, True), ran.out


def test_an_import_has_no_end_and_is_whole(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "log.jsonl", '> {"type": "response.create"}', replace(HEADER, via="import:log"))
    assert rti("verify", "log.jsonl").code == 0


def test_of_a_folder_each_is_told_and_what_cannot_be_read_is_not_whole(
    rti: CommandLine, call: Path, tmp_path: Path
) -> None:
    (tmp_path / "other.jsonl").write_text("no recording\n")
    ran = rti("verify", ".", "--format", "json")
    told = {each["path"]: each for each in orjson.loads(ran.out)["recordings"]}
    assert ran.code == 1
    assert (told["call.jsonl"]["whole"], told["call.jsonl"]["messages"], told["call.jsonl"]["lost"]) == (True, 2, 0)
    assert (told["other.jsonl"]["whole"], told["other.jsonl"]["id"]) == (False, None)
    call.unlink()
    assert rti("verify", ".").code == 4


def test_a_piece_is_whole_and_says_what_it_is_a_piece_of(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "piece.jsonl", CALL, replace(HEADER, extra={"cut": {"of": "01WHOLE"}}))
    assert rti("verify", "piece.jsonl").out == "piece.jsonl: whole: 3 entries, 0:02, a piece of 01WHOLE\n"
