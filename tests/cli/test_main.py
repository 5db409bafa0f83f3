"""The entry point: help, names, and what becomes of errors."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from realtime_inspector import __version__
from realtime_inspector.cli import commands, diagnostics, output
from realtime_inspector.cli import main as main_module
from realtime_inspector.errors import InspectorError, RecordingError, UpstreamError, UsageError
from tests.cli.helpers import CommandLine, write_recording

INSTALLED = [listed.name for listed in commands.table() if listed.installed]


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Return what makes `ls` raise an exception."""

    def make(error: BaseException) -> None:
        def raise_it() -> None:
            raise error

        monkeypatch.setattr(commands, "load", lambda name: click.Command(name, callback=raise_it))

    return make


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_printed(rti: CommandLine, option: str) -> None:
    ran = rti(option)

    assert (ran.code, ran.out) == (0, f"realtime-inspector {__version__}\n")
    assert rti("--debug", option).out == ran.out


def test_without_a_terminal_the_help_is_printed(rti: CommandLine) -> None:
    ran = rti()

    assert ran.code == 0
    assert ran.out.startswith("Usage: realtime-inspector ")


def test_help_lists_every_command_in_80_columns(rti: CommandLine) -> None:
    out = rti("--help").out

    listed = {line.split()[0] for line in out.splitlines() if line.startswith("  ") and line.strip()}
    assert set(INSTALLED) <= listed
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("name", INSTALLED)
def test_every_command_has_help_in_80_columns(rti: CommandLine, name: str) -> None:
    ran = rti(name, "--help")

    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    assert ran.out.startswith(f"Usage: realtime-inspector {name} ")


def test_a_command_that_does_not_exist_is_answered_with_the_nearest(rti: CommandLine) -> None:
    ran = rti("lnt")

    assert ran.code == 2
    assert ran.err == "realtime-inspector: no command and no file 'lnt'; did you mean `lint`?\n"


def test_a_word_that_other_tools_use_is_answered_with_the_command_that_does_it(rti: CommandLine) -> None:
    assert "no command 'rules'; `explain --all` has every rule" in rti("rules").err
    known = {listed.name for listed in commands.table()}
    assert not known & set(commands.ELSEWHERE)
    for said in commands.ELSEWHERE.values():
        named = [span.removeprefix("realtime-inspector ").split()[0] for span in re.findall(r"`([^`]+)`", said)]
        assert set(named) <= {*known, "COMMAND", "--version"}


def test_a_word_that_is_near_nothing_is_answered_with_the_help(rti: CommandLine) -> None:
    assert "`realtime-inspector --help` lists them" in rti("xyzzy").err


def test_an_option_that_does_not_exist_is_answered_with_the_nearest(rti: CommandLine) -> None:
    ran = rti("lint", "--formt", "json")

    assert ran.code == 2
    assert "no such option '--formt'" in ran.err
    assert "--format" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_file_in_place_of_a_command_is_opened(
    rti: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str, ...]] = []
    command = click.Command(
        "open", params=[click.Argument(["paths"], nargs=-1)], callback=lambda paths: opened.append(paths)
    )
    monkeypatch.setattr(commands, "load", lambda name: command)
    monkeypatch.setattr(commands.Listed, "installed", True)
    write_recording(tmp_path / "call.jsonl", "x")

    assert rti("call.jsonl", "other.jsonl").code == 0
    assert rti("not/there").code == 0
    assert opened == [("call.jsonl", "other.jsonl"), ("not/there",)]


@pytest.mark.parametrize(("ci", "shown"), [("", "the recordings"), ("1", "Usage: realtime-inspector")])
def test_without_arguments_a_terminal_shows_the_recordings_unless_nobody_looks(
    rti: CommandLine, monkeypatch: pytest.MonkeyPatch, ci: str, shown: str
) -> None:
    command = click.Command("open", callback=lambda: click.echo("the recordings"))
    monkeypatch.setattr(commands, "load", lambda name: command)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("CI", ci)

    assert rti().out.startswith(shown)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("a: b"), 2, "a: b"),
        (UpstreamError("no route"), 3, "no route"),
        (RecordingError("x.jsonl:1: torn"), 4, "x.jsonl:1: torn"),
        (InspectorError("own"), 125, "own"),
        (FileNotFoundError(2, "No such file or directory", "out/x"), 2, "out/x: no such file or directory"),
        (PermissionError(13, "Permission denied", b"out"), 2, "out: permission denied"),
        (OSError(28, "No space left on device"), 2, "no space left on device"),
        (ConnectionRefusedError(111, "Connection refused"), 3, "[Errno 111] Connection refused"),
        (TimeoutError(), 3, "TimeoutError"),
        (InspectorError("two\nlines \x1b[31m"), 125, "two lines \\x1b[31m"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    rti: CommandLine, fails: Callable[[BaseException], None], error: Exception, code: int, said: str
) -> None:
    fails(error)

    ran = rti("ls")
    assert ran.code == code
    assert ran.err == f"realtime-inspector: {said}\n"
    assert ran.out == ""


