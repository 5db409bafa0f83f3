"""The assistant's voice in the user's audio: told from the user's own, whatever the room, the codec and the delay."""

from __future__ import annotations

import random
from array import array
from base64 import b64encode
from collections.abc import Sequence
from operator import mul
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis import echoes
from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.simulator import g711, voice

STORY = "Once upon a time there was a lighthouse, and in it lived an old man who counted the ships passing by."
WORDS = "No, stop it please, I would rather hear about the weather in Oslo and whether it rains tomorrow."
SAID = voice.samples(voice.speech_lasting(STORY, 5000, voice.ASSISTANT))
ECHO = [rule for rule in all_rules() if rule.name == "echo"]
CHUNK = 960
SAMPLES = st.lists(st.integers(-2047, 2047), min_size=1, max_size=12)


def room(samples: Sequence[int], gain: float, late_ms: float, noise: float = 60) -> array[int]:
    """Return what a microphone hears of a loudspeaker: late, dull, with a reflection, quiet, and with noise."""
    chance = random.Random(1)
    late = round(late_ms * 24)
    heard, dull = array("h"), 0.0
    for at in range(len(samples)):
        direct = samples[at - late] if at >= late else 0
        dull += 0.35 * (direct - dull)
        reflected = samples[at - late - 700] if at >= late + 700 else 0
        heard.append(round(gain * (dull + 0.4 * reflected) + chance.gauss(0, noise)))
    return heard


def call(microphone: Sequence[int], form: str = PCM, *, detection: bool = True, start_ms: int = 400) -> list[Entry]:
    """Return a call in which the assistant speaks for five seconds while the microphone is on."""
    entries: list[Entry] = []

    def put(t: float, side: Side, kind: str, **members: Any) -> None:
        n = len(entries) + 1
        payload = orjson.dumps({"type": kind, **members})
        entries.append(Entry(n, round(t, 6), side, Kind.MESSAGE, payload, line=n + 1))

    def wire(samples: Sequence[int]) -> str:
        pcm = array("h", samples)
        data = pcm.tobytes() if form == PCM else g711.encode(g711.to_8k(pcm), form)
        return b64encode(data).decode()

    wanted = {"type": form, "rate": 24000} if form == PCM else {"type": form}
    vad = {"type": "server_vad", "prefix_padding_ms": 300, "silence_duration_ms": 0} if detection else None
    audio = {"input": {"format": wanted, "turn_detection": vad}, "output": {"format": wanted}}
    put(0.0, Side.SERVER, "session.created", session={"id": "s1", "audio": audio})
    place = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
    put(0.5, Side.SERVER, "response.created", response={"id": "r1", "status": "in_progress"})
    for at in range(0, len(SAID), 24000):
        put(1.0 + at / 240000, Side.SERVER, "response.output_audio.delta", **place, delta=wire(SAID[at : at + 24000]))
    for number, at in enumerate(range(0, len(microphone), CHUNK), 1):
        put(1.5 + number * 0.04, Side.CLIENT, "input_audio_buffer.append", audio=wire(microphone[at : at + CHUNK]))
    end_ms, end_t = len(microphone) // 24, 1.6 + len(microphone) / 24000
    if detection:
        put(end_t, Side.SERVER, "input_audio_buffer.speech_started", item_id="u1", audio_start_ms=start_ms)
        put(end_t + 0.1, Side.SERVER, "input_audio_buffer.speech_stopped", item_id="u1", audio_end_ms=end_ms)
    else:
        put(end_t, Side.CLIENT, "input_audio_buffer.commit")
    return entries


def heard(entries: list[Entry]) -> list[Finding]:
    return lint(entries, ECHO)


def own_words(speaker: voice.Voice) -> array[int]:
    return voice.samples(voice.speech_lasting(WORDS, 2500, speaker))


# the microphone goes on half a second after the assistant began to speak: what it hears is half a second in
@pytest.mark.parametrize(
    ("gain", "late_ms", "form", "detection"),
    [
        (0.3, 180, PCM, True),
        (0.05, 900, PCM, True),
        (0.3, 20, "audio/pcmu", True),
        (0.15, 400, "audio/pcma", False),
    ],
)
def test_an_echo_is_found_and_how_late_it_is(gain: float, late_ms: float, form: str, detection: bool) -> None:
    microphone = room(SAID, gain, late_ms)[12000:72000]
    (found,) = heard(call(microphone, form, detection=detection))
    told = float(found.message.partition(" ms late")[0].rpartition(" ")[2])
    assert told == pytest.approx(late_ms, abs=50), "a piece of audio is sent when its last sample is there"
    assert "a1" in found.message


@pytest.mark.parametrize("speaker", [voice.USER, voice.ASSISTANT], ids=["another voice", "the same voice"])
@pytest.mark.parametrize("form", [PCM, "audio/pcmu"])
def test_words_of_the_users_own_are_no_echo(speaker: voice.Voice, form: str) -> None:
    assert heard(call(own_words(speaker), form)) == []


def test_loud_words_over_a_faint_echo_are_the_users() -> None:
    faint = room(SAID, 0.05, 200)[12000:72000]
    both = array("h", map(sum, zip(own_words(voice.USER), faint, strict=True)))
    assert heard(call(both)) == []


def test_noise_and_silence_are_no_echo() -> None:
    assert heard(call(room([0] * 60000, 0.0, 0, noise=900))) == []
    assert heard(call(array("h", [0] * 60000))) == []


def test_a_word_is_too_short_to_tell() -> None:
    assert heard(call(room(SAID, 0.3, 180)[12000:30000])) == []


@given(SAMPLES, SAMPLES)
def test_one_product_of_two_numbers_holds_every_sum_of_products(needle: list[int], hay: list[int]) -> None:
    hay = [*hay, *needle]
    plain = [sum(map(mul, needle, hay[at : at + len(needle)])) for at in range(len(hay) - len(needle) + 1)]
    assert echoes.correlations(needle, hay) == plain


def test_a_wave_is_found_where_it_is_however_loud() -> None:
    wave = [3, -7, 11, 2, -20, 5, 9, -1]
    found = echoes.find([2 * sample for sample in wave], [1, 0, -1, *wave, 4, 4])
    assert found is not None
    assert (found.at, round(found.value, 2)) == (3, 1.0)
    assert echoes.find([0, 0], wave) is None
    assert echoes.find(wave, wave[:-1]) is None
