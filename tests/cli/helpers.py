"""Running the command line, and files for it to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from realtime_inspector.cli.main import main
from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Header

HEADER = Header(
    id="01RECORDING", started="2026-11-22T11:10:03.123456Z", tool="test", url="wss://api.openai.com/v1/realtime"
)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command line gave."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The command line, in a folder of its own and with nothing of this machine's configuration."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path) -> Ran:
        """Run one command."""
        code = main([str(argument) for argument in arguments])
        captured = self.capsys.readouterr()
        return Ran(code, captured.out, captured.err)


def write_recording(path: Path, text: str, header: Header = HEADER) -> Path:
    """Write a transcript as a recording and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jsonl.dump_header(header) + b"".join(map(jsonl.dump, transcript.entries(text))))
    return path
