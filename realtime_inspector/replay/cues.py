"""From a recording to its cues: the client's messages, and what each of them waited for.

A client speaks in two lanes. The *voice* (appends, commits, clears) and everything else each keep their own order. A
message waits for what the recorded client had seen when it sent it: answers, responses begun and ended, calls, words
heard. Where voice detection listens, the microphone does not wait for each of these: it is always on, and silence may
have to go out before the server says anything. There only an utterance waits, until it was heard, for the answers that
the user had by then; and for as much of an answer as had come when it was interrupted.

No socket, no clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson

from realtime_inspector.protocol.event import APPENDS, AUDIO_FIELDS, Event, dig, read
from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.replay import silence
from realtime_inspector.replay.landmarks import Key, Landmarks
from realtime_inspector.replay.script import Exchange

VOICE = APPENDS | {"input_audio_buffer.commit", "input_audio_buffer.clear"}
INTERRUPTING = frozenset({"conversation.item.truncate", "response.cancel"})
_EDGES = frozenset({"input_audio_buffer.commit", "input_audio_buffer.clear"})


@dataclass(frozen=True, slots=True)
class Amount:
    """So much audio of a response."""

    response: Key
    ms: float


@dataclass(frozen=True, slots=True)
class Cue:
    """A message of the recorded client, and what it waits for."""

    index: int
    event: Event
    after: tuple[int, ...] = ()
    """Messages that have to be sent before it."""
    waits: tuple[Key, ...] = ()
    """Landmarks that have to be passed before it."""
    amount: Amount | None = None
    """How much of an answer has to come before it is interrupted."""
    delay_s: float = 0.0
    """Between the last of all these and itself, in the recording."""
    left_out: bool = False
    """Its audio is not in the recording: silence stands for it."""

    @property
    def type(self) -> str:
        """The event's type."""
        return self.event.type

    def __str__(self) -> str:
        """Name it for people: type and line."""
        return f"{self.type} (line {self.event.entry.line})"


@dataclass(frozen=True, slots=True)
class Plan:
    """One recorded connection as a client would play it."""

    name: str
    """Where it comes from, for people: a path."""
    cues: tuple[Cue, ...] = ()
    recorded: Landmarks | None = None
    """The recording's landmarks and ids."""
    header: Header | None = None
    request: Entry | None = None
    """The upgrade request."""
    exchanges: tuple[Exchange, ...] = ()
    """HTTP requests beside the socket, with their recorded answers."""
    close: Entry | None = None
    """The client's close frame, where it sent one."""
    closed_by_server: bool = False
    last_delay_s: float = 0.0
    """Between the last thing that happened and the close."""
    listens: bool = False
    """The server's voice detection heard somebody."""

    @property
    def lanes(self) -> tuple[list[int], list[int]]:
        """Return the messages of the voice, and all others, by index."""
        voice = [cue.index for cue in self.cues if cue.type in VOICE]
        return voice, [cue.index for cue in self.cues if cue.type not in VOICE]


@dataclass(slots=True)
class _Row:
    """A client message with what the recorded client had seen by then."""

    event: Event
    seen: int
    """How many landmarks had been passed."""
    amount: Amount | None
    """How much had come of the response in progress."""
    amount_t: float
    appended_ms: float
    left_out: bool


def plan(entries: Iterable[Entry], *, name: str = "", header: Header | None = None) -> Plan:
    """Turn a recording's entries into a plan. What the proxy added (`from: proxy`) is left out.

    What looks like a key in what the client said is replaced, as it is where recordings are made: a file may come from
    elsewhere, and its secrets are not for this server.
    """
    return _Planner(name, header).plan(entries)


