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

import orjson

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
_MEMBER = re.compile(rb'"(audio|delta)"\s*:\s*"')
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
        quick = self._quick(entry)
        return quick if quick is not None else self._thorough(entry)

    def _quick(self, entry: Entry) -> Entry | None:
        """Do the same for nearly every message, in a tenth of the time; None for one that has to be walked through."""
        payload = entry.payload
        count = payload.count
        if b"\\" in payload:  # a name may be spelled with escapes
            return None
        try:
            body = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(body, dict):
            return None
        if count(b'"audio"') == 0 and b'audio.delta"' not in payload:
            return entry
        name = "audio" if "audio" in body else "delta"
        value = body.get(name)
        member = _MEMBER.search(payload)
        # where the name is there once, as a member of the object itself, what follows it is the value
        if not isinstance(value, str) or not value or member is None or member[1].decode() != name:
            return None
        if count(b'"audio"') + (count(b'"delta"') if name == "delta" else 0) != 1:
            return None
        how = self._how(Found((name,), 0, 0, value), entry.side, {(): str(body.get("type", ""))})
        if how is Audio.KEEP:
            return entry
        start = member.end()
        remains, figures = _leave_out(value, how)
        left = payload[:start] + remains.encode() + payload[payload.index(b'"', start) :]
        return _without(entry, left, {name: figures})

    def _thorough(self, entry: Entry) -> Entry:
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
            remains, said[string.name] = _leave_out(string.value, how)
            pieces += (text[at : string.start], f'"{remains}"')
            at = string.end
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
        return _without(entry, _RUN.sub("", text).encode(), {"text": _leave_out("".join(runs), how)[1]})

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


def _leave_out(text: str, how: Audio) -> tuple[str, dict[str, Any]]:
    """Return what stays of base64, and its figures.

    Nothing stays, but where it is none, or a file, as much as shows that.
    """
    raw = text.encode()
    try:
        data = a2b_base64(raw, strict_mode=True)
    except Error:
        remains, data = _fault(text), _decoded(raw)
    else:
        remains = text[:_FILE_CHARACTERS] if text.startswith(_FILES) else ""
    padding = len(text) - len(text.rstrip("="))
    return remains, _digest(data, max(0, len(text) * 3 // 4 - min(padding, 2)), how)


def _fault(text: str) -> str:
    """Return the least of a text that shows why it is no base64."""
    prefix = _PREFIX.match(text)
    if prefix is not None:
        return prefix[0]
    wrong = _NOT_BASE64.search(text)
    if wrong is None:
        return "A"
    return wrong[0] if wrong[0].isprintable() and wrong[0] not in '"\\' else " "


def _decoded(raw: bytes) -> bytes:
    try:
        return a2b_base64(raw)
    except Error:
        return raw


def _digest(data: bytes, size: int, how: Audio) -> dict[str, Any]:
    return {"bytes": size, "sha256": sha256(data).hexdigest()} if how is Audio.HASH else {"bytes": size}
