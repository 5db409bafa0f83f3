"""Sounds for transcripts."""

from __future__ import annotations

from array import array
from base64 import b64decode
from collections import Counter

import orjson
import pytest

from realtime_inspector.recording import transcript
from realtime_inspector.recording.sounds import SOUNDS, sound


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_has_the_asked_length_and_is_always_the_same(name: str) -> None:
    first = sound(name, 100_001)
    assert len(first) == 100_001
    assert sound(name, 50_000) == first[:50_000]
    assert len(Counter(first)) > 50


def test_the_same_speech_in_other_bytes_is_the_same_speech() -> None:
    plain, swapped = array("h", sound("speech", 4000)), array("h", sound("speech-swapped", 4000))
    swapped.byteswap()
    assert swapped == plain
    assert sound("speech-shifted", 4000) == sound("speech", 4001)[1:]
    stereo = array("h", sound("speech-stereo", 8000))
    assert (stereo[::2], stereo[1::2]) == (plain, plain)


def test_an_unknown_sound_is_an_error() -> None:
    with pytest.raises(KeyError):
        sound("music", 10)


def test_a_transcript_names_a_sound() -> None:
    (entry,) = transcript.entries('> {"type": "input_audio_buffer.append", "audio": "<10ms speech>"}')
    assert b64decode(orjson.loads(entry.payload)["audio"]) == sound("speech", 480)
    (entry,) = transcript.entries('> {"audio": "<10ms music>"}')
    assert orjson.loads(entry.payload) == {"audio": "<10ms music>"}
