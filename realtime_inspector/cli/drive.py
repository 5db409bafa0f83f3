"""`drive`: the client of a recording, played against a server."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from realtime_inspector.cli import ci, diagnostics, folders, output, reading, signals
from realtime_inspector.cli.serving import writable, write_whole
from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.recording import files

if TYPE_CHECKING:
    from realtime_inspector.analysis.diff import Comparison
    from realtime_inspector.recording.entry import Header
    from realtime_inspector.recording.keeping import Keeper
    from realtime_inspector.recording.redact import Redactor
    from realtime_inspector.replay.cues import Plan
    from realtime_inspector.replay.driven import Driven
    from realtime_inspector.replay.driver import Drive
    from realtime_inspector.replay.target import Target

KEY = "OPENAI_API_KEY"
_HELP = """Play the client of a recording against a server, and record what comes of it.

\b
  realtime-inspector drive call.jsonl --to wss://api.openai.com
  realtime-inspector drive call.jsonl --to ws://127.0.0.1:8766 --diff
  realtime-inspector drive call.jsonl --to wss://api.openai.com -o again.jsonl

Each recorded message is sent when what it waited for has happened there too:
the answer, the call, the end of the response, not the same second. Ids are
that server's. The path of the new recording is printed; --diff compares the
two.

The key is that of OPENAI_API_KEY, or of another variable (--key-env); it is in
no file. Exits 1 if something that was recorded did not happen again, or, with
--diff, differs.
"""


@click.command("drive", help=_HELP)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "--url", "to", required=True, metavar="URL", help="the server: wss://HOST, ws://127.0.0.1:PORT")
@click.option("--speed", default="recorded", show_default=True, metavar="recorded|N|max",
              help="as recorded, N times faster, or as soon as it may go out")  # fmt: skip
@click.option("--max-wait", type=click.FloatRange(min=0, min_open=True), default=30.0, show_default="30",
              metavar="SECONDS", help="how long to wait for something while the server says nothing")  # fmt: skip
@click.option("-o", "--output", "out", type=click.Path(path_type=Path, dir_okay=False), help="the new recording")
@folders.option("where it goes, under a name of its own, without --output")
@click.option("--key-env", default=KEY, show_default=True, metavar="NAME", help="the variable that holds the key")
@click.option("--ca", type=click.Path(path_type=Path), metavar="FILE",
              help="certificates in PEM of a private server's CA")  # fmt: skip
@click.option("--diff", "compares", is_flag=True, help="compare the new recording with the old one")
@click.option("--report", "report_file", type=click.Path(path_type=Path), callback=writable,
              help="write the report there; - is stdout")  # fmt: skip
@click.option("--report-format", type=click.Choice(["json", *ci.FORMATS]), default="json", show_default=True,
              help="how to write the report; with --diff, what differs stands in it too")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, file: Path, to: str, out: Path | None, folder: Path, **chosen: Any) -> None:
    """Play the client of a recording against a server."""
    from realtime_inspector.replay import kept
    from realtime_inspector.replay.driver import Drive
    from realtime_inspector.replay.options import speed
    from realtime_inspector.replay.target import Target

    plan = load(file)
    hint = ", or name another variable with --key-env"
    target = kept.with_key(Target.of(to, plan.request), os.environ, chosen["key_env"], hint=hint)
    options = Drive(speed(chosen["speed"]), chosen["max_wait"])
    job = _Job(plan, target, options, chosen["ca"], kept.redactor(os.environ, chosen["key_env"]))
    header = kept.header(plan, target)
    path = out if out is not None else folder / kept.name_of(header)
    if path.exists() and file.exists() and path.samefile(file):
        raise UsageError(f"{path}: the output would overwrite what it is made of")
    driven, interrupted = job.run(path, header)
    found = _compared(Path(plan.name), path) if chosen["compares"] else None
    report = _Report(driven, path, Path(plan.name), found)
    _finish(report, chosen["report_file"], chosen["report_format"])
    if interrupted:
        raise KeyboardInterrupt
    ctx.exit(driven.exit_code if found is None or found.same else 1)


def load(path: Path) -> Plan:
    """Return what the client of a recording did, or of a folder with one connection and what was asked beside it.

    Raises:
        UsageError: If there is no such file, no client in it, or more than one.
        RecordingError: If it cannot be read.
    """
    if not path.is_dir():
        return _talking([_plan(path)], path)
    found = files.find(path)
    if not found:
        raise UsageError(f"{path}: no recording in this folder; they end in {' or '.join(files.SUFFIXES)}")
    return _talking([_plan(each) for each in found], path)


def _talking(plans: Sequence[Plan], path: Path) -> Plan:
    talking = [plan for plan in plans if plan.cues]
    if not talking:
        raise UsageError(f"{path}: the client says nothing in it, so there is nothing to play")
    if len(talking) > 1:
        names = ", ".join(Path(plan.name).name for plan in talking[:3])
        raise UsageError(f"{path}: {len(talking)} connections to play ({names}); name one of them")
    exchanges = [exchange for plan in plans for exchange in plan.exchanges]
    return replace(talking[0], exchanges=tuple(exchanges))


def _plan(path: Path) -> Plan:
    from realtime_inspector.replay.cues import plan

    recording = reading.one(path)
    made = plan(recording, name=str(path), header=recording.header)
    broken = next((problem for problem in recording.problems if not problem.torn), None)
    if broken is not None:
        raise RecordingError(broken.message)
    return made


@dataclass(frozen=True, slots=True)
class _Job:
    plan: Plan
    target: Target
    options: Drive
    ca: Path | None
    redactor: Redactor

    def run(self, path: Path, header: Header) -> tuple[Driven, bool]:
        """Play and record; tell too whether somebody stopped it."""
        from realtime_inspector.recording.keeping import Keeper

        diagnostics.say(f"driving {self.plan.name} to {self.target.url}")
        with Keeper(path, header, self.redactor) as keeper:
            return asyncio.run(self._play(keeper))

    async def _play(self, keeper: Keeper) -> tuple[Driven, bool]:
        from realtime_inspector.replay.kept import drive_kept

        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signals.tell(number, stop.set)
        driven = await drive_kept(self.plan, self.target, self.options, keeper, stop=stop, ca=self.ca)
        return driven, stop.is_set()


@dataclass(frozen=True, slots=True)
class _Report:
    """What came of a drive, and what differs from the recording if that was asked for."""

    driven: Driven
    written: Path
    recording: Path
    found: Comparison | None

    @property
    def names(self) -> tuple[str, str]:
        """The two recordings that were compared."""
        return str(self.recording), str(self.written)

    def lines(self, form: str) -> Iterable[str]:
        """Return it in a format."""
        from realtime_inspector.cli import diff, drive_ci

        if form == "json":
            import orjson

            members = {**self.driven.to_json(), "written": str(self.written)}
            if self.found is not None:
                members["diff"] = diff.members(self.found, self.names)
            return [orjson.dumps(members, option=orjson.OPT_INDENT_2).decode()]
        suites = [drive_ci.suite(self.driven)]
        if self.found is not None:
            suites.append(diff.suite(self.found, self.names))
        return ci.writer(form)(suites)


def _finish(report: _Report, file: Path | None, form: str) -> None:
    """Tell the verdict, and write the report where it was asked for."""
    from realtime_inspector.cli import diff
    from realtime_inspector.recording.printable import printable_lines

    diagnostics.say(printable_lines(report.driven.text()))
    if file == Path("-"):
        output.write_lines(report.lines(form))
        return
    output.write(str(report.written))
    if report.found is not None:
        diff.write(report.found, report.names)
    if file is not None:
        write_whole(file, "\n".join(report.lines(form)) + "\n", "--report")


def _compared(before: Path, after: Path) -> Comparison:
    """Compare the new recording with the old one."""
    from realtime_inspector.analysis.diff import compare
    from realtime_inspector.analysis.differences.told import tell

    a, b = reading.one(before), reading.one(after)
    return compare(tell(a, a.header), tell(b, b.header))
