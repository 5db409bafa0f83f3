"""Asked at every update of the session and every request for a response, and at an error about an unseen one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule, refused_unseen, said_twice
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.session import Session

_PLACES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "session.update": ("session", beta.SESSION_PATHS),
    "response.create": ("response", beta.RESPONSE_PATHS),
}
"""Event type → the member that holds settings, and where GA has those that the beta had flat."""


class FlatKeys(GaRule):
    """Settings have the names and places they had in the beta.

    Why: GA refuses the complete event (unknown_parameter): none of its settings is taken, the rest of the session
        included.
    Fix: move each key to the path that the message names; the corrected event shows the whole.
    Limits: a key that the server itself shows at the top of its session is left alone, and so is one whose setting
        stands in its place too (mixed-dialect-fields). Nothing is said where the server speaks the beta.
    Source: Realtime API reference, `session.update`; beta to GA migration (read 2026-11-22).
    """

    id = "SES002"
    name = "flat-keys"
    severity = Severity.ERROR
    on = ("session.update", "response.create", "error")
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {"output": {"voice": "alloy"}}}}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "marin"}}}}
        > {"type": "response.create", "response": {"output_modalities": ["text"]}}
        """,
        """
        > {"type": "session.update", "session": {"voice": "alloy", "input_audio_format": "pcm16"}}
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"], "voice": "alloy"}}
        +1s > {"type": "session.update", "session": {"voice": "echo"}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "voice": "eve", "audio": {}, "turn_detection": null}}
        > {"type": "session.update", "session": {"voice": "ara", "turn_detection": {"type": "server_vad"}}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {"output": {"voice": "alloy"}}}}
        > {"type": "session.update", "session": {"voice": "marin", "modalities": ["text"]}}  # SES002
        > {"type": "response.create", "response": {"modalities": ["text"]}}  # SES002
        """,
        """
        > {"type": "session.update", "session": {"input_audio_format": "pcm16", "temperature": 0.8}}  # SES002
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        +1s > {"type": "response.create"}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        < {"type": "error", "error": {"code": "unknown_parameter", "param": "session.input_audio_format"}}  # SES002
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Print where each flat key belongs."""
        member, paths = _PLACES[event.type]
        asked = event.get(member)
        if not isinstance(asked, Mapping):
            return
        known = {*session.config, *said_twice(event, session)}
        flat = [name for name in asked if (name in paths or name in beta.REMOVED) and name not in known]
        if flat:
            moves = ", ".join(_move(member, name, paths) for name in flat)
            message = f"the server speaks GA and refuses the beta's keys: {moves}"
            yield self.finding(event, message, corrected=_corrected(event, session))

    def check(self, event: Event, before: Session) -> Iterable[Finding]:
        """Take the server's word for an event that is not in the recording."""
        if event.type != "error":
            yield from super().check(event, before)
            return
        for code, param in refused_unseen(event, before):
            member, _, name = param.partition(".")
            paths = dict(_PLACES.values()).get(member, {})
            if code == "unknown_parameter" and name in paths and before.dialect == "ga":
                message = f"the server refused an event for the beta's key {_move(member, name, paths)}"
                yield self.finding(event, message)


def _move(member: str, name: str, paths: Mapping[str, str]) -> str:
    path = paths.get(name)
    return f"{member}.{name} → {member}.{path}" if path else f"{member}.{name} → nowhere, leave it out"


def _corrected(event: Event, session: Session) -> dict[str, Any]:
    asked = event.get("session")
    if session.is_transcription and isinstance(asked, Mapping):
        return {**event.body, "session": beta.to_ga(asked, "transcription")}
    return beta.event_to_ga(event.body)
