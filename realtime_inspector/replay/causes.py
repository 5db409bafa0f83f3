"""From a recording to its script: which client event each server event answers, and what else it follows from.

Two passes over the events. The first folds the session, which already knows what answers what (by id, by kind and
order, by an error's words). The second sorts the server's events into lanes and gives each its causes:

    an acknowledgement     the client event that the session took off its unanswered list when it came
    response.created       its response.create, or the committed audio that made the server begin by itself; the
                           response before it in the conversation; the configuration asked for before
    voice detection,       an amount of appended audio; where none came over this socket, all that stood before
    what a stream brings
    the idle timeout       the end of the response after which nobody spoke, too
    the end of a response  that was interrupted: the speech, or the cancel, that interrupted it
    whatever is left       the last client event before it

No socket, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from realtime_inspector.protocol.event import APPENDS, WIRE_CLOSE, WIRE_END, Event, dig, read
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.replay.errors import refusal
from realtime_inspector.replay.lanes import AUDIO, CLOSE, SESSION, lane_of
from realtime_inspector.replay.script import Exchange, Expected, Script, Step, item_ids

CONVERSATION = frozenset(
    {"conversation.item.create", "conversation.item.delete", "input_audio_buffer.commit", "response.create"}
)
"""Client events whose order makes the conversation what it is."""

OPTIONAL = frozenset(
    {
        "conversation.item.retrieve",
        "conversation.item.truncate",
        "input_audio_buffer.clear",
        "output_audio_buffer.clear",
        "response.cancel",
    }
)
"""Client events that come and go between two runs of one program: they depend on a clock, or only ask."""

_TIMEOUT = "input_audio_buffer.timeout_triggered"
_GATED = (
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    _TIMEOUT,
    "session.input_transcript.delta",
    "session.output_transcript.delta",
    "session.output_audio.delta",
)


def build(entries: Iterable[Entry], *, name: str = "", header: Header | None = None) -> Script:
    """Turn a recording's entries into a script. What the proxy added (`from: proxy`) is left out."""
    return _Builder(name, header, entries).script()


@dataclass(slots=True)
class _Draft:
    """A step while its causes are being found."""

    event: Event
    lane: str
    after: set[int] = field(default_factory=set)
    causes: set[int] = field(default_factory=set)
    gate: tuple[float, float] | None = None
    """Milliseconds of audio appended so far, and when the last of it came."""
    answers: int | None = None
    request: int | None = None


@dataclass(slots=True)
class _Row:
    """An event of the first pass with what only the session of that moment knows."""

    event: Event
    answered: tuple[int, ...] = ()
    """Entry numbers of the client events it answered."""
    appended_ms: float = 0.0
    appended_t: float = 0.0
    refusal: str = ""
    repeats: bool = False
    """A session.update that asks for what is already in force."""


