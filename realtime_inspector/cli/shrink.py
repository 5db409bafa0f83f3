"""`shrink`: the smallest recording for which a command still fails."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from realtime_inspector.cli import diagnostics, recording_out
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.printable import shell_word
from realtime_inspector.replay.cut import Piece
from realtime_inspector.replay.shrink import Search

_HELP = """Find the smallest recording for which CMD still fails.

\b
  realtime-inspector shrink call.jsonl --if 'rti lint {} --select TOOL003'
  realtime-inspector shrink call.jsonl --if './reproduces.sh {}' -o bug.jsonl

CMD is run by the shell, for one piece of the recording after another; {} is
the piece's path, which stands at the end where no {} does. A piece counts
if CMD exits as it does for FILE, and that must not be 0. Whole turns are
left out first, then what belongs together, then single events, and last the
time in which nothing is left; every piece is a recording in which nothing
names what is not there.

The path of the result is printed. Stopped by ctrl+c, it is the smallest one
found so far.
"""


@click.command("shrink", help=_HELP)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--if", "cmd", required=True, metavar="CMD", help="fails, with any exit code but 0")
@click.option("--timeout", default=60.0, show_default="60", metavar="SECONDS", help="longer than that is no failure")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path, dir_okay=False),
              help="the result, - for standard output [default: FILE.shrunk.jsonl]")  # fmt: skip
def command(file: Path, cmd: str, timeout: float, out: Path | None) -> None:
    """Find the smallest recording for which a command still fails."""
    recording, entries = recording_out.whole(file)
    target = out if out is not None else recording_out.beside(file, "shrunk")
    with tempfile.TemporaryDirectory(prefix="realtime-inspector-") as folder:
        trial = Trial(cmd, Path(folder) / "piece.jsonl", timeout)
        search = Search(entries, recording.header, recording_out.new_id())
        trial.wanted = trial.code(Piece(recording.header, entries, ""))
        if trial.wanted in {0, None}:
            how = "exits with 0" if trial.wanted == 0 else f"takes longer than {timeout:g} s"
            raise UsageError(f"{file}: --if {cmd!r} {how} for the whole recording: there is nothing to shrink")
        try:
            search.run(trial.fails, diagnostics.say)
        except KeyboardInterrupt:
            diagnostics.warn("stopped; this is the smallest so far")
    found = search.best
    if found is None:  # stopped before anything was tried
        raise KeyboardInterrupt
    tries = "try" if search.tried == 1 else "tries"
    diagnostics.say(f"{len(found.entries)} of {len(entries)} entries are left, after {search.tried} {tries}")
    recording_out.deliver(target, found.header, found.entries, file)


@dataclass(slots=True)
class Trial:
    """A command that is run for one piece after another."""

    cmd: str
    path: Path
    """Where the pieces are."""
    timeout_s: float
    wanted: int | None = None
    """The exit code that counts."""

    def fails(self, piece: Piece) -> bool:
        """Tell whether the command fails for a piece as it does for the whole."""
        return self.code(piece) == self.wanted

    def code(self, piece: Piece) -> int | None:
        """Run the command for a piece and return its exit code; None if it took too long."""
        self.path.write_bytes(b"".join(recording_out.blocks(self.path, piece.header, piece.entries)))
        path = shell_word(str(self.path))
        line = self.cmd.replace("{}", path) if "{}" in self.cmd else f"{self.cmd} {path}"
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(  # noqa: S602 - the user's own command line, as the user wrote it
            line, shell=True, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
        try:
            return process.wait(self.timeout_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program that still runs, with all that it started."""
    if process.poll() is not None:
        return
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
