"""Formats, the input buffer's count, and playback."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_inspector.protocol.realtime.audio import RECENT_APPENDS, AudioFormat, InputAudio, Playback


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"type": "audio/pcm", "rate": 24000}, AudioFormat("audio/pcm", 24000)),
        ({"type": "audio/pcm", "rate": 16000}, AudioFormat("audio/pcm", 16000)),
        ({"type": "audio/pcm"}, AudioFormat("audio/pcm", 24000)),
        ({"type": "audio/pcm", "rate": True}, AudioFormat("audio/pcm", 24000)),
        ({"type": "audio/pcm", "rate": 0}, AudioFormat("audio/pcm", 24000)),
        ({"type": "audio/pcmu", "rate": 24000}, AudioFormat("audio/pcmu", 8000)),
        ("pcm16", AudioFormat("audio/pcm", 24000)),
        ("g711_ulaw", AudioFormat("audio/pcmu", 8000)),
        ("g711_alaw", AudioFormat("audio/pcma", 8000)),
        ("opus", None),
        ({"type": "audio/opus"}, None),
        ({"type": ["audio/pcm"]}, None),
        ({}, None),
        (None, None),
        (5, None),
    ],
)
def test_a_format_is_read_as_either_dialect_writes_it(value: Any, expected: AudioFormat | None) -> None:
    assert AudioFormat.read(value) == expected


@pytest.mark.parametrize(
    ("audio", "ms"), [(AudioFormat(), 100), (AudioFormat("audio/pcm", 16000), 150), (AudioFormat("audio/pcmu"), 600)]
)
def test_bytes_take_the_time_of_their_format(audio: AudioFormat, ms: float) -> None:
    assert audio.duration_ms(4800) == ms


def test_the_buffer_counts_from_the_last_time_it_was_emptied() -> None:
    audio = InputAudio()
    audio.append(4800, 1.0)
    audio.empty("client", 5)
    audio.append(2400, 2.0)
    assert (audio.total_ms, audio.buffered_ms, audio.total_bytes - audio.emptied_bytes) == (150.0, 50.0, 2400)
    assert (audio.emptied, audio.emptied_n, audio.emptied_before_ms) == ("client", 5, 0.0)
    assert (audio.first_append_t, audio.last_append_t) == (1.0, 2.0)


def test_half_samples_are_counted_in_pcm_only() -> None:
    audio = InputAudio()
    audio.append(3, 0.0)
    audio.format = AudioFormat("audio/pcmu", 8000)
    audio.append(3, 0.0)
    assert audio.odd_appends == 1


def test_the_moment_an_offset_was_sent_is_known_for_recent_audio() -> None:
    audio = InputAudio()
    assert audio.sent_t(0) is None
    audio.append(4800, 1.0)
    audio.append(4800, 2.0)
    assert (audio.sent_t(50), audio.sent_t(100), audio.sent_t(150), audio.sent_t(201)) == (1.0, 1.0, 2.0, None)


def test_the_moment_an_offset_was_sent_is_forgotten_after_long() -> None:
    audio = InputAudio()
    for second in range(RECENT_APPENDS + 10):
        audio.append(48, float(second))
    assert audio.sent_t(1) is None
    assert audio.sent_t(RECENT_APPENDS) == RECENT_APPENDS - 1


def test_playback_drains_in_real_time_and_never_beyond_what_came() -> None:
    playback = Playback("a1", start_t=2.0, ms=1000.0)
    assert [playback.played_ms(t) for t in (1.0, 2.5, 9.0)] == [0.0, 500.0, 1000.0]
    assert [playback.remaining_ms(t) for t in (2.5, 9.0)] == [500.0, 0.0]
    assert playback.end_t == 3.0
    playback.cut_ms = 100.0
    assert playback.remaining_ms(2.5) == 0.0
