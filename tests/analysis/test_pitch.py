"""How high a voice is, at its own rate and at another."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

import pytest

from realtime_inspector.analysis import pitch
from realtime_inspector.analysis.pitch import Voice
from realtime_inspector.simulator import voice

WORDS = "What is the weather in Oslo, and will it rain tomorrow?"
SECONDS = 2


def spoken(pitch_hz: int) -> array[int]:
    return voice.samples(voice.speech_lasting(WORDS, 1000 * SECONDS * 3, voice.Voice(pitch_hz)))


def heard(samples: Sequence[int]) -> Voice:
    found = pitch.voice(samples[: SECONDS * voice.RATE], voice.RATE)
    assert found is not None
    return found


@pytest.mark.parametrize("pitch_hz", [95, 196, 320])
def test_a_voice_is_as_high_as_it_is_and_its_power_is_low(pitch_hz: int) -> None:
    found = heard(spoken(pitch_hz))
    assert found.pitch_hz == pytest.approx(pitch_hz, rel=0.1)
    assert found.power_hz < 1500


@pytest.mark.parametrize("pitch_hz", [95, 196])
def test_a_voice_that_is_played_three_times_as_fast_is_three_times_as_high(pitch_hz: int) -> None:
    found = heard(spoken(pitch_hz)[::3])
    assert found.pitch_hz == pytest.approx(3 * pitch_hz, rel=0.1)
    assert found.power_hz > 2200


def test_a_tone_has_its_power_at_its_pitch() -> None:
    found = heard([round(8000 * math.sin(math.tau * 480 * at / voice.RATE)) for at in range(SECONDS * voice.RATE)])
    assert found.pitch_hz == pytest.approx(480, rel=0.05)
    assert found.power_hz == pytest.approx(480, rel=0.02)


def test_silence_and_a_moment_have_no_voice() -> None:
    assert pitch.voice([0] * voice.RATE, voice.RATE) is None
    assert pitch.voice(spoken(196)[:2400], voice.RATE) is None
    assert pitch.voice([], voice.RATE) is None