class _Builder:
    def __init__(self, name: str, header: Header | None, entries: Iterable[Entry]) -> None:
        self.name, self.header = name, header
        self.session = Session()
        self.ended = False
        self.lost = 0
        self.opened_t = 0.0
        self.requests: list[Entry] = []
        self.exchanges: list[Exchange] = []
        self.rows = [row for entry in entries if (row := self._first_pass(entry)) is not None]
        self.expected: list[Expected] = []
        self.by_n: dict[int, int] = {}
        self.drafts: list[_Draft] = []
        self.last_in_lane: dict[str, int] = {}
        self.responding = ""
        """The lane of the response that spoke last."""
        self.confirmed: list[int] = []
        """Configurations that the server has confirmed so far, by the client event that asked."""

    # first pass: the session, and what answers what

    def _first_pass(self, entry: Entry) -> _Row | None:
        self.ended = self.ended or entry.kind is Kind.END
        if entry.kind in {Kind.REQUEST, Kind.RESPONSE} and entry.side is not Side.PROXY:
            self._http(entry)
        elif entry.kind is Kind.GAP:
            self.lost += int(entry.members.get("lost", 1))
            return None
        elif entry.kind is Kind.END:
            return _Row(read(entry), appended_ms=self.session.input_audio.total_ms) if _is_reset(entry) else None
        elif entry.kind not in {Kind.MESSAGE, Kind.CLOSE} or entry.side is Side.PROXY:
            return None
        event = read(entry)
        row = _Row(event)
        if event.from_client and event.type not in APPENDS:
            refused = refusal(event, self.session)
            row.refusal = refused.code if refused else ""
            row.repeats = event.type == "session.update" and is_in_force(event, self.session)
        before = () if event.from_client or event.type.endswith(".delta") else tuple(self.session.unanswered)
        self.session.apply(event)
        left = {id(pending) for pending in self.session.unanswered}
        row.answered = tuple(pending.at.n for pending in before if id(pending) not in left)
        row.appended_ms = self.session.input_audio.total_ms
        row.appended_t = self.session.input_audio.last_append_t or 0.0
        return row if entry.kind in {Kind.MESSAGE, Kind.CLOSE} else None

    def _http(self, entry: Entry) -> None:
        if entry.kind is Kind.REQUEST:
            self.requests.append(entry)
        elif self.requests and entry.members.get("status") != 101:
            self.exchanges.append(Exchange(self.requests.pop(0), entry))
        elif self.requests:
            self.requests.pop(0)
            self.opened_t = entry.t

    # second pass: expectations and steps

    def script(self) -> Script:
        """Return the script."""
        closed = False
        for row in self.rows:
            if closed:
                break
            closed = row.event.type in {WIRE_CLOSE, WIRE_END}
            if closed:
                self._close(row)
            elif row.event.from_client:
                self._expect(row)
            else:
                self._step(row)
        self._interruptions()
        needs = self._needs()
        upgrades = [exchange for exchange in self.exchanges if exchange.is_upgrade]
        return Script(
            name=self.name,
            expected=tuple(replace(e, needs=tuple(needs.get(e.index, ()))) for e in self.expected),
            steps=tuple(self._freeze()),
            refusal=upgrades[-1] if upgrades and not self.rows else None,
            exchanges=tuple(exchange for exchange in self.exchanges if not exchange.is_upgrade),
            dialect=self.session.dialect,
            streamed=self.session.is_streamed,
            cut_off=not self.ended and not closed,
            lost=self.lost,
            header=self.header,
            client_types=frozenset(row.event.type for row in self.rows if row.event.from_client),
        )

    def _expect(self, row: _Row) -> None:
        event = row.event
        if event.type in APPENDS:
            return
        index = self.by_n[event.n] = len(self.expected)
        needed = event.type not in OPTIONAL and not row.repeats
        item_id = dig(event.body, "item.id", "") if event.type == "conversation.item.create" else ""
        self.expected.append(Expected(index, event, needed, despite=row.refusal, item_id=str(item_id)))

    def _step(self, row: _Row) -> None:
        event = row.event
        answered = next((self.by_n[n] for n in row.answered if n in self.by_n), None)
        draft = _Draft(event, lane_of(event, self.session, answered, self.responding))
        index = len(self.drafts)
        self.drafts.append(draft)
        self.responding = draft.lane if draft.lane.startswith("response:") else self.responding
        before = self.last_in_lane.get(draft.lane)
        self.last_in_lane[draft.lane] = index
        if before is not None:
            draft.after.add(before)
            draft.request = self.drafts[before].request
        unasked = event.type == "input_audio_buffer.committed" and answered is None and before is None
        if event.type in _GATED or unasked:
            self._hear(draft, row)
        self._cause(draft, answered, row, is_first=before is None)

    def _hear(self, draft: _Draft, row: _Row) -> None:
        """Have what voice detection says wait for the audio that it heard."""
        if row.appended_ms:
            draft.gate = (row.appended_ms, row.appended_t)
        else:  # an idle user who never spoke, or audio that took another way, as in a sideband to a call
            self._by_position(draft)
        spoken = self.last_in_lane.get("default response")
        if draft.event.type == _TIMEOUT and spoken is not None:
            draft.after.add(self.last_in_lane[self.drafts[spoken].lane])

    def _cause(self, draft: _Draft, answered: int | None, row: _Row, *, is_first: bool) -> None:
        event = draft.event
        if event.type == "response.created":
            self._begin_response(draft)
        elif event.type == "response.done":
            pass  # a cancel it answers is a cause only if it was cancelled by it: see _interruptions
        elif answered is not None:
            self._answer(draft, answered)
        elif event.type == "error":
            self._by_position(draft)
        elif draft.lane == AUDIO or draft.gate:
            draft.causes.update(self.confirmed)
        elif draft.lane.startswith("transcription:"):
            self._begin_transcription(draft, row)
        elif is_first and draft.lane != SESSION:
            self._by_position(draft)

    def _answer(self, draft: _Draft, answered: int) -> None:
        draft.causes.add(answered)
        draft.answers = answered
        expected = self.expected[answered]
        if draft.event.type == "error":
            self._change(answered, refused=True, needed=False, despite="")
        elif expected.type == "session.update" and expected.needed:
            self.confirmed.append(answered)
        elif expected.type == "conversation.item.create" and not expected.item_id:
            self._change(answered, item_id=str(dig(draft.event.body, "item.id", "")))

    def _begin_response(self, draft: _Draft) -> None:
        response = self.session.responses.get(str(dig(draft.event.body, "response.id", "")))
        request = response.request if response else None
        if response is not None and request is not None and request.at.n in self.by_n:
            draft.request = draft.answers = self.by_n[request.at.n]
            self._heard_before(draft, draft.request)
            draft.causes.add(draft.request)
            draft.causes.update(e.index for e in self._updates() if e.event.n < request.at.n)
        else:
            self._begun_by_itself(draft)
        if response is not None and not response.out_of_band:
            before = self.last_in_lane.get("default response")
            if before is not None:
                draft.after.add(self.last_in_lane[self.drafts[before].lane])
            self.last_in_lane["default response"] = self.last_in_lane[draft.lane]

    def _heard_before(self, draft: _Draft, request: int) -> None:
        """Have a response wait for what the user had said by then, if voice detection heard it, not the client."""
        asked = self.expected[request].event
        ends = [i for i, other in enumerate(self.drafts) if other.event.n < asked.n and _ends_speech(other)]
        if not ends or _has_own_context(asked):
            return
        end = self.drafts[ends[-1]]
        began = [i for i in range(ends[-1]) if _begins_speech(self.drafts[i]) and _same_item(self.drafts[i], end)]
        draft.after.add(ends[-1])
        self._change(request, speech=(began or ends)[-1])

    def _begun_by_itself(self, draft: _Draft) -> None:
        """The server began a response of its own accord: after the user's audio, or for a reason nobody recorded."""
        heard = self.last_in_lane.get(AUDIO)
        if heard is not None:
            draft.after.add(heard)
        else:
            self._by_position(draft)

    def _begin_transcription(self, draft: _Draft, row: _Row) -> None:
        if draft.after:
            return
        heard = [i for i, other in enumerate(self.drafts[:-1]) if other.lane == AUDIO and _same_item(other, draft)]
        commit = next((i for i in heard if self.drafts[i].event.type == "input_audio_buffer.committed"), None)
        if commit is not None:
            draft.after.add(commit)
        elif row.appended_ms:
            draft.gate = (row.appended_ms, row.appended_t)
        else:
            self._by_position(draft)

    def _by_position(self, draft: _Draft) -> None:
        """Nothing says what it answers: the last client event before it stands for the cause."""
        earlier = [expected.index for expected in self.expected if expected.needed]
        draft.causes.update(earlier[-1:])
        if len(self.drafts) > 1:
            draft.after.add(len(self.drafts) - 2)

    def _updates(self) -> Iterable[Expected]:
        return (e for e in self.expected if e.type == "session.update" and e.needed)

    def _close(self, row: _Row) -> None:
        """The server closed: after everything before, as much audio as had come included."""
        if row.event.from_server or row.event.type == WIRE_END:
            needed = {expected.index for expected in self.expected if expected.needed}
            gate = (row.appended_ms, row.appended_t) if row.appended_ms else None
            self.drafts.append(_Draft(row.event, CLOSE, causes=needed, gate=gate))

    def _change(self, index: int, **members: object) -> None:
        self.expected[index] = replace(self.expected[index], **members)  # type: ignore[arg-type]  # names of fields

    # what interrupted a response

    def _interruptions(self) -> None:
        for response in self.session.responses.values():
            if response.status == "cancelled" and response.done is not None:
                self._interruption(response, response.done.n)

    def _interruption(self, response: Response, done_n: int) -> None:
        lane = [i for i, draft in enumerate(self.drafts) if draft.lane == f"response:{response.id}"]
        cancel = self.by_n.get(response.cancel.n) if response.cancel is not None else None
        if response.reason != "turn_detected" and cancel is not None:
            self._change(cancel, needed=True)
            at = self.expected[cancel].event.n
            for index in lane:
                if self.drafts[index].event.n > at:
                    self.drafts[index].causes.add(cancel)
            return
        speech = [
            i
            for i, draft in enumerate(self.drafts)
            if draft.event.type == "input_audio_buffer.speech_started" and response.created.n < draft.event.n < done_n
        ]
        for index in lane if speech else ():
            if index > speech[-1]:
                self.drafts[index].after.add(speech[-1])
        heard = [index for index in lane if speech and index < speech[-1]]
        if heard:  # a faster client must not be heard before there is something to interrupt
            self.drafts[speech[-1]].after.add(heard[-1])

    # order among client events

    def _needs(self) -> dict[int, list[int]]:
        """Return for each event of the conversation which others have to come before it.

        A `response.create` needs all that came since the one before; everything else needs the last `response.create`.
        """
        needs: dict[int, list[int]] = {}
        asked: int | None = None
        since: list[int] = []
        for expected in self.expected:
            if expected.type not in CONVERSATION:
                continue
            aside = expected.event.get("response.conversation") == "none"
            if _has_own_context(expected.event):
                continue
            needs[expected.index] = [asked] if asked is not None else []
            if expected.refused:  # nothing rests on it; what came before it tells it from an equal one
                needs[expected.index] += since
                continue
            if expected.type != "response.create":
                since.append(expected.index)
                continue
            needs[expected.index] += since
            if not aside:
                asked, since = expected.index, []
        return needs

    # the end

    def _freeze(self) -> Iterable[Step]:
        optional: set[int] = set()
        for index, draft in enumerate(self.drafts):
            if draft.lane == CLOSE:
                draft.after.update(set(range(index)) - optional)
            elif any(not self.expected[c].needed for c in draft.causes) or draft.after & optional:
                optional.add(index)
            yield Step(
                index=index,
                event=draft.event,
                lane=draft.lane,
                after=tuple(sorted(draft.after)),
                causes=tuple(sorted(draft.causes)),
                gate_ms=draft.gate[0] if draft.gate else None,
                delay_s=max(0.0, draft.event.t - self._last_cause_t(draft)),
                answers=draft.answers,
                request=draft.request,
                optional=index in optional,
                ids=frozenset(item_ids(draft.event.body)),
            )

    def _last_cause_t(self, draft: _Draft) -> float:
        times = [self.drafts[i].event.t for i in draft.after] + [self.expected[i].event.t for i in draft.causes]
        if draft.gate:
            times.append(draft.gate[1])
        return max(times, default=self.opened_t)


