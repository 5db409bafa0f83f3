"""A new role, given after the answer began."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.settings import differences
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

_OUTPUT_S = 2.0
_ROLE = ("instructions", "tools")


class UpdateAfterOutput(Rule):
    """Right after it asked for the answer to a tool's output, the client changes instructions or tools.

    Why: the answer is made with the old ones: after a handoff the former assistant speaks once more, or calls a tool it no
        longer has.
    Fix: send session.update first, wait for session.updated, then the output and response.create.
    Limits: only within a second of the response.create, while its response has not ended, and where the settings in force
        are known and differ from what is asked.
    Source: Realtime guide, "Function calling" (read 2026-11-22);
        github.com/openai/openai-agents-python/issues/1388.
    """

    id = "TOOL018"
    name = "update-after-output"
    severity = Severity.WARNING
    on = ("session.update",)
    needs = frozenset({left_out.ORDER, left_out.WIRE, "response.created", "response.done"})
    soon_s = Threshold(1.0, "s", "how soon after the request an update comes too late")
    good = (
        """
        < {"type": "session.created", "session": {"instructions": "You are Ann."}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "You are Bob."}}
        < {"type": "session.updated", "session": {"instructions": "You are Bob."}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "You are Bob."}}
        """,
        """
        # nothing that makes the answer another one, and later
        < {"type": "session.created", "session": {"instructions": "You are Ann."}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"speed": 1.2}}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "You are Bob."}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"instructions": "You are Ann."}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "You are Bob."}}  # TOOL018
        """,
        """
        < {"type": "session.created", "session": {"tools": [{"type": "function", "name": "f"}]}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        +300ms > {"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "function", "name": "g"}]}}  # TOOL018
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at what was asked for just before."""
        request = before.requests[-1] if before.requests else None
        output = before.outputs[-1] if before.outputs else None
        if request is None or output is None or request.out_of_band or not before.config:
            return
        answered = 0 <= request.at.t - output.at.t <= _OUTPUT_S and output.at.n < request.at.n
        response = before.responses.get(request.response_id)
        running = request.status == "pending" or (response is not None and response.active)
        asked = mapping(event.body.get("session"))
        changed = differences({key: asked[key] for key in _ROLE if key in asked}, before.config)
        if answered and running and changed and event.t - request.at.t <= self.soon_s:
            yield self.finding(
                event,
                f"this update of {' and '.join(sorted({each.path.split('.')[1] for each in changed}))} comes after the "
                f"response.create (entry {request.at.n}) that it is meant for: send it, and wait for session.updated, before "
                "the output",
                cause=request.at,
                related=(output.at.n,),
            )
