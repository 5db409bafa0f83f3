"""Asked where the client can name a voice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

_ASKED = {
    "session.update": ("session.audio.output.voice", "session.voice"),
    "response.create": ("response.audio.output.voice", "response.voice"),
}
_IN_FORCE = ("audio.output.voice", "voice")


class VoiceChangeAfterAudio(Rule):
    """The client asks for another voice after the model has spoken.

    Why: the voice is fixed with the first audio (cannot_update_voice); the server refuses the complete event.
    Fix: set the voice before the first response, or open a new session for another one.
    Limits: the voice in force is the one the server reported last; where it reports none, nothing is said.
    Source: Realtime API reference, `session.audio.output.voice` (read 2026-11-22).
    """

    id = "SES006"
    name = "voice-change-after-audio"
    severity = Severity.ERROR
    on = tuple(_ASKED)
    needs = frozenset({left_out.ORDER})
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {"output": {"voice": "alloy"}}}}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "marin"}}}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {"output": {"voice": {"id": "voice_1"}}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "i1", "delta": "<20ms>"}
        > {"type": "response.create", "response": {"audio": {"output": {"voice": "voice_1"}}}}
        """,
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "i1", "delta": "<20ms>"}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "marin"}}}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {"output": {"voice": "alloy"}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "i1", "delta": "<20ms>"}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "marin"}}}}  # SES006
        > {"type": "response.create", "response": {"audio": {"output": {"voice": "cedar"}}}}  # SES006
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text", "audio"], "voice": "alloy"}}
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "i1", "delta": "<20ms>"}
        > {"type": "session.update", "session": {"voice": "echo"}}  # SES006
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare with the voice in force once there was audio."""
        if not before.playback:
            return
        asked = _first(event.body, _ASKED[event.type])
        voice = _first(before.config, _IN_FORCE)
        if asked and voice and asked != voice:
            began = next(iter(before.playback))
            message = f"the voice is {voice!r} since the first audio ({began}) and cannot become {asked!r}: leave the voice out"
            yield self.finding(
                event,
                message,
                cause=before.items[began].first if began in before.items else None,
                corrected=mend.without(event.body, *_ASKED[event.type]),
            )


def _first(value: Any, paths: tuple[str, ...]) -> str:
    """Return the first voice found; one of one's own is its id."""
    for path in paths:
        voice = dig(value, path)
        name = dig(voice, "id") or voice
        if isinstance(name, str):
            return name
    return ""
