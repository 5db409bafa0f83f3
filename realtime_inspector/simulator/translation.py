"""A session of `/v1/realtime/translations`, used as a `Machine` is: audio in, words and sound of another language out.

There are no items, no responses and no turns. The user's words are told if a transcription is asked for, and the
`say` of a scenario's turn is the translation of its `heard`. Which languages there are, and what is refused beyond the
shape of the events, is not known: every language is taken.

Source: `openai` 3.54.0, `openai/types/realtime/realtime_translation_*` (read 2026-11-24).
"""

from __future__ import annotations

import copy
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from realtime_inspector.simulator import config, envelope, errors, voice
from realtime_inspector.simulator.exchange import CLOSED, Exchange, Handler
from realtime_inspector.simulator.frames import Frame, Interpreter
from realtime_inspector.simulator.listening import decoded
from realtime_inspector.simulator.machine import EXPIRED, REFUSED, Opening
from realtime_inspector.simulator.prompter import Prompter
from realtime_inspector.simulator.scenario import Scenario
from realtime_inspector.simulator.shape import Nullable, Number, Object, Text

MODEL = "gpt-realtime-translate"
"""The beginning of the names of models that translate."""
_REDUCTION = Object({"type": Text(("near_field", "far_field")), "strength": Nullable(Number())}, required=("type",))
_AUDIO = Object(
    {
        "input": Nullable(
            Object(
                {
                    "noise_reduction": Nullable(_REDUCTION),
                    "transcription": Nullable(Object({"model": Text()}, required=("model",))),
                }
            )
        ),
        "output": Nullable(Object({"language": Nullable(Text())})),
    }
)
UPDATE = Object({"audio": Nullable(_AUDIO)})
"""What an update may hold."""
SESSION = Object({"model": Text(), "audio": Nullable(_AUDIO)}, required=("model",))
"""What a client may ask an ephemeral key for."""


class TranslationMachine(Exchange):
    """One connection."""

    def __init__(
        self,
        scenario: Scenario,
        opening: Opening,
        *,
        seed: str = "0",
        unix: int = 0,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin a connection; the arguments are those of `Machine`."""
        super().__init__(seed)
        self._interpreter = Interpreter(Prompter(scenario))
        self._config = default_session(self._ids.make("sess"), opening.model, unix)
        if not opening.model_given or not opening.model.startswith(MODEL):
            refusal = errors.wrong_endpoint(opening.model) if opening.model_given else errors.missing("model")
            self._refuse(refusal, None)
            self._close(REFUSED, f"invalid_request_error.{refusal.code}")
            return
        if asked is not None and asked["type"] == "translation":
            self._config = updated(self._config, {"audio": asked.get("audio")})
        self._schedule.start(self._expire(), config.SESSION_S)
        self._schedule.emit("session.created", session=copy.deepcopy(self._config))

    def _handlers(self) -> Mapping[str, Handler]:
        return {
            "session.update": self._on_update,
            "session.input_audio_buffer.append": self._on_append,
            "session.close": self._on_close,
        }

    def _expired(self) -> None:
        refusal = errors.session_expired(config.SESSION_S // 60)
        self._refuse(refusal, None)
        self._close(EXPIRED, refusal.message)

    def _on_update(self, event: Mapping[str, Any]) -> None:
        envelope.only(event, "session")
        self._config = updated(self._config, event.get("session"))
        self._schedule.emit("session.updated", session=copy.deepcopy(self._config))

    def _on_append(self, event: Mapping[str, Any]) -> None:
        envelope.only(event, "audio")
        self._tell(self._interpreter.hear(voice.samples(decoded(event.get("audio")))))

    def _on_close(self, event: Mapping[str, Any]) -> None:
        envelope.only(event)
        self._tell(self._interpreter.rest())
        self._schedule.emit("session.closed")
        self._close(CLOSED)

    def _tell(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            at = {"elapsed_ms": frame.start_ms}
            if frame.failure is not None:
                self._schedule.emit("error", error=errors.planned(frame.failure))
            if frame.heard and self._config["audio"]["input"]["transcription"] is not None:
                self._schedule.emit("session.input_transcript.delta", delta=frame.heard, **at)
            if frame.spoken.words:
                self._schedule.emit("session.output_transcript.delta", delta=frame.spoken.words, **at)
            if frame.spoken.sound:
                sound = {"sample_rate": voice.RATE, "channels": 1, "format": "pcm16", **at}
                self._schedule.emit("session.output_audio.delta", delta=b64encode(frame.spoken.sound).decode(), **sound)


def default_session(session_id: str, model: str, now_unix: int) -> dict[str, Any]:
    """Return the session of a `session.created`."""
    return {
        "id": session_id,
        "type": "translation",
        "model": model,
        "expires_at": now_unix + config.SESSION_S,
        "audio": {"input": {"noise_reduction": None, "transcription": None}, "output": {"language": None}},
    }


def updated(session: Mapping[str, Any], asked: Any) -> dict[str, Any]:
    """Return the session after an update; `session` itself stays as it is.

    Raises:
        Refusal: If the update is not accepted.
    """
    if asked is None:
        raise errors.missing("session")
    UPDATE.check(asked, "session")
    result = copy.deepcopy(dict(session))
    for direction, members in (asked.get("audio") or {}).items():
        result["audio"][direction] |= copy.deepcopy(members or {})
    reduction = result["audio"]["input"]["noise_reduction"]
    if reduction is not None and reduction.get("strength") is None:  # the one in force stays
        reduction["strength"] = (session["audio"]["input"]["noise_reduction"] or {"strength": 1})["strength"]
    return result
