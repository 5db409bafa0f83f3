"""The account cannot pay for more."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.err.codes import FATAL
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class AccountError(Rule):
    """The server refuses because of the account: no credit, a spending limit, or a closed account.

    Why: every further request fails too; clients that retry or reconnect never come to an end.
    Fix: stop retrying and tell a person; mend the account's billing.
    Limits: known by the error's code.
    Source: Realtime API reference, `error` (read 2026-11-22); github.com/livekit/agents/issues/6352.
    """

    id = "ERR004"
    name = "account-error"
    severity = Severity.ERROR
    on = ("error",)
    good = (
        """
        < {"type": "error", "error": {"code": "rate_limit_exceeded"}}
        """,
        """
        < {"type": "error", "error": {"type": "server_error", "message": "insufficient_quota is not the code here"}}
        """,
    )
    bad = (
        """
        < {"type": "error", "error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "You exceeded your current quota."}}  # ERR004
        """,
        """
        < {"type": "error", "error": {"code": "account_deactivated"}}  # ERR004
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the code up."""
        code = text(event.get("error.code"))
        if code in FATAL:
            said = text(event.get("error.message"))
            yield self.finding(
                event, f"{code}: {FATAL[code]}, and no retry helps" + (f'; the server says: "{said}"' if said else "")
            )
