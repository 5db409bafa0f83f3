"""A session of the Live API, used as a `Machine` is: `session.start`, then both sides speak in one stream each.

There is no voice detection to be configured, no item, no response and no truncation. What the assistant says stands in
the scenario, as in any session; its calls are delegations to the client, and what follows them is said when the client
has appended something to the delegation. Time passes with the audio that comes, 200 ms at a step; that, and that the
assistant waits for a pause and is silent when the user speaks again, is this simulator's way: the API says nothing of
either. Delegations to models of the server, fixtures and telephones are not simulated, and are refused.

Source: `openai` 3.54.0, `openai/types/live` (read 2026-11-24).
"""

from __future__ import annotations

import copy
from array import array
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat
from realtime_inspector.simulator import config, envelope, errors, g711, usage, voice
from realtime_inspector.simulator.errors import Refusal
from realtime_inspector.simulator.exchange import CLOSED, Exchange, Handler
from realtime_inspector.simulator.frames import Frame, Partner
from realtime_inspector.simulator.listening import decoded
from realtime_inspector.simulator.prompter import Prompter
from realtime_inspector.simulator.scenario import Scenario
from realtime_inspector.simulator.shape import Array, Either, Nullable, Number, Object, Tagged, Text

MODEL = "gpt-live-"
"""The beginning of the names of its models."""
SESSION_S = 7200
"""How long a session may last, as clients report it."""
MOST_TOKENS = 500
"""What may be appended at once."""
VOICES = (
    *("alloy", "ash", "ballad", "beacon", "bossa", "cedar", "cinder", "coral", "delta", "echo", "gleam", "marin"),
    *("meridian", "quartz", "ripple", "sage", "shida", "shimmer", "stone", "tempo", "verse", "vesper", "willow"),
)

_RATES = (16000, 24000)
_MOST_MESSAGES = 128
_8K = Number(8000, 8000, integer=True)
_FORMAT = Tagged(
    {
        "audio/pcm": Object({"type": Text(), "rate": Number(integer=True)}, required=("rate",)),
        "audio/pcmu": Object({"type": Text(), "rate": _8K}, required=("rate",)),
        "audio/pcma": Object({"type": Text(), "rate": _8K}, required=("rate",)),
    }
)
_VOICE = Either(Text(VOICES), Object({"id": Text()}, required=("id",)))
_DELEGATION = Tagged(
    {"client": Object({"type": Text(), "acknowledgement_delay_ms": Nullable(Number(0, integer=True))})}
)
_MESSAGE = Object({"role": Text(("developer", "user", "assistant"))}, required=("role", "content"), is_open=True)
_SESSION = Object(
    {
        "model": Text(),
        "audio": Nullable(
            Object({"format": Nullable(_FORMAT), "output": Nullable(Object({"voice": Nullable(_VOICE)}))})
        ),
        "delegation": Nullable(_DELEGATION),
        "input": Nullable(Array(_MESSAGE)),
        "instructions": Nullable(Text()),
        "safety_identifier": Nullable(Text()),
        "store": Nullable(config.FLAG),
    },
    required=("model",),
)
_UPDATE = Object({"delegation": Nullable(_DELEGATION)})
_TO_BE_SAID = "session.commentary.append"
_APPENDS = ("session.instructions.append", "session.thinking.append", _TO_BE_SAID)
_NOT_SIMULATED = (
    "session.output_audio.fixture.play",
    *("decision.create", "decision.item.create", "decision.item.delete"),
    *("response.create", "response.item.create"),
)


