"""Whether one sound holds another: the assistant's voice in what the microphone sends.

Waveforms are compared, not their loudness: two people who speak at once are loud at the same moments, but only an echo
has the same wave, some time later. Plain integers and no library; a second against three takes about 20 ms.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul, sub

from realtime_inspector.analysis import acoustics
from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat, Playback
from realtime_inspector.protocol.realtime.state import State

RATE = 4000
"""Samples a second that are compared: what a small loudspeaker plays and a telephone carries is below 2 kHz."""
LATEST_S = 2.5
"""So long after it can have been played at the earliest, an echo may be sent: a buffer, the room, the way."""
SOONEST_S = 0.3
"""So much sooner, where the clock of the recording lags."""
LONGEST_S = 1.0
"""So much is compared of each half."""
SAME_LAG_S = 0.01
LIKE = 0.4
"""Two voices come to 0.3 by chance, seldom to more, and never twice at one lag."""
_PEAK = 2047
_SLOT_BYTES = 5
"""Room for the sum of 65,536 products of 12-bit numbers."""
_LEAST_ENERGY = 0.05
"""A stretch this much quieter than the rest is not compared: next to nothing is like anything."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Where a sound is most like another."""

    at: int
    """The first sample of the place."""
    value: float
    """1: the same wave; 0: nothing in common."""


@dataclass(frozen=True, slots=True)
class Echo:
    """The assistant's voice in a stretch of the user's audio."""

    value: float
    """How like it is, 0 to 1."""
    lag_s: float
    """How long after its earliest possible playback it was sent."""


def echo(state: State, start_ms: float, end_ms: float) -> Echo | None:
    """Return what a stretch of the user's audio has of what the assistant was saying; None if that is nothing.

    Its two halves are looked for one by one: an echo is as late in both, chance is not. A stretch or an answer that is
    no longer on the tape gives nothing, and so does a format whose rate is no multiple of `RATE`.
    """
    audio = state.input_audio
    per_ms = audio.format.bytes_per_ms
    data = audio.tape.span(int(start_ms * per_ms) // 2 * 2, int(end_ms * per_ms) // 2 * 2)
    sent_t = audio.sent_t(end_ms)
    rate = _rate(audio.format)
    if not data or sent_t is None or rate % RATE:
        return None
    samples = acoustics.decode(data, audio.format.name)
    size = min(len(samples) // 2, int(LONGEST_S * rate))
    begin_t = sent_t - len(samples) / rate
    halves = [
        _half(state, samples[at : at + size], rate, begin_t + at / rate) for at in (0, len(samples) - size) if size
    ]
    found = [half for half in halves if half is not None and half.value > LIKE]
    if len(found) < 2 or abs(found[0].lag_s - found[1].lag_s) > SAME_LAG_S:
        return None
    return Echo(sum(half.value for half in found) / 2, sum(half.lag_s for half in found) / 2)


def _half(state: State, samples: Sequence[int], rate: int, begin_t: float) -> Echo | None:
    from_t = begin_t - LATEST_S
    said = _said(state, from_t, begin_t + len(samples) / rate + SOONEST_S)
    found = find(reduced(samples, rate), said)
    return None if found is None else Echo(found.value, begin_t - from_t - found.at / RATE)


def _said(state: State, from_t: float, to_t: float) -> array[int]:
    """Return what could be heard of the assistant between two moments, reduced; zeros while it was silent."""
    found = array("l", bytes(array("l").itemsize * int((to_t - from_t) * RATE)))
    for playback in reversed(state.playback.values()):
        if playback.end_t < from_t:
            break
        form = _format(state, playback)
        first_ms = max(0.0, (from_t - playback.start_t) * 1000)
        last_ms = min(playback.ms, (to_t - playback.start_t) * 1000)
        data = playback.tape.span(*(int(ms * form.bytes_per_ms) // 2 * 2 for ms in (first_ms, last_ms)))
        if not data or _rate(form) % RATE:
            continue
        samples = reduced(acoustics.decode(data, form.name), _rate(form))
        place = int((playback.start_t + first_ms / 1000 - from_t) * RATE)
        samples = samples[: len(found) - place]
        found[place : place + len(samples)] = samples
    return found


def _format(state: State, playback: Playback) -> AudioFormat:
    item = state.items.get(playback.item_id)
    response = state.responses.get(item.response_id) if item is not None else None
    return (response.audio_format if response is not None else None) or state.output_format


def _rate(form: AudioFormat) -> int:
    return form.rate if form.name == PCM else 8000


def reduced(samples: Sequence[int], rate: int) -> array[int]:
    """Return samples at `RATE`, as changes from one to the next: that evens out the spectrum, and takes hum away."""
    step = max(1, rate // RATE)
    whole = len(samples) // step * step
    means = array("l", map(sum, zip(*(samples[at:whole:step] for at in range(step)), strict=True)))
    return array("l", map(sub, means[1:], means))


def find(sound: Sequence[int], within: Sequence[int]) -> Likeness | None:
    """Return where in a longer sound a shorter one is most likely to be; None where there is nothing to compare."""
    needle, hay = _levelled(sound), _levelled(within)
    if not needle or len(hay) < len(needle) or not any(needle) or not any(hay):
        return None
    own = sum(map(mul, needle, needle))
    sums = [0, *accumulate(map(mul, hay, hay))]
    size = len(needle)
    least = _LEAST_ENERGY * sums[-1] * size / len(hay)
    best = Likeness(0, 0.0)
    for at, product in enumerate(correlations(needle, hay)):
        energy = sums[at + size] - sums[at]
        if product > 0 and energy > least and product * product > best.value**2 * own * energy:
            best = Likeness(at, product / (own * energy) ** 0.5)
    return best


def correlations(needle: Sequence[int], hay: Sequence[int]) -> list[int]:
    """Return the sum of products of the needle with each stretch of the hay that is as long.

    All of them are digits of one product: two numbers, whose digits are the samples, are multiplied, which Python does
    faster than any loop. Samples are made positive for it, and what that adds is taken off again.
    """
    size = len(needle)
    sums = [0, *accumulate(hay)]
    product = _number([sample + _PEAK for sample in reversed(needle)]) * _number([sample + _PEAK for sample in hay])
    digits = product.to_bytes((size + len(hay)) * _SLOT_BYTES, "little")
    added = _PEAK * sum(needle) + size * _PEAK * _PEAK
    return [
        int.from_bytes(digits[at * _SLOT_BYTES : (at + 1) * _SLOT_BYTES], "little")
        - added
        - _PEAK * (sums[at + 1] - sums[at + 1 - size])
        for at in range(size - 1, len(hay))
    ]


def _number(digits: Sequence[int]) -> int:
    return int.from_bytes(b"".join(digit.to_bytes(_SLOT_BYTES, "little") for digit in digits), "little")


def _levelled(samples: Sequence[int]) -> list[int]:
    """Return samples with their peak at 12 bits."""
    peak = max(map(abs, samples), default=0)
    return [sample * _PEAK // peak for sample in samples] if peak else []
