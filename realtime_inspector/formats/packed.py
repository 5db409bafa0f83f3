"""FLAC and Opus: the sound of a WAV in less space, written by libsndfile (extra `audio`).

FLAC has every sample as it was; Opus what can be heard of them, at a tenth of the size or less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from realtime_inspector.errors import UsageError
from realtime_inspector.formats import ogg, sound, wav
from realtime_inspector.formats.reading import Readable
from realtime_inspector.recording.entry import Side

_KINDS = {"flac": ("FLAC", "PCM_16"), "opus": ("OGG", "OPUS")}
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_STREAM = 1
"""The number of the stream in an Ogg file, always the same: so is the file for the same sound."""


def write(
    recording: Readable,
    name: str,
    sides: Sequence[Side] = sound.SIDES,
    *,
    turn: int | None = None,
    heard: bool = False,
) -> Iterator[bytes]:
    """Yield a FLAC or an Opus file; the rest is as with `wav.write`.

    Raises:
        UsageError: As there, or if soundfile is not installed.
    """
    library = _library(name)
    blocks = wav.write(recording, sides, turn=turn, heard=heard)
    rate, channels = wav.rate_and_channels(next(blocks))
    if name == "opus" and rate not in OPUS_RATES:
        raise UsageError(f"{recording.path}: Opus has no rate of {rate} Hz; flac has")
    container, subtype = _KINDS[name]
    out = BytesIO()
    with library.SoundFile(out, "w", rate, channels, subtype, format=container) as file:
        for block in blocks:  # in pieces: libsndfile's encoders do not bear all at once
            file.buffer_write(block, "int16")
    yield ogg.numbered(out.getvalue(), _STREAM) if name == "opus" else out.getvalue()


def _library(name: str) -> Any:
    try:
        import soundfile  # type: ignore[import-untyped]  # it has none
    except (ImportError, OSError):  # OSError: without the system's library
        raise UsageError(
            f"--to {name} needs soundfile; install it with `pip install 'realtime-inspector[audio]'`"
        ) from None
    return soundfile
