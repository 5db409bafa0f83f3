"""The assistant's turn: a response from `response.created` to `response.done`, and its ends before the end.

A response is a process of the schedule: it emits, waits, emits. To cancel it, the process is stopped and what it had
open is closed as incomplete.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.simulator import context, errors, usage, utterance
from realtime_inspector.simulator.conversation import Conversation, Stored
from realtime_inspector.simulator.ids import Ids
from realtime_inspector.simulator.items import shown
from realtime_inspector.simulator.mcp import CALL_S, Mcp
from realtime_inspector.simulator.prompter import Prompter
from realtime_inspector.simulator.scenario import Call, McpCall, Reply
from realtime_inspector.simulator.schedule import Process, Schedule

_ARGUMENT_STEP = 12
"""Characters of a call's arguments in one delta."""
_ARGUMENT_S = 0.008
_WORD_S = 0.01
_TOKEN_LIMIT = 40_000
"""Tokens a minute that `rate_limits.updated` starts from."""


@dataclass(slots=True)
class Active:
    """A response in progress."""

    id: str
    config: Mapping[str, Any]
    """The session in force with what the request overrides."""
    reply: Reply
    out_of_band: bool
    metadata: Any
    before: list[Stored]
    """What the model read."""
    output: list[Stored] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=lambda: {"text": 0, "audio": 0})
    is_open: bool = False
    """Its last item is not done."""
    process: Process | None = None

    @property
    def modality(self) -> str:
        """`audio` or `text`."""
        return str(self.config["output_modalities"][0])


