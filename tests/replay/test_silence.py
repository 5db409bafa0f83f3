from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from realtime_inspector.capture.audio import Audio, AudioPolicy
from realtime_inspector.protocol.event import read
from realtime_inspector.recording.entry import Entry
from realtime_inspector.recording.files import open_recording
from realtime_inspector.recording.transcript import entries
from realtime_inspector.replay.causes import build
from realtime_inspector.replay.script import Script
from realtime_inspector.replay.silence import fill

DROP = AudioPolicy(Audio.DROP, Audio.DROP)
SAMPLES = sorted((Path(__file__).parents[2] / "recordings").glob("*.jsonl"))


def without_audio(text: str) -> list[Entry]:
    return [DROP(entry) for entry in entries(text)]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_script_without_audio_has_the_gates_and_lengths_of_the_one_with_it(path: Path) -> None:
    recording = open_recording(path)
    kept = build(recording, header=recording.header)
    left = build(fill(map(DROP, recording)), header=recording.header)

    def steps(script: Script) -> list[tuple[object, ...]]:
        return [
            (step.gate_ms, step.after, step.causes, step.event.type, step.event.audio_bytes) for step in script.steps
        ]

    assert steps(left) == steps(kept)


@pytest.mark.parametrize(
    ("audio_format", "sample"),
    [('{"type": "audio/pcm", "rate": 24000}', 0), ('{"type": "audio/pcmu"}', 0xFF), ('{"type": "audio/pcma"}', 0xD5)],
)
def test_what_was_left_out_is_silence_in_the_format_of_the_session(audio_format: str, sample: int) -> None:
    text = f"""
        < {{"type": "session.created", "session": {{"audio": {{"output": {{"format": {audio_format}}}}}}}}}
        < {{"type": "response.output_audio.delta", "item_id": "i1", "delta": "AAECAwQF"}}
    """
    filled = list(fill(without_audio(text)))[1]
    body = orjson.loads(filled.payload)
    assert b64decode(body.pop("delta")) == bytes([sample]) * 6
    assert body == {"type": "response.output_audio.delta", "item_id": "i1"}
    assert read(filled).audio_bytes == 6


def test_what_was_kept_and_what_the_client_sent_stays_as_it_is() -> None:
    text = """
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        < {"type": "response.output_audio.delta", "item_id": "i1", "delta": "<20ms>"}
        x 1000
    """
    kept = list(entries(text))
    assert list(fill(kept)) == kept
    assert next(fill(without_audio(text))) == without_audio(text)[0]


def test_a_length_that_no_message_can_have_is_not_believed() -> None:
    (entry,) = without_audio('< {"type": "response.output_audio.delta", "item_id": "i1", "delta": "<20ms>"}')
    huge = replace(entry, members={"audio": {"delta": {"bytes": 1 << 60}}})
    (filled,) = fill([huge])
    assert read(filled).audio_bytes == 16 * 1024 * 1024
