"""What a sound device is given: the samples of the WAV, from any place on, and how far it has come."""

from __future__ import annotations

import sys
from threading import Event

import pytest

from realtime_inspector.errors import UsageError
from realtime_inspector.formats import speaker
from realtime_inspector.formats.sound import SIDES
from realtime_inspector.formats.speaker import Samples, Speaker
from realtime_inspector.recording.entry import Side
from tests.formats.recorded import heard, recorded, spoke, tone
from tests.formats.test_excerpt import excerpt, exported

CALL = recorded(f"""
    +0ms < {{"type": "response.created", "response": {{"id": "r1"}}}}
    +100ms > {spoke(tone(2400, 7))}
    +100ms < {heard("i1", b"".join(tone(1, value) for value in range(4800)))}
    +300ms x
""")
"""Half a second; the assistant is heard from sample 4800 on."""


class Taken:
    """A device that takes what it is asked to, and keeps it."""

    def __init__(self, rate: int, channels: int, samples: Samples) -> None:
        self.rate, self.frame = rate, channels * 2
        self.given = b""
        self.closed = False
        self._samples = samples

    def take(self, frames: int) -> bytes:
        """Ask for so many frames."""
        block = self._samples.send(frames)
        assert len(block) == frames * self.frame
        self.given += block
        return block

    def close(self) -> None:
        """Note that it was let go."""
        self.closed = True


def begun(playing: Speaker) -> Taken:
    """Return the device that a speaker started."""
    devices: list[Taken] = []

    def opened(rate: int, channels: int, samples: Samples) -> Taken:
        devices.append(Taken(rate, channels, samples))
        return devices[0]

    playing.begin(opened)
    return devices[0]


@pytest.mark.parametrize("sides", [SIDES, SIDES[:1], SIDES[1:]], ids=["both", "user", "assistant"])
def test_the_device_is_given_the_samples_of_the_wav_and_silence_after_them(sides: tuple[Side, ...]) -> None:
    playing = Speaker(excerpt(CALL), sides)
    device = begun(playing)
    while not playing.over:
        device.take(1000)
        playing.step()
    wanted = exported(CALL, sides, only_heard=False)
    assert device.rate == 24000
    assert device.given[: len(wanted)] == wanted
    assert not any(device.given[len(wanted) :])
    assert playing.place == 12000


def test_it_begins_and_goes_on_where_it_is_told_and_says_where_it_is() -> None:
    playing = Speaker(excerpt(CALL), SIDES[1:], start=4800 + 100, end=4800 + 150)
    device = begun(playing)
    assert device.take(2) == tone(1, 100) + tone(1, 101)
    assert (playing.place, playing.seconds) == (4902, 4902 / 24000)
    playing.seek(4800 + 140)
    assert device.take(20) == b"".join(tone(1, value) for value in range(140, 150)) + bytes(20)
    assert playing.place == 4950
    playing.close()
    assert device.closed


def test_what_comes_too_late_is_silence_that_takes_no_place() -> None:
    playing = Speaker(excerpt(CALL))
    device = begun(playing)
    device.take(2400)  # all that lay ready
    assert device.take(10) == bytes(40)
    assert playing.place == 2400
    playing.step()
    assert device.take(10) == exported(CALL, SIDES, only_heard=False)[9600:9640]


def test_no_more_than_a_little_lies_ready() -> None:
    long = recorded(f"< {heard('i1', tone(24000 * 9, 5))}\n+20s x")
    playing = Speaker(excerpt(long))
    device = begun(playing)
    for _ in range(100):
        playing.step()
    ready = 0
    while any(device.take(2400)):
        ready += 2400
    assert ready == speaker.AHEAD_S * 24000


def test_a_real_device_is_given_the_same_in_real_time() -> None:
    """The device that plays nothing, but asks from a thread of its own as all others do."""
    pytest.importorskip("miniaudio")
    start, end = 2400, 6000
    playing, given, asked = Speaker(excerpt(CALL), start=start, end=end), bytearray(), Event()

    def noted(samples: Samples) -> Samples:
        block = b""
        while True:
            frames = yield block
            block = samples.send(frames)
            given.extend(block)
            asked.set()

    def opened(rate: int, channels: int, samples: Samples) -> speaker.Device:
        between = noted(samples)
        next(between)
        return speaker.opened(rate, channels, between, ["NULL"])

    playing.step()  # all of it: what comes late on a busy machine is silence in between
    playing.step()
    playing.begin(opened)
    while not playing.over:
        assert asked.wait(60)
        asked.clear()
    playing.close()
    wanted = exported(CALL, SIDES, only_heard=False)[start * 4 : end * 4]
    assert bytes(given[: len(wanted)]) == wanted


def test_a_machine_without_a_device_and_one_without_the_library_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    miniaudio = pytest.importorskip("miniaudio")

    def none(**options: object) -> None:
        raise miniaudio.MiniaudioError("failed to init device", -401)

    samples = Speaker(excerpt(CALL))._samples()
    monkeypatch.setattr(miniaudio, "PlaybackDevice", none)
    with pytest.raises(UsageError, match=r"no sound device here \(failed to init device\); `export --to wav` writes"):
        speaker.opened(24000, 2, samples)
    monkeypatch.setitem(sys.modules, "miniaudio", None)
    with pytest.raises(UsageError, match=r"pip install 'realtime-inspector\[audio\]'"):
        speaker.opened(24000, 2, samples)
