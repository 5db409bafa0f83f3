"""The responses of a conversation whose usage can be compared."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.metrics import Tokens, tokens_of
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.models import builtin
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, number, text

_OWN_CONTEXT = frozenset({"conversation", "input", "instructions", "tools", "tool_choice", "prompt"})


def told(event: Event, before: Session) -> Tokens | None:
    """Return what the response of a `response.done` took; None if it is out of band, or nothing says it."""
    latest = before.worked_out.get(told)
    if latest is None or latest[0] is not event:  # several rules ask about one event
        latest = before.worked_out[told] = event, _told(event, before)
    took: Tokens | None = latest[1]
    return took


def _told(event: Event, before: Session) -> Tokens | None:
    body = mapping(event.body.get("response"))
    known = before.responses.get(text(body.get("id")))
    usage = mapping(body.get("usage"))
    if not usage or (known is not None and not reads_conversation(known)):
        return None
    return tokens_of(Response("", known.created, usage=usage)) if known is not None else None


def earlier(before: Session) -> Iterator[Response]:
    """Yield the responses that read the whole conversation and told their usage, the latest first."""
    for response in reversed(before.responses.values()):
        if response.done is not None and response.usage and reads_conversation(response):
            yield response


def reads_conversation(response: Response) -> bool:
    """Tell whether it read the conversation under the session's own instructions and tools."""
    own = response.request is not None and not _OWN_CONTEXT.isdisjoint(response.request.body)
    return not (response.out_of_band or own)


def most_input(session: Session) -> int | None:
    """Return at how many tokens of input the server begins to truncate, as configured or as the model has it."""
    limits = mapping(mapping(session.config.get("truncation")).get("token_limits"))
    configured = number(limits.get("post_instructions"))
    if configured is not None and configured > 0:
        return int(configured)
    model = builtin().find(session.model)
    return model.most_input if model is not None else None
