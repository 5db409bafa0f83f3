"""Playing a call: samples to a sound device, from any place on, while whoever plays it looks how far it has come.

The device takes what lies ready from a thread of its own; `step` puts more there, a little ahead, and never waits. It
needs miniaudio (extra `audio`).
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol

from realtime_inspector.errors import UsageError
from realtime_inspector.formats.excerpt import Excerpt
from realtime_inspector.formats.sound import BYTES, SIDES
from realtime_inspector.recording.entry import Side

AHEAD_S = 1.5
"""So much lies ready for the device: whoever steps may come late by so much."""
STEP_S = 0.1
PERIOD_MS = 60
_TAIL_PERIODS = 4
"""What the device was given last is heard once it has asked so often again."""
_BACKENDS = ("WASAPI", "DSOUND", "WINMM", "COREAUDIO", "SNDIO", "AUDIO4", "OSS", "PULSEAUDIO", "ALSA")
"""Not JACK, which writes on the terminal when there is none; not the one that plays nothing."""
INSTALL = "pip install 'realtime-inspector[audio]'"

Samples = Generator[bytes, int, None]
"""Is sent how many frames are wanted, and gives as many; begun already."""


class Device(Protocol):
    """A sound device that plays."""

    def close(self) -> None:
        """Stop it and let it go."""


Opener = Callable[[int, int, Samples], Device]
"""Starts a device that asks for samples: of a rate, in so many channels."""


class Ready:
    """What lies ready for the device, from one place on: bytes that one side puts there and the other takes.

    Each side changes what is its own alone, so that neither waits for the other.
    """

    def __init__(self, start: int, frame: int) -> None:
        self.start = start
        self.taken = 0
        """Frames that the device took."""
        self.put_in = 0
        """Frames that were put there."""
        self.complete = False
        """Whether no more will be put there."""
        self.over = False
        """Whether everything was heard."""
        self._frame = frame
        self._blocks: deque[bytes] = deque()
        self._rest = b""
        self._tail = 0

    def put(self, block: bytes) -> None:
        """Put samples behind the others."""
        self._blocks.append(block)
        self.put_in += len(block) // self._frame

    def take(self, frames: int) -> bytes:
        """Give the device what it asks for, silence where nothing lies ready."""
        size = frames * self._frame
        while len(self._rest) < size and self._blocks:
            self._rest += self._blocks.popleft()
        given, self._rest = self._rest[:size], self._rest[size:]
        self.taken += len(given) // self._frame
        if not given and self.complete:
            self._tail += 1
            self.over = self._tail >= _TAIL_PERIODS
        return given.ljust(size, b"\0")


class Speaker:
    """A call being played, or about to be."""

    def __init__(
        self, excerpt: Excerpt, sides: Sequence[Side] = SIDES, *, start: int = 0, end: int | None = None
    ) -> None:
        """Take what is to be played; places are samples of its axis."""
        self.excerpt = excerpt
        self.sides = tuple(sides)
        self._end = excerpt.end if end is None else min(end, excerpt.end)
        self._device: Device | None = None
        self._closed = False
        self.seek(start)

    @property
    def place(self) -> int:
        """What is heard now, as a place of the axis."""
        return self._ready.start + self._ready.taken

    @property
    def seconds(self) -> float:
        """What is heard now, as a time of the recording."""
        return self.excerpt.places.seconds(self.place)

    @property
    def over(self) -> bool:
        """Whether everything was heard."""
        return self._ready.over

    def seek(self, place: int) -> None:
        """Go on from another place."""
        self._ready = Ready(max(0, min(place, self._end)), len(self.sides) * BYTES)
        self.step()

    def step(self) -> None:
        """Put some more there for the device, unless enough lies ready."""
        ready, rate = self._ready, self.excerpt.rate
        if ready.put_in - ready.taken >= AHEAD_S * rate:
            return
        place = ready.start + ready.put_in
        count = min(round(STEP_S * rate), self._end - place)
        if count > 0:
            ready.put(self.excerpt.read(place, count, self.sides))
        else:
            ready.complete = True

    def begin(self, opened: Opener) -> None:
        """Start the device.

        Raises:
            UsageError: If there is none.
        """
        samples = self._samples()
        next(samples)
        self._device = opened(self.excerpt.rate, len(self.sides), samples)
        if self._closed:  # meanwhile, by somebody who did not wait
            self.close()

    def _samples(self) -> Samples:
        frames = yield b""
        while True:
            frames = yield self._ready.take(frames)

    def close(self) -> None:
        """Fall silent, and let the device go; one that is only about to start, then."""
        self._closed = True
        if self._device is not None:
            self._device.close()
            self._device = None


def opened(rate: int, channels: int, samples: Samples, backends: Sequence[str] = _BACKENDS) -> Device:
    """Start the sound device of this machine.

    Args:
        rate: Samples in a second.
        channels: One, or two.
        samples: Gives the samples, two bytes each.
        backends: Names of the systems to try, as miniaudio calls them.

    Raises:
        UsageError: If there is none, or miniaudio is not installed.
    """
    try:
        import miniaudio  # type: ignore[import-untyped]  # it has none
    except ImportError:
        raise UsageError(f"playing needs miniaudio; install it with `{INSTALL}`") from None
    _hush()
    try:
        device: Any = miniaudio.PlaybackDevice(
            output_format=miniaudio.SampleFormat.SIGNED16,
            nchannels=channels,
            sample_rate=rate,
            buffersize_msec=PERIOD_MS,
            backends=[miniaudio.Backend[name] for name in backends],
        )
        device.start(samples)
    except miniaudio.MiniaudioError as error:
        raise UsageError(f"no sound device here ({error.args[0]}); `export --to wav` writes the sound") from None
    found: Device = device
    return found


_quiet: list[Any] = []
"""Keeps what `_hush` gave away alive."""


def _hush() -> None:
    """Let ALSA say nothing on standard error, where a screen may be: what is wrong is told by our own error."""
    if _quiet or not sys.platform.startswith("linux"):
        return
    import ctypes

    try:
        library = ctypes.CDLL("libasound.so.2")
        kind = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)
        say_nothing = kind(lambda *said: None)
        library.snd_lib_error_set_handler(say_nothing)
    except (OSError, AttributeError):  # no ALSA, or another one: then there is nothing to be said
        return
    _quiet.append(say_nothing)
