"""The server as a machine: client events and the time in, server events out. No socket, no clock, no model.

    machine = Machine(scenario, Opening(model="gpt-realtime"))
    machine.receive('{"type": "response.create"}', now=0.2)
    machine.poll(now=0.5)        # what is to be sent by now
    machine.next_due             # when to ask again, if the client says nothing before

What a client sends never raises: what is wrong with it becomes an `error` event, as on the wire.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.simulator import config, conversation, envelope, errors
from realtime_inspector.simulator.conversation import Conversation, Stored
from realtime_inspector.simulator.errors import Refusal
from realtime_inspector.simulator.exchange import Exchange, Handler
from realtime_inspector.simulator.items import check_item, shown, text_of
from realtime_inspector.simulator.listening import Hooks, Listening, decoded
from realtime_inspector.simulator.mcp import Mcp
from realtime_inspector.simulator.prompter import Prompter
from realtime_inspector.simulator.scenario import Scenario
from realtime_inspector.simulator.schedule import Process
from realtime_inspector.simulator.speaking import Speaking

DEFAULT_MODEL = "gpt-realtime-2.1"
REALTIME, TRANSLATIONS, LIVE = "realtime", "translations", "live"
REFUSED = 4000
"""The close code of a connection the API does not take."""
EXPIRED = 1001
"""The close code of a session that has lasted its time."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How the connection was opened."""

    model: str = DEFAULT_MODEL
    intent: str = ""
    beta: bool = False
    """The client asked for the beta."""
    model_given: bool = True
    """The model stood in the URL."""
    endpoint: str = REALTIME
    """The kind of session that the URL is for."""


