"""Asked at every entry: how long nothing came before it."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Kind

_OURS = frozenset({Kind.NOTE, Kind.GAP})


class IdleSocket(Rule):
    """For a minute nothing passed between client and server, not even a ping.

    Why: routers, load balancers and proxies drop a connection that is silent for long, and often neither side is told.
    Fix: let the client send pings (most libraries do if asked), go on sending audio, or close and connect anew.
    Limits: said once a session, at what came after the silence. Of a log it is not known whether there were pings.
    Source: RFC 6455, 5.5.2: pings keep a connection alive; timeouts of proxies are a minute by default.
    """

    id = "CON017"
    name = "idle-socket"
    severity = Severity.INFO
    on = ("*",)
    needs = frozenset({left_out.WIRE})
    once = True
    quiet_s = Threshold(60.0, "s", "how long a connection may be silent")
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101
        +59s > {"type": "response.create"}
        +59s x> 1000
        """,
        """
        > {"type": "response.create"}
        ! 12 disk full
        +70s > {"type": "response.create"}
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101
        < {"type": "session.created", "session": {"id": "s1"}}
        +61s > {"type": "response.create"}  # CON017
        +61s > {"type": "response.create"}
        """,
        """
        < 101
        < {"type": "session.created", "session": {"id": "s1"}}
        +300s x reset  # CON017
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Measure the silence before it."""
        quiet = event.t - before.now
        upgraded = before.handshake is not None or before.created is not None
        if quiet < self.quiet_s or not upgraded or event.entry.kind in _OURS or before.counts.get("wire.gap"):
            return
        if before.close is None and before.ended is None:
            message = (
                f"nothing passed for {quiet:.0f} s before this, not even a ping: what stands between may drop it; let the "
                "client ping every 20 s"
            )
            yield self.finding(event, message)

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest while something passes."""
        return Rest(gap_s=self.quiet_s)
