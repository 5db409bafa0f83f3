"""`config`: what is in force, and where it stands."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.cli.helpers import CommandLine

FILE = """
dir = "calls"
[lint]
ignore = ["OUT"]
[lint.thresholds.RSP003]
wait_s = 8
"""


def options(rti: CommandLine, *arguments: str) -> dict[tuple[str, str], tuple[object, list[str]]]:
    told = orjson.loads(rti("config", *arguments, "--format", "json").out)
    return {(each["option"], Path(each["from"]).name): (each["value"], each["commands"]) for each in told["options"]}


def test_each_value_is_told_with_where_it_stands_and_for_what(
    rti: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "realtime-inspector.toml").write_text(FILE)
    monkeypatch.setenv("REALTIME_INSPECTOR_LINT_DIR", "elsewhere")
    monkeypatch.setenv("REALTIME_INSPECTOR_SPEED", "4")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    found = options(rti)
    assert found["dir", "REALTIME_INSPECTOR_LINT_DIR"] == ("elsewhere", ["lint"])
    shared, commands = found["dir", "realtime-inspector.toml"]
    assert (shared, "lint" in commands, "show" in commands) == (str(tmp_path / "calls"), False, True)
    assert found["ignore", "realtime-inspector.toml"] == (["OUT"], ["lint"])
    assert found["thresholds.RSP003.wait_s", "realtime-inspector.toml"] == (8, ["lint"])
    assert found["speed", "REALTIME_INSPECTOR_SPEED"] == ("4", ["exec", "mock", "drive"])
    assert any(line.split()[0] == "dir" and line.endswith("all but lint") for line in rti("config").out.splitlines())


def test_of_one_command_the_defaults_are_told_too(rti: CommandLine) -> None:
    ran = rti("config", "mock")
    assert ran.out.splitlines()[1].split() == ["copies", "1", "default", "mock"]
    assert "no realtime-inspector.toml" in ran.err
    assert rti("config").out == ""


def test_no_secret_is_shown(rti: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALTIME_INSPECTOR_SERVE_TOKEN", "canary-1")
    monkeypatch.setenv("REALTIME_INSPECTOR_PROXY_VIA", "http://me:canary-2@proxy.example:3128")
    for form in ("text", "json"):
        ran = rti("config", "--format", form)
        assert "http://[redacted]@proxy.example:3128" in ran.out
        assert "canary" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["config"],
            "REALTIME_INSPECTOR_LNIT_IGNORE: no option has this name; did you mean REALTIME_INSPECTOR_LINT_IG",
        ),
        (["config", "lnit"], "no command 'lnit'; did you mean `lint`?"),
    ],
)
def test_what_has_a_name_that_nothing_has_is_an_error(
    rti: CommandLine, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.setenv("REALTIME_INSPECTOR_LNIT_IGNORE", "OUT")
    ran = rti(*arguments)
    assert (ran.code, told in ran.err) == (2, True), ran.err
