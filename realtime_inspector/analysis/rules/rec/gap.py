"""A recording with a hole in it."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number, text


class Gap(Rule):
    """Messages are missing from the recording.

    Why: what seems to be missing in the session may be in the hole: rules that need the whole of it say nothing from
        there on.
    Fix: see why (a full disk, a slow one, a limit) and record the session again; the call itself was not hurt.
    Limits: none known.
    Source: the recording format, `gap` (docs/format.md).
    """

    id = "REC002"
    name = "gap"
    severity = Severity.WARNING
    on = ("wire.gap",)
    good = (
        """
        > {"type": "response.create"}
        """,
        """
        > {"type": "response.create"}
        x reset
        """,
    )
    bad = (
        """
        > {"type": "response.create"}
        ! 12 disk full  # REC002
        """,
        """
        ! 1 too large  # REC002
        ! 3 too large  # REC002
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Say how many."""
        lost, why = number(event.body.get("lost")), text(event.body.get("why"))
        how_many = "messages are" if lost is None else "1 message is" if lost == 1 else f"{lost:.0f} messages are"
        yield self.finding(
            event,
            f"{how_many} missing here"
            + (f" ({why})" if why else "")
            + ": rules that need the whole session say nothing from "
            "here on",
        )
