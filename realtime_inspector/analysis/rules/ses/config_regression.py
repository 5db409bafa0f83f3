"""Asked at every update of the session."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.protocol.realtime.session import Session

_INPUT = ("session.audio.input.format", "session.input_audio_format")
_OUTPUT = ("session.audio.output.format", "session.output_audio_format")


class ConfigRegression(Rule):
    """An update changes the audio format while audio flows.

    Why: the other side goes on in the old format, and both hear static; frameworks do it when they hand a call to
        another agent and send their defaults again.
    Fix: leave the format out of later updates, or repeat the one in force.
    Limits: reported only after audio went that way in the old format. Other settings may change as they like.
    Source: Realtime API reference, `session.update` changes only what it has (read 2026-11-22).
    """

    id = "SES008"
    name = "config-regression"
    severity = Severity.WARNING
    on = ("session.update",)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {"input": {"format": {"type": "audio/pcm"}}}}}
        > {"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}
        """,
        """
        < {"type": "session.updated", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        > {"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}
        > {"type": "session.update", "session": {"instructions": "Be brief.", "tools": []}}
        """,
    )
    bad = (
        """
        < {"type": "session.updated", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        > {"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcm"}}}}}  # SES008
        """,
        """
        < {"type": "session.updated", "session": {"modalities": ["audio"], "output_audio_format": "g711_ulaw"}}
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "i1", "delta": "<20ms>"}
        > {"type": "session.update", "session": {"output_audio_format": "pcm16"}}  # SES008
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the formats that audio already flows in."""
        if before.config_at is None:
            return
        if before.input_audio.appends:
            yield from self._compare(event, _INPUT, before.input_audio.format, before)
        if before.playback:
            yield from self._compare(event, _OUTPUT, before.output_format, before)

    def _compare(self, event: Event, paths: tuple[str, ...], now: AudioFormat, before: Session) -> Iterator[Finding]:
        for path in paths:
            asked = AudioFormat.read(event.get(path))
            if asked is not None and asked != now:
                message = (
                    f"{path} changes from {_shown(now)} to {_shown(asked)} while audio flows: what is sent and played from "
                    "here on is noise; leave the format out of later updates"
                )
                corrected = mend.without(event.body, path)
                yield self.finding(event, message, cause=before.config_at, corrected=corrected)


def _shown(found: AudioFormat) -> str:
    return f"{found.name} {found.rate}"
