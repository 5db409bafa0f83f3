"""`completion`, and what it leads to."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from realtime_inspector.cli.completion import SHELLS
from tests.cli.helpers import CommandLine


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_completes_both_names(rti: CommandLine, shell: str) -> None:
    ran = rti("completion", shell)

    assert ran.code == 0
    assert "_realtime_inspector_completion" in ran.out
    assert "_rti_completion" in ran.out


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_takes_the_script(rti: CommandLine) -> None:
    script = rti("completion", "bash").out
    done = subprocess.run(
        ["bash", "-c", 'eval "$(cat)"; complete -p rti'], input=script, capture_output=True, text=True, check=True
    )

    assert "_rti_completion" in done.stdout


def test_an_unknown_shell_is_answered_with_the_known(rti: CommandLine) -> None:
    ran = rti("completion", "tcsh")

    assert ran.code == 2
    assert "'bash', 'zsh', 'fish'" in ran.err


@pytest.mark.parametrize(
    ("words", "at", "offered"),
    [("rti st", 1, ["plain,stats"]), ("rti lint --fo", 2, ["plain,--format"]), ("rti call.js", 1, ["file,call.js"])],
)
def test_a_word_is_completed(words: str, at: int, offered: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from realtime_inspector.cli.main import main; main()"],
        env={"_REALTIME_INSPECTOR_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == offered
