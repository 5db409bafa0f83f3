"""The figures of a session: how long the user waited, for what, and what it took in tokens.

Pure functions of a session and its turns. Times are milliseconds between moments at which this tool read the events;
None where one of the two did not happen. Playback is not on the wire, so "audio" means the first delta that arrived,
the earliest moment at which a sound can have been heard.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realtime_inspector.analysis.turns import Turn
from realtime_inspector.protocol.realtime.audio import Speech
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, ToolCall
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import mapping


def connect_ms(session: State) -> float | None:
    """Return the time from the upgrade request to `session.created`."""
    return _between(session.request.t if session.request else None, session.created)


def config_ms(session: State) -> float | None:
    """Return the time from the first `session.update` to its `session.updated`."""
    first = next((update for update in session.updates if update.status == "accepted"), None)
    return _between(first.at.t, first.answer) if first is not None else None


def length_s(session: State) -> float:
    """Return how long the recording is, in seconds."""
    return session.now


def time_to_first_audio_ms(response: Response) -> float | None:
    """Return the time from `response.created` to the first audio of the response; None where nothing announces it."""
    return None if response.streamed else _between(response.created.t, response.first_audio)


def create_to_output_ms(response: Response) -> float | None:
    """Return the time from the client's `response.create` to the first audio, text or argument delta."""
    return _between(response.request.at.t if response.request else None, response.first_output)


def generation_ms(response: Response) -> float | None:
    """Return the time from `response.created` to `response.done`; None where nothing announces it."""
    return None if response.streamed else _between(response.created.t, response.done)


def speech_stop_to_audio_ms(turn: Turn) -> float | None:
    """Return the time from `speech_stopped` to the first audio of the turn."""
    return _wait_ms(turn, turn.speech_stop_t, turn.first_audio_t)


def voice_to_voice_ms(turn: Turn) -> float | None:
    """Return the time from the end of the user's speech to the first audio: what a caller feels as the wait.

    The end is when the client sent the last of the speech, without the silence that voice detection waited for. Where
    the client commits by itself, it is the commit.
    """
    committed_t = turn.committed_t if turn.spoken and not turn.streamed else None
    return _wait_ms(turn, turn.silent_t if turn.speech_start_t is not None else committed_t, turn.first_audio_t)


def answer_ms(turn: Turn) -> float | None:
    """Return how long the turn's first output took, spoken or written.

    Counted from `speech_stopped`, else from what the client asked last, else from when the user's words stood in the
    conversation.
    """
    request = turn.responses[0].request if turn.responses else None
    asked = request.at.t if request is not None else turn.committed_t
    return _wait_ms(turn, turn.speech_stop_t if turn.speech_stop_t is not None else asked, turn.first_output_t)


def tool_round_trip_ms(call: ToolCall) -> float | None:
    """Return how long the application took: from the complete arguments to the output it sent."""
    return _between(call.done.t if call.done else None, call.outputs[0] if call.outputs else None)


def follow_up_ms(turn: Turn, call: ToolCall) -> float | None:
    """Return the time from a call's output to the first output of the response that used it."""
    if not call.outputs:
        return None
    sent = call.outputs[0]
    later = (response.first_output for response in turn.responses if response.created.n > sent.n)
    return _between(sent.t, next((first for first in later if first is not None), None))


def heard_ratio(item: Item) -> float | None:
    """Return which part of an item's audio was heard, where the client said so; at most 1."""
    if item.truncated_ms is None or item.audio_ms <= 0:
        return None
    return min(1.0, item.truncated_ms / item.audio_ms)


def speech_ms(speech: Speech) -> float | None:
    """Return how long the user spoke, as voice detection counts it: padding and the silence at the end included."""
    return None if speech.start_ms is None or speech.end_ms is None else speech.end_ms - speech.start_ms


def endpointing_ms(speech: Speech) -> float | None:
    """Return how long voice detection took to tell that the user had fallen silent; its share of the wait."""
    return _ms(speech.silent_t, speech.stopped_t)


def barge_in_detect_ms(speech: Speech) -> float | None:
    """Return how long voice detection took to tell that the user had begun to speak."""
    return _ms(speech.spoke_t, speech.started_t)


def server_stop_ms(session: State, speech: Speech) -> float | None:
    """Return how long the server took to end the response that the user interrupted; None if he interrupted none."""
    ended = (
        response.done
        for response in session.responses.values()
        if response.reason == "turn_detected" and response.created.n < speech.started_n
    )
    return _between(speech.started_t, next((done for done in ended if done and done.n > speech.started_n), None))


