"""A command that only WebRTC and SIP calls know."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session


class OutputBufferClearOnWebsocket(Rule):
    """The client clears the output audio buffer on a WebSocket.

    Why: the server has no such buffer for a WebSocket, where the client plays the audio itself: nothing stops.
    Fix: stop your own playback and send conversation.item.truncate; add response.cancel if the response still runs.
    Limits: not flagged on a sideband socket of a WebRTC or SIP call, or where the handshake is not in the recording.
    Source: Realtime API reference, `output_audio_buffer.clear` (read 2026-11-22).
    """

    id = "INT008"
    name = "output-buffer-clear-on-websocket"
    severity = Severity.WARNING
    on = ("output_audio_buffer.clear",)
    good = (
        """
        > GET /v1/realtime?call_id=rtc_1
        > {"type": "output_audio_buffer.clear"}
        """,
        """
        > {"type": "output_audio_buffer.clear"}
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-realtime
        > {"type": "output_audio_buffer.clear"}  # INT008
        """,
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<100ms>"}
        > {"type": "output_audio_buffer.clear"}  # INT008
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at what kind of socket this is."""
        elsewhere = before.is_sideband or any(name.startswith("output_audio_buffer.s") for name in before.counts)
        if before.request is not None and not elsewhere:
            yield self.finding(
                event,
                "output_audio_buffer.clear is for WebRTC and SIP calls; on a WebSocket the client plays the audio: stop "
                "playback and send conversation.item.truncate",
            )
