"""Audio that a recording leaves out, as silence of the same length: a client's playback takes as long as it did."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import replace

import orjson

from realtime_inspector.protocol.event import AUDIO_FIELDS, Event, read
from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.recording.entry import Entry, Kind, Side

MAX_BYTES = 16 * 1024 * 1024
"""No message holds more audio: what a file says of it is not believed beyond that."""


def fill(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the entries, silence in place of the assistant's audio that was left out."""
    output = AudioFormat()
    for entry in entries:
        if entry.side is not Side.SERVER or entry.kind is not Kind.MESSAGE:
            yield entry
        elif "audio" in entry.members:
            yield _filled(entry, output)
        else:
            if b"_format" in entry.payload or b'"format"' in entry.payload:
                output = _format(read(entry), output)
            yield entry


def base64(form: AudioFormat, size: int) -> str:
    """Return so many bytes of silence in base64; `MAX_BYTES` at most."""
    return b64encode(quiet(form, size)).decode()


def quiet(form: AudioFormat, size: int) -> bytes:
    """Return so many bytes of silence; `MAX_BYTES` at most."""
    return form.silence(min(size, MAX_BYTES))


def _format(event: Event, known: AudioFormat) -> AudioFormat:
    if event.type not in {"session.created", "session.updated"}:
        return known
    said = event.get("session.audio.output.format", event.get("session.output_audio_format"))
    return AudioFormat.read(said) or known


def _filled(entry: Entry, output: AudioFormat) -> Entry:
    event = read(entry)
    field = AUDIO_FIELDS.get(event.type)
    if field is None or not event.audio_bytes or event.audio():
        return entry
    body = {**event.body, field: base64(output, event.audio_bytes)}
    return replace(entry, payload=orjson.dumps(body), members={})
