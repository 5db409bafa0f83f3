"""Asked at every item with a picture that a client creates, once the server has had the time to take it."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import speaks_ga
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mappings, text

_WAIT_S = 2.0
_TAKEN = ("data:image/png", "data:image/jpeg")
_SHOWN_CHARS = 60


class ImageNotData(Rule):
    """A picture is given in another way than as PNG or JPEG in a data URI.

    Why: the server refuses the item, so that neither the picture nor the words beside it reach the model; it is asked
        nevertheless, and answers without them.
    Fix: put the picture itself into image_url: "data:image/jpeg;base64,…"; the server does not fetch an address.
    Limits: what the server took is right. It is a warning where it has not said anything of it.
    Source: Realtime API reference, `conversation.item.create`, `image_url` of a content part (read 2026-11-24).
    """

    id = "ITM010"
    name = "image-not-data"
    severity = Severity.ERROR
    on = ("conversation.item.create",)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]}}
        +3s .
        """,
        """
        # a server that takes it
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "conversation.item.create", "item": {"id": "m1", "type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "https://example.com/cat.png"}]}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        +3s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "https://example.com/cat.png"}]}}  # ITM010
        < {"type": "error", "error": {"code": "invalid_value", "message": "Invalid 'item.content[0].image_url'.", "param": "item.content[0].image_url"}}
        +3s .
        """,
        """
        # bare base64, of which the server says nothing
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What is it?"}, {"type": "input_image", "image_url": "iVBORw0KGgo="}]}}  # ITM010
        +3s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the server's word, only if there is something to judge."""
        if event.from_client and _unfit(event):
            yield Deadline(event.t + _WAIT_S, event, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Judge the item by it."""
        event = deadline.event
        refused = next((e for e in reversed(session.errors) if e.cause is not None and e.cause.n == event.n), None)
        pending = any(waiting.at.n == event.n for waiting in session.unanswered)
        if not speaks_ga(session) or (refused is None and not pending):
            return
        path, url = _unfit(event)[0]
        shown = url if len(url) <= _SHOWN_CHARS else f"{url[:_SHOWN_CHARS]}…"
        yield self.finding(
            event,
            f'{path} is {shown!r}, and the API takes a picture only as PNG or JPEG in a data URI: send "data:image/jpeg;base64,…"',
            severity=Severity.ERROR if refused is not None else Severity.WARNING,
            related=[refused.at.n] if refused is not None else [],
            t=deadline.moment(session),
        )


def _unfit(event: Event) -> list[tuple[str, str]]:
    """Return where pictures are that the API does not take, and how they are given."""
    parts = enumerate(mappings(event.get("item.content")))
    given = [
        (f"item.content[{n}].image_url", text(p.get("image_url"))) for n, p in parts if p.get("type") == "input_image"
    ]
    return [(path, url) for path, url in given if url and not url.startswith(_TAKEN)]
