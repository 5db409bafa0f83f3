"""A turn that voice detection ended, and no answer."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class CommitWithoutResponse(Rule):
    """Voice detection ended the user's turn, it is to begin responses, and none begins.

    Why: the user has spoken and hears nothing.
    Fix: look at the errors and rate limits around it; with interrupt_response false a response in progress can swallow the
        turn: then send response.create yourself.
    Limits: counts three seconds, while nothing else runs and nobody speaks; only GA sessions whose configuration says that
        voice detection is on. A turn that was spoken over a response, with interrupt_response false, is a warning ten
        seconds after that response: it may be left out on purpose, as an echo is.
    Source: Realtime API reference, `session.update` (read 2026-11-22).
    """

    id = "VAD002"
    name = "commit-without-response"
    severity = Severity.ERROR
    on = ("input_audio_buffer.committed",)
    needs = frozenset({"response.created"})
    dialects = frozenset({"ga"})
    wait_s = Threshold(3.0, "s", "how long the response may take", least=0.1)
    over_s = Threshold(10.0, "s", "how long nothing may follow a response that was spoken over", least=0.1)
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": true}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +1s < {"type": "response.created", "response": {"id": "r1"}}
        +9s .
        """,
        """
        # the client answers itself
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": false}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +9s .
        """,
        """
        # the user goes on speaking
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u2", "audio_start_ms": 9}
        +9s .
        """,
        """
        # what was said over the response is asked about behind it
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +1s < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +8s > {"type": "response.create"}
        +20s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": true}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}  # VAD002
        +4s .
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}  # VAD002
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user"}}
        +4s > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}  # VAD002
        +9s < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +11s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the response."""
        turn, detection = after.open_turn, after.turn_detection
        if turn is None or turn.n != event.n or detection is None or after.is_transcription:
            return
        running = after.active_response
        if detection.get("create_response") is False:
            return
        if running is None:
            yield Deadline(event.t + self.wait_s, event)
        elif detection.get("interrupt_response") is False:
            yield Deadline(event.t + self.over_s, event, running.id)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding | Deadline]:
        """Ask whether it began, or something else did."""
        turn = session.open_turn
        if turn is None or turn.n != deadline.event.n or session.input_audio.active_speech is not None:
            return
        asked = bool(session.requests) and session.requests[-1].at.n > deadline.event.n
        if asked or session.turn_detection is None:
            return
        if deadline.subject:
            yield from self._spoken_over(deadline, session)
        elif session.active_response is None:
            yield self._not_begun(deadline)

    def _spoken_over(self, deadline: Deadline, session: Session) -> Iterator[Finding | Deadline]:
        running = session.responses.get(deadline.subject)
        if running is None or running.done is None:
            yield deadline.again(deadline.at + self.over_s)
        elif running.done.t + self.over_s > deadline.at:
            yield deadline.again(running.done.t + self.over_s)
        else:
            yield self.finding(
                deadline.event,
                f"the user's turn ({text(deadline.event.body.get('item_id'))}) ended while {running.id} was in progress, and "
                "interrupt_response is false, so the server never answers it: send response.create after that response.done, "
                "or set interrupt_response to true",
                cause=running.created,
                severity=Severity.WARNING,
                t=deadline.at,
            )

    def _not_begun(self, deadline: Deadline) -> Finding:
        return self.finding(
            deadline.event,
            f"voice detection committed the user's turn ({text(deadline.event.body.get('item_id'))}), but no response began "
            f"within {self.wait_s:g} s though create_response is on: look for errors and rate limits, or send response.create",
            t=deadline.at,
        )
