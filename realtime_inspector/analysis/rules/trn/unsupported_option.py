"""A transcription option that the chosen model does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule, is_openai
from realtime_inspector.analysis.rule import Deadline
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

WAIT_S = 2.0
KNOWN = frozenset(
    {
        "whisper-1",
        "gpt-4o-transcribe",
        "gpt-4o-mini-transcribe",
        "gpt-4o-transcribe-diarize",
        "gpt-realtime-whisper",
        "gpt-transcribe",
        "gpt-live-transcribe",
    }
)
ONLY: Mapping[str, frozenset[str]] = {
    "delay": frozenset({"gpt-realtime-whisper"}),
    "keywords": frozenset({"gpt-transcribe", "gpt-live-transcribe"}),
    "languages": frozenset({"gpt-transcribe", "gpt-live-transcribe"}),
    "prompt": KNOWN - {"gpt-realtime-whisper", "gpt-4o-transcribe-diarize"},
}
"""Option → the models that have it."""
_PATH = "audio.input.transcription"


class UnsupportedOption(GaRule):
    """The transcription is given an option that its model does not have.

    Why: the server refuses the whole session.update, or leaves the option out.
    Fix: take the option out, or choose a model that has it: delay is of gpt-realtime-whisper; keywords and languages of
        gpt-transcribe and gpt-live-transcribe; prompt of neither gpt-realtime-whisper nor the diarizing model.
    Limits: only models of OpenAI by name, on its own server. Where the server takes it, nothing is said; where it does not
        answer, or drops the option, it is a warning.
    Source: Realtime API reference, `session.audio.input.transcription` (read 2026-11-22).
    """

    id = "TRN006"
    name = "unsupported-option"
    severity = Severity.ERROR
    on = ("session.update",)
    good = (
        """
        > GET /v1/realtime?intent=transcription {"Host": "api.openai.com"}
        > {"type": "session.update", "session": {"type": "transcription", "audio": {"input": {"transcription": {"model": "gpt-realtime-whisper", "delay": "low", "language": "en"}}}}}
        +5s .
        """,
        """
        > GET /v1/realtime?intent=transcription {"Host": "api.openai.com"}
        > {"type": "session.update", "session": {"type": "transcription", "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe", "prompt": "Names: Ada", "keywords": null}}}}}
        < {"type": "session.updated", "session": {"type": "transcription", "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe", "prompt": "Names: Ada"}}}}}
        +5s .
        """,
        """
        # the server takes it and shows it
        > GET /v1/realtime?intent=transcription {"Host": "api.openai.com"}
        > {"type": "session.update", "session": {"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1", "keywords": ["Ada"]}}}}}
        < {"type": "session.updated", "session": {"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1", "keywords": ["Ada"]}}}}}
        +5s .
        """,
    )
    bad = (
        """
        > GET /v1/realtime?intent=transcription {"Host": "api.openai.com"}
        > {"type": "session.update", "session": {"type": "transcription", "audio": {"input": {"transcription": {"model": "gpt-realtime-whisper", "prompt": "Names: Ada"}}}}}  # TRN006
        < {"type": "error", "error": {"type": "invalid_request_error", "code": "invalid_value", "param": "session.audio.input.transcription.prompt", "message": "Prompt is not supported."}}
        +5s .
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com"}
        < {"type": "session.created", "session": {"type": "realtime", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe", "delay": "low"}}}}}  # TRN006
        < {"type": "session.updated", "session": {"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}}
        +5s .
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Say nothing at once: the server's answer tells what it makes of it."""
        yield from ()

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the server's answer."""
        if event.from_client and is_openai(after) and _strange(event):
            yield Deadline(event.t + WAIT_S, event, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask what became of the update."""
        event = deadline.event
        update = next((each for each in session.updates if each.at.n == event.n), None)
        model = text(event.get(f"session.{_PATH}.model"))
        shown = mapping(dig(update.effective, _PATH)) if update is not None and update.effective is not None else {}
        left = [option for option in _strange(event) if shown.get(option) in (None, "", [])]
        if update is None or not left:
            return
        named = " and ".join(left)
        made_of_it = {"rejected": "the server refuses the update", "accepted": "the server leaves it out"}.get(
            update.status, "the server has not answered the update"
        )
        yield self.finding(
            event,
            f"{model} has no {named} in transcription, and {made_of_it}: take it out, or choose "
            f"{' or '.join(sorted(ONLY[left[0]]))}",
            severity=Severity.ERROR if update.status == "rejected" else Severity.WARNING,
            cause=update.answer,
            corrected=_without(event.body, set(left)),
            t=deadline.moment(session),
        )


def _strange(event: Event) -> list[str]:
    """Return the options that the named model does not have."""
    asked = mapping(event.get(f"session.{_PATH}"))
    model = text(asked.get("model"))
    if model not in KNOWN:
        return []
    return [
        option for option, models in ONLY.items() if asked.get(option) not in (None, "", []) and model not in models
    ]


def _without(body: Mapping[str, Any], options: set[str]) -> dict[str, Any]:
    """Return the event without these options of its transcription."""
    session = dict(mapping(body.get("session")))
    audio = dict(mapping(session.get("audio")))
    asked = dict(mapping(audio.get("input")))
    asked["transcription"] = {
        name: value for name, value in mapping(asked.get("transcription")).items() if name not in options
    }
    return {**body, "session": {**session, "audio": {**audio, "input": asked}}}
