"""Lanes: which server events keep their order among themselves.

A lane is a name: `session`, `audio` (the user's audio and the items made of it), `response:<id>`, `item:<id>`,
`transcription:<item id>`, `ack:<n>` (the answer to the n-th client event), `error:<n>`, `close`. Events of different
lanes may overtake each other, as they do on the wire.
"""

from __future__ import annotations

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.session import Session

SESSION = "session"
AUDIO = "audio"
CLOSE = "close"

_ACKNOWLEDGEMENTS = frozenset(
    {
        "conversation.item.deleted",
        "conversation.item.retrieved",
        "conversation.item.truncated",
        "input_audio_buffer.cleared",
        "output_audio_buffer.cleared",
    }
)


def lane_of(event: Event, whole: Session, answered: int | None, responding: str) -> str:
    """Return the lane of a server event.

    Args:
        event: The event.
        whole: The session folded from the whole recording.
        answered: Index of the client event it answers.
        responding: The lane of the response that spoke last.
    """
    kind = event.type
    if kind.startswith(("session.", "transcription_session.")) or kind == "conversation.created":
        return SESSION
    if kind == "error":
        return f"error:{event.n}"
    if kind in _ACKNOWLEDGEMENTS:
        return f"ack:{event.n if answered is None else answered}"
    if kind.startswith("input_audio_buffer."):
        return AUDIO
    if kind.startswith("conversation.item.input_audio_transcription."):
        return f"transcription:{event.body.get('item_id')}"
    if kind == "rate_limits.updated" and responding:
        return responding
    return _by_id(event, whole) or f"other:{kind}"


def _by_id(event: Event, whole: Session) -> str:
    response_id = event.body.get("response_id") or dig(event.body, "response.id")
    if response_id:
        return f"response:{response_id}"
    item_id = event.body.get("item_id") or dig(event.body, "item.id")
    item = whole.items.get(str(item_id))
    if item is None:
        return f"item:{item_id}" if item_id else ""
    if item.response_id:
        return f"response:{item.response_id}"
    return AUDIO if item.role == "user" and not item.by_client else f"item:{item.id}"
