"""Turns: what the user said and what the assistant made of it, with the times of both.

A turn begins with something the user said or wrote and holds every response up to the next such thing: preambles, tool
calls, follow-ups. A greeting before the user's first word is a turn without a user. Out-of-band responses belong to
none. Turns are read off a session; they change nothing and remember nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from realtime_inspector.protocol.realtime.audio import Speech
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, ToolCall
from realtime_inspector.protocol.realtime.state import State


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something the user said or wrote."""

    start: At
    """The first event of it: `speech_started`, or what named its item first."""
    complete: At | None
    """When it stood in the conversation: the server's `committed`, or the item's first event."""
    item: Item | None = None
    speech: Speech | None = None
    """What voice detection said of it; None for text and for a turn the client committed."""

    @property
    def text(self) -> str:
        """What was said or written; empty where it was not transcribed."""
        return (self.item.transcript or self.item.text) if self.item is not None else ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange. Items, responses and calls are the session's own objects."""

    number: int
    """Counted from 1."""
    start: At
    user: tuple[Utterance, ...] = ()
    responses: tuple[Response, ...] = ()
    items: tuple[Item, ...] = ()
    """The assistant's messages, in order."""
    calls: tuple[ToolCall, ...] = ()

    @property
    def said(self) -> str:
        """What the user said or wrote, as far as it is known."""
        return " ".join(utterance.text for utterance in self.user if utterance.text)

    @property
    def spoken(self) -> bool:
        """Whether the user spoke, rather than wrote."""
        return any(u.speech is not None or (u.item is not None and _has_audio(u.item)) for u in self.user)

    @property
    def replied(self) -> str:
        """What the assistant said or wrote, as generated."""
        return " ".join(text for item in self.items if (text := item.transcript or item.text))

    @property
    def streamed(self) -> bool:
        """Whether it was cut out of two streams, in which both sides can speak at once."""
        return any(response.streamed for response in self.responses)

    @property
    def interrupted(self) -> bool:
        """Whether a response of it was cut short, by the user or by the client, or cut off after it was done."""
        return any(response.status == "cancelled" for response in self.responses) or any(
            item.truncated_ms is not None for item in self.items
        )

    @property
    def heard_ms(self) -> float | None:
        """How much of its audio was heard, where the client said so (its truncate)."""
        cuts = [item.truncated_ms for item in self.items if item.truncated_ms is not None]
        return cuts[-1] if cuts else None

    @property
    def audio_ms(self) -> float:
        """How much audio the assistant sent."""
        return sum(item.audio_ms for item in self.items)

    @property
    def speech_start_t(self) -> float | None:
        """When the server reported that the user began to speak."""
        return next((u.speech.started_t for u in self.user if u.speech is not None), None)

    @property
    def speech_stop_t(self) -> float | None:
        """When the server reported that the user had stopped."""
        return next((u.speech.stopped_t for u in reversed(self.user) if u.speech is not None), None)

    @property
    def silent_t(self) -> float | None:
        """When the user fell silent, as the log of appended audio has it."""
        return next((u.speech.silent_t for u in reversed(self.user) if u.speech is not None), None)

    @property
    def committed_t(self) -> float | None:
        """When what the user said or wrote stood in the conversation."""
        return next((u.complete.t for u in reversed(self.user) if u.complete is not None), None)

    @property
    def created_t(self) -> float | None:
        """When its first response was created."""
        return self.responses[0].created.t if self.responses else None

    @property
    def first_output_t(self) -> float | None:
        """When its first audio, text or argument delta came."""
        return next((r.first_output.t for r in self.responses if r.first_output is not None), None)

    @property
    def first_audio_t(self) -> float | None:
        """When its first audio came."""
        return next((r.first_audio.t for r in self.responses if r.first_audio is not None), None)

    @property
    def done_t(self) -> float | None:
        """When its last response ended; None while one is in progress."""
        last = self.responses[-1] if self.responses else None
        return last.done.t if last is not None and last.done is not None else None


@dataclass(slots=True)
class _Draft:
    start: At
    user: list[Utterance] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)


def turns(session: State) -> list[Turn]:
    """Return the turns of a session as far as it has come, in order."""
    drafts: list[_Draft] = []
    for _, _, thing in sorted([*map(_heard, utterances(session)), *map(_answered, _responses(session))], key=_place):
        if isinstance(thing, Utterance):
            if not drafts or drafts[-1].responses:
                drafts.append(_Draft(thing.start))
            drafts[-1].user.append(thing)
        else:
            if not drafts:
                drafts.append(_Draft(_asked(thing)))
            drafts[-1].responses.append(thing)
    return [_turn(number, draft, session) for number, draft in enumerate(drafts, 1)]


def utterances(session: State) -> list[Utterance]:
    """Return everything the user said or wrote, in the order in which it began."""
    spoken = {speech.item_id: speech for speech in session.input_audio.speech}
    found = []
    for item in session.items.values():
        speech = spoken.pop(item.id, None)
        if item.type == "message" and item.role == "user" and item.first is not None:
            start = item.first if speech is None else At(speech.started_n, speech.started_t)
            found.append(Utterance(start, item.first, item, speech))
    found += [Utterance(At(s.started_n, s.started_t), None, None, s) for s in spoken.values()]
    return sorted(found, key=lambda utterance: utterance.start.n)


def turn_at(turns: Iterable[Turn], n: int) -> Turn | None:
    """Return the turn in which an entry stands: the last one that began before it or with it."""
    found = None
    for turn in turns:
        if turn.start.n > n:
            break
        found = turn
    return found


_Thing = tuple[int, int, "Utterance | Response"]


def _place(placed: _Thing) -> tuple[int, int]:
    return placed[:2]


def _heard(utterance: Utterance) -> _Thing:
    """Place what the user said where it stood in the conversation: a response before that answers something else."""
    at = utterance.complete or utterance.start
    return at.n, 0, utterance


def _answered(response: Response) -> _Thing:
    """Place a response where the server began it: a client asks for it before its item is acknowledged."""
    return response.created.n, 1, response


def _asked(response: Response) -> At:
    return response.request.at if response.request is not None else response.created


def _responses(session: State) -> list[Response]:
    return [response for response in session.responses.values() if not response.out_of_band]


def _has_audio(item: Item) -> bool:
    content = item.body.get("content")
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and part.get("type") == "input_audio" for part in parts)


def _turn(number: int, draft: _Draft, session: State) -> Turn:
    named = [item_id for response in draft.responses for item_id in response.item_ids]
    items = [session.items[item_id] for item_id in named if item_id in session.items]
    return Turn(
        number=number,
        start=draft.start,
        user=tuple(draft.user),
        responses=tuple(draft.responses),
        items=tuple(item for item in items if item.type == "message"),
        calls=tuple(call for response in draft.responses for call in session.calls_of(response.id)),
    )
