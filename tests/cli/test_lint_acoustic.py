"""`lint --acoustic`: the audio is listened to only if that is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.helpers import CommandLine, write_recording

CALL = (
    """
< {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/pcm"}}}}}
"""
    + 6 * '+500ms > {"type": "input_audio_buffer.append", "audio": "<500ms speech-mu-law>"}\n'
)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], False),
        (["--select", "AUD"], False),
        (["--acoustic"], True),
        (["--acoustic", "--ignore", "AUD004"], False),
        (["--select", "AUD004"], True),
        (["--select", "codec-mismatch"], True),
    ],
)
def test_audio_is_listened_to_if_that_is_asked(
    rti: CommandLine, tmp_path: Path, arguments: list[str], found: bool
) -> None:
    write_recording(tmp_path / "call.jsonl", CALL + "x")
    assert ("AUD004" in rti("lint", "call.jsonl", "--format", "concise", *arguments).out) is found
