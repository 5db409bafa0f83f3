"""Named sets of faults, and the plan of what happens to every connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from realtime_inspector.errors import UsageError
from realtime_inspector.replay.faults.expression import Fault, parse

_AUDIO = "type:response.output_audio.delta,response.audio.delta"

PROFILES: Mapping[str, tuple[str, ...]] = {
    "flaky-network": (
        "jitter 20ms..200ms",
        f"stall 1500ms 4% times 3 on {_AUDIO}",
        "reset 1% connection 1 on type:response.*.delta",
    ),
    "slow-server": (
        "delay 300ms..900ms on type:session.*,conversation.item.*",
        "delay 1500ms..3s on type:response.created",
        f"delay 250ms..600ms on {_AUDIO}",
    ),
    "rate-limited": (
        "fail rate_limit_exceeded every 2",
        "limits 0",
    ),
    "session-expiry": ("expire nth 1 on type:response.done",),
    "mid-audio-stall": (f"stall 4s nth 3 on {_AUDIO}",),
    "strange-server": (
        "unknown every 5 on from:server",
        f"fragment 4 every 3 on {_AUDIO}",
        "duplicate 10% on type:rate_limits.updated",
        "binary nth 1 on type:rate_limits.updated",
        "error server_error nth 2 on type:response.done",
    ),
}
"""Name → its faults."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to every connection."""

    faults: tuple[Fault, ...] = ()
    seed: str = "0"
    """The same seed gives the same chances, whatever the clock says."""


def plan(
    expressions: Iterable[str] = (),
    profiles: Iterable[str] = (),
    seed: str = "0",
    saved: Mapping[str, str] | None = None,
) -> Plan:
    """Return the plan of these faults, those of the profiles first; `saved` has the filters for `on @name`.

    Raises:
        FaultError: If an expression is none.
        UsageError: If there is no such profile.
    """
    texts: list[str] = []
    for name in profiles:
        if name not in PROFILES:
            raise UsageError(f"no fault profile {name!r}; known are {', '.join(PROFILES)}")
        texts += PROFILES[name]
    return Plan(tuple(parse(text, saved) for text in (*texts, *expressions)), seed)
