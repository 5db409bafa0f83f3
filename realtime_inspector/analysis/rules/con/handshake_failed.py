"""Asked at the answer to the upgrade request, and at the end of a connection that got none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_END, WIRE_RESPONSE, Event, dig
from realtime_inspector.protocol.realtime.changes.settings import is_upgrade
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text
from realtime_inspector.recording.entry import CUT_OFF, Side

_ADVICE: Mapping[int, str] = {
    400: "the request was not understood: check the URL's query and the headers",
    401: "the key is missing, wrong or expired (an ek_ key lives minutes): check the Authorization header",
    403: "the key's project may not use this model or endpoint: ask for access",
    404: "the path, the model or the call does not exist: check the URL",
    426: "the server wants a WebSocket upgrade here: check that no proxy took the Upgrade header out",
    429: "a rate limit or quota is used up: wait, or raise it",
}
_SWITCHING = 101
_PATIENCE_S = 1.0
_OURS = "upstream_unreachable: realtime-inspector: "
"""How an answer begins that the proxy made in place of a server that it cannot reach."""
_SHOWN_CHARS = 200


class HandshakeFailed(Rule):
    """The server refused the WebSocket connection, or an HTTP request made for it, or never answered it.

    Why: there is no session at all, and most clients show only the status, not the body that says why.
    Fix: read the status and the server's message here.
    Limits: the advice for a status is the usual cause, not a certain one. A request that the client itself gave up within
        a second is left out.
    Source: RFC 6455, 4.1; statuses of the Realtime API from public reports (read 2026-11-22).
    """

    id = "CON003"
    name = "handshake-failed"
    severity = Severity.ERROR
    on = (WIRE_RESPONSE, WIRE_END)
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101
        """,
        """
        < {"type": "session.created", "session": {"id": "s1"}}
        """,
        """
        > POST /v1/realtime/client_secrets
        < 200 {"value": "[redacted]"}
        > GET /v1/realtime?model=gpt-realtime
        < 101
        """,
        """
        # the recording stops, not the connection
        > GET /v1/realtime?model=gpt-realtime
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-realtime
        < 401 {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}  # CON003
        x
        """,
        """
        > GET /v1/realtimes?model=gpt-realtime
        < 404 Not Found  # CON003
        """,
        """
        > GET /openai/realtime?api-version=1&deployment=a
        < 302  # CON003
        """,
        """
        > POST /v1/realtime/client_secrets
        < 401 {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}  # CON003
        """,
        """
        # no answer at all
        > GET /v1/realtime?model=gpt-realtime
        +2s x reset  # CON003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Print the status and what the body says."""
        if event.type == WIRE_END:
            yield from self._unanswered(event, before)
            return
        status = event.body.get("status")
        asked = before.http[0] if before.http else None
        if not isinstance(status, int) or not _is_refusal(asked, status) or before.handshake is not None:
            return
        said = _message(str(event.body.get("body") or ""))
        answer = f"{status} {event.body.get('reason') or ''}".strip()
        if _OURS in said:
            why, _, what_to_do = said.partition(_OURS)[2].rpartition("; ")
            message = f"there was no server behind the proxy: {why or what_to_do}"
            yield self.finding(event, message, cause=asked.n if asked else None, fix=what_to_do if why else "")
            return
        refusal = f"the server refused {_what(asked)} with {answer}{f' ({said})' if said else ''}"
        yield self.finding(event, f"{refusal}: {_advice(event, asked, status)}", cause=asked.n if asked else None)

    def _unanswered(self, event: Event, before: Session) -> Iterator[Finding]:
        """Say how the connection ended."""
        how, by, asked = event.body.get("how"), event.body.get("by"), before.request
        if asked is None or before.handshake is not None or how == CUT_OFF or before.first_server is not None:
            return
        waited_s = event.t - asked.t
        if by == Side.CLIENT and waited_s < _PATIENCE_S:
            return
        who = f"the {by} ended the connection" if by in {Side.CLIENT, Side.SERVER} else "the connection ended"
        yield self.finding(
            event,
            f"{who} ({how}) {waited_s:.1f} s after the upgrade request, and the server had not answered it: check the host, "
            "the port and whether the URL should begin with wss://",
            cause=asked.n,
        )


def _is_refusal(asked: Event | None, status: int) -> bool:
    """Tell whether a status refuses: for an upgrade everything but 101, for a plain request an error."""
    return status != _SWITCHING if asked is None or is_upgrade(asked) else status >= 400


def _what(asked: Event | None) -> str:
    if asked is None or is_upgrade(asked):
        return "the connection"
    return f"{asked.body.get('method')} {str(asked.body.get('target')).partition('?')[0]}"


def _advice(event: Event, asked: Event | None, status: int) -> str:
    if 300 <= status < 400:
        target = event.entry.header("Location")
        return f"it points to {target or 'another address'}, which WebSocket clients do not follow: use that URL"
    if status >= 500:
        return "the server or a proxy before it failed: try again later"
    target = text(asked.body.get("target")) if asked is not None else ""
    if status in {400, 404} and "/openai/realtime" in target and "api-version=" in target:
        return (
            "Azure took /openai/realtime with an api-version out of service in April 2026: connect to "
            "/openai/v1/realtime?model=<deployment>, and send the session as GA has it"
        )
    return _ADVICE.get(status, "read the server's message")


def _message(body: str) -> str:
    """Return the error's message where the body is the API's JSON, else the body's beginning."""
    try:
        parsed: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    code, message = dig(parsed, "error.code"), dig(parsed, "error.message")
    found = ": ".join(str(part) for part in (code, message) if part) or body
    found = " ".join(found.split())
    return found if len(found) <= _SHOWN_CHARS else f"{found[: _SHOWN_CHARS - 1]}…"
