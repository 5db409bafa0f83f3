"""Times that run backwards."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session


class Clock(Rule):
    """An entry is older than one that stands before it.

    Why: every wait that is measured across that place is wrong, and so is what rules conclude from silence.
    Fix: record with a monotonic clock, one recording a connection; sort the entries of an edited or merged file by time.
    Limits: from a quarter of a second on: two sides that are read at once may be written a little out of order.
    Source: the recording format, `t` (docs/format.md).
    """

    id = "REC001"
    name = "clock"
    severity = Severity.ERROR
    on = ("*",)
    needs = frozenset({left_out.WIRE})
    once = True
    back_s = Threshold(0.25, "s", "how far the clock may run backwards")
    good = (
        """
        > {"type": "response.create"}
        +0s < {"type": "response.created", "response": {"id": "r1"}}
        """,
        """
        +5s > {"type": "response.create"}
        +5s < {"type": "response.created", "response": {"id": "r1"}}
        """,
    )
    bad = (
        """
        +5s > {"type": "response.create"}
        -3s < {"type": "response.created", "response": {"id": "r1"}}  # REC001
        """,
        """
        +900ms > {"type": "response.create"}
        -400ms < {"type": "response.created", "response": {"id": "r1"}}  # REC001
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare with the latest time so far."""
        back_s = before.now - event.t
        if back_s > self.back_s and before.events:
            yield self.finding(
                event,
                f"this entry's time is {back_s:.2f} s before that of an entry above it: waits measured across this place are "
                "wrong; sort the entries, or record each connection into a file of its own",
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest while time passes forwards."""
        return FOREVER
