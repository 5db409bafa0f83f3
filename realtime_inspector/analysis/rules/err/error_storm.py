"""The same error again and again."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class ErrorStorm(Rule):
    """The server sent the same error five times within ten seconds.

    Why: the client retries what cannot work, or sends it in a loop; the session burns requests and may be closed.
    Fix: stop after the first refusal, mend the event it answers, and wait between tries.
    Limits: said once a storm, at the fifth error; a log without times gives nothing.
    Source: the arithmetic of the recording; Realtime API reference, `error` (read 2026-11-22).
    """

    id = "ERR002"
    name = "error-storm"
    severity = Severity.ERROR
    on = ("error",)
    often = Threshold(5, "errors", "how many of one code are a storm", least=2)
    within_s = Threshold(10.0, "s", "the time they come within")
    good = (
        """
        +1s < {"type": "error", "error": {"code": "a"}}
        +1s < {"type": "error", "error": {"code": "a"}}
        +1s < {"type": "error", "error": {"code": "b"}}
        +1s < {"type": "error", "error": {"code": "a"}}
        +1s < {"type": "error", "error": {"code": "a"}}
        """,
        """
        +1s < {"type": "error", "error": {"code": "a"}}
        +4s < {"type": "error", "error": {"code": "a"}}
        +4s < {"type": "error", "error": {"code": "a"}}
        +4s < {"type": "error", "error": {"code": "a"}}
        +4s < {"type": "error", "error": {"code": "a"}}
        """,
    )
    bad = (
        """
        +1s < {"type": "error", "error": {"code": "a"}}
        +1s < {"type": "error", "error": {"code": "a"}}
        +1s < {"type": "error", "error": {"code": "a"}}
        +1s < {"type": "error", "error": {"code": "a"}}
        +1s < {"type": "error", "error": {"code": "a"}}  # ERR002
        +1s < {"type": "error", "error": {"code": "a"}}
        +1s < {"type": "error", "error": {"code": "a"}}
        """,
        """
        +1s < {"type": "error", "error": {"message": "no"}}
        < {"type": "error", "error": {"message": "no"}}
        < {"type": "error", "error": {"message": "no"}}
        < {"type": "error", "error": {"message": "no"}}
        < {"type": "error", "error": {"message": "no"}}  # ERR002
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count the errors of this code just before it."""
        kind = text(event.get("error.code")) or text(event.get("error.message"))
        recent = [error for error in before.errors[-self.often :] if kind and kind == (error.code or error.message)]
        if (
            len(recent) < self.often - 1
            or recent[-self.often + 1].at.t <= event.t - self.within_s
            or event.t == recent[0].at.t
        ):
            return
        if len(recent) == self.often and recent[0].at.t > recent[-1].at.t - self.within_s:
            return  # the storm was reported at its fifth error
        yield self.finding(
            event,
            f"{kind!r} came {self.often} times within {event.t - recent[-self.often + 1].at.t:.1f} s: the client repeats what "
            "the server refuses; stop and mend it",
            cause=recent[-self.often + 1].cause or recent[-self.often + 1].at,
            related=[error.at.n for error in recent],
        )
