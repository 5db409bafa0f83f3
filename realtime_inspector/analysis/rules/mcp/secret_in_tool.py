"""A secret in a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mappings, text

_SECRETS = ("authorization", "headers")


class SecretInTool(Rule):
    """A browser sends the authorization of an MCP server.

    Why: whoever opens the page can read it, and use the server as you can.
    Fix: name the MCP server with its authorization where the ephemeral key is made (POST /v1/realtime/client_secrets, from
        your own server), not in the page.
    Limits: a browser is told by its Origin header or its key in the subprotocol; a program on a server may send it.
    Source: Realtime guide, "MCP servers" (read 2026-11-22).
    """

    id = "MCP005"
    name = "secret-in-tool"
    severity = Severity.WARNING
    on = ("session.update", "response.create")
    good = (
        """
        # a server's program
        > GET /v1/realtime?model=gpt-realtime {"Authorization": "[redacted:Authorization]"}
        < 101
        > {"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "mcp", "server_label": "docs", "server_url": "https://example.com", "authorization": "[redacted]"}]}}
        """,
        """
        # a browser, without a secret
        > GET /v1/realtime?model=gpt-realtime {"Origin": "https://example.com"}
        < 101
        > {"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "mcp", "server_label": "docs", "server_url": "https://example.com", "headers": null}]}}
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-realtime {"Origin": "https://example.com"}
        < 101
        > {"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "mcp", "server_label": "docs", "server_url": "https://example.com", "authorization": "[redacted]"}]}}  # MCP005
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.[redacted]"}
        < 101
        > {"type": "response.create", "response": {"tools": [{"type": "mcp", "server_label": "docs", "server_url": "https://example.com", "headers": {"X-Key": "[redacted]"}}]}}  # MCP005
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at each MCP tool, if a browser sends it."""
        if not _is_browser(before):
            return
        place = "session" if event.type == "session.update" else "response"
        for tool in mappings(event.get(f"{place}.tools")):
            found = [name for name in _SECRETS if tool.get("type") == "mcp" and tool.get(name)]
            if found:
                yield self.finding(event, f"{_label(tool)} comes from a browser with its {' and '.join(found)}: anybody "
                                   "who opens the page can read that; name it where the ephemeral key is made")  # fmt: skip


def _is_browser(session: Session) -> bool:
    entry = session.request.entry if session.request is not None else None
    if entry is None:
        return False
    return bool(entry.header("Origin")) or "openai-insecure-api-key" in (entry.header("Sec-WebSocket-Protocol") or "")


def _label(tool: Mapping[str, Any]) -> str:
    return f"the MCP server {text(tool.get('server_label'))!r}"
