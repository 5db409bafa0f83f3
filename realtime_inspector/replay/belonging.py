"""What each entry of a recording belongs to, as the number of the entry with which that begins.

An answer belongs to what it answers, a delta to its response, a transcript to what was said, a tool's output to the
call: whoever keeps the beginning keeps the rest, and whoever leaves it out leaves nothing behind that names it.
No socket, no clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from realtime_inspector.analysis.differences.told import Told, tell
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.protocol.event import APPENDS, dig, read
from realtime_inspector.protocol.realtime.values import text
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.causes import build
from realtime_inspector.replay.lanes import CLOSE, SESSION
from realtime_inspector.replay.script import Expected, Script, Step

_OPENING = frozenset({"session.created", "transcription_session.created", "conversation.created"})
_FRAME = (Kind.REQUEST, Kind.RESPONSE, Kind.CLOSE, Kind.END)


@dataclass(slots=True)
class Belonging:
    """What belongs to what in one recording; entries are numbered from 1 in their order."""

    entries: Sequence[Entry]
    begins: dict[int, int] = field(default_factory=dict)
    """Entry → the entry with which what it belongs to begins."""
    frame: set[int] = field(default_factory=set)
    """Handshake, beginning and end of the connection: part of any piece of it."""
    settings: set[int] = field(default_factory=set)
    """What sets the session up: accepted configurations and system messages, with their answers."""
    turns: list[int] = field(default_factory=list)
    """The entry with which each turn begins."""
    of_turn: dict[int, int] = field(default_factory=dict)
    """Where something begins that is of a turn, whenever that is → the turn."""
    told: Told = field(default_factory=lambda: tell(()))


def belonging(entries: Sequence[Entry]) -> Belonging:
    """Find out what belongs to what; the entries are numbered from 1 without holes."""
    return _Finder(entries).found


class _Finder:
    def __init__(self, entries: Sequence[Entry]) -> None:
        self.script: Script = build(entries)
        self.told = tell(entries)
        self.found = Belonging(entries, told=self.told)
        self.of_client = {expected.index: expected.event.n for expected in self.script.expected}
        self.appends: list[int] = []
        self.totals: list[float] = []
        self.edges: list[int] = []
        self._audio()
        self.items = self._heard_items()
        self.responses = self._responses()
        for expected in self.script.expected:
            self._client(expected)
        self.lanes: dict[str, int] = {}
        for step in self.script.steps:
            self._server(step)
        for entry in entries:
            if entry.kind in _FRAME:
                self.found.frame.add(entry.n)
            self.found.begins.setdefault(entry.n, entry.n)
        for turn in self.told.turns:
            begins = list(self._of_turn(turn))
            self.found.turns.append(min([turn.start.n, *begins[:1]]))
            self.found.of_turn.update(dict.fromkeys(begins, turn.number))

    def _audio(self) -> None:
        """Note where the user's audio was appended, and where its buffer was emptied by the client."""
        form = self.told.session.input_audio.format
        total = 0.0
        for entry in self.found.entries:
            if entry.side is not Side.CLIENT or entry.kind is not Kind.MESSAGE:
                continue
            event = read(entry)
            if event.type in APPENDS:
                total += form.duration_ms(event.audio_bytes)
                self.appends.append(entry.n)
                self.totals.append(total)
            elif event.type in {"input_audio_buffer.commit", "input_audio_buffer.clear"}:
                self.edges.append(entry.n)

    def _heard_items(self) -> dict[str, int]:
        """Return where the items that are made of the user's audio begin: with its first piece."""
        found: dict[str, int] = {}
        for speech in self.told.session.input_audio.speech:
            place = bisect_right(self.totals, speech.start_ms) if speech.start_ms is not None else len(self.appends)
            begin = self.appends[place] if place < len(self.appends) else speech.started_n
            found[speech.item_id] = min(begin, speech.started_n)
        for item in self.told.session.items.values():
            if item.committed is not None and item.id not in found:
                found[item.id] = self._since_edge(item.committed.n)
        return found

    def _since_edge(self, n: int) -> int:
        """Return the first piece of audio since the buffer was emptied before the commit that an entry answers."""
        commit = max((edge for edge in self.edges if edge < n), default=n)
        before = max((edge for edge in self.edges if edge < commit), default=0)
        return next((append for append in self.appends if before < append < commit), commit)

    def _responses(self) -> dict[str, int]:
        found = {}
        for response in self.told.session.responses.values():
            asked = response.request.at.n if response.request is not None else response.created.n
            found[response.id] = min(asked, response.created.n)
        return found

    def _client(self, expected: Expected) -> None:
        event = expected.event
        self.found.begins[event.n] = begin = self._subject(expected)
        if event.type.endswith("session.update") and not expected.refused:
            self.found.settings.add(event.n)
        elif event.type == "conversation.item.create":
            if expected.item_id:
                self.items.setdefault(expected.item_id, begin)
            if dig(event.body, "item.role") == "system":
                self.found.settings.add(event.n)

    def _subject(self, expected: Expected) -> int:
        """Return with which entry begins what a client event is about; itself, if it begins something."""
        event, session = expected.event, self.told.session
        call = session.calls.get(text(dig(event.body, "item.call_id")))
        if call is not None and dig(event.body, "item.type") == "function_call_output":
            return self.responses.get(call.response_id, event.n)
        if event.type == "response.cancel":
            named = text(event.body.get("response_id"))
            cancelled = (r.id for r in session.responses.values() if r.cancel is not None and r.cancel.n == event.n)
            return self.responses.get(named or next(cancelled, ""), event.n)
        if event.type == "input_audio_buffer.commit":
            return self._since_edge(event.n + 1)
        if event.type.startswith("conversation.item.") and event.type != "conversation.item.create":
            return self._item(text(event.body.get("item_id")), event.n)
        return event.n

    def _item(self, item_id: str, otherwise: int) -> int:
        if item_id in self.items:
            return self.items[item_id]
        item = self.told.session.items.get(item_id)
        return self.responses.get(item.response_id, otherwise) if item is not None else otherwise

    def _server(self, step: Step) -> None:
        event, lane = step.event, step.lane
        answered = self.of_client.get(step.answers) if step.answers is not None else None
        if event.type in _OPENING or lane == CLOSE:
            self.found.frame.add(event.n)
        elif answered is not None and (lane == SESSION or answered in self.found.settings):
            if answered in self.found.settings:
                self.found.settings.add(event.n)
            self.lanes.setdefault(lane, answered)
        kind, _, name = lane.partition(":")
        if kind == "response":
            begin = self.responses.get(name, event.n)
        elif lane != SESSION and self._named(event.body) in self.items:
            begin = self.items[self._named(event.body)]
        elif answered is not None:
            begin = self.found.begins.get(answered, answered)
        else:
            begin = self.lanes.get(lane, event.n) if kind in {"item", "transcription"} else event.n
        if kind == "item":
            self.lanes.setdefault(lane, begin)
            self._keep_with_settings(lane, event.n)
        self.found.begins[event.n] = begin

    def _keep_with_settings(self, lane: str, n: int) -> None:
        """Keep a system message's second answer with its first."""
        if self.lanes[lane] in self.found.settings:
            self.found.settings.add(n)

    def _named(self, body: object) -> str:
        return text(dig(body, "item_id")) or text(dig(body, "item.id"))

    def _of_turn(self, turn: Turn) -> Iterator[int]:
        """Yield where the parts of a turn begin: what the user said, then the answers."""
        for utterance in turn.user:
            item_id = utterance.item.id if utterance.item is not None else ""
            item_id = item_id or (utterance.speech.item_id if utterance.speech is not None else "")
            yield self.items.get(item_id, utterance.start.n)
        for response in turn.responses:
            yield self.responses[response.id]
