"""What Windows lacks: the base commands run in a Python that has none of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from realtime_inspector.capture.launch import runnable
from realtime_inspector.recording.printable import shell_word
from tests.pages import ROOT

SOURCES = list((ROOT / "realtime_inspector").rglob("*.py"))
MODULES = ("termios", "fcntl", "resource", "pwd", "grp", "tty", "pty", "curses", "readline", "syslog")
MISSING = {
    "os": "fork killpg getuid geteuid getgid getpgrp tcgetpgrp nice writev pread posix_fadvise sendfile mkfifo "
    "chown openpty forkpty setsid getpgid fchown uname O_CLOEXEC",
    "signal": "SIGHUP SIGKILL SIGQUIT SIGUSR1 SIGUSR2 SIGCHLD SIGWINCH SIGTSTP SIGCONT pthread_sigmask",
    "socket": "SO_REUSEPORT",
}
WITHOUT = """
import asyncio, json, os, signal, socket, sys

modules, missing, arguments = json.loads(sys.argv[1])
sys.modules.update(dict.fromkeys([*modules, "uvloop"]))
for owner in (os, signal, socket):
    for name in missing[owner.__name__].split():
        if hasattr(owner, name):
            delattr(owner, name)

def refused(self, *_):
    raise NotImplementedError

class UsualLoop(asyncio.SelectorEventLoop):
    add_reader = add_writer = refused

asyncio.SelectorEventLoop.add_signal_handler = refused
asyncio.DefaultEventLoopPolicy._loop_factory = UsualLoop

from realtime_inspector.cli.main import main

print(json.dumps([main(each) for each in arguments]))
"""


def test_the_base_runs_on_a_system_without_posix_and_with_few_letters(tmp_path: Path) -> None:
    call = str(ROOT / "recordings/missing-call-id.jsonl")
    arguments = [["lint", call], ["show", call], ["demo", "--no-tui", "--dir", str(tmp_path / "demo")]]
    ran = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", WITHOUT, json.dumps([MODULES, MISSING, arguments])],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode("cp1252")
    assert json.loads(ran.stdout.splitlines()[-1]) == [1, 0, 0], ran.stderr.decode("cp1252")


def test_nothing_that_only_posix_has_is_imported_before_it_is_needed() -> None:
    at_once = re.compile(rf"^(?:import|from) (?:{'|'.join([*MODULES, 'uvloop'])})\\b", re.MULTILINE)
    assert [path for path in SOURCES if at_once.search(path.read_text(encoding="utf-8"))] == []


def test_what_is_written_by_descriptor_is_opened_as_bytes() -> None:
    opened = [
        line for path in SOURCES for line in path.read_text(encoding="utf-8").splitlines() if "os.O_CREAT" in line
    ]
    assert len(opened) >= 2
    assert [line for line in opened if "BINARY" not in line] == [], "Windows would write other line ends"


def test_a_word_is_quoted_as_the_shell_of_the_system_does() -> None:
    name = r"C:\Users\Ada L\call.jsonl"
    assert shell_word(name, "nt") == f'"{name}"'
    assert shell_word(r"C:\calls\a.jsonl", "nt") == r"C:\calls\a.jsonl"
    assert shell_word("realtime-inspector[mcp]", "nt") == '"realtime-inspector[mcp]"'
    assert shell_word("a b", "posix") == "'a b'"


def test_a_program_that_is_a_script_is_found_where_the_system_looks_for_programs_alone(tmp_path: Path) -> None:
    script = tmp_path / ("npm.cmd" if os.name == "nt" else "npm")
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert runnable(["npm", "test"], {"PATH": str(tmp_path)}, "nt") == [str(script), "test"]
    assert runnable(["no-such-program"], {"PATH": str(tmp_path)}, "nt") == ["no-such-program"]
    assert runnable(["npm", "test"], {"PATH": str(tmp_path)}, "posix") == ["npm", "test"]


def test_a_source_tree_that_nobody_installed_knows_its_version() -> None:
    asking = re.compile(r"version\((NAME|.realtime-inspector.)\)")
    asks = [path for path in SOURCES if asking.search(path.read_text(encoding="utf-8"))]
    assert asks == [], "an application that brings the package along has no metadata of it"