def client_stop_ms(session: State, speech: Speech) -> float | None:
    """Return how long the client took to truncate what was playing when the user began to speak; None if nothing was.

    The truncation is the only sign on the wire that it stopped playing.
    """
    later = session.input_audio.speech
    until_n = next((each.started_n for each in later if each.started_n > speech.started_n), None)
    for playback in session.playback.values():
        playing = playback.start_t < speech.started_t < playback.end_t + playback.stalled_ms / 1000
        cut_n = playback.cut_n or 0
        if playing and cut_n > speech.started_n and (until_n is None or cut_n < until_n):
            return _ms(speech.started_t, playback.cut_t)
    return None


def transcription_ms(item: Item) -> float | None:
    """Return how long after the commit what the user said was transcribed."""
    done = min(item.transcribed.values(), key=lambda at: at.n, default=None)
    return _between(item.committed.t if item.committed else None, done)


def dead_air_ms(session: State, turn: Turn) -> float | None:
    """Return how long the user heard nothing because of a tool: from the last sound, or his own last word, to the next.

    None for a turn without a call, or without a sound after it.
    """
    call = min((call.done for call in turn.calls if call.done is not None), key=lambda at: at.n, default=None)
    heard = (r.first_audio for r in turn.responses if r.first_audio is not None and call and r.first_audio.n > call.n)
    after = next(heard, None)
    if call is None or after is None:
        return None
    item = next((item.id for item in turn.items if item.first is not None and item.first.n > call.n), "")
    begins_t = session.playback[item].start_t if item in session.playback else after.t
    before = [each.heard_until_t for each in session.playback.values() if each.start_t < call.t]
    spoken_t = turn.silent_t if turn.silent_t is not None else turn.speech_stop_t
    own_t = spoken_t if spoken_t is not None else turn.committed_t
    quiet_t = max([*before, *([own_t] if own_t is not None else [])], default=call.t)
    return round(max(0.0, begins_t - quiet_t) * 1000, 3)


def real_time_factor(response: Response) -> float | None:
    """Return how many seconds of audio came in a second; below 1 the user hears gaps. None for a single piece."""
    first, last = response.first_audio, response.last_audio
    if first is None or last is None or last.t <= first.t:
        return None
    return response.audio_ms / 1000 / (last.t - first.t)


def interruptions(turns: Iterable[Turn]) -> int:
    """Return how many turns were interrupted."""
    return sum(turn.interrupted for turn in turns)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What responses took, as the server counted it; cached tokens are part of the input."""

    input: int = 0
    output: int = 0
    input_text: int = 0
    input_audio: int = 0
    cached: int = 0
    output_text: int = 0
    output_audio: int = 0

    @property
    def total(self) -> int:
        """Input and output."""
        return self.input + self.output

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def tokens_of(response: Response) -> Tokens:
    """Return what one response took. Its input is the whole conversation so far, not only what is new."""
    usage = response.usage
    given, made = mapping(usage.get("input_token_details")), mapping(usage.get("output_token_details"))
    return Tokens(
        input=_count(usage, "input_tokens"),
        output=_count(usage, "output_tokens"),
        input_text=_count(given, "text_tokens"),
        input_audio=_count(given, "audio_tokens"),
        cached=_count(given, "cached_tokens"),
        output_text=_count(made, "text_tokens"),
        output_audio=_count(made, "audio_tokens"),
    )


def input_of(response: Response) -> int:
    """Return how many tokens a response read."""
    return _count(response.usage, "input_tokens")


def total_of(response: Response) -> int:
    """Return how many tokens a response read and made."""
    return _count(response.usage, "input_tokens") + _count(response.usage, "output_tokens")


def tokens(session: State) -> Tokens:
    """Return what all responses of a session took, out-of-band ones too."""
    return sum((tokens_of(response) for response in session.responses.values()), Tokens())


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of one thing, in milliseconds."""

    count: int
    median: float
    p95: float
    max: float


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return the spread of the values that are known; None if there is none."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return Spread(len(known), percentile(known, 50), percentile(known, 95), known[-1])


def median(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are known; None if there is none."""
    found = spread(values)
    return found.median if found is not None else None


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile of ascending values, between two of them in proportion.

    Raises:
        ValueError: If there are no values.
    """
    if not ordered:
        raise ValueError("no values, hence no percentile")
    place = (len(ordered) - 1) * percent / 100
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def _ms(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else round((end - start) * 1000, 3)


def _wait_ms(turn: Turn, start: float | None, end: float | None) -> float | None:
    """Return a wait; there is none where both sides speak at once."""
    waited_ms = _ms(start, end)
    return None if waited_ms is not None and waited_ms < 0 and turn.streamed else waited_ms


def _between(start: float | None, end: At | None) -> float | None:
    return _ms(start, end.t if end is not None else None)


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if type(value) is int else 0  # a boolean is none
