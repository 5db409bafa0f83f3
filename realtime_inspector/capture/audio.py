"""Audio left out of recordings: what was said is not kept, how much of it is.

Audio is replaced where it stands in its message; the member `audio` of the entry says for each place how many bytes it
was, and its digest if that is asked for. The places are named in `redacted` too. Pure.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error, a2b_base64
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.json_strings import Found, find


class Audio(StrEnum):
    """What becomes of one direction's audio."""

    KEEP = "keep"
    HASH = "hash"
    """Its length and its SHA-256 are recorded."""
    DROP = "drop"
    """Its length is."""


_STRICTEST = (Audio.DROP, Audio.HASH, Audio.KEEP)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{64,}={0,2}")
"""In what is no JSON, so long a word is taken for audio: no word of a language is."""
_PREFIX = re.compile(r"data:[a-z0-9/;=.+-]{0,60},?")
_FILES = ("UklGR", "T2dnU", "ZkxhQ", "SUQz", "GkXfo")
"""How base64 of a WAV, Ogg, FLAC, MP3 or WebM file begins."""
_FILE_CHARACTERS = 16
_BODIES = ("body", "body_base64")


class AudioPolicy:
    """Leaves audio out of entries. The user's audio is `inward`, the assistant's `outward`."""

    def __init__(self, inward: Audio = Audio.KEEP, outward: Audio = Audio.KEEP) -> None:
        self.inward = inward
        self.outward = outward

    def __bool__(self) -> bool:
        """Tell whether there is anything to leave out."""
        return (self.inward, self.outward) != (Audio.KEEP, Audio.KEEP)

    def __call__(self, entry: Entry) -> Entry:
        """Return the entry without the audio that is not kept; the same object if it has none."""
        match entry.kind:
            case Kind.MESSAGE if entry.binary:
                return self._binary(entry)
            case Kind.MESSAGE:
                return self._text(entry)
            case Kind.REQUEST | Kind.RESPONSE:
                return self._http(entry)
            case _:
                return entry

    def _of(self, side: Side) -> Audio:
        return self.inward if side is Side.CLIENT else self.outward

    def _text(self, entry: Entry) -> Entry:
        try:
            text = entry.payload.decode()
        except UnicodeDecodeError:
            return self._binary(entry)
        found = find(text)
        if found is None:
            return self._broken(entry, text)
        types = {string.path[:-1]: string.value for string in found if string.path[-1:] == ("type",)}
        pieces: list[str] = []
        said: dict[str, Any] = {}
        at = 0
        for string in found:
            how = self._how(string, entry.side, types)
            if how is Audio.KEEP or not string.value or string.is_key or string.number:
                continue
            pieces += (text[at : string.start], f'"{_remains(string.value)}"')
            at = string.end
            said[string.name] = _figures(string.value, how)
        return _without(entry, ("".join(pieces) + text[at:]).encode(), said) if said else entry

    def _how(self, string: Found, side: Side, types: dict[tuple[str | int, ...], str]) -> Audio:
        """Return what becomes of a string; `KEEP` for one that is no audio."""
        *parent, name = string.path or ("",)
        kind = types.get(tuple(parent), "")
        if name == "delta" and not parent:
            return self.outward if kind.endswith("audio.delta") else Audio.KEEP
        if name != "audio":
            return Audio.KEEP
        if not parent:
            return self._of(side)
        if kind == "input_audio":
            return self.inward
        if kind in {"audio", "output_audio"}:
            return self.outward
        return min(self.inward, self.outward, key=_STRICTEST.index)

    def _broken(self, entry: Entry, text: str) -> Entry:
        """Leave long base64 out of what is no JSON object."""
        how = self._of(entry.side)
        runs = _RUN.findall(text) if how is not Audio.KEEP else []
        if not runs:
            return entry
        return _without(entry, _RUN.sub("", text).encode(), {"text": _figures("".join(runs), how)})

    def _binary(self, entry: Entry) -> Entry:
        how = self._of(entry.side)
        if how is Audio.KEEP or not entry.payload:
            return entry
        return _without(entry, b"", {"base64": _digest(entry.payload, len(entry.payload), how)})

    def _http(self, entry: Entry) -> Entry:
        """Leave out a body that is audio, or may hold some."""
        how = self._of(entry.side)
        content = (entry.header("content-type") or "").lower()
        present = [name for name in _BODIES if entry.members.get(name)]
        if how is Audio.KEEP or not present or not ("body_base64" in present or content.startswith("audio/")):
            return entry
        data = b64decode(entry.members["body_base64"]) if "body_base64" in present else entry.members["body"].encode()
        members = {name: value for name, value in entry.members.items() if name not in _BODIES}
        members |= {"body_omitted": f"audio: {how}", "audio": {present[0]: _digest(data, len(data), how)}}
        return replace(entry, members=members, redacted=(*entry.redacted, present[0]))


def _without(entry: Entry, payload: bytes, said: dict[str, Any]) -> Entry:
    members = {**entry.members, "audio": said}
    return replace(entry, payload=payload, members=members, redacted=_joined(entry.redacted, said))


def _joined(paths: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*paths, *more)))


def _remains(text: str) -> str:
    """Return what stays of base64: nothing, but where it is none, or a file, as much as shows that."""
    prefix = _PREFIX.match(text)
    if prefix is not None:
        return prefix[0]
    wrong = _NOT_BASE64.search(text)
    if wrong is not None:
        sign = wrong[0]
        return sign if sign.isprintable() and sign not in '"\\' else " "
    if text.startswith(_FILES):
        return text[:_FILE_CHARACTERS]
    try:
        a2b_base64(text, strict_mode=True)
    except Error:
        return "A"
    return ""


def _figures(text: str, how: Audio) -> dict[str, Any]:
    padding = len(text) - len(text.rstrip("="))
    size = max(0, len(text) * 3 // 4 - min(padding, 2))
    try:
        data = a2b_base64(text.encode())
    except Error:
        data = text.encode()
    return _digest(data, size, how)


def _digest(data: bytes, size: int, how: Audio) -> dict[str, Any]:
    return {"bytes": size, "sha256": sha256(data).hexdigest()} if how is Audio.HASH else {"bytes": size}
