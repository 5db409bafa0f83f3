"""Audio made unheard: silence or a tone in its place, of the same length, in the same format, in as many pieces.

A tone sounds where somebody spoke, in steps of 20 ms, so that who listens, voice detection and rules still notice where
speech was; what was said is gone. No socket, no clock.
"""

from __future__ import annotations

import math
from array import array
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from sys import byteorder
from typing import Any

import orjson

from realtime_inspector.protocol.event import base64_bytes, read
from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.json_strings import Found
from realtime_inspector.recording.splicing import splice
from realtime_inspector.replay.silence import quiet

TONE_HZ = 440
_TONE_LEVEL = 0.1
_FRAME_MS = 20
_LOUD = 327
"""A frame with a louder sample, on average, has speech: -40 dB of full scale."""
_ULAW = "audio/pcmu"
_BIAS = 0x84


class Sound(StrEnum):
    """What is heard in place of somebody's voice."""

    KEEP = "keep"
    SILENCE = "silence"
    TONE = "tone"


class Mute:
    """Takes the voices out of a recording's entries, which come in their order."""

    def __init__(self, inward: Sound = Sound.KEEP, outward: Sound = Sound.KEEP) -> None:
        """Choose what becomes of the user's audio and of the assistant's."""
        self._sounds = {Side.CLIENT: inward, Side.SERVER: outward}
        self.formats = {Side.CLIENT: AudioFormat(), Side.SERVER: AudioFormat()}
        """In force."""
        self._offsets = {Side.CLIENT: 0, Side.SERVER: 0}
        self.muted_ms = {Side.CLIENT: 0.0, Side.SERVER: 0.0}
        """How much audio of each side was changed."""

    def __call__(self, entry: Entry) -> Entry:
        """Return the entry without the voice in it; the same object if there is none."""
        if entry.kind is not Kind.MESSAGE or entry.side is Side.PROXY:
            return entry
        if entry.binary:
            return self._binary(entry)
        if b"_format" in entry.payload or b'"format"' in entry.payload:
            self._learn(entry)
        if set(self._sounds.values()) == {Sound.KEEP}:
            return entry
        if b'"audio"' not in entry.payload and b"audio.delta" not in entry.payload:
            return entry
        try:
            body = orjson.loads(entry.payload)
        except orjson.JSONDecodeError:
            return entry
        payload, changes = splice(entry.payload, lambda found, raw: self._change(found, body, entry.side))
        return replace(entry, payload=payload) if changes else entry

    def _learn(self, entry: Entry) -> None:
        event = read(entry)
        if event.type not in {"session.created", "session.updated"}:
            return
        for side, name, beta in ((Side.CLIENT, "input", "input_audio_format"),
                                 (Side.SERVER, "output", "output_audio_format")):  # fmt: skip
            said = event.get(f"session.audio.{name}.format", event.get(f"session.{beta}"))
            self.formats[side] = AudioFormat.read(said) or self.formats[side]

    def _change(self, found: Found, body: Any, side: Side) -> str | None:
        if found.number or not found.value or not found.path:
            return None
        of = self._side(found, body, side)
        if of is None or self._sounds[of] is Sound.KEEP:
            return None
        muted = self._muted(found.value, of, continues=len(found.path) == 1)
        if muted == found.value:
            return None
        self.muted_ms[of] += self.formats[of].duration_ms(base64_bytes(found.value))
        return orjson.dumps(muted).decode()

    def _side(self, found: Found, body: Any, side: Side) -> Side | None:
        """Return whose audio a string is; None if it is none."""
        *parent, name = found.path
        if name == "delta":
            kind = body.get("type") if isinstance(body, Mapping) and not parent else None
            return Side.SERVER if str(kind).endswith("audio.delta") else None
        if name != "audio":
            return None
        if not parent:
            return side
        kind = _at(body, [*parent, "type"])
        return Side.CLIENT if kind == "input_audio" else Side.SERVER

    def _muted(self, text: str, side: Side, *, continues: bool) -> str:
        """Return what stands in place of some audio; `continues` if it goes on where the last of its side ended."""
        form, size = self.formats[side], base64_bytes(text)
        if self._sounds[side] is Sound.SILENCE:
            return b64encode(quiet(form, size)).decode()
        start = self._offsets[side] if continues else 0
        self._offsets[side] = start + size if continues else self._offsets[side]
        try:
            data = b64decode(text, validate=True)
        except (Error, ValueError):
            return b64encode(quiet(form, size)).decode()
        return b64encode(_beeped(data, form, start)).decode()

    def _binary(self, entry: Entry) -> Entry:
        if self._sounds[entry.side] is Sound.KEEP or not any(entry.payload):
            return entry
        self.muted_ms[entry.side] += self.formats[entry.side].duration_ms(len(entry.payload))
        return replace(entry, payload=bytes(len(entry.payload)))


def _at(body: Any, path: list[str | int]) -> Any:
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body


def _beeped(data: bytes, form: AudioFormat, start: int) -> bytes:
    """Return a tone wherever audio is loud, and silence elsewhere; `start` is its place in its stream, in bytes."""
    tone, width = _tone(form.name, form.rate), 2 if form.name == PCM else 1
    frame = max(width, round(_FRAME_MS * form.bytes_per_ms / width) * width)
    made = bytearray()
    for at in range(0, len(data), frame):
        part = data[at : at + frame]
        if _is_loud(part, form.name, odd=(start + at) % width):
            first = (start + at) % len(tone)
            made += (tone * (len(part) // len(tone) + 2))[first : first + len(part)]
        else:
            made += quiet(form, len(part))
    return bytes(made)


def _is_loud(part: bytes, name: str, *, odd: int) -> bool:
    if name == PCM:
        samples = array("h", part[odd : odd + (len(part) - odd) // 2 * 2])
        if byteorder == "big":
            samples.byteswap()
        return bool(samples) and sum(map(abs, samples)) / len(samples) >= _LOUD
    loudness = _loudness(name)
    return bool(part) and sum(loudness[code] for code in part) / len(part) >= _LOUD


@cache
def _tone(name: str, rate: int) -> bytes:
    """Return whole periods of the tone in a format."""
    count = rate // math.gcd(rate, TONE_HZ)
    samples = [round(_TONE_LEVEL * 32767 * math.sin(math.tau * TONE_HZ * n / rate)) for n in range(count)]
    if name == PCM:
        packed = array("h", samples)
        if byteorder == "big":
            packed.byteswap()
        return packed.tobytes()
    return bytes(_code(sample, _loudness(name)) for sample in samples)


def _code(sample: int, loudness: Sequence[int]) -> int:
    """Return the code of G.711 that comes closest to a sample; of both laws the upper half is positive."""
    codes = range(128, 256) if sample >= 0 else range(128)
    return min(codes, key=lambda code: abs(loudness[code] - abs(sample)))


@cache
def _loudness(name: str) -> tuple[int, ...]:
    """Return how far from silence each code of G.711 is."""
    return tuple(map(_of_ulaw if name == _ULAW else _of_alaw, range(256)))


def _of_ulaw(code: int) -> int:
    code = ~code & 0x7F
    return (((code & 0x0F) << 3) + _BIAS << (code >> 4)) - _BIAS


def _of_alaw(code: int) -> int:
    code = (code ^ 0x55) & 0x7F
    exponent, mantissa = code >> 4, code & 0x0F
    return (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 0x108 << exponent - 1
