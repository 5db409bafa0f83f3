"""What a conversation is made of: items, responses, tool calls, and what the client asked for.

Plain state, changed only by `changes/`. Fields that point to an event hold its entry number and time, never the
event: a session of a million events stays small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from realtime_inspector.protocol.realtime.audio import AudioFormat


@dataclass(frozen=True, slots=True)
class At:
    """Where something happened: entry number and time in seconds."""

    n: int
    t: float


@dataclass(slots=True, eq=False)
class Words:
    """Text that comes in pieces, by content part; joined only when it is read."""

    parts: dict[int, list[str]] = field(default_factory=dict)

    def add(self, index: int, piece: str) -> None:
        """Append a piece to a part."""
        self.parts.setdefault(index, []).append(piece)

    def put(self, index: int, whole: str) -> None:
        """Set what a part is as a whole."""
        self.parts[index] = [whole]

    def part(self, index: int) -> str:
        """Return one part so far; empty if nothing of it came."""
        pieces = self.parts.get(index)
        if not pieces:
            return ""
        if len(pieces) > 1:
            pieces[:] = ["".join(pieces)]
        return pieces[0]

    def __str__(self) -> str:
        return "".join(self.part(index) for index in sorted(self.parts))


@dataclass(slots=True, eq=False)
class Item:
    """One item of the conversation (or of an out-of-band response)."""

    id: str
    type: str = ""
    """`message`, `function_call`, `function_call_output`, `mcp_call`, …; `""` while unknown."""
    role: str = ""
    status: str = ""
    by_client: bool = False
    """The client created it with `conversation.item.create`."""
    asked: At | None = None
    """The client's event that created it, if one did."""
    first: At | None = None
    """The first event that named it."""
    added: At | None = None
    """`conversation.item.added` or `.created`."""
    done: At | None = None
    """`conversation.item.done` or `response.output_item.done`."""
    response_id: str = ""
    previous_item_id: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    """The item as the server last showed it."""
    written: Words = field(default_factory=Words)
    spoken: Words = field(default_factory=Words)
    argued: Words = field(default_factory=Words)
    """The pieces of a call's arguments."""
    audio_bytes: int = 0
    audio_ms: float = 0.0
    """Audio the server sent of it."""
    truncated_ms: float | None = None
    """The client's `audio_end_ms`, once the server confirmed it."""
    committed: At | None = None
    """When the server made it of the user's audio."""
    transcribed: dict[int, At] = field(default_factory=dict)
    """Content part → when its transcription last was complete, or failed."""
    transcription_usage: Mapping[str, Any] = field(default_factory=dict)
    """What the transcription took, as the server counted it: tokens, or seconds."""
    deleted: bool = False
    deleted_at: At | None = None
    """When the server took it out of the conversation."""

    @property
    def text(self) -> str:
        """Generated or written text."""
        return str(self.written)

    @property
    def transcript(self) -> str:
        """What was said: of the assistant as generated, of the user as transcribed."""
        return str(self.spoken)


@dataclass(slots=True, eq=False)
class ToolCall:
    """A function call of the model and what became of it."""

    call_id: str
    name: str = ""
    item_id: str = ""
    response_id: str = ""
    arguments: str = ""
    status: str = ""
    """Of its item: `completed`, `incomplete`, `in_progress` or unknown."""
    by_client: bool = False
    """The client put it into the conversation (an earlier one's history); nobody waits for its output."""
    named: At | None = None
    """The first event that named it."""
    done: At | None = None
    """When its arguments were complete."""
    outputs: list[At] = field(default_factory=list)
    """Every output the client sent for it, refused ones left out."""
    output: str | None = None
    refused: list[At] = field(default_factory=list)
    """Outputs for it that the server refused."""
    acknowledged: At | None = None
    """When the server added the (first) output to the conversation."""


@dataclass(slots=True, eq=False)
class ToolOutput:
    """A `function_call_output` that the client sent, whether or not it names a call."""

    at: At
    call_id: str
    """Empty if the item has none."""
    item_id: str = ""
    status: str = "pending"
    """`pending`, `accepted` or `rejected`."""
    answer: At | None = None
    """The server's acknowledgement or error."""


@dataclass(slots=True, eq=False)
class ResponseRequest:
    """A `response.create` of the client."""

    at: At
    body: Mapping[str, Any]
    """Its `response` object; empty if it had none."""
    event_id: str | None = None
    status: str = "pending"
    """`pending`, `created` or `rejected`."""
    response_id: str = ""
    answer: At | None = None
    """The `response.created` or `error` that answered it."""

    @property
    def out_of_band(self) -> bool:
        """Whether it asks for a response outside the conversation."""
        return self.body.get("conversation") == "none"


@dataclass(slots=True, eq=False)
class Response:
    """A response of the server."""

    id: str
    created: At
    request: ResponseRequest | None = None
    """The `response.create` it answers; None if the server began it by itself."""
    out_of_band: bool = False
    conversation_id: str = ""
    """The conversation it belongs to, as the server says; empty if it is none, or not said."""
    status: str = "in_progress"
    reason: str = ""
    """`turn_detected`, `client_cancelled`, `max_output_tokens`, `content_filter` or empty."""
    error: Mapping[str, Any] = field(default_factory=dict)
    done: At | None = None
    item_ids: list[str] = field(default_factory=list)
    first_output: At | None = None
    """First audio, text or argument delta."""
    first_audio: At | None = None
    last_delta: At | None = None
    last_audio: At | None = None
    audio_ms: float = 0.0
    audio_format: AudioFormat | None = None
    """Its own format where the request overrode the session's."""
    cancel: At | None = None
    """The client's `response.cancel`."""
    after_cancel_ms: float = 0.0
    """Audio that came after it."""
    usage: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    streamed: bool = False
    """It is a stretch of a stream: nothing on the wire began or ended it."""

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.done is None


@dataclass(slots=True, eq=False)
class Update:
    """A `session.update` of the client and its answer."""

    at: At
    session: Mapping[str, Any]
    event_id: str | None = None
    status: str = "pending"
    """`pending`, `accepted` or `rejected`."""
    answer: At | None = None
    effective: Mapping[str, Any] | None = None
    """The session in the `session.updated` that answered it."""
    error: Mapping[str, Any] | None = None


@dataclass(slots=True, eq=False)
class Stretch:
    """What one side of a session without turns says in one go."""

    item: Item
    last: At
    """The last piece of it."""
    worded: At | None = None
    """The last piece that had words."""
    response: Response | None = None
    """Of the assistant's side."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A client event that the server has not answered yet."""

    at: At
    type: str
    event_id: str | None
    body: Mapping[str, Any]


@dataclass(slots=True, eq=False)
class ServerError:
    """An `error` event and the client event that is held to have caused it."""

    at: At
    code: str
    type: str
    message: str
    param: str
    event_id: str | None
    """The client event the server names, if it names one."""
    cause: At | None = None
    cause_type: str = ""
    confidence: str = "none"
    """`certain` (the server named it), `likely` (code and parameter fit one unanswered event), or `none`."""
