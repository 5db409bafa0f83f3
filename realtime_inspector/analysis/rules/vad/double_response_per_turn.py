"""A response asked for although voice detection begins one."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

_CALLS = frozenset({"function_call", "mcp_call", "mcp_approval_request"})


class DoubleResponsePerTurn(Rule):
    """The client asks for a response right after voice detection committed the turn, which begins one by itself.

    Why: one of the two is refused, or the user is answered twice.
    Fix: leave the response to voice detection, or set create_response false and ask yourself.
    Limits: within one second of the commit, unless the client put something into the conversation in between, or the
        server's response has ended with a call; only where the session says that voice detection is on.
    Source: Realtime API reference, `session.update` (read 2026-11-22); github.com/pipecat-ai/pipecat/issues/3960.
    """

    id = "VAD007"
    name = "double-response-per-turn"
    severity = Severity.WARNING
    on = ("response.create",)
    needs = frozenset({left_out.ORDER})
    within_s = Threshold(1.0, "s", "how soon after a turn a request is for the same one")
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": false}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        > {"type": "response.create"}
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        > {"type": "response.create", "response": {"conversation": "none"}}
        +3s > {"type": "response.create"}
        """,
        """
        # the answer to a call of an MCP server, which ended after the response that made it
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "m1", "type": "mcp_call"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": []}}
        +500ms > {"type": "response.create"}
        """,
        """
        # a transcription session begins none
        < {"type": "session.created", "session": {"type": "transcription", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        > {"type": "response.create"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": true}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        > {"type": "response.create"}  # VAD007
        """,
        """
        < {"type": "session.created", "session": {"turn_detection": {"type": "server_vad"}, "modalities": ["audio", "text"]}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "response.created", "response": {"id": "r1"}}
        +500ms > {"type": "response.create"}  # VAD007
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for the commit just before it."""
        audio, detection = before.input_audio, before.turn_detection
        if detection is None or detection.get("create_response") is False or audio.last_committed_by != "vad":
            return
        if before.is_transcription:
            return
        committed_n, committed_t = audio.last_committed_n or 0, audio.last_committed_t or 0.0
        given = bool(before.outputs) and before.outputs[-1].at.n > committed_n
        waiting = any(each.type == "conversation.item.create" and each.at.n > committed_n for each in before.unanswered)
        asked = bool(before.requests) and before.requests[-1].at.n > committed_n
        late = event.t - committed_t > self.within_s or before.now <= 0
        called = _has_called(before, committed_n)
        if (
            given
            or waiting
            or asked
            or late
            or called
            or mapping(event.body.get("response")).get("conversation") == "none"
        ):
            return
        yield self.finding(
            event,
            f"voice detection committed the turn {1000 * (event.t - committed_t):.0f} ms ago (entry {committed_n}) and begins a response "
            "by itself: leave it to that, or set create_response false",
            cause=committed_n,
        )


def _has_called(session: Session, committed_n: int) -> bool:
    """Tell whether the turn's own response has ended, and with a call: what is asked for then is the answer to it."""
    response = session.last_response
    if response is None or response.done is None or response.created.n < committed_n:
        return False
    return any(session.items[item_id].type in _CALLS for item_id in response.item_ids if item_id in session.items)
