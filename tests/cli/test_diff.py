"""`diff`: what it prints, and its exit code."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.analysis.test_diff import WHOLE
from tests.cli.helpers import CommandLine, write_recording


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Return two recordings with one difference of each of three kinds."""
    other = WHOLE.replace("very brief", "rather brief").replace("Good day to you", "Good **day** to us")
    other = other.replace('\\"Oslo\\"', '\\"Rome\\"')
    return write_recording(tmp_path / "a.jsonl", WHOLE), write_recording(tmp_path / "b.jsonl", other)


def test_a_recording_does_not_differ_from_itself(rti: CommandLine, files: tuple[Path, Path]) -> None:
    ran = rti("diff", files[0], files[0], "--latency", "0%", "--cost", "0%")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "no difference"


def test_differences_are_shown_turn_by_turn_and_make_the_exit_code(rti: CommandLine, files: tuple[Path, Path]) -> None:
    ran = rti("diff", *files)
    assert ran.code == 1
    lines = ran.out.splitlines()
    at = lines.index("configuration")
    assert lines[at + 1] == "  session.instructions: Be [-very-] {+rather+} brief today."
    at = lines.index("turn 1")
    assert lines[at + 1] == "  assistant: Good [-day-] {+**day**+} to [-you-] {+us+}"
    assert "  sky.arguments.city: 'Oslo' → 'Rome'" in lines
    assert lines[-1] == "3 differences: configuration 1, text 1, tools 1"


def test_what_is_ignored_is_no_difference(rti: CommandLine, files: tuple[Path, Path]) -> None:
    ran = rti("diff", *files, "--ignore", "text,configuration", "--ignore-path", "sky.arguments.city")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "no difference")


def test_json_has_every_difference_with_its_place(rti: CommandLine, files: tuple[Path, Path]) -> None:
    told = orjson.loads(rti("diff", *files, "--format", "json").out)
    assert (told["schema_version"], told["same"]) == (1, False)
    assert (told["a"]["path"], told["b"]["path"]) == (str(files[0]), str(files[1]))
    assert told["summary"] == {"configuration": 1, "text": 1, "tools": 1}
    tool = told["differences"][-1]
    assert tool["what"] == "sky.arguments.city"
    assert (tool["a"], tool["b"], tool["turn"]) == ("Oslo", "Rome", {"a": 2, "b": 2})
    assert told["turns"] == [{"a": n, "b": n} for n in (1, 2, 3)]


def test_markdown_shows_no_mark_that_the_sessions_made(rti: CommandLine, files: tuple[Path, Path]) -> None:
    out = rti("diff", *files, "--format", "markdown").out
    assert r"- assistant: Good ~~day~~ **\*\*day\*\*** to ~~you~~ **us**" in out
    assert "\n| asked to first output, median | 102 ms | 102 ms |  |\n" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--ignore", "words"], "--ignore 'words' is no aspect; known are configuration, turns, text"),
        (["--latency", "fast"], "--latency 'fast' is no tolerance; write 20%, 200ms or both"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(
    rti: CommandLine, files: tuple[Path, Path], arguments: list[str], said: str
) -> None:
    ran = rti("diff", *files, *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