class Machine(Exchange):
    """One connection."""

    def __init__(
        self,
        scenario: Scenario,
        opening: Opening | None = None,
        *,
        seed: str = "0",
        unix: int = 0,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin a connection.

        Args:
            scenario: What the assistant answers.
            opening: How the connection was opened; an ordinary one if not given.
            seed: What the ids are made from.
            unix: The wall clock in seconds, for `expires_at`.
            asked: The session that the client's ephemeral key was made for.
        """
        super().__init__(seed)
        self._prompter = Prompter(scenario)
        self._conversation = Conversation()
        self._mcp = Mcp(self._schedule, self._ids, self._conversation, scenario)
        self._speaking = Speaking(
            self._schedule, self._ids, self._conversation, self._prompter, self._mcp, ended=self._response_ended
        )
        hooks = Hooks(interrupted=self._interrupted, finished=self._turn_finished)
        self._listening = Listening(self._schedule, self._ids, self._conversation, self._prompter, hooks)
        self._idle: Process | None = None
        self._open(opening or Opening(), unix, asked)

    @property
    def session(self) -> Mapping[str, Any]:
        """The session in force."""
        return self._config

    def new_id(self, kind: str) -> str:
        """Return another id of this connection."""
        return self._ids.make(kind)

    # opening

    def _open(self, opening: Opening, unix: int, asked: Mapping[str, Any] | None) -> None:
        session_id = self._ids.make("sess")
        kind = asked["type"] if asked is not None else "realtime"
        is_transcription = "transcription" in (opening.intent, kind)
        if is_transcription:
            self._config = config.default_transcription(session_id, unix)
        else:
            self._config = config.default_session(session_id, opening.model, unix)
        refusal = _opening_refusal(opening)
        if refusal is not None:
            self._refuse(refusal, None)
            self._close(REFUSED, f"invalid_request_error.{refusal.code}")
            return
        if asked is not None and asked["type"] == self._config["type"]:
            own = {name: value for name, value in asked.items() if name != "model"}
            self._config = config.updated(self._config, own, has_audio=False)
        self._schedule.start(self._expire(), config.SESSION_S)
        self._listening.only_transcribes = is_transcription
        self._listening.configure(self._config["audio"]["input"])
        self._schedule.emit("session.created", session=copy.deepcopy(self._config))
        self._mcp.configured(self._config.get("tools") or [])

    def _expired(self) -> None:
        """End the session at its longest: an error, then a close of that reason."""
        refusal = errors.session_expired(config.SESSION_S // 60)
        self._refuse(refusal, None)
        self._close(EXPIRED, refusal.message)

    def _handlers(self) -> Mapping[str, Handler]:
        return {
            "session.update": self._on_update,
            "input_audio_buffer.append": self._on_append,
            "input_audio_buffer.commit": self._on_commit,
            "input_audio_buffer.clear": self._on_clear,
            "conversation.item.create": self._on_item_create,
            "conversation.item.retrieve": self._on_item_retrieve,
            "conversation.item.delete": self._on_item_delete,
            "conversation.item.truncate": self._on_item_truncate,
            "response.create": self._on_response_create,
            "response.cancel": self._on_response_cancel,
            "output_audio_buffer.clear": self._on_output_clear,
        }

    # the session

    def _on_update(self, event: Mapping[str, Any]) -> None:
        envelope.only(event, "session")
        self._config = config.updated(self._config, event.get("session"), has_audio=self._conversation.has_spoken)
        self._listening.configure(self._config["audio"]["input"])
        self._schedule.emit("session.updated", session=copy.deepcopy(self._config))
        self._mcp.configured(self._config.get("tools") or [])

    # input audio

    def _on_append(self, event: Mapping[str, Any]) -> None:
        envelope.only(event, "audio")
        self._listening.append(event.get("audio"))

    def _on_commit(self, event: Mapping[str, Any]) -> None:
        envelope.only(event)
        self._listening.commit()

    def _on_clear(self, event: Mapping[str, Any]) -> None:
        envelope.only(event)
        self._listening.clear()

    def _interrupted(self) -> None:
        self._stop_idle()
        if self._speaking.active is not None:
            self._speaking.cancel(None, "turn_detected")

    def _turn_finished(self) -> None:
        # The API may not create a response while another one speaks: nobody is told.
        if self._speaking.active is not None:
            return
        try:
            self._speaking.begin(self._config, {})
        except Refusal as refusal:
            self._refuse(refusal, None)

    # items

    def _on_item_create(self, event: Mapping[str, Any]) -> None:
        item = check_item(event.get("item"))
        envelope.only(event, "item", "previous_item_id")
        after = event.get("previous_item_id")
        self._conversation.check_new(item, after)
        is_approval = item["type"] == "mcp_approval_response"
        resumed = self._mcp.answered(item, self._prompter.scenario.declined) if is_approval else None
        stored = self._stored(item)
        previous, body = self._conversation.add(stored, after), stored.body
        if body["type"] == "message" and body["role"] == "user":
            self._prompter.user_said(text_of(body) or self._prompter.transcript())
        elif body["type"] == "function_call_output":
            self._prompter.answered(body["call_id"])
        self._schedule.emit("conversation.item.added", previous_item_id=previous, item=shown(body))
        self._schedule.emit("conversation.item.done", previous_item_id=previous, item=shown(body))
        if resumed is not None:
            self._prompter.resume(resumed)
            self._turn_finished()

    def _stored(self, item: Mapping[str, Any]) -> Stored:
        """Return the client's item as the server keeps it, its audio decoded."""
        own = {"id": item.get("id") or self._ids.make("item"), "object": "realtime.item", "status": "completed"}
        audio = b"".join(decoded(part["audio"]) for part in item.get("content") or () if part.get("audio"))
        form = AudioFormat.read(self._config["audio"]["input"]["format"]) or AudioFormat()
        return Stored({**item, **own}, bytearray(audio), form)

    def _on_item_retrieve(self, event: Mapping[str, Any]) -> None:
        envelope.only(event, "item_id")
        stored = self._conversation.find(envelope.item_id(event), "retrieve")
        self._schedule.emit("conversation.item.retrieved", item=conversation.retrieved(stored))

    def _on_item_delete(self, event: Mapping[str, Any]) -> None:
        envelope.only(event, "item_id")
        stored = self._conversation.find(envelope.item_id(event), "delete")
        self._conversation.remove(stored)
        self._schedule.emit("conversation.item.deleted", item_id=stored.body["id"])

    def _on_item_truncate(self, event: Mapping[str, Any]) -> None:
        envelope.only(event, "item_id", "content_index", "audio_end_ms")
        item_id, at = envelope.item_id(event), envelope.whole(event, "content_index")
        end_ms = envelope.whole(event, "audio_end_ms")
        conversation.truncate(self._conversation.find(item_id, "truncate"), at, end_ms)
        self._schedule.emit("conversation.item.truncated", item_id=item_id, content_index=at, audio_end_ms=end_ms)

    # responses

    def _on_response_create(self, event: Mapping[str, Any]) -> None:
        if self._config["type"] == "transcription":
            message = "A transcription session creates no responses."
            raise Refusal(message, "invalid_value", "type")
        asked = envelope.asked_response(event)
        self._check_voice(asked)
        self._conversation.check_references(asked.get("input") or ())
        self._stop_idle()
        self._speaking.begin(self._config, asked)

    def _check_voice(self, asked: Mapping[str, Any]) -> None:
        voice = ((asked.get("audio") or {}).get("output") or {}).get("voice")
        own = self._config["audio"]["output"]["voice"]
        if voice is not None and voice != own and self._conversation.has_spoken and asked.get("conversation") != "none":
            raise errors.voice_is_fixed("response.audio.output.voice")

    def _on_response_cancel(self, event: Mapping[str, Any]) -> None:
        self._speaking.cancel(envelope.asked_cancel(event), "client_cancelled")

    def _on_output_clear(self, event: Mapping[str, Any]) -> None:
        message = (
            "The output audio buffer belongs to WebRTC and SIP; over a WebSocket the client plays the audio itself."
        )
        raise Refusal(message, "invalid_value", "type")

    # the idle timeout

    def _response_ended(self) -> None:
        """After a response, wait for its playback and the idle timeout of the session."""
        detection = self._config["audio"]["input"]["turn_detection"] or {}
        timeout_ms = detection.get("idle_timeout_ms")
        self._stop_idle()
        if not timeout_ms:
            return
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


def _opening_refusal(opening: Opening) -> Refusal | None:
    if opening.beta:
        return errors.beta_is_gone()
    if opening.intent == "transcription" and opening.model_given:
        return Refusal("You must not provide a model parameter for transcription sessions", "invalid_value", "model")
    if opening.model.startswith(("gpt-live-", "gpt-realtime-translate")):
        return errors.wrong_endpoint(opening.model)
    return None
