"""Asked at the third spoken turn."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

_TRANSCRIPTS = "conversation.item.input_audio_transcription."


class TranscriptionOff(Rule):
    """The user speaks, and what is said is not transcribed.

    Why: the assistant understands audio without it, but a history, a log or a screen shows the user's turns empty.
    Fix: set audio.input.transcription to {"model": "gpt-4o-mini-transcribe"} or another model, if you want the words.
    Limits: said once, at the third turn, and only where the server reports that transcription is off. A client that
        needs no transcripts is right to leave it off: this is information.
    Source: Realtime API reference, `session.audio.input.transcription` (read 2026-11-22).
    """

    id = "SES021"
    name = "transcription-off"
    severity = Severity.INFO
    on = ("input_audio_buffer.committed",)
    needs = frozenset({left_out.ORDER})
    dialects = frozenset({"ga", "beta"})
    turns = Threshold(3, "turns", "how many spoken ones are a conversation", least=1)
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        < {"type": "input_audio_buffer.committed", "item_id": "u3"}
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        < {"type": "input_audio_buffer.committed", "item_id": "u3"}
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"transcription": null}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"transcription": null}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        < {"type": "input_audio_buffer.committed", "item_id": "u3"}  # SES021
        < {"type": "input_audio_buffer.committed", "item_id": "u4"}
        """,
        """
        < {"type": "session.created", "session": {"modalities": ["text"], "input_audio_transcription": null}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        < {"type": "input_audio_buffer.committed", "item_id": "u3"}  # SES021
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """See whether the server says that it is off."""
        if before.input_audio.commits + 1 != self.turns or before.is_transcription or before.pending_updates:
            return
        if _is_off(before) and not any(kind.startswith(_TRANSCRIPTS) for kind in before.counts):
            message = (
                f"{self.turns} turns of the user were not transcribed: the session's audio.input.transcription is off"
            )
            yield self.finding(event, f"{message}; give it a model if you want the words", cause=before.config_at)


def _is_off(session: Session) -> bool:
    heard = mapping(mapping(session.config.get("audio")).get("input"))
    places = ((heard, "transcription"), (session.config, "input_audio_transcription"))
    return any(name in place and place[name] is None for place, name in places)
