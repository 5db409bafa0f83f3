"""Audio made and measured here: the voice, the detector, G.711."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.simulator import g711
from realtime_inspector.simulator.ids import Ids
from realtime_inspector.simulator.vad import Started, Stopped, Vad, score
from realtime_inspector.simulator.voice import ASSISTANT, USER, Voice, samples, silence, speech, speech_lasting

PARTS = st.lists(st.integers(1, 3000), min_size=1, max_size=8)


@pytest.mark.parametrize("voice", [ASSISTANT, USER])
@pytest.mark.parametrize("text", ["Hello there!", "a", "42", "...", "mmm", "Ärger"])
def test_any_text_is_speech_to_the_detector(voice: Voice, text: str) -> None:
    heard = list(Vad(24000, 0.5, 200).feed(samples(silence(300) + speech(text, voice) + silence(400))))
    assert [type(happened) for happened in heard] == [Started, Stopped]
    assert heard[0].at_ms == pytest.approx(300, abs=40)


def test_speech_never_clips() -> None:
    said = samples(speech("the quick brown fox jumps over the lazy dog"))
    assert 5000 < max(said) < 20000


def test_a_longer_text_takes_longer_and_the_same_text_is_the_same_speech() -> None:
    assert len(speech("one two three")) > 2 * len(speech("one"))
    speech.cache_clear()
    before = speech("one two")
    speech.cache_clear()
    assert speech("one two") == before


@pytest.mark.parametrize("duration_ms", [20, 700, 5000])
def test_speech_can_be_given_its_length(duration_ms: int) -> None:
    assert len(speech_lasting("hello", duration_ms)) == duration_ms * 48


def test_an_odd_byte_is_no_sample() -> None:
    assert list(samples(b"\x01\x00\x02")) == [1]


# the detector


def test_a_frame_is_scored_by_its_level() -> None:
    def tone(peak: int) -> array[int]:
        return array("h", [peak, -peak] * 240)

    assert score(array("h")) == score(tone(0)) == 0
    assert score(tone(328)) == pytest.approx(0.5, abs=0.01)  # -40 dBFS
    assert score(tone(3277)) == 1


@given(PARTS)
def test_however_audio_is_cut_the_detector_says_the_same(cuts: list[int]) -> None:
    audio = samples(silence(100) + speech("hello", USER) + silence(300) + speech("again", USER) + silence(300))
    whole = list(Vad(24000, 0.5, 200).feed(audio))
    pieces: list[Started | Stopped] = []
    vad, at = Vad(24000, 0.5, 200), 0
    for cut in cuts:
        pieces += vad.feed(audio[at : at + cut])
        at += cut
    pieces += vad.feed(audio[at:])
    assert pieces == whole
    assert len(whole) == 4


def test_offsets_begin_where_the_detector_is_told() -> None:
    first = next(Vad(24000, 0.5, 200, from_ms=5000).feed(samples(speech("hello", USER))))
    assert first == Started(5000)


# G.711


@pytest.mark.parametrize(
    ("form", "sample", "code"),
    [
        ("audio/pcmu", 0, 0xFF),
        ("audio/pcmu", 32767, 0x80),
        ("audio/pcmu", -32768, 0x00),
        ("audio/pcma", 0, 0xD5),
        ("audio/pcma", 32767, 0xAA),
        ("audio/pcma", -32768, 0x2A),
    ],
)
def test_known_samples_have_their_codes(form: str, sample: int, code: int) -> None:
    assert g711.encode(array("h", [sample]), form) == bytes([code])


@pytest.mark.parametrize("form", ["audio/pcmu", "audio/pcma"])
@given(st.lists(st.integers(-32768, 32767), max_size=40))
def test_what_is_encoded_comes_back_within_the_step_of_its_size(form: str, given_samples: list[int]) -> None:
    decoded = g711.decode(g711.encode(array("h", given_samples), form), form)
    for before, after in zip(given_samples, decoded, strict=True):
        assert abs(before - after) <= max(16, abs(before) / 16 + 8, 644 if abs(before) > 32000 else 0)


@pytest.mark.parametrize("form", ["audio/pcmu", "audio/pcma"])
def test_every_code_comes_back_as_itself(form: str) -> None:
    codes = bytes(range(256))
    again = g711.encode(g711.decode(codes, form), form)
    # µ-law has two codes for zero, and either is right.
    assert [pair for pair in zip(codes, again, strict=True) if pair[0] != pair[1] and pair != (0x7F, 0xFF)] == []


def test_24_khz_becomes_8_khz_by_the_mean_of_three() -> None:
    assert list(g711.to_8k(array("h", [1, 2, 3, 10, 20, 30, 99]))) == [2, 20]


# ids


def test_ids_of_one_kind_do_not_depend_on_those_of_another() -> None:
    first, second = Ids("seed"), Ids("seed")
    for _ in range(5):
        second.make("event")
    assert first.make("item") == second.make("item")
    made = [first.make("item") for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(name.startswith("item_") and len(name) == 26 for name in made)
