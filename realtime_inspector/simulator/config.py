"""The session: what `session.update` may hold, what the server makes of it, and what holds when nothing was asked.

Knows JSON only. A rejected update changes nothing: it is checked whole before any of it is applied.

Source: `openai` 3.54.0, `realtime_session_create_request` and `_response` (read 2026-11-22); the defaults are those
that public recordings of `session.created` show.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from realtime_inspector.simulator import errors
from realtime_inspector.simulator.shape import (
    AnyOf,
    Anything,
    Array,
    Either,
    Flag,
    Nullable,
    Number,
    Object,
    Shape,
    Tagged,
    Text,
)

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
DEFAULT_INSTRUCTIONS = "You are a friendly voice assistant. Answer briefly, in the language the user speaks."
SESSION_S = 3600
"""How long a session may last: what `expires_at` says."""

Config = dict[str, Any]

_OTHER = {"realtime": ["transcription"], "transcription": ["realtime"]}

FORMAT = Tagged(
    {
        "audio/pcm": Object({"type": Text(), "rate": Number(24000, 24000, integer=True)}, required=("rate",)),
        "audio/pcmu": Object({"type": Text()}),
        "audio/pcma": Object({"type": Text()}),
    },
    strings=True,
)
VOICE = Either(Text(VOICES), Object({"id": Text()}, required=("id",)))
_MS = Number(0, integer=True)
_TURNS: Mapping[str, Shape] = {
    "type": Text(),
    "create_response": Nullable(Flag()),
    "interrupt_response": Nullable(Flag()),
}
TURN_DETECTION = Tagged(
    {
        "server_vad": Object(
            {
                **_TURNS,
                "threshold": Nullable(Number(0, 1)),
                "prefix_padding_ms": Nullable(_MS),
                "silence_duration_ms": Nullable(_MS),
                "idle_timeout_ms": Nullable(Number(5000, 30000, integer=True)),
            }
        ),
        "semantic_vad": Object({**_TURNS, "eagerness": Nullable(Text(("low", "medium", "high", "auto")))}),
    }
)
_NAMED_TOOLS = Object({"tool_names": Nullable(Array(Text())), "read_only": Nullable(Flag())})
TOOL = Tagged(
    {
        "function": Object(
            {
                "type": Text(),
                "name": Text(pattern="^[a-zA-Z0-9_-]+$"),
                "description": Nullable(Text(max_length=1024)),
                "parameters": Nullable(Object({}, is_open=True)),
            },
            required=("name",),
        ),
        "mcp": AnyOf(
            Object(
                {
                    "type": Text(),
                    "server_label": Text(),
                    "server_url": Nullable(Text()),
                    "connector_id": Nullable(Text()),
                    "tunnel_id": Nullable(Text()),
                    "authorization": Nullable(Text()),
                    "headers": Nullable(Object({}, is_open=True)),
                    "allowed_tools": Anything(),
                    "require_approval": Nullable(
                        Either(
                            Text(("always", "never")),
                            Object({"always": Nullable(_NAMED_TOOLS), "never": Nullable(_NAMED_TOOLS)}),
                        )
                    ),
                    "server_description": Nullable(Text()),
                    "defer_loading": Nullable(Flag()),
                },
                required=("server_label",),
            ),
            ("server_url", "connector_id", "tunnel_id"),
        ),
    }
)
TOOL_CHOICE = Either(
    Text(("auto", "none", "required")),
    Tagged(
        {
            "function": Object({"type": Text(), "name": Text()}, required=("name",)),
            "mcp": Object(
                {"type": Text(), "server_label": Text(), "name": Nullable(Text())}, required=("server_label",)
            ),
        }
    ),
)
MAX_TOKENS = Either(Text(("inf",)), Number(1, 4096, integer=True))
FLAG = Flag()
MODALITIES = Array(Text(("text", "audio")))
REASONING = Object({"effort": Nullable(Text())})
_INPUT = Object(
    {
        "format": Nullable(FORMAT),
        "noise_reduction": Nullable(
            Object({"type": Text(("near_field", "far_field")), "strength": Nullable(Number())}, required=("type",))
        ),
        "transcription": Nullable(
            Object(
                {
                    "model": Nullable(Text()),
                    "language": Nullable(Text()),
                    "languages": Nullable(Array(Text())),
                    "keywords": Nullable(Array(Text())),
                    "prompt": Nullable(Text()),
                    "delay": Anything(),
                }
            )
        ),
        "turn_detection": Nullable(TURN_DETECTION),
    }
)
_OUTPUT = Object({"format": Nullable(FORMAT), "voice": Nullable(VOICE), "speed": Nullable(Number(0.25, 1.5))})
_INCLUDE = Array(Text(("item.input_audio_transcription.logprobs",)))
_COMMON: Mapping[str, Shape] = {"type": Text(("realtime", "transcription")), "include": Nullable(_INCLUDE)}
TRUNCATION = Either(
    Text(("auto", "disabled")),
    Tagged(
        {
            "retention_ratio": Object(
                {
                    "type": Text(),
                    "retention_ratio": Number(0, 1),
                    "token_limits": Nullable(Object({"post_instructions": Nullable(Number(0, integer=True))})),
                },
                required=("retention_ratio",),
            )
        }
    ),
)
REALTIME = Object(
    {
        **_COMMON,
        "model": Nullable(Text()),
        "output_modalities": Nullable(MODALITIES),
        "instructions": Nullable(Text()),
        "audio": Nullable(Object({"input": Nullable(_INPUT), "output": Nullable(_OUTPUT)})),
        "tools": Nullable(Array(TOOL)),
        "tool_choice": Nullable(TOOL_CHOICE),
        "max_output_tokens": Nullable(MAX_TOKENS),
        "tracing": Nullable(Either(Text(("auto",)), Object({}, is_open=True))),
        "truncation": Nullable(TRUNCATION),
        "prompt": Nullable(Object({"id": Text()}, required=("id",), is_open=True)),
        "parallel_tool_calls": Nullable(Flag()),
        "reasoning": Nullable(REASONING),
    },
    required=("type",),
)
TRANSCRIPTION = Object(
    {**_COMMON, "audio": Nullable(Object({"input": Nullable(_INPUT)}))},
    required=("type",),
)

_PCM = {"type": "audio/pcm", "rate": 24000}
_SERVER_VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC_VAD = {"type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True}
_UNTIL_COMMIT = ("gpt-realtime-whisper", "gpt-live-transcribe")
"""Transcription models that take no turn detection: the client commits."""


def default_session(session_id: str, model: str, now_unix: int) -> Config:
    """Return the session of a `session.created`, complete as the server shows it."""
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": now_unix + SESSION_S,
        "audio": {
            "input": _default_input(),
            "output": {"format": dict(_PCM), "voice": "marin", "speed": 1.0},
        },
        "include": None,
    }


def default_transcription(session_id: str, now_unix: int) -> Config:
    """Return the session of a socket opened with `intent=transcription`."""
    return {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "id": session_id,
        "expires_at": now_unix + SESSION_S,
        "audio": {"input": _default_input()},
        "include": None,
    }


def updated(session: Config, asked: Any, *, has_audio: bool) -> Config:
    """Return the session after a `session.update`; `session` itself stays as it is.

    Args:
        session: The session in force.
        asked: The `session` member of the client's event.
        has_audio: The assistant has spoken already, which fixes its voice.

    Raises:
        Refusal: If the update is not accepted, for the first thing wrong with it.
    """
    if asked is None:
        raise errors.missing("session")
    shape = REALTIME if session["type"] == "realtime" else TRANSCRIPTION
    if isinstance(asked, dict) and asked.get("type") in _OTHER[session["type"]]:
        raise _other_kind(session["type"])
    shape.check(asked, "session")
    _check_fixed(session, asked, has_audio=has_audio)
    _check_turn_detection(session, asked)
    result = copy.deepcopy(session)
    _merge(result, asked)
    return result


def check_modalities(value: Any, path: str) -> None:
    """Refuse both modalities at once, or none.

    Raises:
        Refusal: If it is not one of the two combinations.
    """
    if value is not None and value not in (["text"], ["audio"]):
        shown = str(value)
        raise errors.Refusal(
            f"Invalid modalities: {shown}. Supported combinations are: ['text'] and ['audio'].", "invalid_value", path
        )


def _default_input() -> Config:
    return {"format": dict(_PCM), "transcription": None, "noise_reduction": None, "turn_detection": dict(_SERVER_VAD)}


def _other_kind(kind: str) -> errors.Refusal:
    asked, socket = ("transcription", "realtime") if kind == "realtime" else ("realtime", "transcription")
    message = f"Passing a {asked} session update event to a {socket} session is not allowed."
    return errors.Refusal(message, "invalid_value", "session.type")


def _check_fixed(session: Config, asked: Mapping[str, Any], *, has_audio: bool) -> None:
    check_modalities(asked.get("output_modalities"), "session.output_modalities")
    model = asked.get("model")
    if model is not None and not str(session.get("model", "")).startswith(model):
        message = f"The model of a session cannot be changed: it is '{session.get('model')}'."
        raise errors.Refusal(message, None, "session.model")
    voice = _part(asked, "output").get("voice")
    if has_audio and voice is not None and voice != session["audio"]["output"]["voice"]:
        raise errors.voice_is_fixed("session.audio.output.voice")


def _check_turn_detection(session: Config, asked: Mapping[str, Any]) -> None:
    audio = {**session["audio"]["input"], **_part(asked, "input")}
    model = (audio.get("transcription") or {}).get("model")
    if model in _UNTIL_COMMIT and audio.get("turn_detection") is not None and session["type"] == "transcription":
        message = "Turn detection is not supported for this transcription model"
        raise errors.Refusal(message, "invalid_value", "session.audio.input.turn_detection")


def _part(asked: Mapping[str, Any], direction: str) -> Mapping[str, Any]:
    return (asked.get("audio") or {}).get(direction) or {}


def _merge(session: Config, asked: Mapping[str, Any]) -> None:
    """Bring the present members in; `audio` is merged down to its fields, everything else is replaced."""
    for name, value in asked.items():
        if name == "audio":
            for direction in ("input", "output"):
                _merge_audio(session["audio"].get(direction, {}), _part(asked, direction))
        elif name in {"type", "model"}:
            continue
        elif value is None:
            session[name] = _DEFAULTS.get(name)
        else:
            session[name] = copy.deepcopy(value)


def _merge_audio(audio: Config, asked: Mapping[str, Any]) -> None:
    for name, value in asked.items():
        if name == "turn_detection" and value is not None:
            defaults = _SERVER_VAD if value["type"] == "server_vad" else _SEMANTIC_VAD
            audio[name] = {**defaults, **{key: part for key, part in value.items() if part is not None}}
        elif value is not None or name in {"turn_detection", "transcription", "noise_reduction"}:
            audio[name] = copy.deepcopy(value)


_DEFAULTS: Mapping[str, Any] = {
    "output_modalities": ["audio"],
    "instructions": DEFAULT_INSTRUCTIONS,
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "truncation": "auto",
}
"""What an explicit null brings back; null itself for what is not named."""
