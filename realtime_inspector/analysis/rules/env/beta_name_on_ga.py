"""Asked at the one client event that only the beta had, and at the first output of a server that speaks GA."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.conversation import Update
from realtime_inspector.protocol.realtime.session import Session

_OUTPUTS = {
    "response.output_audio.delta": "response.audio.delta",
    "response.output_text.delta": "response.text.delta",
}
"""What GA's first output is called → what a client of the beta waits for."""


class BetaNameOnGa(GaRule):
    """The client sends an event that only the beta had, or may wait for one that only the beta had.

    Why: the server answers with an error and the transcription keeps its defaults; a handler for response.audio.delta
        is never called, and the user hears nothing.
    Fix: send session.update with session.type "transcription" and the settings in their places of today; handle
        response.output_audio.delta, response.output_text.delta and response.output_audio_transcript.delta.
    Limits: a server that speaks the beta takes it; nothing is said there. What a client handles is not in a recording:
        that it configured its session as the beta wanted it is a hint, and information.
    Source: Realtime API, beta to GA migration (read 2026-11-22).
    """

    id = "ENV002"
    name = "beta-name-on-ga"
    severity = Severity.ERROR
    on = ("transcription_session.update", *_OUTPUTS)
    good = (
        """
        < {"type": "transcription_session.created", "session": {"id": "s1"}}
        > {"type": "transcription_session.update", "session": {"input_audio_format": "pcm16"}}
        """,
        """
        > {"type": "transcription_session.update", "session": {}}
        +3s < {"type": "transcription_session.updated", "session": {"input_audio_format": "pcm16"}}
        +1s .
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "marin"}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "i1", "delta": "<20ms>"}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["audio", "text"], "voice": "alloy"}}
        > {"type": "session.update", "session": {"voice": "echo"}}
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "i1", "delta": "<20ms>"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "transcription", "audio": {}}}
        > {"type": "transcription_session.update", "session": {"input_audio_format": "pcm16"}}  # ENV002
        """,
        """
        > {"type": "transcription_session.update", "session": {}}  # ENV002
        < {"type": "session.created", "session": {"id": "s1", "type": "transcription", "audio": {}}}
        +1s < {"type": "error", "error": {"code": "invalid_value", "param": "type"}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"voice": "echo", "modalities": ["text", "audio"]}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "i1", "delta": "<20ms>"}  # ENV002
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "i1", "delta": "<20ms>"}
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Give the event that does the same in GA."""
        message = 'GA has no transcription_session.update: send session.update with session.type "transcription"'
        yield self.finding(event, message, corrected=beta.event_to_ga(event.body))

    def check(self, event: Event, before: Session) -> Iterable[Finding]:
        """Give the hint at the first output."""
        if event.from_client:
            yield from super().check(event, before)
        elif event.type in _OUTPUTS and not before.counts.get(event.type) and before.dialect == "ga":
            update = next((update for update in before.updates if _is_flat(update, before)), None)
            if update is not None:
                message = (
                    f"the client sent settings under the beta's names, and the server sends {event.type}: a handler for"
                )
                message = f"{message} the beta's {_OUTPUTS[event.type]} is never called"
                yield self.finding(event, message, cause=update.at, severity=Severity.INFO)

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest after the first output of its type."""
        return FOREVER if event.from_server else None


def _is_flat(update: Update, session: Session) -> bool:
    asked = update.session.keys() - session.config.keys()
    return bool(asked & beta.SESSION_PATHS.keys()) and "audio" not in asked
