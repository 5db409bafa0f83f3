"""What audio sounds like: read as what it is, and as what it is not."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from realtime_inspector.analysis import acoustics
from realtime_inspector.analysis.acoustics import FLOAT, SHIFTED, SWAPPED, profile
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter, events, lint
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.protocol.realtime.audio import PCM, TAPE_BYTES, Tape
from realtime_inspector.recording import files, transcript
from realtime_inspector.recording.entry import Entry
from realtime_inspector.recording.sounds import sound
from realtime_inspector.simulator import g711
from realtime_inspector.simulator.stories import STORIES
from tests.analysis.test_healthy import CLIENTS

RECORDINGS = Path(__file__).parents[2] / "recordings"
SECONDS = {PCM: 96000, "audio/pcmu": 16000, "audio/pcma": 16000}
"""Bytes of a window."""
EVERY = all_rules()


def heard(entries: list[Entry]) -> list[Finding]:
    return [found for found in lint(entries, EVERY) if found.severity is not Severity.INFO]


@pytest.mark.parametrize(
    ("name", "declared", "meant"),
    [
        ("speech", PCM, ""),
        ("speech-stereo", PCM, ""),
        ("speech-loud", PCM, ""),
        ("noise", PCM, ""),
        ("noise", "audio/pcmu", ""),
        ("speech-mu-law", "audio/pcmu", ""),
        ("speech-mu-law", PCM, "audio/pcmu"),
        ("speech-mu-law", "audio/pcma", "audio/pcmu"),
        ("speech", "audio/pcmu", PCM),
        ("speech", "audio/pcma", PCM),
        ("speech-swapped", PCM, SWAPPED),
        ("speech-shifted", PCM, SHIFTED),
    ],
)
def test_what_is_mistaken_is_told_and_what_is_right_is_not(name: str, declared: str, meant: str) -> None:
    assert profile(sound(name, SECONDS[declared]), declared).mistaken == meant


def test_floats_are_known_for_what_they_are() -> None:
    samples = acoustics.decode(sound("speech", 48000), PCM)
    floats = array("f", (sample / 32768 for sample in samples)).tobytes()
    assert profile(floats, PCM).mistaken == FLOAT
    assert len(acoustics.decode(sound("noise", 4000), FLOAT)) == 0


@pytest.mark.parametrize("declared", ["audio/pcmu", "audio/pcma"])
def test_g711_is_decoded_as_the_simulator_does(declared: str) -> None:
    every = bytes(range(256))
    assert acoustics.decode(every, declared) == g711.decode(every, declared)


def test_silence_is_nothing_to_be_mistaken_about() -> None:
    found = profile(bytes(96000), PCM)
    assert (found.rms, found.mistaken, profile(b"", PCM).rms) == (0.0, "", 0.0)


def test_a_window_is_told_by_its_level_its_peaks_and_its_pairs() -> None:
    loud, stereo = profile(sound("speech-loud", 96000), PCM), profile(sound("speech-stereo", 96000), PCM)
    assert loud.clipped > 0.05
    assert (stereo.clipped, stereo.pairs) == (0.0, 0.0)
    off_centre = array("h", [5000, 5010] * 1000).tobytes()
    assert profile(off_centre, PCM).mean == pytest.approx(5005)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_healthy_client_is_not_blamed_by_those_who_listen(client: str) -> None:
    assert heard(transcript.entries(CLIENTS[client])) == []


@pytest.mark.parametrize("story", ["voice-turn", "barge-in", "tool-call"])
def test_a_healthy_recording_is_not_blamed_by_those_who_listen(story: str) -> None:
    assert story in STORIES
    recording = files.open_recording(RECORDINGS / f"{story}.jsonl")
    acoustic = [rule for rule in EVERY if rule.acoustic]
    assert lint(recording, acoustic, recording.header) == []


def test_a_session_listens_only_where_a_rule_does() -> None:
    text = '> {"type": "input_audio_buffer.append", "audio": "<100ms speech>"}'
    for rules, kept in (([rule for rule in EVERY if rule.acoustic], 4800), (None, 0)):
        linter = Linter(rules)
        for event in events(transcript.entries(text)):
            linter.feed(event)
        assert len(linter.session.input_audio.tape.data) == kept


def test_a_tape_gives_what_it_has_and_forgets_what_is_long_ago() -> None:
    tape = Tape()
    tape.add(b"abcd", 4)
    tape.add(b"ef", 2)
    assert (tape.span(2, 5), tape.span(0, 6), tape.span(0, 7), tape.span(5, 5)) == (b"cde", b"abcdef", b"", b"")
    for _ in range(5):
        tape.add(bytes(TAPE_BYTES // 2), TAPE_BYTES // 2)
    assert len(tape.data) <= 2 * TAPE_BYTES
    assert tape.span(0, 6) == b""


def test_a_piece_that_is_not_there_leaves_a_hole_in_the_tape() -> None:
    tape = Tape()
    tape.add(b"abcd", 4)
    tape.add(b"", 100)
    tape.add(b"xyz", 3)
    assert (tape.total_bytes, tape.span(0, 4), tape.span(104, 107)) == (107, b"", b"xyz")
