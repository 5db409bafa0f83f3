"""A response asked for before what the user said was committed."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

WAIT_S = 0.5
_OWN_CONTEXT = frozenset({"conversation", "input", "instructions"})


class CreateWithoutCommit(Rule):
    """Voice detection is off, audio was appended, and the client asks for a response without committing it.

    Why: only committed audio is in the conversation: the model answers without the user's words.
    Fix: send input_audio_buffer.commit first, then response.create.
    Limits: more than 300 ms of audio that ended with the request, as when a talk button is released; a microphone that
        runs on, a written message or a tool output in between, and a response with an input or instructions of its own
        are not flagged.
    Source: Realtime guide, "Disable VAD" (read 2026-11-22); github.com/openai/openai-realtime-api-beta/issues/39.
    """

    id = "AUD014"
    name = "create-without-commit"
    severity = Severity.WARNING
    on = ("response.create",)
    needs = frozenset({left_out.ORDER, left_out.INPUT_AUDIO, left_out.WIRE})
    least_ms = Threshold(300.0, "ms", "how much audio without a commit is worth a word")
    fresh_s = Threshold(2.0, "s", "how long ago its last piece may have come")
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        > {"type": "input_audio_buffer.commit"}
        > {"type": "response.create"}
        +5s .
        """,
        """
        # the microphone runs all the time, and the client writes
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        > {"type": "response.create"}
        +20ms > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        +5s .
        """,
        """
        # it answers a tool's output
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        +5s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        +20ms > {"type": "response.create"}  # AUD014
        +5s .
        """,
        """
        < {"type": "session.created", "session": {"turn_detection": null, "modalities": ["audio", "text"]}}
        > {"type": "input_audio_buffer.append", "audio": "<400ms>"}
        > {"type": "response.create", "response": {"modalities": ["text"]}}  # AUD014
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +3s > {"type": "input_audio_buffer.append", "audio": "<400ms>"}
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait whether the audio goes on, where some was not committed."""
        audio = after.input_audio
        own = mapping(event.body.get("response")).keys() & _OWN_CONTEXT
        if own or not after.detection_is_off or after.pending_updates or audio.last_append_t is None:
            return
        written = any(
            pending.type == "conversation.item.create" and pending.at.n > (audio.emptied_n or 0)
            for pending in after.unanswered
        )
        given = bool(after.outputs) and after.outputs[-1].at.n > (audio.emptied_n or 0)
        if written or given or after.is_sideband or "wire.gap" in after.counts:
            return
        if audio.buffered_ms > self.least_ms and event.t - audio.last_append_t < self.fresh_s:
            yield Deadline(event.t + WAIT_S, event, f"{audio.buffered_ms:.0f}")

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether it did not."""
        audio = session.input_audio
        if (audio.last_append_t or 0.0) > deadline.event.t or session.turn_detection is not None:
            return
        last = max(
            (item.first.n for item in list(session.items.values())[-5:] if item.by_client and item.first), default=0
        )
        if last > (audio.emptied_n or 0) and last < deadline.event.n:
            return
        yield self.finding(
            deadline.event,
            f"{deadline.subject} ms of audio were appended and not committed, and voice detection is off: the model answers "
            "without them; send input_audio_buffer.commit before response.create",
            t=deadline.at,
        )
