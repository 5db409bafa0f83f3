"""What is installed beside the package: the man page and the shells' completions."""

from __future__ import annotations

import re
import tomllib

import pytest

from realtime_inspector.cli import commands
from realtime_inspector.cli.completion import PROGRAMS, script
from tests.pages import ROOT

SHARE = ROOT / "share"


def test_the_man_page_has_every_command_as_the_help_has() -> None:
    page = (SHARE / "man/man1/realtime-inspector.1").read_text(encoding="utf-8")
    section = re.sub(r"\\(.)", r"\1", page.partition(".SH COMMANDS")[2].partition(".SH")[0].replace(r"\(aq", "'"))
    told = re.findall(r"^\.TP\n\.B (.+)\n(.+)$", section, re.MULTILINE)
    assert told == [(listed.name, listed.about) for listed in commands.table()]


@pytest.mark.parametrize("program", PROGRAMS)
def test_installed_completions_ask_as_those_that_are_printed(program: str) -> None:
    for shell, name in (
        ("bash", f"bash-completion/completions/{program}"),
        ("zsh", f"zsh/site-functions/_{program}"),
        ("fish", f"fish/vendor_completions.d/{program}.fish"),
    ):
        asks = f"{commands.COMPLETE_VARIABLE}={shell}_complete"
        installed, printed = (SHARE / name).read_text(encoding="utf-8"), script(shell, program)
        assert (asks in installed, program in installed) == (asks in printed, program in printed) == (True, True)


def test_whatever_is_installed_is_in_the_image_and_in_the_source_archive() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    needed = {*build["wheel"]["packages"], *build["wheel"]["shared-data"]}
    assert needed <= {name.strip("/") for name in build["sdist"]["include"]}
    copied = re.findall(r"^COPY (\S+) \./", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert needed == set(copied)
