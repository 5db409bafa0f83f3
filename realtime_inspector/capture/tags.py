"""Tags: names and values that tell recordings apart, given on the command line or by the client in its request."""

from __future__ import annotations

import re

from realtime_inspector.errors import UsageError
from realtime_inspector.recording.entry import Entry

TAG_HEADER = "X-Realtime-Inspector-Tag"
"""`name=value`, several apart by commas or in headers of their own. It reaches the upstream like any other header."""
MAX_TAGS = 32
"""More of one request are not taken."""
RESERVED = frozenset({"left_out"})
"""Names with a meaning of their own: a client must not say that its recording lacks something."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MAX_VALUE = 256


def parse_tag(text: str) -> tuple[str, str]:
    """Return name and value of a tag as the user writes it.

    Raises:
        UsageError: If it is none.
    """
    tag = _tag(text)
    if tag is None:
        raise UsageError(
            f"--tag {text!r} is no NAME=VALUE: a name has letters, digits, dots, hyphens and underscores "
            f"({', '.join(sorted(RESERVED))} is taken), a value at most {_MAX_VALUE} signs"
        )
    return tag


def request_tags(request: Entry) -> dict[str, str]:
    """Return the tags of a request's headers; what is no tag is left out."""
    wanted = TAG_HEADER.lower()
    texts = [part for name, value in request.headers if name.lower() == wanted for part in value.split(",")]
    tags = [tag for text in texts if (tag := _tag(text)) is not None]
    return dict(tags[:MAX_TAGS])


def _tag(text: str) -> tuple[str, str] | None:
    name, mark, value = (part.strip() for part in text.partition("="))
    fits = bool(mark) and _NAME.fullmatch(name) is not None and name not in RESERVED
    return (name, value) if fits and len(value) <= _MAX_VALUE and value.isprintable() else None
