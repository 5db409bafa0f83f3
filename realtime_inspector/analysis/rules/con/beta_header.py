"""Asked at the upgrade request, and at the server's own word about the beta."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import OPENAI_HOST, host, in_beta_times, is_openai
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_CLOSE, WIRE_REQUEST, Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Entry

_REFUSAL = "beta_api_shape_disabled"


class BetaHeader(Rule):
    """The client asks OpenAI for the beta, which was shut down on 2026-05-12.

    Why: the server answers with one error event and closes with code 4000; nothing else of the session happens.
    Fix: leave out the OpenAI-Beta header (in a browser: the openai-beta subprotocol) and send the session as GA has it.
    Limits: other servers still want the header; where the host does not show OpenAI, or the recording is older than the
        end of the beta, only its own refusal counts.
    Source: Realtime API, beta to GA migration (read 2026-11-22); refusals seen in public reports since 2026-05.
    """

    id = "CON001"
    name = "beta-header"
    severity = Severity.ERROR
    on = (WIRE_REQUEST, "error", WIRE_CLOSE)
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com", "Authorization": "Bearer [redacted]"}
        < 101
        """,
        """
        > GET /v1/realtime?model=a {"Host": "realtime.example.com", "OpenAI-Beta": "realtime=v1"}
        < 101
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com", "OpenAI-Beta": "assistants=v2"}
        < 101
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com", "OpenAI-Beta": "realtime=v1"}  # CON001
        < 101
        < {"type": "error", "error": {"type": "invalid_request_error", "code": "beta_api_shape_disabled"}}
        x< 4000 invalid_request_error.beta_api_shape_disabled
        """,
        """
        > GET /v1/realtime {"Host": "api.openai.com", "Sec-WebSocket-Protocol": "openai-beta.realtime-v1"}  # CON001
        < 101
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "127.0.0.1:8700", "OpenAI-Beta": "realtime=v1"}
        < 101
        < {"type": "error", "error": {"type": "invalid_request_error", "code": "beta_api_shape_disabled"}}  # CON001
        x< 4000 invalid_request_error.beta_api_shape_disabled
        """,
        """
        < 101
        x< 4000 invalid_request_error.beta_api_shape_disabled  # CON001
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Say it once, at the earliest event that makes it certain."""
        if event.type == WIRE_REQUEST:
            asked = _asks_for_beta(event.entry)
            if asked and host(before, event) == OPENAI_HOST and not in_beta_times(before):
                yield self.finding(event, f"the request has {asked}, and OpenAI's beta is shut down: leave it out")
        elif not self._said(before) and _is_refusal(event):
            asked = _asks_for_beta(before.request.entry) if before.request else ""
            what = f"it was asked for by {asked}" if asked else "the client asked for it"
            message = f"the server no longer speaks the beta ({_REFUSAL}), and {what}: leave that out"
            yield self.finding(event, message, cause=before.request.n if before.request else None)

    def _said(self, before: Session) -> bool:
        request = before.request
        at_once = request is not None and is_openai(before) and not in_beta_times(before)
        at_request = at_once and request is not None and bool(_asks_for_beta(request.entry))
        return at_request or any(error.code == _REFUSAL for error in before.errors) or before.close is not None


def _asks_for_beta(entry: Entry) -> str:
    """Return the words that ask for the beta, or nothing."""
    header = entry.header("OpenAI-Beta") or ""
    if "realtime=v1" in header.replace(" ", ""):
        return f"the header OpenAI-Beta: {header}"
    protocols = entry.header("Sec-WebSocket-Protocol") or ""
    named = next((part.strip() for part in protocols.split(",") if "openai-beta." in part), "")
    return f"the subprotocol {named}" if named else ""


def _is_refusal(event: Event) -> bool:
    if event.type == WIRE_CLOSE:
        reason: Any = event.body.get("reason")
        return event.body.get("code") == 4000 and _REFUSAL in str(reason)
    return event.from_server and event.get("error.code") == _REFUSAL
