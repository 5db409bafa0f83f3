"""A file's header where samples belong."""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

HEAD = 24
"""Characters of base64 that are looked at."""
_WAV = "a WAV file"
WAV_SIGN = b'"UklGR'
"""How the base64 of a WAV file begins, with the quote before it."""
MAGIC = (
    (b"RIFF", _WAV),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a FLAC file"),
    (b"ID3", "an MP3 file"),
    (b"\x1a\x45\xdf\xa3", "a WebM file"),
)

_FILES = frozenset({"wav", "wave", "x-wav", "mp3", "mpeg", "ogg", "opus", "flac", "webm"})
"""Formats of files, as a server's session may name them."""


class ContainerHeader(Rule):
    """Appended audio begins like a file (WAV, Ogg, FLAC, MP3, WebM), not like raw samples.

    Why: the API takes raw samples only: a header is a click, compressed audio is noise, and no speech is detected.
    Fix: decode the file and send its samples: PCM 16 bit mono 24 kHz, or G.711 as the session says.
    Limits: looks at the first bytes of the first chunk, and of the first one after a commit or clear; a WAV file's are
        known in the middle of a stretch too, unless the first chunk has them. Nothing is said where the server itself
        names such a format for its input, as some compatible ones do.
    Source: Realtime guide, "Audio formats" (read 2026-11-22).
    """

    id = "AUD005"
    name = "container-header"
    severity = Severity.ERROR
    on = ("input_audio_buffer.append",)
    good = (
        """
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        """,
        """
        # such bytes in the middle of audio mean nothing
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        > {"type": "input_audio_buffer.append", "audio": "T2dnUwACAAAAAAAAAAA="}
        > {"type": "input_audio_buffer.append", "audio": "%%%%"}
        > {"type": "input_audio_buffer.append", "audio": "UklGRiQAAABBVkkgZm10IBAAAAA="}
        """,
        """
        # the server takes WAV files
        < {"type": "session.updated", "session": {"modalities": ["audio"], "input_audio_format": "wav"}}
        > {"type": "input_audio_buffer.append", "audio": "UklGRiQAAABXQVZFZm10IBAAAAA="}
        """,
    )
    bad = (
        """
        > {"type": "input_audio_buffer.append", "audio": "UklGRiQAAABXQVZFZm10IBAAAAA="}  # AUD005
        """,
        """
        > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        > {"type": "input_audio_buffer.commit"}
        > {"type": "input_audio_buffer.append", "audio": "T2dnUwACAAAAAAAAAAA="}  # AUD005
        """,
        """
        # a file is played into the microphone's stream
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        > {"type": "input_audio_buffer.append", "audio": "UklGRiQAAABXQVZFZm10IBAAAAA="}  # AUD005
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the first bytes of a stretch of audio, and of a chunk that begins like a WAV file."""
        if not event.audio_bytes:
            return
        kind = _kind(event.audio())
        if before.input_audio.buffered_ms > 0 and (kind != _WAV or _is_usual(before)):
            return
        if kind and not _takes_files(before):
            yield self.finding(
                event,
                f"this audio begins like {kind}, and the server takes raw samples only: decode it and send the samples",
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest within a stretch of audio, but where a WAV file begins."""
        return Rest(is_begun=True, without=frozenset({WAV_SIGN}))


def _kind(audio: str) -> str:
    """Return as which file audio begins; empty if as none."""
    try:
        head = binascii.a2b_base64(audio[:HEAD])
    except ValueError:
        return ""
    kind = next((name for magic, name in MAGIC if head.startswith(magic)), "")
    return "" if kind == _WAV and head[8:12] != b"WAVE" else kind


def _is_usual(session: Session) -> bool:
    """Tell whether the client's very first audio began so: what every chunk has is said once."""
    first = session.first_append
    return first is not None and _kind(text(first.body.get("audio"))) == _WAV


def _takes_files(session: Session) -> bool:
    """Tell whether the format in force is one of files, as the server shows it."""
    told = dig(session.config, "audio.input.format.type") or session.config.get("input_audio_format")
    return text(told).rpartition("/")[2].lower() in _FILES
