"""Audio that was announced and never came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_BINARY, Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text

_AUDIO = frozenset({"output_audio", "audio"})


class NoAudioInAudioResponse(Rule):
    """A response is complete and has an audio part, but none of its audio came.

    Why: the user hears nothing, though the transcript says that something was said.
    Fix: check what stands between client and server: a gateway may have dropped the audio events.
    Limits: only completed responses, where the recording has the session from its start and the audio is on this
        connection (not WebRTC, SIP, an avatar's video, or binary messages).
    Source: Realtime API reference, `response.output_audio.delta` (read 2026-11-22).
    """

    id = "OUT003"
    name = "no-audio-in-audio-response"
    severity = Severity.WARNING
    on = ("response.done",)
    needs = frozenset({left_out.OUTPUT_AUDIO, left_out.DELTAS, left_out.WIRE})
    good = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms>"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi"}]}]}}
        """,
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi"}]}]}}
        """,
        """
        # the audio goes to the browser
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "output_audio_buffer.started", "response_id": "r1"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi"}]}]}}
        """,
        """
        # an avatar speaks, in a video
        < {"type": "session.created", "session": {"modalities": ["audio", "text", "avatar"], "avatar": {"character": "lisa"}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "audio", "transcript": "Hi"}]}]}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio_transcript.delta", "response_id": "r1", "item_id": "a1", "delta": "Hi"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi"}]}]}}  # OUT003
        """,
        """
        < {"type": "session.created", "session": {"modalities": ["audio", "text"]}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": ""}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "audio", "transcript": "Hi"}]}]}}  # OUT003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at each audio part of a complete response."""
        body = mapping(event.body.get("response"))
        response = before.responses.get(text(body.get("id")))
        elsewhere = before.plays_elsewhere or WIRE_BINARY in before.counts
        if response is None or body.get("status") != "completed" or not before.is_whole or elsewhere:
            return
        for shown in mappings(body.get("output")):
            item = before.items.get(text(shown.get("id")))
            if _has_audio(shown) and (item is None or not item.audio_bytes):
                yield self.finding(
                    event,
                    f"{text(shown.get('id')) or 'an item'} of response {response.id} has an audio part, and no audio of it came: "
                    "the user hears nothing; look for what drops audio events between client and server",
                    cause=response.created,
                )


def _has_audio(shown: Mapping[str, Any]) -> bool:
    return any(part.get("type") in _AUDIO for part in mappings(shown.get("content")))
