"""Asked once it is certain that no session came of the upgrade request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import is_openai
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import WIRE_REQUEST, Event
from realtime_inspector.protocol.realtime.session import Session

_WAIT_S = 3.0
_PATH = "/v1/realtime"
_PLACES = (
    ("gpt-live-transcribe", "it transcribes: connect with ?intent=transcription and name it in the session"),
    ("gpt-live-", "it speaks the Live API: connect to /v1/live/sessions, which has events of its own"),
    ("gpt-realtime-translate", "it translates: connect to /v1/realtime/translations"),
    ("gpt-realtime-whisper", "it transcribes: connect with ?intent=transcription and name it in the session"),
    ("gpt-transcribe", "it transcribes: connect with ?intent=transcription and name it in the session"),
    ("gpt-4o-transcribe", "it transcribes: connect with ?intent=transcription and name it in the session"),
    ("gpt-4o-mini-transcribe", "it transcribes: connect with ?intent=transcription and name it in the session"),
    ("whisper-1", "it transcribes: connect with ?intent=transcription and name it in the session"),
)
"""How a model's name begins, and where it belongs."""


class ModelEndpointMismatch(Rule):
    """The model in the URL is not one that converses over this endpoint.

    Why: OpenAI answers with an error (invalid_model) or a refusal, and there is no session.
    Fix: connect to the endpoint that the message names, or choose a gpt-realtime model.
    Limits: looked at for OpenAI only, for compatible servers name what they transcribe with in the URL; and only
        where no session began.
    Source: Realtime API and Live API, models and endpoints (read 2026-11-22).
    """

    id = "CON010"
    name = "model-endpoint-mismatch"
    severity = Severity.ERROR
    on = (WIRE_REQUEST,)
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime-2.1 {"Host": "api.openai.com"}
        < 404
        x
        """,
        """
        > GET /v1/realtime?model=whisper-1 {"Host": "speech.example.com"}
        < 400
        x
        """,
        """
        > GET /v1/realtime?model=gpt-realtime-whisper {"Host": "api.openai.com"}
        < 101
        < {"type": "session.created", "session": {"id": "s1", "type": "transcription", "audio": {}}}
        +5s .
        """,
        """
        > GET /v1/realtime/translations?model=gpt-realtime-translate {"Host": "api.openai.com"}
        < 101
        +5s .
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-live-1 {"Host": "api.openai.com"}  # CON010
        < 101
        < {"type": "error", "error": {"type": "invalid_request_error", "code": "invalid_model"}}
        x< 4000 invalid_request_error.invalid_model
        x
        """,
        """
        > GET /v1/realtime?model=gpt-4o-transcribe {"Host": "api.openai.com"}  # CON010
        < 400 {"error": {"message": "no"}}
        +5s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Leave the server the time to say that it takes the model after all."""
        if _advice(after) and is_openai(after) and after.request is event:
            yield Deadline(event.t + _WAIT_S, event, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterable[Finding]:
        """Say where the model belongs."""
        answered = session.first_server is not None or session.handshake is not None
        if session.created is None and answered and not session.counts.get("wire.gap"):
            model = session.query["model"]
            message = f"{model} is no model of {_PATH}: {_advice(session)}"
            yield self.finding(deadline.event, message, t=deadline.moment(session))


def _advice(session: Session) -> str:
    """Return where the model of the URL belongs; nothing where it is in its place."""
    if session.target.partition("?")[0].rstrip("/") != _PATH or "intent" in session.query:
        return ""
    model = session.query.get("model", "")
    return next((advice for name, advice in _PLACES if model.startswith(name)), "")
