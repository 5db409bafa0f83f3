"""Where the sounds of a call stand on one time axis: the user's voice on one side, the assistant's on the other.

The traffic says when audio was sent, not when it was spoken or heard. So the axis is a model, the same one as that of
`Playback`:

    the user       A piece was spoken before it was sent: it ends when it arrived. Pieces follow each other without a
                   gap, as at a receiver that waits `JITTER_S` for a late one; a longer wait is silence.
    the assistant  An item begins when its first piece arrived, or when the item before it has been played. Where
                   nothing is left to play, there is silence until more comes. An item that was cancelled or truncated
                   does not hold up the next one: where that begins, it ends.

Places are samples at the axis's rate. Nothing here touches a sample: `sound.py` does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from realtime_inspector.analysis.lint import events
from realtime_inspector.analysis.turns import Turn, Utterance, turns
from realtime_inspector.protocol.event import APPENDS, Event
from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.protocol.realtime.changes import streaming
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Entry, Side

JITTER_S = 0.2
"""How late a piece of the user's audio may come without a gap, and how long before its arrival it can have begun."""
RATE = 24000
"""The rate of an axis without any sound."""
_WAITING = 16
"""How many items of the assistant can wait for each other to be played."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The audio of one event, as it was sent."""

    n: int
    t: float
    side: Side
    item_id: str
    """The assistant's item; empty for the user."""
    size: int
    """Bytes."""
    format: AudioFormat


@dataclass(frozen=True, slots=True)
class Piece:
    """The audio of one event in its place."""

    sent: Sent
    start: int
    samples: int
    half: bool = False
    """It begins with the second half of a sample, whose first half ends the piece before it."""


@dataclass(slots=True)
class Voice:
    """An item of the assistant that has sound."""

    item_id: str
    start: int
    end: int
    """Where it would have ended."""
    heard: int
    """Where it fell silent: at its end, where the client stopped playing, or where the next one began."""
    clip: int | None = None
    """Where the next one began over it."""
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the axis, in samples."""

    start: int
    end: int


@dataclass(slots=True)
class Layout:
    """Everything that sounds, in its place."""

    session: Session
    rate: int
    length: int
    """Samples from the recording's start to its end."""
    user: list[Piece]
    voices: dict[str, Voice]
    """By item id, in the order in which they began."""
    spoken: dict[str, Window]
    """The user's item id → where it was spoken."""
    turns: list[Turn]

    @property
    def end(self) -> int:
        """Where the axis ends: with the recording, or with a sound that goes on after it."""
        user = max((piece.start + piece.samples for piece in self.user), default=0)
        assistant = max((_until(voice) for voice in self.voices.values()), default=0)
        return max(self.length, user, assistant)

    def seconds(self, place: int) -> float:
        """Return a place as a time of the recording."""
        return place / self.rate

    def pieces(self, side: Side, *, heard: bool) -> Iterator[Piece]:
        """Yield the pieces of a side; of the assistant's only what sounds, or what was heard."""
        if side is Side.CLIENT:
            yield from self.user
            return
        for voice in self.voices.values():
            until = min(voice.heard, self.length) if heard else _until(voice)
            for piece in voice.pieces:
                samples = max(0, min(piece.samples, until - piece.start))
                if samples or not piece.samples:
                    yield piece if samples == piece.samples else replace(piece, samples=samples)

    def begin_of(self, n: int) -> int | None:
        """Return where that begins which an entry stands for: what the user said, or an item of the assistant."""
        for turn in self.turns:
            for each in turn.user:
                if each.start.n == n and item_of(each) in self.spoken:
                    return self.spoken[item_of(each)].start
        for voice in self.voices.values():
            item = self.session.items.get(voice.item_id)
            if item is not None and item.first is not None and item.first.n == n:
                return voice.start
        return None

    def window(self, number: int) -> Window | None:
        """Return where a turn stands: from the user's first word, or its first event, to the next turn."""
        starts = [self._begin(turn) for turn in self.turns]
        if not 1 <= number <= len(starts):
            return None
        end = starts[number] if number < len(starts) else self.end
        return Window(starts[number - 1], max(starts[number - 1], end))

    def _begin(self, turn: Turn) -> int:
        spoken = self.spoken.get(item_of(turn.user[0])) if turn.user else None
        first = spoken.start if spoken is not None else round(turn.start.t * self.rate)
        return min([first, *(self.voices[item.id].start for item in turn.items if item.id in self.voices)])


