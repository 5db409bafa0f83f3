"""Whether there is a signal at all where no speech was heard."""

from __future__ import annotations

import base64
from array import array

import pytest

from realtime_inspector.analysis.causes import Confidence
from realtime_inspector.analysis.loudness import peak
from realtime_inspector.analysis.why import explain, last
from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.recording.transcript import entries
from tests.analysis.silent_sessions import BEGIN, CLOSE


def appended(*samples: int) -> str:
    audio = base64.b64encode(array("h", samples).tobytes()).decode()
    return f'> {{"type": "input_audio_buffer.append", "audio": "{audio}"}}\n'


def sent(loudest: int) -> str:
    return BEGIN + "".join("+1s " + appended(*[0] * 23_999, loudest) for _ in range(8)) + CLOSE


def test_the_loudest_sample_is_found_and_the_first_that_is_no_silence_is_enough() -> None:
    form = AudioFormat()

    assert peak(entries(appended(1, -9, 3) + appended(4)), form) == 9
    assert peak(entries(appended(1) + appended(-4000) + appended(9000)), form) == 4000
    assert peak(entries('> {"type": "input_audio_buffer.append", "audio": "%%"}\n' + CLOSE), form) is None


@pytest.mark.parametrize(
    ("loudest", "words", "confidence"),
    [
        (0, "it is silence, every sample of it is zero", Confidence.CERTAIN),
        (10, "it is silence, its loudest sample is at -70 dB", Confidence.CERTAIN),
        (2000, "voice detection heard no speech in it", Confidence.LIKELY),
    ],
)
def test_a_muted_microphone_is_told_from_one_that_hears_something(
    loudest: int, words: str, confidence: Confidence
) -> None:
    cause = last(explain(entries(sent(loudest)))).cause

    assert (cause.label, cause.confidence) == ("no-speech-heard", confidence)
    assert cause.words.endswith(words)
