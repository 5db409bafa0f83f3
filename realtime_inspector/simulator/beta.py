"""The beta's dialect of the same server: flat sessions, its names of events, its content types.

OpenAI takes no beta any more; servers that speak it are still about (dated versions of Azure OpenAI, several open
ones). What a client sends is checked in the beta's shape and handed to the machine in GA's; what the machine says is
told in the beta's.

Source: `openai` 3.54.0, `types/beta/realtime` (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.catalogue import BETA_CLIENT_TYPES, BETA_TO_GA
from realtime_inspector.simulator import config, envelope, errors
from realtime_inspector.simulator.errors import Refusal
from realtime_inspector.simulator.machine import Machine, Opening
from realtime_inspector.simulator.scenario import Scenario
from realtime_inspector.simulator.schedule import Close, Send
from realtime_inspector.simulator.shape import Array, Either, Nullable, Number, Object, Shape, Tagged, Text

_FORMAT = Text(("pcm16", "g711_ulaw", "g711_alaw"))
_TOOL = Object(
    {
        "type": Text(("function",)),
        "name": Text(pattern="^[a-zA-Z0-9_-]+$"),
        "description": Nullable(Text(max_length=1024)),
        "parameters": Nullable(Object({}, is_open=True)),
    },
    required=("name",),
)
_CHOICE = Either(
    Text(("auto", "none", "required")),
    Tagged({"function": Object({"type": Text(), "name": Text()}, required=("name",))}),
)
_RESPONSE_MEMBERS: Mapping[str, Shape] = {
    "modalities": Nullable(Array(Text(("text", "audio")))),
    "instructions": Nullable(Text()),
    "voice": Nullable(Text()),
    "output_audio_format": Nullable(_FORMAT),
    "tools": Nullable(Array(_TOOL)),
    "tool_choice": Nullable(_CHOICE),
    "temperature": Nullable(Number(0.6, 1.2)),
    "max_response_output_tokens": config.MAX_TOKENS,
}
_TRANSCRIBING: Mapping[str, Shape] = {
    "input_audio_format": Nullable(_FORMAT),
    "input_audio_noise_reduction": Nullable(Object({"type": Text(("near_field", "far_field"))}, required=("type",))),
    "input_audio_transcription": Nullable(Object({name: Nullable(Text()) for name in ("model", "language", "prompt")})),
    "turn_detection": Nullable(config.TURN_DETECTION),
    "include": Nullable(Array(Text())),
}
_SESSION = Object(
    {**_RESPONSE_MEMBERS, **_TRANSCRIBING, "speed": Nullable(Number(0.25, 1.5)), "model": Nullable(Text())}
)
_TRANSCRIPTION = Object(_TRANSCRIBING)
_RESPONSE = Object(
    {
        **_RESPONSE_MEMBERS,
        "conversation": Nullable(Text(("auto", "none"))),
        "metadata": Nullable(Object({}, is_open=True)),
        "input": Nullable(Array(Object({}, is_open=True))),
    }
)
_MODALITIES = (["text"], ["audio", "text"], ["text", "audio"])
_TEMPERATURE = 0.8

_FROM_GA = {ga: name for name, ga in BETA_TO_GA.items() if name.startswith("response.")}
_FORMATS = {form["type"]: name for name, form in beta.FORMATS.items()}
_PARTS = {"output_text": "text", "output_audio": "audio"}


class BetaMachine:
    """One connection in the beta's dialect; used as a `Machine` is."""

    def __init__(self, scenario: Scenario, opening: Opening | None = None, *, seed: str = "0", unix: int = 0) -> None:
        """Begin a connection; the arguments are those of `Machine`."""
        wanted = opening or Opening()
        self._machine = Machine(
            scenario, Opening(wanted.model, wanted.intent, model_given=wanted.model_given), seed=seed, unix=unix
        )
        self._temperature = _TEMPERATURE
        self._early: list[Send | Close] = []

    @property
    def session(self) -> Mapping[str, Any]:
        """The session in force, flat."""
        return self._flat(self._machine.session)

    @property
    def next_due(self) -> float | None:
        """See `Machine`."""
        return self._machine.next_due

    @property
    def is_closed(self) -> bool:
        """See `Machine`."""
        return self._machine.is_closed

    def poll(self, now: float) -> list[Send | Close]:
        """See `Machine`."""
        early, self._early = self._early, []
        return [*early, *self._told(self._machine.poll(now))]

    def receive(self, message: str | bytes, now: float, *, binary: bool = False) -> None:
        """See `Machine`."""
        if self.is_closed:
            return
        event: Mapping[str, Any] = {}
        try:
            event = envelope.read(message, binary=binary)
            taken = self._taken(event)
        except Refusal as refusal:
            named = event.get("event_id")
            error = refusal.body(named if isinstance(named, str) else None)
            self._early += self._told(self._machine.poll(now))
            self._early.append(Send(now, {"type": "error", "event_id": self._machine.new_id("event"), "error": error}))
            return
        self._machine.receive(orjson.dumps(taken), now)

    # in

    def _taken(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a client's event as GA has it.

        Raises:
            Refusal: If the beta refuses it.
        """
        kind = event.get("type")
        if kind is not None:
            Text(sorted(BETA_CLIENT_TYPES)).check(kind, "type")
        if kind in {"session.update", "transcription_session.update"}:
            self._check_session(event.get("session"), is_transcription=kind != "session.update")
        elif kind == "response.create" and event.get("response") is not None:
            _RESPONSE.check(event["response"], "response")
            _check_modalities(event["response"], "response")
        return beta.event_to_ga(event)

    def _check_session(self, session: Any, *, is_transcription: bool) -> None:
        if session is None:
            raise errors.missing("session")
        (_TRANSCRIPTION if is_transcription else _SESSION).check(session, "session")
        _check_modalities(session, "session")
        self._temperature = session.get("temperature") or self._temperature

    # out

    def _told(self, outs: list[Send | Close]) -> Iterator[Send | Close]:
        for out in outs:
            event = self._event(out.event) if isinstance(out, Send) else None
            if isinstance(out, Close):
                yield out
            elif event is not None:
                yield Send(out.due, event)

    def _event(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Return what the beta says in place of an event; None if it says nothing."""
        kind = event["type"]
        if kind == "conversation.item.done":
            return None
        if kind == "conversation.item.added":
            return {**event, "type": "conversation.item.created", "item": _item(event["item"])}
        if kind in {"session.created", "session.updated"}:
            is_transcription = event["session"]["type"] == "transcription"
            name = f"transcription_{kind}" if is_transcription else kind
            return {**event, "type": name, "session": self._flat(event["session"])}
        if kind == "error":
            return {**event, "error": _error(event["error"])}
        made = {**event, "type": _FROM_GA.get(kind, kind)}
        if kind == "response.function_call_arguments.done":
            del made["name"]
        if "response" in made:
            made["response"] = self._response(made["response"])
        if "item" in made:
            made["item"] = _item(made["item"])
        return made

    def _flat(self, session: Mapping[str, Any]) -> dict[str, Any]:
        flat = {name: session[name] for name in ("id", "object", "model", "expires_at") if name in session}
        if session["type"] == "realtime":
            flat |= {name: session[name] for name in ("instructions", "tools", "tool_choice")}
            flat |= {"modalities": _modalities(session), "temperature": self._temperature}
            flat["max_response_output_tokens"] = session["max_output_tokens"]
            output = session["audio"]["output"]
            flat |= {"voice": output["voice"], "speed": output["speed"]}
            flat["output_audio_format"] = _format(output["format"])
        heard = session["audio"]["input"]
        return flat | {
            "input_audio_format": _format(heard["format"]),
            "input_audio_transcription": heard["transcription"],
            "input_audio_noise_reduction": heard["noise_reduction"],
            "turn_detection": _detection(heard["turn_detection"]),
        }

    def _response(self, response: Mapping[str, Any]) -> dict[str, Any]:
        output = response["audio"]["output"]
        kept = {name: part for name, part in response.items() if name not in {"audio", "output_modalities"}}
        return {
            **kept,
            "output": [_item(item) for item in response["output"]],
            "modalities": _modalities(response),
            "voice": output["voice"],
            "output_audio_format": _format(output["format"]),
            "temperature": self._temperature,
        }


def _check_modalities(body: Mapping[str, Any], where: str) -> None:
    asked = body.get("modalities")
    if asked is not None and asked not in _MODALITIES:
        message = f"Invalid modalities: {asked}. Supported combinations are: ['text'] and ['audio', 'text']."
        raise Refusal(message, "invalid_value", f"{where}.modalities")


def _modalities(body: Mapping[str, Any]) -> list[str]:
    return ["audio", "text"] if "audio" in body["output_modalities"] else ["text"]


def _format(form: Mapping[str, Any]) -> str:
    return _FORMATS.get(str(form["type"]), "pcm16")


def _detection(detection: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The beta knows no idle timeout."""
    if detection is None:
        return None
    return {name: part for name, part in detection.items() if name != "idle_timeout_ms"}


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    if "content" not in item:
        return dict(item)
    return {**item, "content": [{**part, "type": _PARTS.get(part["type"], part["type"])} for part in item["content"]]}


def _error(error: Mapping[str, Any]) -> dict[str, Any]:
    """Name the parameter as the client wrote it."""
    param, message = str(error["param"] or ""), str(error["message"])
    for ga, name in _PARTS.items():
        message = message.replace(f"'{ga}'", f"'{name}'")
    for name, path in beta.SESSION_PATHS.items():
        for where in ("session", "response"):
            full = f"{where}.{path}"
            if param == full or param.startswith(f"{full}."):
                told = f"{where}.{name}{param[len(full) :]}"
                return {**error, "param": told, "message": message.replace(param, told)}
    return {**error, "message": message}