def item_of(utterance: Utterance) -> str:
    """Return the id of the item that an utterance became, or is about to become."""
    if utterance.item is not None:
        return utterance.item.id
    return utterance.speech.item_id if utterance.speech is not None else ""


def layout(recording: Iterable[Entry]) -> Layout:
    """Return where every sound of a recording stands."""
    listener = Listener(Session())
    for event in events(recording):
        listener.session.apply(event)
        listener.note(event)
    return arranged(listener)


def arranged(listener: Listener) -> Layout:
    """Return where everything stands that was noted; the session must have come to its end."""
    session = listener.session
    rate = max((sent.format.rate for sent in listener.sent), default=RATE)
    user, places = _user([sent for sent in listener.sent if sent.side is Side.CLIENT], rate)
    voices = _assistant([sent for sent in listener.sent if sent.side is Side.SERVER], listener.released, rate)
    for voice in voices.values():
        voice.heard = _heard(voice, session, rate)
    return Layout(
        session=session,
        rate=rate,
        length=round(session.now * rate),
        user=user,
        voices=voices,
        spoken=_spoken(session, listener.committed, places),
        turns=turns(session),
    )


class Listener:
    """Notes what was sent, beside whoever folds the session: `note` comes after the event was applied."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.sent: list[Sent] = []
        self.released: dict[str, int] = {}
        """Item id → the entry from which on it holds nothing up."""
        self.committed: dict[str, tuple[float, float]] = {}
        """Item id → from where to where of the appended audio it goes, in milliseconds."""

    def note(self, event: Event) -> None:
        """Take one event in."""
        session = self.session
        if event.audio_bytes:
            self._note(event)
        elif event.type == "input_audio_buffer.committed":
            audio = session.input_audio
            self.committed[str(event.get("item_id", ""))] = (audio.emptied_before_ms, audio.emptied_ms)
        elif event.type in {"conversation.item.truncate", "conversation.item.truncated"}:
            self.released.setdefault(str(event.get("item_id", "")), event.n)
        elif event.type == "response.done" and event.get("response.status") == "cancelled":
            response = session.responses.get(str(event.get("response.id", "")))
            for item_id in response.item_ids if response is not None else ():
                self.released.setdefault(item_id, event.n)

    def _note(self, event: Event) -> None:
        session = self.session
        side = event.side
        if event.type in APPENDS:
            kind, item_id, side = session.input_audio.format, "", Side.CLIENT
        elif event.type == streaming.SOUND and event.from_server:
            stretch = session.stretches["assistant"]
            kind = (stretch.response.audio_format if stretch.response else None) or session.output_format
            item_id = stretch.item.id
        elif ga_name(event.type) == "response.output_audio.delta":
            response = session.responses.get(str(event.get("response_id", "")))
            kind = (response.audio_format if response is not None else None) or session.output_format
            item_id = str(event.get("item_id", ""))
        else:
            return
        self.sent.append(Sent(event.n, event.t, side, item_id, event.audio_bytes, kind))


class _Stream:
    """Bytes that follow each other, and the places of their samples."""

    def __init__(self, rate: int, first: int) -> None:
        self.rate = rate
        self.end = first
        self._first = first
        self._samples = 0
        self._odd = 0
        self._format: AudioFormat | None = None

    def begin(self, first: int) -> None:
        """Go on at another place."""
        self._first, self._samples, self.end = first, 0, first

    def add(self, sent: Sent) -> Piece:
        """Put a piece at the end; half a sample waits for its other half."""
        if sent.format != self._format:
            self._format, self._odd = sent.format, 0
            self.begin(self.end)
        half = bool(self._odd)
        whole, self._odd = divmod(self._odd + sent.size, 2 if sent.format.name == PCM else 1)
        start = self.end
        self._samples += whole
        self.end = self._first + self._samples * self.rate // sent.format.rate
        return Piece(sent, start, self.end - start, half)


def _user(sent: Sequence[Sent], rate: int) -> tuple[list[Piece], _Places]:
    pieces: list[Piece] = []
    places = _Places(rate)
    stream = _Stream(rate, 0)
    for each in sent:
        begun = round(max(0.0, each.t - min(each.format.duration_ms(each.size) / 1000, JITTER_S)) * rate)
        if not pieces or begun > stream.end + JITTER_S * rate:
            stream.begin(begun)
        places.note(stream.end)
        pieces.append(stream.add(each))
        places.sent_ms += each.format.duration_ms(each.size)
    return pieces, places


def _assistant(sent: Sequence[Sent], released: dict[str, int], rate: int) -> dict[str, Voice]:
    voices: dict[str, Voice] = {}
    streams: dict[str, _Stream] = {}
    for each in sent:
        arrived = round(each.t * rate)
        stream = streams.get(each.item_id)
        if stream is None:
            start = _free(list(voices.values())[-_WAITING:], arrived, each.n, released)
            stream = streams[each.item_id] = _Stream(rate, start)
            voices[each.item_id] = Voice(each.item_id, start, start, start)
        elif arrived > stream.end:
            stream.begin(arrived)
        voice = voices[each.item_id]
        voice.pieces.append(stream.add(each))
        voice.end = voice.heard = stream.end
    return voices


def _free(voices: Iterable[Voice], arrived: int, n: int, released: dict[str, int]) -> int:
    """Return where an item can begin that arrived just now, and end there what was let go."""
    gone = [voice for voice in voices if released.get(voice.item_id, n) < n]
    start = max([arrived, *(voice.end for voice in voices if voice not in gone)])
    for voice in gone:
        voice.clip = start if voice.clip is None else min(voice.clip, start)
    return start


def _until(voice: Voice) -> int:
    return voice.end if voice.clip is None else max(voice.start, min(voice.clip, voice.end))


def _heard(voice: Voice, session: Session, rate: int) -> int:
    """Return where an item fell silent: where the client says that it stopped playing, if it says so."""
    playback = session.playback.get(voice.item_id)
    until = _until(voice)
    if playback is None or playback.cut_ms is None:
        return until
    rest = round(playback.cut_ms * rate / 1000)
    for piece in voice.pieces:
        if rest <= piece.samples:
            return min(until, piece.start + max(0, rest))
        rest -= piece.samples
    return until


class _Places:
    """From an offset into all appended audio to its place on the axis."""

    def __init__(self, rate: int) -> None:
        self.sent_ms = 0.0
        self._rate = rate
        self._offsets: list[float] = []
        self._starts: list[int] = []

    def note(self, start: int) -> None:
        """Note where the next piece begins."""
        self._offsets.append(self.sent_ms)
        self._starts.append(start)

    def of(self, offset_ms: float) -> int | None:
        """Return the place of an offset; None if nothing was appended."""
        if not self._offsets:
            return None
        at = max(0, bisect_right(self._offsets, min(offset_ms, self.sent_ms)) - 1)
        return self._starts[at] + round(max(0.0, min(offset_ms, self.sent_ms) - self._offsets[at]) * self._rate / 1000)

    def window(self, start_ms: float, end_ms: float) -> Window | None:
        """Return the part of the axis between two offsets; the end is that of what sounds before it."""
        start, end = self.of(start_ms), self.of(max(start_ms, end_ms - 0.001))
        return Window(start, max(start, end)) if start is not None and end is not None else None


def _spoken(session: Session, committed: dict[str, tuple[float, float]], places: _Places) -> dict[str, Window]:
    """Return where the user's items were spoken: as voice detection says, else as they were committed."""
    spans = dict(committed)
    for speech in session.input_audio.speech:
        if speech.start_ms is not None:
            end_ms = speech.end_ms if speech.end_ms is not None else spans.get(speech.item_id, (0.0, places.sent_ms))[1]
            spans[speech.item_id] = (speech.start_ms, end_ms)
    found = {item_id: places.window(start, end) for item_id, (start, end) in spans.items() if end > start}
    return {item_id: window for item_id, window in found.items() if window is not None}
