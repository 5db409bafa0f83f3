"""The tools that play: a recorded client against a recording as its server, and the program named at the start.

Everything stays on 127.0.0.1, and nothing is written. Which program is run, and in which folder, was said on the
command line; a model chooses the recording it meets and nothing else.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import Any

from realtime_inspector.capture.launch import runnable
from realtime_inspector.cli.agent.tools import RECORDING, Arguments, Desk, Schema, Tool
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.replay.matching import Policy

_PATIENCE_S = 20.0
_LONGEST_S = 120.0
_TAIL_BYTES = 4000
_MATCH: Schema = {"enum": [policy.value for policy in Policy], "description": "how exactly the client has to follow"}
_TEXT: Schema = {"type": "string"}


def replay(desk: Desk, told: Arguments) -> dict[str, Any]:
    """Return what came of playing a recording's client against a recording's server."""
    from realtime_inspector.cli import drive
    from realtime_inspector.replay.client import drive as play
    from realtime_inspector.replay.driver import Drive
    from realtime_inspector.replay.target import Target
    from realtime_inspector.replay.thread import serving

    name, other = told["recording"], told.get("against") or told["recording"]
    plan = drive.load(desk.folder.file(name))
    with serving(*_mocked(desk, other, told)) as server:
        target = Target.of(server.base_url.removesuffix("/v1"), plan.request).with_key("none")
        work = asyncio.wait_for(play(plan, target, Drive(float("inf"), _PATIENCE_S)), _LONGEST_S)
        try:
            driven = asyncio.run(work)
        except TimeoutError:
            raise UsageError(f"it took longer than {_LONGEST_S:.0f} s and was given up") from None
    report = server.report()
    return desk.answers.whole(
        {
            "recording": name,
            "against": other,
            "met": report.met and driven.through,
            "verdict": f"{driven.text()}\n{report.text()}",
            "server": report.to_json(),
            "client": driven.to_json(),
        }
    )


def program(command: Sequence[str], timeout_s: float) -> Tool:
    """Return the tool that runs one program against a recording."""

    def run(desk: Desk, told: Arguments) -> dict[str, Any]:
        from realtime_inspector.cli.exec_ import child_environment, trusted
        from realtime_inspector.replay.thread import serving

        with (
            serving(*_mocked(desk, told["recording"], told)) as server,
            trusted(child_environment(os.environ, server.base_url, server.ws_url)) as environment,
        ):
            code, said = _run(command, environment, timeout_s)
        report = server.report()
        return desk.answers.whole(
            {
                "recording": told["recording"],
                "passed": code == 0 and report.met,
                "exit_code": code,
                "verdict": report.text(),
                "output_tail": said,
                "server": report.to_json(),
            }
        )

    return Tool(
        "run_program",
        "Run the program against a recording",
        "Run the program that the user named when this server was started, with a recording as its Realtime API "
        "server, and say whether it did what the recorded client did. The command cannot be changed.",
        run,
        {"recording": RECORDING, "match": _MATCH},
        ("recording",),
        {"recording": _TEXT, "passed": {"type": "boolean"}, "exit_code": {"type": "integer"}, "verdict": _TEXT,
         "output_tail": _TEXT, "server": {"type": "object"}},
        acts=True,
    )  # fmt: skip


def _mocked(desk: Desk, name: str, told: Arguments) -> tuple[Any, Any]:
    from realtime_inspector.replay.load import load
    from realtime_inspector.replay.options import Options

    redactor = Redactor.from_environment(os.environ)
    options = Options(match=Policy(told.get("match", Policy.CAUSAL)), redactor=redactor)
    return load(desk.folder.file(name)), options


def _run(command: Sequence[str], environment: dict[str, str], timeout_s: float) -> tuple[int, str]:
    """Run a program without an input; return its exit code, and the end of what it printed."""
    with TemporaryFile() as out:
        try:
            child = subprocess.Popen(  # noqa: S603 - the user named it when he started the server
                runnable(command, environment), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env=environment, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise UsageError(f"cannot run {command[0]!r}: {(error.strerror or str(error)).lower()}") from error
        try:
            code = child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise UsageError(f"{command[0]} ran longer than {timeout_s:g} s and was ended") from None
        finally:
            _end(child)
        size = out.seek(0, os.SEEK_END)
        out.seek(max(0, size - _TAIL_BYTES))
        return code, out.read().decode(errors="replace")


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a program that still runs, and what it started."""
    if child.poll() is not None:  # its number may be another program's by now
        return
    with suppress(OSError):
        if sys.platform == "win32":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


REPLAY = Tool(
    "replay",
    "Replay a recording",
    "Play the client side of a recording against a recording as the server (itself, if `against` is not given), inside "
    "this process, and report every mismatch: what was sent and not recorded, recorded and not sent, refused or never "
    "answered. Shows whether a recording works as a test, and what differs between two sessions.",
    replay,
    {"recording": RECORDING, "against": RECORDING, "match": _MATCH},
    ("recording",),
    {"recording": _TEXT, "against": _TEXT, "met": {"type": "boolean"}, "verdict": _TEXT, "server": {"type": "object"},
     "client": {"type": "object"}},
)  # fmt: skip
