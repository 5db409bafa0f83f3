"""The server as a machine: client events and the time in, server events out. No socket, no clock, no model.

    machine = Machine(scenario, Opening(model="gpt-realtime"))
    machine.receive('{"type": "response.create"}', now=0.2)
    machine.poll(now=0.5)        # what is to be sent by now
    machine.next_due             # when to ask again, if nothing comes before

What a client sends never raises: what is wrong with it becomes an `error` event, as on the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.protocol.realtime.catalogue import GA_CLIENT_TYPES
from realtime_inspector.simulator import config, conversation, errors
from realtime_inspector.simulator.conversation import Conversation, Stored
from realtime_inspector.simulator.errors import Refusal
from realtime_inspector.simulator.ids import Ids
from realtime_inspector.simulator.items import INPUT_ITEM, check_item, shown, text_of
from realtime_inspector.simulator.listening import Hooks, Listening, decoded
from realtime_inspector.simulator.prompter import Prompter
from realtime_inspector.simulator.scenario import Scenario
from realtime_inspector.simulator.schedule import Close, Process, Schedule, Send
from realtime_inspector.simulator.shape import Array, Nullable, Number, Object, Pairs, Text
from realtime_inspector.simulator.speaking import Speaking

DEFAULT_MODEL = "gpt-realtime"
_LONGEST_EVENT_ID = 512
_REFUSED = 4000
"""The close code of a connection the API does not take."""

_OUTPUT = Object({"format": Nullable(config.FORMAT), "voice": Nullable(config.VOICE)})
_RESPONSE = Object(
    {
        "instructions": Nullable(Text()),
        "tools": Nullable(Array(config.TOOL)),
        "tool_choice": Nullable(config.TOOL_CHOICE),
        "output_modalities": Nullable(config.MODALITIES),
        "audio": Nullable(Object({"output": Nullable(_OUTPUT)})),
        "max_output_tokens": Nullable(config.MAX_TOKENS),
        "metadata": Nullable(Pairs(16, 64, 512)),
        "conversation": Nullable(Text(("auto", "none"))),
        "input": Nullable(Array(INPUT_ITEM)),
        "prompt": Nullable(Object({}, is_open=True)),
        "parallel_tool_calls": Nullable(config.FLAG),
        "reasoning": Nullable(config.REASONING),
    }
)
_END_MS = Number(0, integer=True)


@dataclass(frozen=True, slots=True)
class Opening:
    """How the connection was opened."""

    model: str = DEFAULT_MODEL
    intent: str = ""
    beta: bool = False
    """The client asked for the beta."""
    model_given: bool = True
    """The model stood in the URL."""


class Machine:
    """One connection."""

    def __init__(self, scenario: Scenario, opening: Opening | None = None, *, seed: str = "0", unix: int = 0) -> None:
        """Begin a connection.

        Args:
            scenario: What the assistant answers.
            opening: How the connection was opened; an ordinary one if not given.
            seed: What the ids are made from.
            unix: The wall clock in seconds, for `expires_at`.
        """
        self._ids = Ids(seed)
        self._schedule = Schedule(self._ids)
        self._prompter = Prompter(scenario)
        self._conversation = Conversation()
        self._speaking = Speaking(self._schedule, self._ids, self._conversation, self._prompter)
        hooks = Hooks(interrupted=self._interrupted, finished=self._turn_finished)
        self._listening = Listening(self._schedule, self._ids, self._conversation, self._prompter, hooks)
        self._idle: Process | None = None
        self.is_closed = False
        """The server has ended the connection: it listens no more."""
        self._open(opening or Opening(), unix)

    @property
    def session(self) -> Mapping[str, Any]:
        """The session in force."""
        return self._config

    @property
    def next_due(self) -> float | None:
        """When `poll` has something to send, if nothing comes before; None if it has to come from the client."""
        return self._schedule.next_due

    def poll(self, now: float) -> list[Send | Close]:
        """Return what goes out up to `now`, each with the moment it was due."""
        self._schedule.run(now)
        out = self._schedule.take()
        self._watch_idle(out)
        return out

    def receive(self, message: str | bytes, now: float) -> None:
        """Take one message of the client in, received at `now`."""
        self._schedule.run(now)
        if self.is_closed:
            return
        event_id: str | None = None
        try:
            event = _read(message)
            named = event.get("event_id")
            event_id = named if isinstance(named, str) else None
            _check_envelope(event)
            _HANDLERS[event["type"]](self, event)
        except Refusal as refusal:
            self._schedule.emit("error", error=refusal.body(event_id))

    # opening

    def _open(self, opening: Opening, unix: int) -> None:
        session_id = self._ids.make("sess")
        is_transcription = opening.intent == "transcription"
        if is_transcription:
            self._config = config.default_transcription(session_id, unix)
        else:
            self._config = config.default_session(session_id, opening.model, unix)
        refusal = _opening_refusal(opening)
        if refusal is not None:
            self._schedule.emit("error", error=refusal.body(None))
            self._schedule.close(_REFUSED, f"invalid_request_error.{refusal.code}")
            self.is_closed = True
            return
        self._listening.configure(self._config["audio"]["input"])
        self._schedule.emit("session.created", session=orjson.loads(orjson.dumps(self._config)))

    # the session

    def _on_update(self, event: Mapping[str, Any]) -> None:
        _only(event, "session")
        self._config = config.updated(self._config, event.get("session"), has_audio=self._conversation.has_spoken)
        self._listening.configure(self._config["audio"]["input"])
        self._schedule.emit("session.updated", session=orjson.loads(orjson.dumps(self._config)))

    # input audio

    def _on_append(self, event: Mapping[str, Any]) -> None:
        _only(event, "audio")
        self._listening.append(event.get("audio"))

    def _on_commit(self, event: Mapping[str, Any]) -> None:
        _only(event)
        self._listening.commit()

    def _on_clear(self, event: Mapping[str, Any]) -> None:
        _only(event)
        self._listening.clear()

    def _interrupted(self) -> None:
        self._stop_idle()
        if self._speaking.active is not None:
            self._speaking.cancel(None, "turn_detected")

    def _turn_finished(self) -> None:
        if self._config["type"] == "transcription":
            return
        # The API may not create a response while another one speaks: nobody is told.
        if self._speaking.active is None:
            self._speaking.begin(self._config, {})

    # items

    def _on_item_create(self, event: Mapping[str, Any]) -> None:
        _only(event, "item", "previous_item_id")
        item = check_item(event.get("item"))
        after = event.get("previous_item_id")
        self._conversation.check_new(item, after)
        stored = self._stored(item)
        previous, body = self._conversation.add(stored, after), stored.body
        if body["type"] == "message" and body["role"] == "user":
            self._prompter.user_said(text_of(body) or self._prompter.transcript())
        elif body["type"] == "function_call_output":
            self._prompter.answered(body["call_id"])
        self._schedule.emit("conversation.item.added", previous_item_id=previous, item=shown(body))
        self._schedule.emit("conversation.item.done", previous_item_id=previous, item=shown(body))

    def _stored(self, item: Mapping[str, Any]) -> Stored:
        """Return the client's item as the server keeps it, its audio decoded."""
        own = {"id": item.get("id") or self._ids.make("item"), "object": "realtime.item", "status": "completed"}
        audio = b"".join(decoded(part["audio"]) for part in item.get("content") or () if part.get("audio"))
        form = AudioFormat.read(self._config["audio"]["input"]["format"]) or AudioFormat()
        return Stored({**item, **own}, bytearray(audio), form)

    def _on_item_retrieve(self, event: Mapping[str, Any]) -> None:
        _only(event, "item_id")
        stored = self._conversation.find(_item_id(event), "retrieve")
        self._schedule.emit("conversation.item.retrieved", item=conversation.retrieved(stored))

    def _on_item_delete(self, event: Mapping[str, Any]) -> None:
        _only(event, "item_id")
        stored = self._conversation.find(_item_id(event), "delete")
        self._conversation.remove(stored)
        self._schedule.emit("conversation.item.deleted", item_id=stored.body["id"])

    def _on_item_truncate(self, event: Mapping[str, Any]) -> None:
        _only(event, "item_id", "content_index", "audio_end_ms")
        item_id = _item_id(event)
        for name in ("content_index", "audio_end_ms"):
            if event.get(name) is None:
                raise errors.missing(name)
            _END_MS.check(event[name], name)
        stored = self._conversation.find(item_id, "truncate")
        conversation.truncate(stored, event["content_index"], event["audio_end_ms"])
        place = {"item_id": item_id, "content_index": event["content_index"]}
        self._schedule.emit("conversation.item.truncated", **place, audio_end_ms=event["audio_end_ms"])

    # responses

    def _on_response_create(self, event: Mapping[str, Any]) -> None:
        _only(event, "response")
        if self._config["type"] == "transcription":
            message = "A transcription session creates no responses."
            raise Refusal(message, "invalid_value", "type")
        asked = event["response"] if event.get("response") is not None else {}
        _RESPONSE.check(asked, "response")
        self._check_voice(asked)
        config.check_modalities(asked.get("output_modalities"), "response.output_modalities")
        self._check_own_outputs(asked.get("input") or [])
        self._stop_idle()
        self._speaking.begin(self._config, asked)

    def _check_voice(self, asked: Mapping[str, Any]) -> None:
        voice = ((asked.get("audio") or {}).get("output") or {}).get("voice")
        own = self._config["audio"]["output"]["voice"]
        if voice is not None and voice != own and self._conversation.has_spoken and asked.get("conversation") != "none":
            raise errors.voice_is_fixed("response.audio.output.voice")

    def _check_own_outputs(self, items: list[Mapping[str, Any]]) -> None:
        """Refuse an output in a response's own input whose call is not there as well."""
        calls = {item.get("call_id") for item in items if item["type"] == "function_call"}
        for item in items:
            if item["type"] == "function_call_output" and item["call_id"] not in calls:
                raise errors.unknown_call(item["call_id"])

    def _on_response_cancel(self, event: Mapping[str, Any]) -> None:
        _only(event, "response_id")
        Nullable(Text()).check(event.get("response_id"), "response_id")
        self._speaking.cancel(event.get("response_id"), "client_cancelled")

    def _on_output_clear(self, event: Mapping[str, Any]) -> None:
        message = (
            "The output audio buffer belongs to WebRTC and SIP; over a WebSocket the client plays the audio itself."
        )
        raise Refusal(message, "invalid_value", "type")

    # the idle timeout

    def _watch_idle(self, out: list[Send | Close]) -> None:
        """After a response, wait for its playback and the idle timeout of the session."""
        detection = self._config["audio"]["input"]["turn_detection"] or {}
        timeout_ms = detection.get("idle_timeout_ms")
        if not timeout_ms or not any(isinstance(o, Send) and o.event["type"] == "response.done" for o in out):
            return
        self._stop_idle()
        playing_s = max(0.0, self._speaking.played_until - self._schedule.now)
        self._idle = self._idle_out()
        self._schedule.start(self._idle, playing_s + timeout_ms / 1000)

    def _idle_out(self) -> Process:
        self._idle = None
        if self._speaking.active is None and not self._listening.is_hearing:
            self._listening.timed_out()
            self._turn_finished()
        return
        yield 0.0

    def _stop_idle(self) -> None:
        if self._idle is not None:
            self._schedule.stop(self._idle)
            self._idle = None


