"""Asked where a model is named: at the upgrade request, and at an update that chooses who transcribes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import in_beta_times, is_openai
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_REQUEST, Event, dig
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

_CONVERSING = date(2027, 1, 20)
_TRANSCRIBING = date(2027, 2, 26)
_ENDS: Mapping[str, date] = {
    "gpt-realtime": _CONVERSING,
    "gpt-realtime-2025-08-28": _CONVERSING,
    "gpt-realtime-mini": _CONVERSING,
    "gpt-realtime-mini-2025-12-15": _CONVERSING,
    "gpt-4o-transcribe": _TRANSCRIBING,
    "gpt-4o-mini-transcribe": _TRANSCRIBING,
    "gpt-4o-transcribe-diarize": _TRANSCRIBING,
    "whisper-1": _TRANSCRIBING,
}
"""Model → the day on which OpenAI shuts it down, as announced until 2026-11-22."""
_GONE = "gpt-4o-realtime-preview"
"""How the names of those begin that are shut down already."""
_TRANSCRIBER = "audio.input.transcription.model"


class ModelDeprecated(Rule):
    """OpenAI has shut the model down, or has announced the day on which it will.

    Why: from that day on there is no session, or no response and no transcript in it.
    Fix: move to a newer model before that day: gpt-realtime-2.1 to converse, gpt-transcribe to transcribe.
    Limits: looked at for OpenAI only; other servers and Azure's deployments go on under old names. Days announced
        after this release are not known to it. What was recorded while the model still ran is information only.
    Source: types of the `openai` package 3.54.0, and the models' pages of the API's documentation (read 2026-11-22).
    """

    id = "CON011"
    name = "model-deprecated"
    severity = Severity.INFO
    on = (WIRE_REQUEST, "session.update")
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime-2.1 {"Host": "api.openai.com"}
        < 101
        > {"type": "session.update", "session": {"type": "realtime"}}
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "realtime.example.com"}
        < 101
        """,
        """
        > {"type": "session.update", "session": {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}}
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-4o-realtime-preview-2024-10-01 {"Host": "api.openai.com"}  # CON011
        < 404
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com"}  # CON011
        < 101
        > {"type": "session.update", "session": {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}}  # CON011
        > {"type": "session.update", "session": {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}}
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the model up, the first time it is named."""
        if event.type == WIRE_REQUEST:
            before = _with(before, event)
            model = before.query.get("model", "")
        else:
            model = text(event.get(f"session.{_TRANSCRIBER}"))
            if any(dig(update.session, _TRANSCRIBER) == model for update in before.updates):
                return
        if model and is_openai(before):
            yield from self._judge(event, model, before)

    def _judge(self, event: Event, model: str, before: Session) -> Iterator[Finding]:
        end, started = _ENDS.get(model), before.started
        gone = model.startswith(_GONE) or (end is not None and started is not None and _day(started) >= end)
        if gone:
            message = f"{model} is shut down{f' since {end}' if end else ''}: move to a newer model"
            yield self.finding(event, message, severity=None if in_beta_times(before) else Severity.WARNING)
        elif end is not None:
            yield self.finding(event, f"{model} will be shut down on {end}: move to a newer model before that")


def _with(before: Session, request: Event) -> Session:
    """Return a session that knows the request, which is asked about before it is applied."""
    session = Session()
    session.upstream, session.started = before.upstream, before.started
    session.apply(request)
    return session


def _day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()
