"""How a recording is played: what is compared, and how fast."""

from __future__ import annotations

from dataclasses import dataclass, field

from realtime_inspector.errors import UsageError
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.replay.matching import Matcher, Policy


@dataclass(frozen=True, slots=True)
class Options:
    """How to play."""

    match: Policy = Policy.CAUSAL
    speed: float = float("inf")
    """How much faster than recorded; infinite for without any delay."""
    ignore: tuple[str, ...] = ()
    """Paths that are not compared."""
    matcher: Matcher | None = None
    redactor: Redactor = field(default_factory=Redactor)
    """Takes secrets out of what is reported."""
    fresh_ids: bool = False
    """Every id of the server is another one on each connection, as with the real server."""
    patience_s: float = 2.0
    """How long an answer may hang because another client event, which the recording had before, has not come."""


def policy(name: str) -> Policy:
    """Return a policy by its name.

    Raises:
        UsageError: If there is none of that name.
    """
    try:
        return Policy(name)
    except ValueError:
        raise UsageError(f"match {name!r} is none: known are {', '.join(Policy)}") from None


def speed(text: str) -> float:
    """Return a speed by its name: `recorded`, `max`, or how many times faster than recorded.

    Raises:
        UsageError: If it is none of these.
    """
    named = {"recorded": 1.0, "max": float("inf")}
    try:
        value = named[text] if text in named else float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise UsageError(f"speed {text!r} is none: `recorded`, `max`, or a number such as 2 for twice as fast")
    return value
