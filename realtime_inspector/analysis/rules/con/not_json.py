"""Asked at every text message that is not an event."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_MALFORMED, WIRE_UNTYPED, Event
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES
from realtime_inspector.protocol.realtime.session import Session


class NotJson(Rule):
    """A text message is not a JSON object with a type.

    Why: the server answers with an error (invalid_event) and the message does nothing; a client may end its loop.
    Fix: send one JSON object a message, with its type in "type"; encode it once.
    Limits: of the server it is a warning: a proxy on the way may have put it there.
    Source: Realtime API reference, client events; the guide to costs has examples with "event" (read 2026-11-22).
    """

    id = "CON014"
    name = "not-json"
    severity = Severity.ERROR
    on = (WIRE_MALFORMED, WIRE_UNTYPED)
    good = (
        """
        > {"type": "response.create"}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1"}}
        x>
        """,
    )
    bad = (
        """
        > {"type": "response.create"  # CON014
        > "{\\"type\\": \\"response.create\\"}"  # CON014
        > {'type': 'response.create'}  # CON014
        """,
        """
        > {"event": "response.create"}  # CON014
        < <html>502 Bad Gateway</html>  # CON014
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Say what it is instead."""
        severity = Severity.ERROR if event.from_client else Severity.WARNING
        corrected = None
        if event.type == WIRE_UNTYPED:
            named = event.body.get("event")
            meant = named if isinstance(named, str) and named in CLIENT_TYPES else None
            problem = f'the message has its type in "event": call that "type" ({meant})' if meant else _NO_TYPE
            if meant:
                corrected = {"type": meant, **{name: part for name, part in event.body.items() if name != "event"}}
        elif _is_encoded_twice(event.entry.payload):
            problem = "the message is a JSON string that holds JSON: encode it once"
        elif _is_of_python(event.entry.payload):
            problem = (
                "the message is a dictionary as Python prints it, not JSON: send json.dumps(event), not str(event)"
            )
        else:
            problem = f"the message is no event ({event.body.get('problem')}): send one JSON object"
        yield self.finding(event, problem, severity=severity, corrected=corrected)


_NO_TYPE = 'the message has no "type": name the event in it'


def _is_of_python(payload: bytes) -> bool:
    """Tell whether a message is a dictionary in Python's notation; of a long one, by its beginning."""
    return re.match(rb"\s*\{\s*'[\w ]*'\s*:", payload) is not None


def _is_encoded_twice(payload: bytes) -> bool:
    try:
        return isinstance(orjson.loads(orjson.loads(payload)), dict)
    except (orjson.JSONDecodeError, TypeError):
        return False
