"""Asked at every answer to an update of the session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.settings import differences
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Update
from realtime_inspector.protocol.realtime.session import Session

_SHOWN_CHARS = 60


class UpdateNotEffective(Rule):
    """The server confirms a session.update but reports other settings than were asked.

    Why: no error says so; the symptom is noise, a missing transcript, no turn taking or a model without tools.
    Fix: compare the named paths with the session.updated event, and ask for what the server supports.
    Limits: only what was asked is compared, and only with what the server reports; a server that honours a setting
        and reports another one is blamed wrongly. Answers are matched to updates in order.
    Source: Realtime API reference, `session.updated` shows the effective configuration (read 2026-11-22).
    """

    id = "SES004"
    name = "update-not-effective"
    severity = Severity.WARNING
    on = ("session.updated",)
    needs = frozenset({left_out.ORDER})
    good = (
        """
        > {"type": "session.update", "session": {"instructions": "Hi", "audio": {"input": {"transcription": null}}}}
        < {"type": "session.updated", "session": {"instructions": "Hi", "audio": {"input": {"format": {}}}}}
        """,
        """
        > {"type": "session.update", "session": {"audio": {"output": {"voice": "cedar", "speed": 1}}}}
        < {"type": "session.updated", "session": {"audio": {"output": {"voice": {"id": "cedar"}, "speed": 1.0}}}}
        """,
        """
        > {"type": "session.update", "session": {"tools": [{"name": "b"}, {"name": "a"}], "max_output_tokens": "inf"}}
        < {"type": "session.updated", "session": {"tools": [{"name": "a"}, {"name": "b"}], "max_output_tokens": 4096}}
        """,
        """
        > {"type": "session.update", "session": {"input_audio_format": "pcm16", "turn_detection": {"threshold": 0.5}}}
        < {"type": "session.updated", "session": {"input_audio_format": "pcm16", "turn_detection": {"threshold": 0.50}}}
        """,
        """
        > {"type": "session.update", "model": "a"}
        < {"type": "session.updated", "session": {"model": "a"}}
        """,
        """
        > {"type": "session.update", "session": {"tools": [{"type": "function", "name": "add"}]}}
        < {"type": "session.updated", "session": {"tools": [{"type": "function", "function": {"name": "add"}}]}}
        """,
    )
    bad = (
        """
        > {"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}
        < {"type": "session.updated", "session": {"audio": {"input": {"format": {"type": "audio/pcm"}}}}}  # SES004
        """,
        """
        > {"type": "session.update", "session": {"tools": [{"type": "function", "name": "add"}]}}
        < {"type": "session.updated", "session": {"tools": []}}  # SES004
        """,
        """
        > {"type": "session.update", "session": {"audio": {"input": {"turn_detection": null}}}}
        < {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {"type": "a"}}}}}  # SES004
        > {"type": "session.update", "session": {"audio": {"input": {"transcription": {"model": "a"}}}}}
        < {"type": "session.updated", "session": {"audio": {"input": {"transcription": null}}}}  # SES004
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare with the oldest update that waits."""
        effective = event.get("session")
        if not before.pending_updates or not isinstance(effective, Mapping):
            return
        update = before.pending_updates[0]
        if _order_is_unsure(update, before) or (left_out.WIRE in before.left_out and len(before.pending_updates) > 1):
            return
        found = differences(update.session, effective)
        if found:
            named = "; ".join(f"{part.path} is {_short(part.reported)}, not {_short(part.asked)}" for part in found)
            yield self.finding(
                event,
                f"the server reports other settings than the update of entry {update.at.n} asked for: {named}; ask for what this "
                "server and model have, or work with what is in force",
                cause=update.at,
            )


def _order_is_unsure(update: Update, before: Session) -> bool:
    """Tell whether an error of unknown cause may have been the answer to an update, so that answers have shifted."""
    return any(error.cause is None and error.at.n > update.at.n for error in before.errors)


def _short(value: Any) -> str:
    if value is None:
        return "off"
    text = orjson.dumps(value).decode()
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
