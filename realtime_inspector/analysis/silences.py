"""When the assistant was silent: from the end of what it last said to its next words, or to the user's.

What is heard is not on the wire; it is taken to play from its first piece on, in real time, to the client's truncation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from realtime_inspector.analysis.turns import Utterance, utterances
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, ToolOutput
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import mappings

_LAST_N = 1 << 62
"""Behind every entry."""
_PATIENCE_S = 2.0
"""A written message is known by the server's word of it, which may come after what was asked for behind it."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one response gave the user to hear or to read."""

    response: Response
    first: At
    """Its first piece."""
    end_t: float
    """When the last of it can have been heard."""


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence of the assistant."""

    start: float
    """Seconds since the recording's start: the end of what was heard before, or the session's beginning."""
    end: float
    first_n: int
    """What belongs to it stands behind this entry: the `response.created` of what was heard before."""
    last_n: int
    """It ends before this entry."""
    before: Spoken | None = None
    answer: Spoken | None = None
    """What ended it; None if the user did, by speaking again, or the recording."""
    again: At | None = None
    """Where the user spoke again without an answer."""
    asked: At | None = None
    """The first thing in it that wants an answer."""

    @property
    def is_last(self) -> bool:
        """Whether the recording ends in it."""
        return self.answer is None and self.again is None

    @property
    def waited_from(self) -> float:
        """Return since when an answer was waited for; its beginning if none was."""
        return min(self.end, max(self.start, self.asked.t)) if self.asked is not None else self.start

    @property
    def waited_s(self) -> float:
        """Return how long an answer was waited for."""
        return self.end - self.waited_from


def silences(session: State, unheard: Set[int] = frozenset()) -> list[Silence]:
    """Return every silence of a whole session, in order; the last one reaches to its end, and may have no length.

    Args:
        session: The session after its last event.
        unheard: Entries of `response.done` whose text stood in for audio, so that the user heard nothing.
    """
    end_t = session.ended.t if session.ended is not None else session.now
    log = _Log(session)
    found: list[Silence] = []
    start_t = session.created.t if session.created is not None else 0.0
    before: Spoken | None = None
    for answer in [*spoken(session, unheard), None]:
        limit_t = end_t if answer is None else answer.first.t
        if answer is None or limit_t > start_t:
            found += _parts(log, before, answer, min(start_t, limit_t), limit_t)
        if answer is not None and (before is None or answer.end_t >= before.end_t):
            start_t, before = answer.end_t, answer
    return found


def spoken(session: State, unheard: Set[int] = frozenset()) -> list[Spoken]:
    """Return what each response of the conversation gave to hear or to read, in the order of its first piece."""
    items: dict[str, list[Item]] = defaultdict(list)
    for item in session.items.values():
        if item.type in {"message", ""} and item.response_id:
            items[item.response_id].append(item)
    found = []
    for response in session.responses.values():
        if not response.out_of_band:
            one = _spoken(session, response, items[response.id], unheard)
            if one is not None:
                found.append(one)
    found.sort(key=lambda one: one.first.n)
    return [*map(_until, found, [*found[1:], None], [session] * len(found))]


def _until(one: Spoken, following: Spoken | None, session: State) -> Spoken:
    """Return what was spoken as far as the answer after it, if that did not wait for its end: it was stopped."""
    played = [session.playback[i] for i in following.response.item_ids if i in session.playback] if following else []
    start_t = min((each.start_t for each in played), default=one.end_t)
    return replace(one, end_t=max(one.first.t, start_t)) if start_t < one.end_t else one


def _spoken(session: State, response: Response, items: list[Item], unheard: Set[int]) -> Spoken | None:
    played = [session.playback[item.id] for item in items if item.id in session.playback]
    ends = [one.heard_until_t for one in played if one.ms > 0 and one.cut_ms != 0]
    if ends and response.first_audio is not None:
        stopped = response.done.t if response.done is not None and response.status == "cancelled" else max(ends)
        return Spoken(response, response.first_audio, max(response.first_audio.t, min(max(ends), stopped)))
    written = any(item.text or item.transcript for item in items) and not played
    if not written or (response.done is not None and response.done.n in unheard):
        return None
    last = response.done or response.last_delta or response.created
    return Spoken(response, response.first_output or last, last.t)


def _restored_n(session: State) -> int:
    """Return up to which entry the client put an earlier conversation in, before anybody asked for an answer."""
    asked = min((request.at.n for request in session.requests if not request.out_of_band), default=_LAST_N)
    begun = next((response.created.n for response in session.responses.values()), _LAST_N)
    first_n = min(asked, begun)
    given = [item for item in session.items.values() if item.by_client and item.role == "assistant"]
    return max((item.first.n for item in given if item.first is not None and item.first.n < first_n), default=0)


def _is_restored(utterance: Utterance, restored_n: int) -> bool:
    """Tell whether something written is history: the assistant's words behind it were put in too."""
    return utterance.speech is None and utterance.start.n < restored_n


