"""What is known of a Realtime session at one moment, and the questions rules and views ask of it.

Facts only: what was asked, what is in force, what was said, what is still unanswered. How events change it is in
`changes/`; what is wrong with it is for `analysis/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime import dialects, left_out
from realtime_inspector.protocol.realtime.audio import AudioFormat, InputAudio, Playback
from realtime_inspector.protocol.realtime.conversation import (
    At,
    Item,
    Pending,
    Response,
    ResponseRequest,
    ServerError,
    Stretch,
    ToolCall,
    ToolOutput,
    Update,
)
from realtime_inspector.protocol.realtime.values import text
from realtime_inspector.recording.entry import CUT_OFF, Header

_TRANSCRIPTION = "realtime.transcription_session"
"""`object` of a session that only transcribes, also in the beta, which has no `type`."""
_NO_DETECTION = ("none", "client_vad")
"""Types of voice detection by which the client itself ends turns; `client_vad` is GLM-Realtime's."""
_WRITES = ("qwen3-asr",)
"""Models that only transcribe, whatever their session says."""


class State:
    """State as of the last event applied. Read it; only `Session.apply` changes it."""

    def __init__(self) -> None:
        self.now = 0.0
        """Time of the last event, in seconds."""
        self.events = 0
        self.counts: dict[str, int] = {}
        """Event type → how many were seen."""
        self.upstream = ""
        """URL the connection went to; empty if nothing says it."""
        self.started: float | None = None
        """Unix time at which `t` is 0; None if nothing says it."""
        self.left_out: frozenset[str] = frozenset()
        """What the log that the session was read from does not hold, in the words of `left_out.py`; empty for a
        recording."""

        self.request: Event | None = None
        """The upgrade request."""
        self.handshake: Event | None = None
        """Its answer."""
        self.http: list[Event] = []
        """HTTP requests without an answer, oldest first: the upgrade, and plain ones on the same connection."""
        self.first_server: At | None = None
        self.close: Event | None = None
        """The first close frame."""
        self.ended: At | None = None
        self.ended_how = ""
        """`closed`, `reset`, `timeout`, or `cut off` where the recording stops before the connection did."""

        self.id = ""
        self.created: At | None = None
        self.expires_at: float | None = None
        """Unix time in seconds."""
        self.dialect = ""
        """`ga`, `beta`, or empty while nothing shows it."""
        self.dialect_reason = ""
        self.server = ""
        """Whose server it is, in the names of `dialects.py`, where it is not OpenAI's and something shows it."""
        self.server_reason = ""
        self.dialect_asked = ""
        """The dialect that the user says it is, in place of what is seen."""

        self.default_config: Mapping[str, Any] = {}
        """The session in `session.created`: what holds before anything was asked."""
        self.config: Mapping[str, Any] = {}
        """The session in force, as the server last reported it."""
        self._spoken_in: tuple[Mapping[str, Any], AudioFormat] = self.config, AudioFormat()
        self.config_at: At | None = None
        self.updates: list[Update] = []
        self.pending_updates: list[Update] = []
        """Every `session.update` without an answer, oldest first."""

        self.listening = False
        """Whether audio is decoded and kept for a while, for rules that listen to it."""
        self.detection_on: At | None = None
        """When voice detection was switched on last, after it had been off."""
        self.context_cut: At | None = None
        """When the client last took something out of what the model reads, or changed its instructions or tools."""
        self.via = ""
        """What made the recording: `relay`, `mitmproxy`, `import:…`; empty if nothing says it."""
        self.after = ""
        """The recording of the connection that this one takes up again; empty if nothing says so."""

        self.items: dict[str, Item] = {}
        """In the order in which they were first named."""
        self.responses: dict[str, Response] = {}
        self.active: dict[str, Response] = {}
        """The responses in progress, out-of-band ones too."""
        self.requests: list[ResponseRequest] = []
        self.pending_requests: list[ResponseRequest] = []
        """Every `response.create` that has neither become a response nor been refused, oldest first."""
        self.calls: dict[str, ToolCall] = {}
        """By `call_id`, functions only: MCP calls are the server's own."""
        self.calls_by_response: dict[str, list[ToolCall]] = {}
        self.listing_tools: dict[str, At] = {}
        """MCP servers whose tools are being listed, by the id of the item that will hold them."""
        self.outputs: list[ToolOutput] = []
        """Every tool output the client sent, those without a call's id too."""
        self.unanswered: list[Pending] = []
        """Client events that wait for an answer, oldest first; the newest thousand."""
        self.first_append: Pending | None = None
        """The first audio of the client: what is wrong with it is wrong with what follows."""
        self.named: dict[str, Pending] = {}
        """Client events by the `event_id` the client gave them, audio too; the newest thousand."""
        self.open_turn: At | None = None
        """The commit by voice detection that no response has followed yet."""
        self.input_audio = InputAudio()
        self.playback: dict[str, Playback] = {}
        """By item id."""
        self.stretches: dict[str, Stretch] = {}
        """By role, what is being said, or was last, in a session without turns."""
        self.backend: At | None = None
        """The last event of the model that a Live session hands matters to."""
        self.closing: Event | None = None
        """The `session.closed` of a session without turns, which says why it ended."""
        self.delegations: dict[str, At] = {}
        """What the assistant of the Live API handed to the client, by id, while nothing was given back."""
        self.errors: list[ServerError] = []
        self.rate_limits: Mapping[str, Any] = {}
        self.worked_out: dict[object, Any] = {}
        """What analyses have worked out of it so far, each under a key of its own, to go on from there."""
        self.user_turns = 0
        """User messages in the conversation, spoken or written."""

    def begin(self, header: Header) -> None:
        """Take in what a recording's first line says: where the connection went, when, and what a log leaves out."""
        self.upstream = header.url
        self.via = header.via
        self.after = str(header.extra.get("after") or "")
        self.left_out = frozenset(header.tags.get("left_out", "").split())
        try:
            self.started = datetime.fromisoformat(header.started).timestamp()
        except ValueError:
            self.started = None
        if header.tags.get("date") == "unknown":
            self.started = None

    @property
    def is_cut_off(self) -> bool:
        """Whether the recording stops before the connection did; the session has ended all the same."""
        return self.ended_how == CUT_OFF

    @property
    def dialect_name(self) -> str:
        """The dialect in full, a name of `dialects.py`; `ga` or `beta` is OpenAI's; empty if nothing shows it."""
        return self.dialect_asked or self.server or self.dialect

    @property
    def dialect_sign(self) -> str:
        """What shows that dialect."""
        return self.server_reason or self.dialect_reason

    @property
    def model(self) -> str:
        """The model, from the session in force or the URL."""
        from_config = self.config.get("model")
        return str(from_config) if from_config else self.query.get("model", "") or self.query.get("deployment", "")

    @property
    def target(self) -> str:
        """Path and query of the upgrade request."""
        return str(self.request.body.get("target", "")) if self.request else ""

    @property
    def query(self) -> dict[str, str]:
        """The query of the upgrade request."""
        return dict(_query(self.target))

    @property
    def is_sideband(self) -> bool:
        """Whether this socket controls a call whose audio goes elsewhere (WebRTC or SIP)."""
        return self.request is not None and any(name == "call_id" for name, _ in _query(self.target))

    @property
    def plays_elsewhere(self) -> bool:
        """Whether the assistant's audio does not come on this socket: over WebRTC or SIP, or from an avatar."""
        own = "output_audio_buffer.started" not in self.counts and not self.config.get("avatar")
        return self.is_sideband or not own

    @property
    def is_whole(self) -> bool:
        """Whether everything of the session is on this socket and in the recording, as far as that can be told."""
        if self.created is None or "wire.gap" in self.counts or left_out.ITEMS in self.left_out:
            return False
        return not self.is_sideband

    @property
    def is_transcription(self) -> bool:
        """Whether the session only transcribes."""
        told = self.config.get("type") == "transcription" or self.query.get("intent") == "transcription"
        return told or self.config.get("object") == _TRANSCRIPTION or text(self.config.get("model")).startswith(_WRITES)

    @property
    def is_streamed(self) -> bool:
        """Whether nobody takes turns: a translation, or a session of the Live API."""
        return self.dialect_name in dialects.STREAMED or bool(self.stretches)

    @property
    def active_response(self) -> Response | None:
        """The response in progress in the conversation, out-of-band ones left out."""
        return next((r for r in reversed(self.active.values()) if not r.out_of_band), None)

    @property
    def last_response(self) -> Response | None:
        """The response that was created last."""
        return next(reversed(self.responses.values()), None)

    @property
    def turn_detection(self) -> Mapping[str, Any] | None:
        """The voice detection in force; None if it is off or unknown."""
        for path in ("audio.input.turn_detection", "turn_detection"):
            found = dig(self.config, path)
            if isinstance(found, Mapping) and found.get("type") not in _NO_DETECTION:
                return found
        return None

    @property
    def detection_is_off(self) -> bool:
        """Whether the session in force says that voice detection is off: the client commits by itself."""
        told = isinstance(dig(self.config, "audio.input"), Mapping) or "turn_detection" in self.config
        return told and self.turn_detection is None

    @property
    def transcription(self) -> Mapping[str, Any] | None:
        """How the user's audio is transcribed; None if it is not, or nothing says so."""
        for path in ("audio.input.transcription", "input_audio_transcription"):
            found = dig(self.config, path)
            if isinstance(found, Mapping):
                return found
        return None

    @property
    def output_format(self) -> AudioFormat:
        """The format of the assistant's audio in force."""
        if self._spoken_in[0] is not self.config:  # asked for with every piece of audio
            self._spoken_in = self.config, _spoken_in(self.config)
        return self._spoken_in[1]

    @property
    def conversation(self) -> list[Item]:
        """The items of the conversation in order, deleted and out-of-band ones left out."""
        return [item for item in self.items.values() if item.added is not None and not item.deleted]

    def calls_of(self, response_id: str) -> list[ToolCall]:
        """Return the function calls that a response made."""
        return self.calls_by_response.get(response_id, [])

    def playing(self, t: float, least_ms: float = 0.0) -> Playback | None:
        """Return what can still be playing at `t` with more than `least_ms` to go, the latest first."""
        for playback in reversed(self.playback.values()):
            if playback.remaining_ms(t) > least_ms:
                return playback
            if playback.cut_ms is None:  # they play one after another: what began before it has ended too
                return None
        return None


@lru_cache(maxsize=8)
def _query(target: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(target.partition("?")[2], keep_blank_values=True))


def _spoken_in(config: Mapping[str, Any]) -> AudioFormat:
    """Return the format of the assistant's audio that settings name."""
    for path in ("audio.output.format", "output_audio_format", "audio.format"):
        found = AudioFormat.read(dig(config, path))
        if found is not None:
            return found
    return AudioFormat()
