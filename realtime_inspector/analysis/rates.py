"""How often and how much: the figures of a session that are no waits, made so that those of many sessions add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.rules.err.codes import BENIGN
from realtime_inspector.analysis.rules.vad.micro_turns import is_no_turn
from realtime_inspector.protocol.realtime.state import State


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts and sums of one session, or of several together."""

    responses: int = 0
    interrupted: int = 0
    """Responses that the server ended because it heard the user."""
    spoken: int = 0
    """Turns that voice detection began."""
    false_turns: int = 0
    """Those of them that are no words, as far as their transcript or their length tells."""
    heard: tuple[float, ...] = ()
    """Of each truncated item, which part of it was heard."""
    factors: tuple[float, ...] = ()
    """Of each response, how many seconds of audio came in a second."""
    stalls: int = 0
    """How often the player had nothing to play in the middle of an item."""
    stalled_ms: float = 0.0
    appended_ms: float = 0.0
    """The user's audio."""
    speech_ms: float = 0.0
    """What of it voice detection took for speech."""
    delivered_ms: float = 0.0
    """The assistant's audio."""
    length_s: float = 0.0
    """From `session.created` to the end."""
    idle_s: float = 0.0
    """For how long of it neither of the two was to be heard."""
    errors: Counter[str] = field(default_factory=Counter)
    """Code → how often; what breaks nothing is left out."""
    benign: int = 0

    @classmethod
    def of(cls, session: State) -> Rates:
        """Return the counts and sums of a session."""
        responses, speech = session.responses.values(), session.input_audio.speech
        told = [error.code or error.type or "unknown" for error in session.errors]
        begin_t = session.created.t if session.created is not None else 0.0
        return cls(
            responses=len(responses),
            interrupted=sum(r.status == "cancelled" and r.reason == "turn_detected" for r in responses),
            spoken=len(speech),
            false_turns=sum(is_no_turn(session, each) for each in speech),
            heard=tuple(part for item in session.items.values() if (part := metrics.heard_ratio(item)) is not None),
            factors=tuple(found for r in responses if (found := metrics.real_time_factor(r)) is not None),
            stalls=sum(playback.stalls for playback in session.playback.values()),
            stalled_ms=sum(playback.stalled_ms for playback in session.playback.values()),
            appended_ms=session.input_audio.total_ms,
            speech_ms=sum(metrics.speech_ms(each) or 0.0 for each in speech),
            delivered_ms=sum(item.audio_ms for item in session.items.values()),
            length_s=session.now - begin_t,
            idle_s=session.now - begin_t - _covered_s(_sounds(session), begin_t, session.now),
            errors=Counter(code for code in told if code not in BENIGN),
            benign=sum(code in BENIGN for code in told),
        )

    def __add__(self, other: Rates) -> Rates:
        return Rates(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def interruption_rate(self) -> float | None:
        """Which part of the responses the user interrupted."""
        return _part(self.interrupted, self.responses)

    @property
    def false_turn_rate(self) -> float | None:
        """Which part of the spoken turns were no words."""
        return _part(self.false_turns, self.spoken)

    @property
    def idle_share(self) -> float | None:
        """Which part of the time nobody was to be heard."""
        return _part(self.idle_s, self.length_s)


def _sounds(session: State) -> Iterable[tuple[float, float]]:
    """Yield when somebody was to be heard: from, to."""
    for speech in session.input_audio.speech:
        ends = (speech.silent_t, speech.stopped_t, session.now)
        end_t = next(t for t in ends if t is not None)
        yield speech.spoke_t if speech.spoke_t is not None else speech.started_t, end_t
    for playback in session.playback.values():
        yield playback.start_t, playback.heard_until_t


def _covered_s(spans: Iterable[tuple[float, float]], begin_t: float, end_t: float) -> float:
    """Return how much of the time between two moments lies in any of the spans."""
    covered, until = 0.0, begin_t
    for start, end in sorted(spans):
        covered += max(0.0, min(end, end_t) - max(start, until))
        until = max(until, min(end, end_t))
    return covered


def _part(count: float, of: float) -> float | None:
    return count / of if of > 0 else None