class _Planner:
    def __init__(self, name: str, header: Header | None) -> None:
        self.whole = Plan(name, header=header)
        self.landmarks = Landmarks()
        self.rows: list[_Row] = []
        self.opened_t = self.last_t = 0.0
        self.last_delta_t = 0.0
        self.passed: list[tuple[Key, float]] = []
        self.utterances: dict[int, bool] = {}
        self.requests: list[Entry] = []
        self.exchanges: list[Exchange] = []
        self.redactor = Redactor()

    def plan(self, entries: Iterable[Entry]) -> Plan:
        for entry in entries:
            if self._take(entry):
                break
        self.passed = list(self.landmarks.times.items())
        self.utterances = self._utterances()
        return replace(
            self.whole,
            cues=tuple(self._cues()),
            recorded=self.landmarks,
            exchanges=tuple(self.exchanges),
            listens=bool(self.utterances),
        )

    # first pass: what the client had seen

    def _take(self, entry: Entry) -> bool:
        """Take an entry in; tell whether the connection is over with it."""
        if entry.side is Side.CLIENT:
            entry = self.redactor.entry(entry)
        if entry.kind is Kind.REQUEST and entry.side is Side.CLIENT:
            self.whole = replace(self.whole, request=entry)
            self.requests.append(entry)
        elif entry.kind is Kind.RESPONSE and entry.members.get("status") == 101:
            self.opened_t = self.last_t = entry.t
        elif entry.kind is Kind.RESPONSE and entry.side is Side.SERVER and self.requests:
            exchange = Exchange(self.requests.pop(0), entry)
            self.exchanges += [] if exchange.is_upgrade else [exchange]
        elif entry.kind is Kind.CLOSE:
            by_client = entry.side is Side.CLIENT
            delay_s = max(0.0, entry.t - self.last_t)
            self.whole = replace(
                self.whole, close=entry if by_client else None, closed_by_server=not by_client, last_delay_s=delay_s
            )
            return True
        elif entry.kind is Kind.MESSAGE and entry.side is Side.CLIENT:
            self._client(entry)
        elif entry.kind is Kind.MESSAGE and entry.side is Side.SERVER:
            event = read(entry)
            if self.landmarks.server(event):
                self.last_t = entry.t
            if event.audio_bytes:
                self.last_delta_t = entry.t
        return False

    def _client(self, entry: Entry) -> None:
        session = self.landmarks.session
        event = _audible(read(entry), session.input_audio.format)
        index = len(self.rows)
        active = session.active_response
        key = self.landmarks.key_of(active.id) if active is not None else None
        amount = Amount(key, self.landmarks.received_ms(key)) if key is not None else None
        seen = len(self.landmarks.times)
        self.landmarks.client(event, index if event.type not in APPENDS else None)
        left_out = event.entry is not entry
        self.rows.append(_Row(event, seen, amount, self.last_delta_t, session.input_audio.total_ms, left_out))
        self.last_t = entry.t

    def _utterances(self) -> dict[int, bool]:
        """Return the appends from the beginning of each utterance until voice detection heard it.

        True for those with which one begins. What comes before and behind them is a microphone that is on.
        """
        appends = [index for index, row in enumerate(self.rows) if row.event.type in APPENDS]
        totals = [self.rows[index].appended_ms for index in appends]
        found: dict[int, bool] = {}
        for speech in self.landmarks.session.input_audio.speech:
            if speech.start_ms is None or not appends:
                continue
            first = min(bisect_right(totals, speech.start_ms), len(appends) - 1)
            found.setdefault(appends[first], True)
            for index in appends[first + 1 :]:
                if self.rows[index].event.n > speech.started_n:
                    break
                found.setdefault(index, False)
        return found

    # second pass: what each waited for

    def _cues(self) -> Iterable[Cue]:
        voice: int | None = None
        other: int | None = None
        edge: int | None = None
        update: int | None = None
        waited = 0
        """How much of what had been passed the voice has waited for."""
        for index, row in enumerate(self.rows):
            kind = row.event.type
            if kind not in VOICE:
                since = self.rows[other].seen if other is not None else 0
                yield self._cue(index, [other, edge], since, only_answers=False, interrupts=kind in INTERRUPTING)
                other = index
                update = index if kind.endswith("session.update") else update
                continue
            listens = bool(self.utterances)
            if listens and kind in APPENDS and index not in self.utterances:
                yield self._cue(index, [voice, update], row.seen, only_answers=True)
            else:
                speaks = index in self.utterances
                before = other if self.utterances.get(index, True) else update
                yield self._cue(index, [voice, before], waited, only_answers=listens, interrupts=speaks)
                waited = row.seen
            voice = index
            edge = index if kind in _EDGES else edge

    def _cue(
        self, index: int, after: list[int | None], since: int, *, only_answers: bool, interrupts: bool = False
    ) -> Cue:
        row = self.rows[index]
        befores = tuple(sorted({before for before in after if before is not None}))
        passed = [(key, t) for key, t in self.passed[since : row.seen] if not only_answers or _told_the_user(key)]
        passed = [(key, t) for key, t in passed if key[0] != "refused"]
        times = [self.rows[before].event.t for before in befores] + [t for _, t in passed] or [self.opened_t]
        amount = row.amount if interrupts and row.amount is not None and row.amount.ms > 0 else None
        if amount is not None:
            times.append(row.amount_t)
        delay_s = max(0.0, row.event.t - max(times))
        waits = tuple(key for key, _ in passed)
        return Cue(index, row.event, befores, waits, amount, delay_s, row.left_out)


def _told_the_user(key: Key) -> bool:
    """Tell whether somebody who speaks could have waited for it: not for being heard, but for an answer."""
    return key[0] in {"session.created", "response"}


def _audible(event: Event, form: AudioFormat) -> Event:
    """Return an append with silence in place of the audio that its recording leaves out."""
    field = AUDIO_FIELDS.get(event.type)
    if field is None or "audio" not in event.entry.members or not event.audio_bytes or event.audio():
        return event
    body = {**event.body, field: silence.base64(form, event.audio_bytes)}
    return read(replace(event.entry, payload=orjson.dumps(body), members={}))


def interrupted_item(event: Event) -> str:
    """Return the item that a truncate is about; empty for any other event."""
    return str(dig(event.body, "item_id", "")) if event.type == "conversation.item.truncate" else ""
