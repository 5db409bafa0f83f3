"""Recordings in memory, from transcripts, for what writes them in other formats."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from realtime_inspector.formats.imported import Imported
from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Header

HEADER = Header(
    id="01RECORDING",
    started="2026-11-22T11:10:03.123456Z",
    tool="realtime-inspector 0.1.0",
    url="wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1",
)


def recorded(text: str, header: Header = HEADER) -> Imported:
    """Return a transcript as what was opened: written as lines, and read."""
    return Imported(Path("call.jsonl"), header, [jsonl.parse(jsonl.dump(entry)) for entry in transcript.entries(text)])


def tone(samples: int, value: int) -> bytes:
    """Return samples that are all the same, which are found again."""
    return value.to_bytes(2, "little", signed=True) * samples


def said(data: bytes) -> str:
    """Return audio as events have it."""
    return b64encode(data).decode()


def heard(item: str, data: bytes, response: str = "r1") -> str:
    """Return a piece of the assistant's audio as an event."""
    return (
        f'{{"type": "response.output_audio.delta", "response_id": "{response}", "item_id": "{item}", '
        f'"content_index": 0, "delta": "{said(data)}"}}'
    )


def spoke(data: bytes) -> str:
    """Return a piece of the user's audio as an event."""
    return f'{{"type": "input_audio_buffer.append", "audio": "{said(data)}"}}'
