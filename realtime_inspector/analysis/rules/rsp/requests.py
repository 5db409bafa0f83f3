"""What became of a `response.create`, looked up by its entry."""

from __future__ import annotations

from itertools import islice

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import ResponseRequest
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

_LOOK_BACK = 200


def is_out_of_band(event: Event) -> bool:
    """Tell whether a `response.create` asks for a response outside the conversation."""
    return mapping(event.body.get("response")).get("conversation") == "none"


def request_at(session: Session, n: int) -> ResponseRequest | None:
    """Return the request of that entry; None if it is too long ago."""
    recent = islice(reversed(session.requests), _LOOK_BACK)
    return next((request for request in recent if request.at.n == n), None)


def asked_since(session: Session, n: int) -> bool:
    """Tell whether a response was asked for, or begun, in the conversation after an entry."""
    asked = islice(reversed(session.requests), _LOOK_BACK)
    begun = islice(reversed(session.responses.values()), _LOOK_BACK)
    return any(request.at.n > n and not request.out_of_band for request in asked) or any(
        response.created.n > n and not response.out_of_band for response in begun
    )
