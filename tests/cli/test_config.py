"""What the environment and the configuration file say about options."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

import click
import pytest

from realtime_inspector.cli import config
from realtime_inspector.errors import UsageError
from tests.cli.helpers import CommandLine

COMMAND = click.Command(
    "lint",
    params=[
        click.Option(["--format", "format_name"], type=click.Choice(["text", "json"])),
        click.Option(["--select", "chosen"], multiple=True),
        click.Option(["--dir", "folder"], type=click.Path()),
        click.Option(["--exit-zero"], is_flag=True),
        click.Argument(["paths"], nargs=-1),
    ],
)


@pytest.fixture(autouse=True)
def _empty(rti: CommandLine) -> None:
    """Stand in an empty folder, without a configuration in the environment."""


def defaults(known: Collection[str] = ("format", "listen")) -> dict[str, object]:
    return config.defaults("lint", COMMAND, commands=["lint", "mock"], load_for_keys=lambda: known)


def write(text: str, name: str = "realtime-inspector.toml") -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def test_without_any_nothing_is_said() -> None:
    assert defaults() == {}


def test_a_key_is_an_options_long_name_with_dashes_or_underscores() -> None:
    write('exit_zero = true\nformat = "json"\nselect = ["TOOL"]')

    assert defaults() == {"exit_zero": True, "format_name": "json", "chosen": ["TOOL"]}


def test_one_value_will_do_where_several_may_stand() -> None:
    write('select = 3\n[lint]\nformat = "text"')

    assert defaults()["chosen"] == [3]


def test_names_with_values_may_stand_in_a_table() -> None:
    command = click.Command("lint", params=[click.Option(["--budget", "budgets"], multiple=True)])
    write('[budget]\ncost = "$1"\nttfa_p95 = "1s"\n')
    read = partial(config.defaults, commands=["lint", "mock"], load_for_keys=lambda: ("budget",))

    assert read("lint", command) == {"budgets": ["cost=$1", "ttfa_p95=1s"]}
    assert read("mock", click.Command("mock")) == {}
    write('[budget]\ncost = "$1"\n[lint.budget]\ntokens = 5\n')
    assert read("lint", command) == {"budgets": ["tokens=5"]}


def test_the_table_of_a_command_goes_before_what_is_for_all() -> None:
    write('dir = "a"\n[lint]\ndir = "b"\n[mock]\nlisten = ":1"')

    assert defaults() == {"folder": "b"}


def test_pyproject_has_it_as_a_tool() -> None:
    write('[tool.realtime-inspector]\ndir = "calls"\n[tool.other]\nx = 1', "pyproject.toml")

    assert defaults() == {"folder": "calls"}


def test_a_pyproject_without_the_table_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[tool.realtime-inspector]\nexit-zero = true", "pyproject.toml")
    write('[project]\nname = "realtime-inspector-demo"', "sub/pyproject.toml")
    monkeypatch.chdir("sub")

    assert defaults() == {"exit_zero": True}


def test_the_nearest_file_counts_and_its_paths_are_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write('format = "text"')
    write('dir = "calls"', "sub/realtime-inspector.toml")
    Path("sub/deep").mkdir()
    monkeypatch.chdir("sub/deep")

    assert defaults() == {"folder": str(tmp_path / "sub/calls")}


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write('format = "text"\n[lint]\ndir = "file"')
    monkeypatch.setenv("REALTIME_INSPECTOR_FORMAT", "json")
    monkeypatch.setenv("REALTIME_INSPECTOR_DIR", "all")
    monkeypatch.setenv("REALTIME_INSPECTOR_LINT_DIR", "one")
    monkeypatch.setenv("REALTIME_INSPECTOR_SELECT", "TOOL RSP")

    assert defaults() == {"format_name": "json", "folder": "one", "chosen": ["TOOL", "RSP"]}


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALTIME_INSPECTOR_DIR", "")

    assert defaults() == {}


def test_a_value_for_all_that_is_no_choice_of_this_command_is_for_another() -> None:
    write('format = "github"')

    assert defaults() == {}


def test_a_value_that_is_wrong_is_answered_with_its_place(
    rti: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write('[lint]\nformat = "xml"')
    assert f"'ctrf', 'markdown' (in {tmp_path / 'realtime-inspector.toml'}); see" in rti("lint").err

    monkeypatch.setenv("REALTIME_INSPECTOR_LINT_FORMAT", "yaml")
    assert "'markdown' (in REALTIME_INSPECTOR_LINT_FORMAT); see" in rti("lint").err

    assert "(in " not in rti("lint", "--format", "csv").err


def test_a_path_that_is_no_text_is_a_mistake_of_the_file(rti: CommandLine, tmp_path: Path) -> None:
    write("dir = 5")

    ran = rti("lint")
    assert ran.code == 2
    assert ran.err == (
        f"realtime-inspector: {tmp_path / 'realtime-inspector.toml'}: dir = 5 is no path; put it in quotes\n"
    )


def test_a_value_for_this_command_is_given_on_even_if_it_is_wrong(rti: CommandLine) -> None:
    write('[lint]\nformat = "githb"')
    Path("recordings").mkdir()

    ran = rti("lint")
    assert ran.code == 2
    assert "invalid value for '--format': 'githb'" in ran.err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('formt = "json"', "no option 'formt'; did you mean 'format'?"),
        ("zzz = 1", "no option 'zzz'; known are format, listen"),
        ("[lint]\nselct = 1", "`lint` has no option 'selct'; did you mean 'select'?"),
        ("[lnt]\nselect = 1", "no command 'lnt'; did you mean 'lint'?"),
        ("lint = 1", "'lint' is a command: its options go into a table of that name"),
        ("lint = ", "not readable as TOML: Invalid value"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(text: str, problem: str, tmp_path: Path) -> None:
    write(text)

    with pytest.raises(UsageError) as raised:
        defaults()
    assert str(raised.value).startswith(f"{tmp_path}/realtime-inspector.toml: {problem}")


def test_a_table_that_is_none_is_said() -> None:
    write("[tool]\nrealtime-inspector = 3", "pyproject.toml")

    with pytest.raises(UsageError, match=r"tool\.realtime-inspector is no table"):
        defaults()


def test_an_option_of_another_command_may_stand_in_the_file(rti: CommandLine) -> None:
    write('dir = "calls"\nfail-on = "error"')
    Path("calls").mkdir()

    assert rti("ls").err == "no recordings in calls\n"


def test_an_option_that_no_command_has_is_refused_by_every_command(rti: CommandLine) -> None:
    write('fail-onn = "error"')

    ran = rti("ls")
    assert ran.code == 2
    assert "no option 'fail-onn'; did you mean 'fail-on'?" in ran.err