class Speaking:
    """Every response of the session."""

    def __init__(
        self,
        schedule: Schedule,
        ids: Ids,
        conversation: Conversation,
        prompter: Prompter,
        mcp: Mcp,
        ended: Callable[[], None],
    ) -> None:
        self._schedule = schedule
        self._ids = ids
        self._conversation = conversation
        self._prompter = prompter
        self._mcp = mcp
        self._ended = ended
        self._conversation_id = ids.make("conv")
        self._active: dict[str, Active] = {}
        self._counter = usage.Counter()
        self._context = context.Context(prompter.scenario)
        self._tokens_left = _TOKEN_LIMIT
        self.played_until = 0.0
        """When the audio sent so far can have been played at the earliest."""

    @property
    def active(self) -> Active | None:
        """The response in progress in the conversation."""
        return next((response for response in self._active.values() if not response.out_of_band), None)

    def begin(self, config: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        """Begin a response.

        Args:
            config: The session in force.
            asked: The `response` member of the request; empty for the server's own.

        Raises:
            Refusal: If the conversation has one in progress, or does not fit and nothing of it may be dropped.
        """
        out_of_band = asked.get("conversation") == "none"
        active = self.active
        if active is not None and not out_of_band:
            raise errors.active_response(active.id)
        merged = _overridden(config, asked)
        before = [] if "input" in asked else self._context.read(merged, list(self._conversation))
        reply = Reply(say=self._prompter.scenario.aside) if out_of_band else self._next_reply(merged)
        if merged.get("model") in self._prompter.scenario.no_access:
            reply = Reply(fail=errors.no_such_model(str(merged["model"])))
        response = Active(self._ids.make("resp"), merged, reply, out_of_band, asked.get("metadata"), before)
        self._active[response.id] = response
        self._schedule.emit("response.created", response=self._body(response, "in_progress"))
        response.process = self._perform(response)
        delay_ms = self._prompter.scenario.pace.delay_ms if reply.delay_ms is None else reply.delay_ms
        self._schedule.start(response.process, delay_ms / 1000)

    def cancel(self, response_id: str | None, reason: str) -> None:
        """End a response before its end; without an id, the one of the conversation.

        Raises:
            Refusal: If there is none.
        """
        response = self.active if response_id is None else self._active.get(response_id)
        if response is None:
            raise errors.no_active_response()
        if response.process is not None:
            self._schedule.stop(response.process)
        if response.is_open:
            self._close_item(response, "incomplete")
        self._finish(response, "cancelled", {"type": "cancelled", "reason": reason})

    def _next_reply(self, config: Mapping[str, Any]) -> Reply:
        tools = frozenset(str(tool.get("name")) for tool in config["tools"] if tool.get("type") == "function")
        return self._prompter.next_reply(tools=frozenset() if config["tool_choice"] == "none" else tools)

    # the process

    def _perform(self, response: Active) -> Process:
        reply = response.reply
        if reply.fail is not None:
            self._finish(response, "failed", {"type": "failed", "error": dict(reply.fail)})
            return
        stop = reply.stop
        if reply.say:
            stop = (yield from self._speak(response, reply)) or stop
        for call in () if stop else reply.call:
            yield from self._call(response, call)
        if reply.mcp and not stop:
            yield from self._use_mcp(response, reply)
        if stop:
            self._finish(response, "incomplete", {"type": "incomplete", "reason": stop})
        else:
            self._finish(response, "completed", None)

    def _speak(self, response: Active, reply: Reply) -> Generator[float, None, str]:
        """Say the words; return why they were cut short, if they were."""
        text, cut = utterance.within_limit(reply.say, response.config["max_output_tokens"])
        part = {"type": "output_audio", "transcript": ""} if response.modality == "audio" else _text_part("")
        body = {"type": "message", "status": "in_progress", "role": "assistant", "content": []}
        stored = self._open_item(response, body)
        stored.body["content"] = [part]
        self._schedule.emit("response.content_part.added", **self._place(response), part=_wire_part(part))
        if response.modality == "audio":
            yield from self._say_aloud(response, stored, text, reply.duration_ms)
        else:
            yield from self._write(response, stored, text)
        self._close_item(response, "incomplete" if cut or reply.stop else "completed")
        return cut

    def _say_aloud(self, response: Active, stored: Stored, text: str, duration_ms: float | None) -> Iterator[float]:
        output = response.config["audio"]["output"]
        stored.format = AudioFormat.read(output["format"]) or AudioFormat()
        chunks = utterance.audio(text, duration_ms, stored.format, output.get("speed") or 1.0, self._pace.chunk_ms)
        words, said = utterance.words(text), 0
        for number, chunk in enumerate(chunks, 1):
            # The words run ahead of the sound, as they do on the wire.
            wanted = -(-len(words) * number // max(1, len(chunks) - 1))
            for word in words[said:wanted]:
                self._transcript_delta(response, stored, word)
            said = max(said, wanted)
            stored.audio.extend(chunk)
            response.tokens["audio"] = round(stored.audio_ms / 50)
            place = self._place(response)
            self._schedule.emit("response.output_audio.delta", **place, delta=b64encode(chunk).decode())
            played = stored.format.duration_ms(len(chunk)) / 1000
            self.played_until = max(self.played_until, self._schedule.now) + played
            yield played / self._pace.speed

    def _transcript_delta(self, response: Active, stored: Stored, delta: str) -> None:
        stored.body["content"][0]["transcript"] += delta
        response.tokens["text"] = usage.words(stored.body["content"][0]["transcript"])
        self._schedule.emit("response.output_audio_transcript.delta", **self._place(response), delta=delta)

    def _write(self, response: Active, stored: Stored, text: str) -> Iterator[float]:
        for word in utterance.words(text):
            stored.body["content"][0]["text"] += word
            response.tokens["text"] = usage.words(stored.body["content"][0]["text"])
            self._schedule.emit("response.output_text.delta", **self._place(response), delta=word)
            yield _WORD_S

    def _call(self, response: Active, call: Call) -> Iterator[float]:
        call_id = self._ids.make("call")
        body = {"type": "function_call", "status": "in_progress", "name": call.name, "call_id": call_id}
        stored = self._open_item(response, {**body, "arguments": ""})
        for start in range(0, len(call.arguments), _ARGUMENT_STEP):
            delta = call.arguments[start : start + _ARGUMENT_STEP]
            stored.body["arguments"] += delta
            response.tokens["text"] = response.tokens["text"] + 4
            self._schedule.emit("response.function_call_arguments.delta", **self._call_place(response), delta=delta)
            yield _ARGUMENT_S
        self._close_item(response, "completed")
        self._prompter.called(call_id)

    def _use_mcp(self, response: Active, reply: Reply) -> Process:
        """Make the calls, up to one that needs an approval, and say what follows them."""
        tools = response.config["tools"]
        for call in reply.mcp:
            if not self._mcp.can_call(tools, call):
                continue
            if call.approval_request_id is None and self._mcp.needs_approval(tools, call):
                self._open_item(response, self._mcp.ask(call, reply))
                self._close_item(response, "completed")
                return
            yield from self._call_mcp(response, call)
        if reply.then is not None and reply.then.say:
            yield from self._speak(response, reply.then)

    def _call_mcp(self, response: Active, call: McpCall) -> Process:
        place = {"server_label": call.server_label, "name": call.name, "approval_request_id": call.approval_request_id}
        body = {"id": self._ids.make("mcp"), "type": "mcp_call", **place, "output": None, "error": None}
        stored = self._open_item(response, {**body, "arguments": ""})
        place = {key: value for key, value in self._place(response).items() if key != "content_index"}
        for start in range(0, len(call.arguments), _ARGUMENT_STEP):
            delta = call.arguments[start : start + _ARGUMENT_STEP]
            stored.body["arguments"] += delta
            response.tokens["text"] = response.tokens["text"] + 4
            self._schedule.emit("response.mcp_call_arguments.delta", **place, delta=delta)
            yield _ARGUMENT_S
        self._schedule.emit("response.mcp_call_arguments.done", **place, arguments=call.arguments)
        short = {name: place[name] for name in ("item_id", "output_index")}
        self._schedule.emit("response.mcp_call.in_progress", **short)
        yield CALL_S
        if call.error is None:
            stored.body["output"] = call.output
        else:
            stored.body["error"] = dict(call.error)
        self._schedule.emit(f"response.mcp_call.{'completed' if call.error is None else 'failed'}", **short)
        self._close_item(response, "completed")

    # items of a response

    def _open_item(self, response: Active, body: dict[str, Any]) -> Stored:
        stored = Stored({"id": body.get("id") or self._ids.make("item"), "object": "realtime.item", **body})
        response.output.append(stored)
        response.is_open = True
        place = {"response_id": response.id, "output_index": len(response.output) - 1}
        self._schedule.emit("response.output_item.added", **place, item=_snapshot(stored))
        if not response.out_of_band:
            previous = self._conversation.add(stored)
            self._schedule.emit("conversation.item.added", previous_item_id=previous, item=_snapshot(stored))
        return stored

    def _close_item(self, response: Active, status: str) -> None:
        stored = response.output[-1]
        if "status" in stored.body:  # items of MCP have none
            stored.body["status"] = status
        response.is_open = False
        if stored.body["type"] == "function_call":
            self._end_arguments(response, stored)
        elif stored.body["type"] == "message":
            self._end_part(response, stored)
        place = {"response_id": response.id, "output_index": len(response.output) - 1}
        self._schedule.emit("response.output_item.done", **place, item=_snapshot(stored))
        if not response.out_of_band:
            previous = self._previous(stored)
            self._schedule.emit("conversation.item.done", previous_item_id=previous, item=_snapshot(stored))

    def _end_arguments(self, response: Active, stored: Stored) -> None:
        self._schedule.emit(
            "response.function_call_arguments.done",
            **self._call_place(response),
            name=stored.body["name"],
            arguments=stored.body["arguments"],
        )

    def _end_part(self, response: Active, stored: Stored) -> None:
        place, part = self._place(response), stored.body["content"][0]
        if part["type"] == "output_text":
            self._schedule.emit("response.output_text.done", **place, text=part["text"])
        else:
            self._schedule.emit("response.output_audio.done", **place)
            self._schedule.emit("response.output_audio_transcript.done", **place, transcript=part["transcript"] or "")
        self._schedule.emit("response.content_part.done", **place, part=_wire_part(part))

    def _previous(self, stored: Stored) -> str | None:
        before = None
        for other in self._conversation:
            if other is stored:
                break
            before = other.body["id"]
        return before

    def _place(self, response: Active) -> dict[str, Any]:
        at = len(response.output) - 1
        item_id = response.output[at].body["id"]
        return {"response_id": response.id, "item_id": item_id, "output_index": at, "content_index": 0}

    def _call_place(self, response: Active) -> dict[str, Any]:
        place = self._place(response)
        del place["content_index"]
        return {**place, "call_id": response.output[-1].body["call_id"]}

    # the end

    def _finish(self, response: Active, status: str, details: dict[str, Any] | None) -> None:
        del self._active[response.id]
        body = self._body(response, status, details)
        if status == "failed":
            body["usage"] = None
        else:
            body["usage"] = self._counter.usage(response.config, response.before, response.tokens)
            self._tokens_left = max(0, self._tokens_left - body["usage"]["total_tokens"])
        self._schedule.emit("response.done", response=body)
        limit = {"name": "tokens", "limit": _TOKEN_LIMIT, "remaining": self._tokens_left}
        used = _TOKEN_LIMIT - self._tokens_left
        limit["reset_seconds"] = round(60 * used / _TOKEN_LIMIT, 3)
        self._schedule.emit("rate_limits.updated", rate_limits=[limit])
        self._ended()

    def _body(self, response: Active, status: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
        output = response.config["audio"]["output"]
        return {
            "object": "realtime.response",
            "id": response.id,
            "status": status,
            "status_details": details,
            "output": [_snapshot(stored) for stored in response.output],
            "conversation_id": None if response.out_of_band else self._conversation_id,
            "output_modalities": list(response.config["output_modalities"]),
            "max_output_tokens": response.config["max_output_tokens"],
            "audio": {"output": {"format": output["format"], "voice": output["voice"]}},
            "usage": None,
            "metadata": response.metadata,
        }

    @property
    def _pace(self) -> Any:
        return self._prompter.scenario.pace


def _overridden(config: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the session with what a request says for its response alone."""
    names = ("instructions", "tools", "tool_choice", "output_modalities", "max_output_tokens")
    result = {**config, **{name: asked[name] for name in names if asked.get(name) is not None}}
    output = (asked.get("audio") or {}).get("output") or {}
    own = {name: value for name, value in output.items() if value is not None}
    result["audio"] = {**config["audio"], "output": {**config["audio"]["output"], **own}}
    return result


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text}


def _wire_part(part: Mapping[str, Any]) -> dict[str, Any]:
    """A content part as its events show it: they call it `text` or `audio`."""
    return {**part, "type": str(part["type"]).removeprefix("output_")}


def _snapshot(stored: Stored) -> dict[str, Any]:
    return shown(stored.body)
