"""A silence, the session as it was when it ended, and what a cause of it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from realtime_inspector.analysis.silences import Silence, shows_only
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, ResponseRequest, ServerError
from realtime_inspector.protocol.realtime.state import State

LOOK_BACK = 300
"""How many of the newest items, responses and errors are looked through."""
RECENT_S = 1.0
_ASKED_BEFORE_S = 2.0
"""What begins sooner may have been asked for before a recording began that begins in mid-call."""


class Confidence(StrEnum):
    """How sure it is."""

    CERTAIN = "certain"
    """The server says so, or nothing else is possible."""
    LIKELY = "likely"
    """Inferred from what did not come."""
    UNKNOWN = "unknown"
    """The traffic does not tell."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """An entry that shows it."""

    at: At
    words: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Why there was no answer."""

    label: str
    """In kebab case, such as `output-without-response`."""
    words: str
    """One sentence, without its full stop."""
    evidence: tuple[Evidence, ...] = ()
    confidence: Confidence = Confidence.LIKELY
    fix: str = ""
    rules: tuple[str, ...] = ()
    """The rules that flag the same thing."""
    needs: frozenset[str] = frozenset()
    """What it concludes from, in the words of `left_out.py`; a log without that does not tell."""


@dataclass(frozen=True, slots=True)
class View:
    """A silence and the session as it was at its end."""

    state: State
    silence: Silence
    last_append: At | None = None
    """The client's last audio."""
    last_clear: At | None = None
    """Where the client last emptied the buffer of audio."""
    refused: Mapping[int, ServerError] = field(default_factory=dict)
    """Entry of a client event → the error that refused it."""

    @classmethod
    def of(cls, state: State, silence: Silence, last_append: At | None = None, last_clear: At | None = None) -> View:
        """Return the view of a silence."""
        errors = {error.cause.n: error for error in state.errors if error.cause is not None}
        return cls(state, silence, last_append, last_clear, errors)

    def within(self, at: At | None) -> bool:
        """Tell whether something happened in the silence, or in the answer before it."""
        return at is not None and self.silence.first_n < at.n < self.silence.last_n

    @property
    def response(self) -> Response | None:
        """The last response of the conversation that belongs to the silence: that before it too, if none followed."""
        recent = islice(reversed(self.state.responses.values()), LOOK_BACK)
        found = next((r for r in recent if not r.out_of_band and self.within(r.created)), None)
        return found or self.spoke

    @property
    def spoke(self) -> Response | None:
        """The response that was heard before, as the session has it at the silence's end."""
        before = self.silence.before
        return self.state.responses.get(before.response.id) if before is not None else None

    @property
    def request(self) -> ResponseRequest | None:
        """The last `response.create` for the conversation in it."""
        own = self.spoke.request if self.spoke is not None else None
        recent = islice(reversed(self.state.requests), LOOK_BACK)
        return next((r for r in recent if r is not own and not r.out_of_band and self.within(r.at)), None)

    def since(self, at: At) -> str:
        """Return how long before the silence's end something was, as words."""
        return span(max(0.0, self.silence.end - at.t))

    @property
    def before(self) -> str:
        """Before what the silence was, as words."""
        return "before the user spoke again" if self.silence.again is not None else "before the recording ends"

    def ago(self, at: At) -> str:
        """Return how long before the silence's end something was, and what its end is, as words."""
        return f"{self.since(at)} {self.before}" if self.is_timed else self.before

    @property
    def needs_beginning(self) -> frozenset[str]:
        """What tells whether the server answers by itself: the settings, unless it has done so before."""
        recent = islice(reversed(self.state.responses.values()), LOOK_BACK)
        own = any(r.request is None and not r.out_of_band and r.created.t > _ASKED_BEFORE_S for r in recent)
        return frozenset() if own else frozenset({left_out.BEGINNING})

    @property
    def is_timed(self) -> bool:
        """Whether anything shows when things happened; a log may not."""
        return self.state.now > 0


def span(seconds: float) -> str:
    """Return a duration as words: `85 ms`, `3.2 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def quoted(error: ServerError) -> str:
    """Return what an error says."""
    return f'"{error.message.rstrip(".")}"' + (f" ({error.code})" if error.code else "")


def shown(*seen: tuple[At | None, str]) -> Iterator[Evidence]:
    """Yield evidence of what there is."""
    for at, words in seen:
        if at is not None:
            yield Evidence(at, words)


def asked_after(view: View, at: At) -> bool:
    """Tell whether a response was asked for or begun behind an entry."""
    asked = (request.at for request in islice(reversed(view.state.requests), LOOK_BACK) if not request.out_of_band)
    begun = (r.created for r in islice(reversed(view.state.responses.values()), LOOK_BACK) if not r.out_of_band)
    return any(each.n > at.n for each in (*asked, *begun))


def server_answers(view: View) -> bool:
    """Tell whether voice detection begins a response by itself when the user has spoken."""
    detection = view.state.turn_detection
    return detection is not None and detection.get("create_response") is not False


def newer_input(view: View, response: Response) -> bool:
    """Tell whether the user spoke or wrote after a response began, so that it is not what is waited for."""
    audio = view.state.input_audio
    speech = last_speech(view)
    committed = audio.last_committed_n or 0
    cut = response.reason == "turn_detected" and speech is not None and audio.active_speech is None
    spoken = committed > response.created.n and not cut
    written = any(
        is_written(view, item) and item.first is not None and item.first.n > response.created.n
        for item in islice(reversed(view.state.items.values()), LOOK_BACK)
    )
    return spoken or written


def last_speech(view: View) -> At | None:
    """Return where the user began to speak last."""
    speech = view.state.input_audio.speech[-1] if view.state.input_audio.speech else None
    return At(speech.started_n, speech.started_t) if speech is not None else None


def limits_used_up(state: State) -> str:
    """Return which limit of the account has nothing left, as words; empty if none."""
    for name, limit in state.rate_limits.items():
        if isinstance(limit, Mapping) and limit.get("remaining") == 0 and limit.get("limit"):
            return f"none of {limit['limit']} {name} is left"
    return ""


def beginning(state: State) -> tuple[Evidence, ...]:
    """Return the session's beginning as evidence."""
    return tuple(shown((state.created or state.first_server, "the session begins")))


def is_written(view: View, item: Item) -> bool:
    """Tell whether an item is what the user wrote within the silence."""
    written = item.by_client or bool(item.text)  # what was spoken has a transcript
    said = item.committed is None and written and not shows_only(item.body)
    return item.role == "user" and said and view.within(item.first)
