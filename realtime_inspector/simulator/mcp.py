"""MCP: the tools of a server are listed when the session names it, and called by this server, not by the client.

What a call comes to stands in the scenario. Whether the API goes on by itself after an approval is not public; this
server does: it begins a response with the call, unless one speaks, and then the next one has it.

Source: `openai` 3.54.0, `types/realtime/*mcp*`, and OpenAI's guide on tools in Realtime (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from realtime_inspector.simulator.conversation import Conversation, Stored
from realtime_inspector.simulator.errors import Refusal
from realtime_inspector.simulator.ids import Ids
from realtime_inspector.simulator.items import shown
from realtime_inspector.simulator.scenario import McpCall, Reply, Scenario
from realtime_inspector.simulator.schedule import Process, Schedule

LIST_S = 0.05
"""How long a server takes to name its tools."""
CALL_S = 0.1
"""How long a call takes."""


class Mcp:
    """The MCP servers of a session."""

    def __init__(self, schedule: Schedule, ids: Ids, conversation: Conversation, scenario: Scenario) -> None:
        self._schedule = schedule
        self._ids = ids
        self._conversation = conversation
        self._servers = {server.server_label: server for server in scenario.mcp}
        self._listed: dict[str, tuple[str, ...]] = {}
        """Label → names of its tools, once they are known."""
        self._asked: set[str] = set()
        self._waiting: dict[str, Reply] = {}
        """Approval request → what follows if it is granted."""

    def configured(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Begin to list the tools of the servers that were not named before."""
        labels = [str(tool["server_label"]) for tool in tools if tool.get("type") == "mcp"]
        for label in labels:
            if label not in self._asked:
                self._schedule.start(self._list(label))
        self._asked = set(labels)
        self._listed = {label: names for label, names in self._listed.items() if label in self._asked}

    def can_call(self, tools: Sequence[Mapping[str, Any]], call: McpCall) -> bool:
        """Tell whether the model knows a tool: its server was listed, has it, and the session allows it."""
        tool = _tool(tools, call)
        return tool is not None and call.name in self._listed.get(call.server_label, ()) and _allows(tool, call.name)

    def needs_approval(self, tools: Sequence[Mapping[str, Any]], call: McpCall) -> bool:
        """Tell whether a call has to be approved by the client: always, if the session does not say otherwise."""
        required = (_tool(tools, call) or {}).get("require_approval") or "always"
        if not isinstance(required, Mapping):
            return bool(required != "never")
        return call.name not in _names(required.get("never"))

    def ask(self, call: McpCall, reply: Reply) -> dict[str, Any]:
        """Return the item that asks for an approval; `reply` is what the response was to be."""
        request_id = self._ids.make("mcpr")
        rest = reply.mcp[reply.mcp.index(call) + 1 :]
        approved = replace(call, approval_request_id=request_id)
        self._waiting[request_id] = Reply(mcp=(approved, *rest), then=reply.then, delay_ms=reply.delay_ms)
        place = {"server_label": call.server_label, "name": call.name, "arguments": call.arguments}
        return {"id": request_id, "type": "mcp_approval_request", **place}

    def answered(self, item: Mapping[str, Any], declined: str) -> Reply:
        """Return what follows the client's answer to a request; `declined` is said where it was refused.

        Raises:
            Refusal: If there is no such request, or it was answered before.
        """
        request_id = item["approval_request_id"]
        waiting = self._waiting.pop(request_id, None)
        if waiting is None:
            message = f"No approval request with the id '{request_id}' waits for an answer."
            raise Refusal(message, "invalid_value", "item.approval_request_id")
        return waiting if item["approve"] else Reply(say=declined)

    def _list(self, label: str) -> Process:
        server = self._servers.get(label)
        body = {"id": self._ids.make("mcpl"), "object": "realtime.item", "type": "mcp_list_tools"}
        stored = Stored({**body, "server_label": label, "tools": []})
        previous = self._conversation.add(stored)
        item_id = stored.body["id"]
        self._schedule.emit("conversation.item.added", previous_item_id=previous, item=shown(stored.body))
        self._schedule.emit("mcp_list_tools.in_progress", item_id=item_id)
        yield LIST_S
        failed = server is None or server.unreachable
        if server is not None and not failed:
            stored.body["tools"] = [dict(tool) for tool in server.tools]
            self._listed[label] = tuple(str(tool["name"]) for tool in server.tools)
        self._schedule.emit(f"mcp_list_tools.{'failed' if failed else 'completed'}", item_id=item_id)
        self._schedule.emit("conversation.item.done", previous_item_id=previous, item=shown(stored.body))


def _tool(tools: Sequence[Mapping[str, Any]], call: McpCall) -> Mapping[str, Any] | None:
    return next((tool for tool in tools if tool.get("server_label") == call.server_label), None)


def _allows(tool: Mapping[str, Any], name: str) -> bool:
    allowed = tool.get("allowed_tools")
    return allowed is None or name in _names(allowed)


def _names(value: Any) -> Collection[Any]:
    """Return the names of a list of tools, or of the object that holds one."""
    names = value.get("tool_names") if isinstance(value, Mapping) else value
    return names if isinstance(names, list) else ()