def shows_only(item: Mapping[str, Any]) -> bool:
    """Tell whether a message of the user has pictures and no words: it is looked at, and asks for nothing by itself."""
    parts = [part.get("type") for part in mappings(item.get("content"))]
    return bool(parts) and set(parts) == {"input_image"}


def _is_history(session: State, output: ToolOutput) -> bool:
    """Tell whether an output belongs to a call that the client put in with it."""
    call = session.calls.get(output.call_id)
    return call is not None and call.by_client


class _Log:
    """What the user said and what wants an answer, by entry number, so that a part of it is found at once."""

    def __init__(self, session: State) -> None:
        self.said = [u for u in utterances(session) if u.item is None or not shows_only(u.item.body)]
        self._starts = [utterance.start.n for utterance in self.said]
        requests = [request for request in session.requests if not request.out_of_band]
        self.restored_n = _restored_n(session)
        complete = [u.complete for u in self.said if u.complete is not None and not _is_restored(u, self.restored_n)]
        given = [output.at for output in session.outputs if not _is_history(session, output)]
        wishes = [*(request.at for request in requests), *given]
        self._asks = sorted([*complete, *wishes], key=lambda at: at.n)
        self._asked = [at.n for at in self._asks]
        calls = [call.done for call in session.calls.values() if call.done is not None and not call.by_client]
        self._waits = sorted([*self._asks, *calls], key=lambda at: at.n)
        self._waited = [at.n for at in self._waits]

    def said_in(self, first_n: int, last_n: int) -> list[Utterance]:
        """Return what the user began to say between two entries."""
        return self.said[bisect_right(self._starts, first_n) : bisect_left(self._starts, last_n)]

    def asks_in(self, first_n: int, last_n: int, own: At | None) -> Iterator[At]:
        """Yield what wants an answer between two entries, but for the wish that was answered before."""
        for at in self._asks[bisect_right(self._asked, first_n) : bisect_left(self._asked, last_n)]:
            if own is None or at.n != own.n:
                yield at

    def began(self, utterance: Utterance, first_n: int, own: At | None) -> At:
        """Return where the user began; of a turn that the client committed, the request it sent with the commit."""
        start, item = utterance.start, utterance.item
        if utterance.speech is not None or item is None or item.committed is None:
            return start
        with_it = (at for at in self.asks_in(first_n, start.n, own) if at.t + _PATIENCE_S > start.t)
        return next(with_it, start)

    def waits_in(self, first_n: int, last_n: int, own: At | None) -> Iterator[At]:
        """Yield what wants an answer, and the calls that want an output."""
        for at in self._waits[bisect_right(self._waited, first_n) : bisect_left(self._waited, last_n)]:
            if own is None or at.n != own.n:
                yield at


def _parts(log: _Log, before: Spoken | None, answer: Spoken | None, start: float, end: float) -> Iterator[Silence]:
    """Cut what lies between two answers where the user spoke again without one."""
    first_n = before.response.created.n if before is not None else 0
    last_n = answer.first.n if answer is not None else _LAST_N
    request = before.response.request if before is not None else None
    own = request.at if request is not None else None
    for utterance in log.said_in(first_n, last_n):
        if _is_restored(utterance, log.restored_n):
            continue
        again = log.began(utterance, first_n, own)
        patience_s = 0.0 if utterance.speech is not None else _PATIENCE_S
        waiting = log.waits_in(first_n, again.n, own)
        if again.t > start and any(at.t + patience_s <= again.t for at in waiting):
            asked = next(log.asks_in(first_n, again.n, own), None)
            yield Silence(start, min(again.t, end), first_n, again.n, before, None, again, asked)
            start, first_n, before = again.t, again.n - 1, None
    yield Silence(start, end, first_n, last_n, before, answer, None, next(log.asks_in(first_n, last_n, own), None))
