"""A response that does not keep the protocol's order."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import host
from realtime_inspector.analysis.rest import Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

_OTHER_SERVERS = ("x.ai", "aliyuncs.com")
"""Servers that speak GA's names and keep another order."""
_PIECES = (
    "response.output_audio.delta",
    "response.output_audio_transcript.delta",
    "response.output_text.delta",
    "response.function_call_arguments.delta",
)

_TWICE = "look for what sends events twice between server and client"


class BrokenOrder(Rule):
    """Events of a response come in an order that the API does not have.

    Why: messages were lost, doubled or reordered between server and client, or the server does not speak GA as it says; a
        client that relies on the order shows or plays the wrong thing.
    Fix: look at what stands between client and server: each response has one response.created, then its items counted
        from 0, each announced before its pieces, then one response.done.
    Limits: only GA sessions that the recording has from their start, without a gap, and without a sideband. Servers known
        to keep another order (xAI, Qwen) are left out. Information for a piece that comes after a cancellation. A piece of
        an unknown item counts only where the response has announced others.
    Source: Realtime guide, "Realtime conversations" (read 2026-11-22).
    """

    id = "RSP022"
    name = "broken-order"
    severity = Severity.WARNING
    on = ("response.created", "response.done", "response.output_item.added", *_PIECES)
    needs = frozenset({left_out.WIRE, left_out.ORDER, "response.created", "response.done"})
    dialects = frozenset({"ga"})
    good = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.created", "response": {"id": "r1", "conversation_id": "conv1"}}
        < {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": {"id": "a1", "type": "message"}}
        < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "Hi"}
        < {"type": "response.output_item.added", "response_id": "r1", "output_index": 1, "item": {"id": "f1", "type": "function_call"}}
        < {"type": "response.created", "response": {"id": "r2", "conversation_id": null}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "response.created", "response": {"id": "r3", "conversation_id": "conv1"}}
        """,
        """
        # a part of a session
        < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "Hi"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "Hi"}  # RSP022
        < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "!"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}  # RSP022
        < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "?"}  # RSP022
        < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "?"}
        """,
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.created", "response": {"id": "r1", "conversation_id": "conv1"}}
        < {"type": "response.output_item.added", "response_id": "r1", "output_index": 1, "item": {"id": "a1", "type": "message"}}  # RSP022
        < {"type": "response.created", "response": {"id": "r2", "conversation_id": "conv1"}}  # RSP022
        """,
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.created", "response": {"id": "r1", "conversation_id": "conv1"}}
        < {"type": "response.created", "response": {"id": "r1", "conversation_id": "conv1"}}  # RSP022
        < {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": {"id": "a1", "type": "message"}}
        < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "Hi"}
        < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a2", "delta": "!"}  # RSP022
        < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a2", "delta": "!"}
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the event with what came before it; most pieces are of a response in progress."""
        response_id = text(mapping(event.body.get("response")).get("id") or event.body.get("response_id"))
        response = before.responses.get(response_id)
        if response is not None and response.done is None and event.type in _PIECES:
            yield from self._stray(event, response, before)
            return
        if not _keeps_order(before):
            return
        if event.type == "response.created" and response is not None:
            yield self.finding(event, f"response {response_id} has begun before: {_TWICE}", cause=response.created)
        elif event.type == "response.created":
            yield from self._two_at_once(event, before)
        elif response is None:
            if response_id:
                yield self.finding(
                    event,
                    f"response {response_id} was never announced: its response.created is missing; look for what drops events",
                )
        elif event.type == "response.done":
            if response.done is not None:
                yield self.finding(event, f"response {response_id} has ended before: {_TWICE}", cause=response.done)
        elif event.type == "response.output_item.added":
            yield from self._item(event, response)
        elif response.done is not None and not _said(response):
            yield self.finding(
                event,
                f"{event.type} of response {response_id} comes after its response.done: look for what reorders events",
                cause=response.done,
                severity=Severity.INFO if response.status == "cancelled" else Severity.WARNING,
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest about the pieces of what was announced."""
        return Rest(in_progress=True) if event.type in _PIECES else None

    def _stray(self, event: Event, response: Response, before: Session) -> Iterator[Finding]:
        item_id = text(event.body.get("item_id"))
        if not item_id or item_id in before.items or not response.item_ids or not _keeps_order(before):
            return
        yield self.finding(
            event,
            f"{event.type} of item {item_id}, which response {response.id} has not announced: its "
            "response.output_item.added is missing, or the piece belongs elsewhere",
            cause=response.created,
        )

    def _two_at_once(self, event: Event, before: Session) -> Iterator[Finding]:
        running = before.active_response
        conversation = text(event.get("response.conversation_id"))
        if running is None or not conversation or running.conversation_id != conversation:
            return
        if running.id != text(event.get("response.id")):
            yield self.finding(
                event,
                f"response {text(event.get('response.id'))} begins while {running.id} has not ended: a conversation has one "
                "response at a time, so its response.done is missing",
                cause=running.created,
            )

    def _item(self, event: Event, response: Response) -> Iterator[Finding]:
        place = event.body.get("output_index")
        known = response.item_ids
        if not isinstance(place, int) or text(event.get("item.id")) in known or place <= len(known):
            return
        yield self.finding(
            event,
            f"item {text(event.get('item.id'))} is number {place} of response {response.id}, of which only {len(known)} came "
            "before: items are missing; look for what drops events",
            cause=response.created,
        )


def _keeps_order(session: Session) -> bool:
    return session.is_whole and not host(session, session.request).endswith(_OTHER_SERVERS)


def _said(response: Response) -> bool:
    """Tell whether a piece came after its end before this one."""
    return response.done is not None and response.last_delta is not None and response.last_delta.n > response.done.n
