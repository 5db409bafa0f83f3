"""Silence while a tool runs."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class SlowTool(Rule):
    """A tool's output came more than three seconds after its call, with nothing to hear in between.

    Why: the user takes the silence for a broken line, and speaks or hangs up.
    Fix: let the assistant say something before the call (in the instructions), answer at once that the work goes on, or make
        the tool faster.
    Limits: audio that can still be playing is taken off the silence; a text session is left out.
    Source: the arithmetic of the recording; Realtime guide, "Function calling" (read 2026-11-22).
    """

    id = "TOOL014"
    name = "slow-tool"
    severity = Severity.WARNING
    on = ("conversation.item.create",)
    needs = frozenset({left_out.OUTPUT_AUDIO, "response.created"})
    most_s = Threshold(3.0, "s", "how long the user may hear nothing")
    good = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        +5s > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        """,
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        +9s > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        """,
    )
    bad = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r0", "item_id": "a0", "delta": "<100ms>"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        +5s > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}  # TOOL014
        """,
        """
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"type": "function_call", "call_id": "c1", "name": "f"}}
        +4s > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}  # TOOL014
        """,
        """
        < {"type": "session.created", "session": {"output_modalities": ["audio"]}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        +5s > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}  # TOOL014
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count the silence."""
        call = before.calls.get(text(event.get("item.call_id")))
        if call is None or call.done is None or call.outputs or event.get("item.type") != "function_call_output":
            return
        if not before.playback and not before.input_audio.appends and not _speaks(before):
            return
        heard = next(reversed(before.playback.values()), None)
        until = heard.end_t if heard is not None and heard.cut_ms is None else 0.0
        response = before.last_response
        silence_s = event.t - max(call.done.t, until)
        if silence_s > self.most_s and (response is None or response.created.n <= call.done.n):
            yield self.finding(
                event,
                f"{call.name or 'the tool'} ({call.call_id}) took {event.t - call.done.t:.1f} s, and for {silence_s:.1f} s of it the "
                "user heard nothing: say something before the call, or answer sooner",
                cause=call.done,
            )


def _speaks(session: Session) -> bool:
    """Tell whether the session in force says that the assistant answers in audio."""
    modalities = session.config.get("output_modalities") or session.config.get("modalities")
    return isinstance(modalities, list) and "audio" in modalities
