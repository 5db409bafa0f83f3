"""`why`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.analysis.silent_sessions import BEGIN, BEGUN, HEARD, SILENT, SPOKEN
from tests.cli.helpers import CommandLine, write_recording


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "silent.jsonl", SILENT["output-without-response"][0])


@pytest.fixture
def healthy(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "healthy.jsonl", BEGIN + SPOKEN + BEGUN + HEARD + "+9s x> 1000\nx")


def test_the_last_silence_is_told_in_a_sentence_with_its_entries(rti: CommandLine, silent: Path) -> None:
    ran = rti("why", silent)

    assert ran.code == 0
    assert ran.out.splitlines()[1:] == [
        "",
        "0:00.101 to 0:11.441  output-without-response",
        "  the output of weather (call_1) was given 9.0 s before the recording ends, and",
        "  nobody asked for a response; an output alone does not make the assistant speak",
        "  (certain).",
        "    entry 12       0:02.108  the call",
        "    entry 15       0:02.410  its output",
        "    error TOOL001 output-without-response (entry 15)",
        "    the assistant is waiting: the output of weather (call_1) was given 2.0 s",
        "    ago, but nobody asked for a response; an output alone does not make it",
        '    speak: send {"type": "response.create"} after it',
        '  to mend it: send {"type": "response.create"} after the last output',
    ]


def test_json_has_the_cause_its_confidence_and_its_evidence(rti: CommandLine, silent: Path) -> None:
    (found,) = json.loads(rti("why", silent, "--format", "json").out)["silences"]

    assert (found["cause"], found["confidence"], found["answered"]) == ("output-without-response", "certain", False)
    assert found["sentence"].endswith("does not make the assistant speak.")
    assert found["evidence"][1] == {"entry": 15, "t": 2.41, "what": "its output"}
    assert [finding["rule"] for finding in found["findings"]] == ["TOOL001"]


def test_every_silence_is_told_on_demand(rti: CommandLine, healthy: Path) -> None:
    told = json.loads(rti("why", healthy, "--all", "--format", "json").out)["silences"]

    assert [one["cause"] for one in told] == ["waiting-for-user", "answered"]
    assert [one["answered"] for one in told] == [True, False]


@pytest.mark.parametrize(
    ("moment", "cause"), [("1.5", "waiting-for-user"), ("0:01.5", "waiting-for-user"), ("+9s", "answered")]
)
def test_a_moment_is_seconds_or_minutes_and_seconds(rti: CommandLine, healthy: Path, moment: str, cause: str) -> None:
    (found,) = json.loads(rti("why", healthy, "--at", moment, "--format", "json").out)["silences"]
    assert found["cause"] == cause


def test_a_moment_of_speech_is_no_silence(rti: CommandLine, healthy: Path) -> None:
    assert "at 0:03.500 the assistant was answering" in rti("why", healthy, "--at", "3.5").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--at", "soon"], "'soon' is no moment; give seconds (83.5) or minutes and seconds (1:23.5)"),
        (["--at", "1", "--all"], "--at goes without --all"),
    ],
)
def test_a_wrong_option_says_what_to_do(rti: CommandLine, healthy: Path, arguments: list[str], said: str) -> None:
    ran = rti("why", healthy, *arguments)
    assert (ran.code, said in ran.err) == (2, True)


def test_a_log_that_somebody_pasted_is_told_too(rti: CommandLine, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text(
        '< {"type": "response.function_call_arguments.done", "call_id": "c1", "name": "f", "arguments": "{}"}\n'
        '< {"type": "response.done", "response": {"id": "r1", "status": "failed", "status_details": '
        '{"error": {"code": "rate_limit_exceeded", "message": "Slow down."}}}}\n',
        encoding="utf-8",
    )
    assert 'response r1 failed: "Slow down" (rate_limit_exceeded)' in rti("why", log).out.replace("\n ", "")


def test_without_a_file_it_is_the_newest_of_the_folder(
    rti: CommandLine, silent: Path, healthy: Path, tmp_path: Path
) -> None:
    os.utime(healthy, (1, 1))
    assert rti("why", "--dir", tmp_path).out == rti("why", silent).out
    missing = rti("why")
    assert (missing.code, "recordings: no recording yet; name a FILE, or make one" in missing.err) == (2, True)


def test_a_folder_is_refused_in_one_line(rti: CommandLine, tmp_path: Path) -> None:
    ran = rti("why", tmp_path)
    assert ran.code == 2
    assert "a folder; name one of its recordings" in ran.err