def test_our_own_bug_is_one_line_that_says_what_to_do(rti: CommandLine, fails: Callable[[BaseException], None]) -> None:
    fails(KeyError("t"))

    ran = rti("ls")
    assert ran.code == 125
    assert ran.err.startswith("realtime-inspector: a bug in realtime-inspector: KeyError: 't' at test_main.py:")
    assert "please report it" in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("how", ["option", "environment"])
def test_debug_shows_the_traceback(
    rti: CommandLine, fails: Callable[[BaseException], None], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    fails(KeyError("t"))
    if how == "environment":
        monkeypatch.setenv("REALTIME_INSPECTOR_DEBUG", "1")

    ran = rti("--debug", "ls") if how == "option" else rti("ls")
    assert "Traceback (most recent call last)" in ran.err
    assert ran.code == 125


def test_the_place_to_report_is_the_one_the_package_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from email.message import Message
    from importlib import metadata

    package = Message()
    package["Project-URL"] = "Issues, https://example.org/issues"
    monkeypatch.setattr(metadata, "metadata", lambda name: package)

    assert "please report it at https://example.org/issues with" in diagnostics.explain(KeyError("t"))[0]


def test_an_interruption_is_130(rti: CommandLine, fails: Callable[[BaseException], None]) -> None:
    fails(KeyboardInterrupt())

    ran = rti("ls")
    assert ran.code == 130
    assert ran.err.strip() == ""


@pytest.mark.parametrize(
    ("closed", "arguments", "code"), [("stdin", ["lint", "-"], 4), ("stdout", ["--version"], 0), ("stderr", ["ls"], 2)]
)
def test_a_standard_stream_that_the_caller_closed_is_no_bug_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, closed: str, arguments: list[str], code: int
) -> None:
    """With `<&-`, `>&-` and `2>&-` Python has None in their place."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, closed, None)
    assert main_module.main(arguments) == code
    getattr(sys, closed).close()


def test_an_interruption_while_it_still_loads_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "realtime_inspector.cli.diagnostics":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "realtime_inspector.cli.diagnostics")
    monkeypatch.delattr("realtime_inspector.cli.diagnostics")
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    assert main_module.main(["ls"]) == main_module.INTERRUPTED


def test_a_broken_pipe_is_silent(tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", "\n".join(['> {"type": "response.create"}'] * 4000))
    command = [sys.executable, "-m", "realtime_inspector", "events", str(tmp_path / "call.jsonl")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert said == ""
    assert process.returncode == main_module.BROKEN_PIPE


def test_the_exit_code_of_a_command_is_passed_on(rti: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.pass_context
    def leave(ctx: click.Context) -> None:
        ctx.exit(7)

    monkeypatch.setattr(commands, "load", lambda name: click.Command(name, callback=leave))

    assert rti("ls").code == 7


def test_what_the_terminal_cannot_write_is_written_in_ascii_so_that_json_stays_json(tmp_path: Path) -> None:
    write_recording(tmp_path / "\u00e9\u4e16\U0001f600.jsonl", '> {"type": "x"}')
    ran = subprocess.run(
        [sys.executable, "-m", "realtime_inspector", "ls", "--json", str(tmp_path)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )

    assert b"\\u00e9\\u4e16\\ud83d\\ude00" in ran.stdout
    assert "\u00e9\u4e16\U0001f600" in str(json.loads(ran.stdout))


def test_a_pipe_of_windows_gets_the_same_bytes_unless_told_an_encoding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for wished, written in ((None, "\u00e9\n".encode()), ("cp1252", b"\xe9\n")):
        pipe = io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(pipe, encoding="cp1252", newline="\r\n"))
        monkeypatch.delenv("PYTHONIOENCODING", raising=False)
        if wished:
            monkeypatch.setenv("PYTHONIOENCODING", wished)
        output.prepare("nt")
        output.write("\u00e9")
        output.flush()
        assert pipe.getvalue() == written