def _is_reset(entry: Entry) -> bool:
    return entry.members.get("how") == "reset" and entry.members.get("by") == "server"


def is_in_force(event: Event, session: Session) -> bool:
    """Tell whether a `session.update` asks only for what the server has already confirmed, or was asked before."""
    asked = event.body.get("session")
    if not isinstance(asked, dict):
        return False
    return any(update.session == asked for update in session.updates if update.status != "rejected") or (
        bool(session.updates) and _within(asked, session.config)
    )


def _within(part: object, whole: object) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _within(value, whole[name]) for name, value in part.items())
    return part == whole


def _has_own_context(event: Event) -> bool:
    """Tell whether a `response.create` asks outside the conversation, and brings along what it is about."""
    return event.get("response.conversation") == "none" and event.get("response.input") is not None


def _begins_speech(draft: _Draft) -> bool:
    return draft.event.type == "input_audio_buffer.speech_started"


def _ends_speech(draft: _Draft) -> bool:
    """Tell whether the user's audio became an item without the client's asking."""
    return draft.event.type == "input_audio_buffer.committed" and draft.answers is None


def _same_item(one: _Draft, other: _Draft) -> bool:
    item_id = other.event.body.get("item_id")
    return item_id is not None and one.event.body.get("item_id") == item_id
