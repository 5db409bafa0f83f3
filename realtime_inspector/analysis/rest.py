"""For how long a rule has nothing to say: what it need not be asked, and may not be shown at all.

Nearly every event of a call is a piece of a stream. Most rules see at the first piece that the next ones are nothing to
them: such a rule rests, within bounds that can be told without it. An event outside of one of them is shown to it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import mapping, number, text


@dataclass(frozen=True, slots=True)
class Rest:
    """The bounds of a rest. It is of events of one type and one side, that are not older than those before them.

    It ends by itself with whatever changes the session, the connection or its health: `session.*`, `error`, a close.
    """

    same: tuple[tuple[str, object], ...] = ()
    """What a member of the body must be; None: it must not be there."""
    until_t: float = math.inf
    """Events before that time."""
    gap_s: float = math.inf
    """Events that come sooner than that after the one before them, whatever its type."""
    most_bytes: int = sys.maxsize
    """Events whose message is not larger, audio that the recording leaves out included."""
    even: bool = False
    """Events with an even number of bytes of audio."""
    lead_ms: tuple[float, float] = (-math.inf, math.inf)
    """How far the user's audio, the event's included, may be ahead of the recording's clock: not less, not more."""
    late_ms: float = math.inf
    """For so long the player may have had nothing to play when the event comes."""
    without: frozenset[bytes] = frozenset()
    """What the text of the event must not hold."""
    is_begun: bool = False
    """Audio of the user that is not the first of a stretch, that is since the last commit or clear."""
    new_id: bool = False
    """Events that have no `event_id`, or one of at most `MOST_ID_CHARS` that none is remembered by."""
    in_progress: bool = False
    """Pieces of an item that is known, of a response that has begun and not ended."""

    def holds(self, event: Event, before: State) -> bool:
        """Tell whether an event is within the bounds; its type and side are."""
        t, now, audio_bytes = event.entry.t, before.now, event.audio_bytes
        if not (now <= t < self.until_t and t - now < self.gap_s) or (self.even and audio_bytes % 2):
            return False
        if self.same and any(event.body.get(name) != value for name, value in self.same):
            return False
        if self.most_bytes < sys.maxsize and self.most_bytes < message_bytes(event):
            return False
        if self.without and not self._is_without(event):
            return False
        if self.lead_ms != _ANY_LEAD:
            audio = before.input_audio
            lead = audio.total_ms + audio.format.duration_ms(audio_bytes) - 1000 * t
            if not self.lead_ms[0] <= lead <= self.lead_ms[1]:
                return False
        if self.late_ms < math.inf:
            playback = before.playback.get(text(event.body.get("item_id")))
            if playback is not None and playback.late_ms(t) > self.late_ms:
                return False
        if self.new_id and not is_new(event.body.get("event_id"), before):
            return False
        if self.is_begun and before.input_audio.buffered_ms <= 0:
            return False
        return not self.in_progress or _in_progress(event, before)

    def _is_without(self, event: Event) -> bool:
        entry = event.entry
        payload = entry.payload
        for sign in self.without:  # a loop, for this is done at every event
            if payload.find(sign) >= 0:  # half the time of `in`
                return False
        return not entry.members or not any(isinstance(each, str) for each in entry.members.values())


def is_new(event_id: object, before: State) -> bool:
    """Tell whether an `event_id` of the client is none, or a new one of a usual length."""
    return event_id is None or (
        isinstance(event_id, str) and len(event_id) <= MOST_ID_CHARS and event_id not in before.named
    )


def _in_progress(event: Event, before: State) -> bool:
    response = before.responses.get(text(event.body.get("response_id")))
    known = text(event.body.get("item_id")) in before.items
    return known and response is not None and response.done is None


MOST_ID_CHARS = 512
"""What the API takes of an `event_id`.

Source: OpenAPI description of the Realtime API, `event_id` has maxLength 512 (read 2026-11-22).
"""
_ANY_LEAD = (-math.inf, math.inf)
FOREVER = Rest()
"""Nothing of this type is anything to the rule, until the session changes."""


def shared(rests: Iterable[Rest]) -> Rest:
    """Return what is within all of them."""
    bounded = [rest for rest in rests if rest is not FOREVER]
    if len(bounded) < 2:
        return bounded[0] if bounded else FOREVER
    until_t = gap_s = late_ms = most_ms = math.inf
    most_bytes, even, least_ms = sys.maxsize, False, -math.inf
    same: dict[tuple[str, object], None] = {}
    without: frozenset[bytes] = frozenset()
    is_begun = in_progress = new_id = False
    for rest in bounded:  # in one loop, for this is done at every second of a call
        until_t, gap_s = min(until_t, rest.until_t), min(gap_s, rest.gap_s)
        late_ms, most_bytes = min(late_ms, rest.late_ms), min(most_bytes, rest.most_bytes)
        least_ms, most_ms = max(least_ms, rest.lead_ms[0]), min(most_ms, rest.lead_ms[1])
        even = even or rest.even
        same.update(dict.fromkeys(rest.same))
        without |= rest.without
        is_begun, in_progress = is_begun or rest.is_begun, in_progress or rest.in_progress
        new_id = new_id or rest.new_id
    band = (least_ms, most_ms)
    return Rest(tuple(same), until_t, gap_s, most_bytes, even, band, late_ms, without, is_begun, new_id, in_progress)


def message_bytes(event: Event) -> int:
    """Return how long the message is, what the recording leaves out of it counted as what it was."""
    entry = event.entry
    if not entry.members:
        return len(entry.payload)
    left_out = mapping(entry.members.get("audio")).values()
    return len(entry.payload) + sum(int(number(mapping(part).get("bytes")) or 0) for part in left_out) * 4 // 3
