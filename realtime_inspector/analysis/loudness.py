"""How loud the user's audio is at its loudest: whether there is a signal at all where no speech was heard."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from realtime_inspector.analysis import acoustics
from realtime_inspector.analysis.causes import Cause, Confidence
from realtime_inspector.protocol.event import APPENDS, read
from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.protocol.realtime.changes.hearing import decoded
from realtime_inspector.recording.entry import Entry

SILENT = 33
"""-60 dB of full scale, of 32768."""
_FULL = 32768


def peak(entries: Iterable[Entry], form: AudioFormat) -> int | None:
    """Return the loudest sample of the user's audio, of 32768; the first that is no silence is enough.

    None where there is no sample to look at, as in a recording without its audio.
    """
    found: int | None = None
    for event in map(read, entries):
        if event.type not in APPENDS or not event.from_client:
            continue
        samples = acoustics.decode(decoded(event), form.name)
        if samples:
            low, high = min(samples), max(samples)
            found = max(found or 0, high, -low)
        if found is not None and found >= SILENT:
            return found
    return found


def listened(cause: Cause, entries: Iterable[Entry], form: AudioFormat) -> Cause:
    """Say of audio in which no speech was heard whether it is silence."""
    if cause.label != "no-speech-heard":
        return cause
    loudest = peak(entries, form)
    if loudest is None or loudest >= SILENT:
        return cause
    how = "every sample of it is zero" if not loudest else f"its loudest sample is at {_decibels(loudest):.0f} dB"
    return replace(
        cause,
        words=f"{cause.words}: it is silence, {how}",
        confidence=Confidence.CERTAIN,
        fix="the microphone is muted, another one is chosen, or its samples are lost before the append: look at the "
        "device, its permission, and what turns its samples into integers",
    )


def _decibels(sample: int) -> float:
    return 20 * math.log10(sample / _FULL)