def _read(message: str | bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise Refusal(f"The event could not be parsed as JSON: {error}.", "invalid_event") from None
    if not isinstance(event, dict):
        raise Refusal(f"An event is a JSON object, but this is {errors.json_kind(event)}.", "invalid_event")
    return event


def _check_envelope(event: Mapping[str, Any]) -> None:
    if event.get("type") is None:
        raise Refusal("The 'type' field is missing.", "invalid_event")
    Text(sorted(GA_CLIENT_TYPES)).check(event["type"], "type")
    event_id = event.get("event_id")
    if event_id is not None:
        Text(max_length=_LONGEST_EVENT_ID).check(event_id, "event_id")


def _only(event: Mapping[str, Any], *names: str) -> None:
    """Refuse members that an event of this type does not have."""
    for name in event:
        if name not in {"type", "event_id", *names}:
            raise errors.unknown(name)


def _item_id(event: Mapping[str, Any]) -> str:
    if event.get("item_id") is None:
        raise errors.missing("item_id")
    Text().check(event["item_id"], "item_id")
    return str(event["item_id"])


def _opening_refusal(opening: Opening) -> Refusal | None:
    if opening.beta:
        return errors.beta_is_gone()
    if opening.intent == "transcription" and opening.model_given:
        return Refusal("You must not provide a model parameter for transcription sessions", "invalid_value", "model")
    if opening.model.startswith("gpt-live-"):
        message = f"The model '{opening.model}' cannot be used on this endpoint."
        return Refusal(message, "invalid_model", "model")
    return None


_HANDLERS: Mapping[str, Callable[[Machine, Mapping[str, Any]], None]] = {
    "session.update": Machine._on_update,
    "input_audio_buffer.append": Machine._on_append,
    "input_audio_buffer.commit": Machine._on_commit,
    "input_audio_buffer.clear": Machine._on_clear,
    "conversation.item.create": Machine._on_item_create,
    "conversation.item.retrieve": Machine._on_item_retrieve,
    "conversation.item.delete": Machine._on_item_delete,
    "conversation.item.truncate": Machine._on_item_truncate,
    "response.create": Machine._on_response_create,
    "response.cancel": Machine._on_response_cancel,
    "output_audio_buffer.clear": Machine._on_output_clear,
}