class LiveMachine(Exchange):
    """One connection."""

    def __init__(self, scenario: Scenario, *, seed: str = "0", unix: int = 0) -> None:
        """Begin a connection; the arguments are those of `Machine`. The server says nothing before `session.start`."""
        super().__init__(seed)
        self._prompter = Prompter(scenario)
        self._unix = unix
        self._config: dict[str, Any] | None = None
        self._format = AudioFormat()
        self._partner = Partner(self._prompter)
        self._muted = False
        self._delegations: set[str] = set()

    def _handlers(self) -> Mapping[str, Handler]:
        return {
            "session.start": self._on_start,
            "session.update": self._on_update,
            "session.close": self._on_close,
            "session.input_audio.append": self._on_audio,
            "session.input_audio.mute": self._on_mute,
            "session.input_audio.unmute": self._on_mute,
            **dict.fromkeys(_APPENDS, self._on_context),
            **dict.fromkeys(_NOT_SIMULATED, self._on_others),
        }

    def _refuse(self, refusal: Refusal, event_id: str | None) -> None:
        """Answer with an error as this API writes it: a code always, other members where they are known."""
        body = {"type": "invalid_request_error", "code": refusal.code or "invalid_value", "message": refusal.message}
        if refusal.param is not None:
            body["param"] = refusal.param
        if event_id is not None:
            body["client_event_id"] = event_id
        self._schedule.emit("error", error=body)

    def _expired(self) -> None:
        self._end("expired")

    # the session

    def _on_start(self, event: Mapping[str, Any]) -> None:
        envelope.only(event, "session")
        if self._config is not None:
            raise Refusal("The session has been started already.", "invalid_value", "type")
        asked = event.get("session")
        if asked is None:
            raise errors.missing("session")
        _check_delegation(asked)
        _SESSION.check(asked, "session")
        _check_limits(asked)
        self._config = _started(asked, self._ids.make("live"), self._unix + SESSION_S)
        self._format = AudioFormat.read(self._config["audio"]["format"]) or AudioFormat()
        self._partner = Partner(self._prompter, self._format.rate)
        self._schedule.start(self._expire(), SESSION_S)
        self._answer("session.started", event, session=copy.deepcopy(self._config))

    def _on_update(self, event: Mapping[str, Any]) -> None:
        session = self._session()
        envelope.only(event, "session")
        asked = event.get("session")
        if asked is None:
            raise errors.missing("session")
        _check_delegation(asked)
        _UPDATE.check(asked, "session")
        session["delegation"] |= asked.get("delegation") or {}
        self._answer("session.updated", event, session=copy.deepcopy(session))

    def _on_close(self, event: Mapping[str, Any]) -> None:
        self._session()
        envelope.only(event)
        self._end("close_requested", **_named(event))

    def _end(self, reason: str, **members: Any) -> None:
        figures = {"seconds": self._partner.heard_ms / 1000}
        self._schedule.emit("session.closed", reason=reason, session=self._config, usage=figures, **members)
        self._close(CLOSED)

    def _session(self) -> dict[str, Any]:
        """Return the session, which everything but its start needs."""
        if self._config is None:
            raise Refusal("The session has not been started; send session.start first.", "invalid_value", "type")
        return self._config

    def _answer(self, event_type: str, event: Mapping[str, Any], **members: Any) -> None:
        """Acknowledge an event, by its id if it has one."""
        self._schedule.emit(event_type, **members, **_named(event))

    # what the client gives

    def _on_audio(self, event: Mapping[str, Any]) -> None:
        self._session()
        envelope.only(event, "audio")
        data = decoded(event.get("audio"))
        samples = voice.samples(data) if self._format.name == PCM else g711.decode(data, self._format.name)
        self._tell(self._partner.hear(array("h", bytes(2 * len(samples))) if self._muted else samples))

    def _on_mute(self, event: Mapping[str, Any]) -> None:
        self._session()
        envelope.only(event)
        self._muted = event["type"].endswith(".mute")
        self._answer(f"{event['type']}d", event)

    def _on_context(self, event: Mapping[str, Any]) -> None:
        self._session()
        envelope.only(event, "content", "delegation_id")
        _check_content(event.get("content"))
        delegation_id = self._delegation(event)
        at = self._partner.heard_ms
        self._answer(f"{event['type']}ed", event, start_ms=at, end_ms=at)
        if delegation_id is not None and event["type"] == _TO_BE_SAID:
            self._delegations.discard(delegation_id)
            self._prompter.answered(delegation_id)
            if not self._delegations:
                self._partner.answer()

    def _delegation(self, event: Mapping[str, Any]) -> str | None:
        """Return the delegation that an event names; it may be null, but not be left out."""
        if "delegation_id" not in event:
            raise errors.missing("delegation_id")
        delegation_id: str | None = event["delegation_id"]
        Nullable(Text()).check(delegation_id, "delegation_id")
        if delegation_id is not None and delegation_id not in self._delegations:
            raise Refusal(f"Delegation '{delegation_id}' does not exist.", "invalid_value", "delegation_id")
        return delegation_id

    def _on_others(self, event: Mapping[str, Any]) -> None:
        self._session()
        message = f"'{event['type']}' is not simulated: this server delegates to the client alone."
        raise Refusal(message, "invalid_value", "type")

    # what the assistant says

    def _tell(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            at = {"start_ms": frame.start_ms, "end_ms": self._partner.heard_ms}
            if frame.failure is not None:
                failure = {"type": "server_error", "code": "server_error", "message": "", **frame.failure}
                self._schedule.emit("error", error=failure)
            for _ in frame.calls:
                self._delegate(frame.start_ms)
            if frame.heard:
                self._schedule.emit("session.input_transcript.delta", delta=frame.heard, **at)
            if frame.spoken.words:
                self._schedule.emit("session.output_transcript.delta", delta=frame.spoken.words, **at)
            if frame.spoken.sound:
                sound = b64encode(self._encoded(frame.spoken.sound)).decode()
                self._schedule.emit_without_id({"type": "session.output_audio.delta", "delta": sound})

    def _delegate(self, offset_ms: int) -> None:
        made = {"id": self._ids.make("deleg"), "type": "delegation", "target": "client"}
        self._delegations.add(made["id"])
        self._prompter.called(made["id"])
        self._schedule.emit("session.delegation.created", delegation=made, offset_ms=offset_ms)

    def _encoded(self, sound: bytes) -> bytes:
        """Return PCM of 24 kHz in the session's format."""
        if self._format == AudioFormat():
            return sound
        samples = voice.samples(sound)
        if self._format.name != PCM:
            return g711.encode(g711.to_8k(samples), self._format.name)
        return voice.pcm(array("h", [samples[at * 3 // 2] for at in range(len(samples) * 2 // 3)]))


def _started(asked: Mapping[str, Any], session_id: str, expires_at: int) -> dict[str, Any]:
    """Return a session as the server shows it, with its defaults."""
    audio = asked.get("audio") or {}
    return {
        **copy.deepcopy(dict(asked)),
        "id": session_id,
        "status": "active",
        "expires_at": expires_at,
        "audio": {
            "format": audio.get("format") or {"type": PCM, "rate": voice.RATE},
            "output": {"voice": (audio.get("output") or {}).get("voice") or "marin"},
        },
        "delegation": {"acknowledgement_delay_ms": 0, **(asked.get("delegation") or {"type": "client"})},
        "store": bool(asked.get("store")),
    }


def _check_content(content: Any) -> None:
    if content is None:
        raise errors.missing("content")
    Text().check(content, "content")
    if (tokens := usage.words(content)) > MOST_TOKENS:
        message = f"Invalid 'content': {tokens} tokens are more than {MOST_TOKENS}."
        raise Refusal(message, "invalid_value", "content")


def _check_delegation(asked: Any) -> None:
    """Refuse what the API takes and this server has nothing for, in words that say so."""
    delegation = asked.get("delegation") if isinstance(asked, dict) else None
    kind = delegation.get("type") if isinstance(delegation, dict) else None
    if kind in {"responses", "decisions"}:
        message = f"The simulator has no model to delegate to with '{kind}': only 'client' is simulated."
        raise Refusal(message, "invalid_value", "session.delegation.type")


def _check_limits(asked: Mapping[str, Any]) -> None:
    """Refuse another kind of model, a rate between the two, and a history that is too long."""
    if not asked["model"].startswith(MODEL):
        raise errors.wrong_endpoint(asked["model"], "session.model")
    form = (asked.get("audio") or {}).get("format") or {}
    if form.get("type") == PCM and form["rate"] not in _RATES:
        raise errors.wrong_value(form["rate"], list(map(str, _RATES)), "session.audio.format.rate")
    if len(asked.get("input") or ()) > _MOST_MESSAGES:
        message = f"Invalid 'session.input': more than {_MOST_MESSAGES} messages."
        raise Refusal(message, "invalid_value", "session.input")


def _named(event: Mapping[str, Any]) -> dict[str, Any]:
    return {"client_event_id": event["event_id"]} if event.get("event_id") is not None else {}
