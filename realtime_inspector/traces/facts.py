"""The attributes of spans: facts and figures of a session, a turn, a response or a tool's call; nothing that was said.

Content, which is for those who ask for it, is in `content.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from realtime_inspector.analysis import cost, metrics
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.protocol.event import dig
from realtime_inspector.protocol.realtime import dialects
from realtime_inspector.protocol.realtime.audio import Speech
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, ToolCall
from realtime_inspector.protocol.realtime.models import MODALITIES, builtin
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text
from realtime_inspector.recording.entry import Header
from realtime_inspector.traces import names
from realtime_inspector.traces.span import Attributes, Value

_PROVIDERS = {
    "": "openai", dialects.GA: "openai", dialects.BETA: "openai", dialects.LIVE: "openai",
    dialects.TRANSLATION: "openai",
    dialects.AZURE: "azure.ai.openai", dialects.AZURE_LEGACY: "azure.ai.openai", dialects.VOICE_LIVE: "azure.ai.openai",
    dialects.XAI: "x_ai", dialects.GEMINI: "gcp.gemini",
}  # fmt: skip
"""Dialect → the convention's name of who serves it; others go by the dialect's own name."""
_HOSTS = {"openai": "openai", "azure.ai.openai": "azure", "x_ai": "xai", "gcp.gemini": "google"}
"""The same as OpenInference names them."""
_STOPPED = {"completed": "stop", "failed": "error", "in_progress": "error", "cancelled": "cancelled"}
_CUT_SHORT = {"max_output_tokens": "length"}
_SPEECH = {names.KIND: "CHAIN", names.OPERATION: names.USER_SPEECH}
_PORTS = {"wss": 443, "https": 443, "ws": 80, "http": 80}


def known(values: Mapping[str, Value | None]) -> dict[str, Value]:
    """Return those that have a value."""
    return {name: value for name, value in values.items() if value is not None and value not in ("", ())}


def of_session(session: Session, header: Header) -> Attributes:
    """Return what every span of a session has, so that each is found by any of it."""
    return known(
        {
            names.SESSION: session.id or header.id,
            names.REALTIME_SESSION: session.id,
            names.PROVIDER: provider(session),
            names.RECORDING: header.id,
            **{names.TAG + name: value for name, value in header.tags.items()},
        }
    )


def metadata(attributes: Attributes) -> str:
    """Return what has no name in a convention once more, as the JSON that viewers show, and filter by."""
    ours = {name.removeprefix(names.OUR): value for name, value in attributes.items() if name.startswith(names.OUR)}
    return orjson.dumps(ours).decode()


def provider(session: Session) -> str:
    """Return who serves a session, as far as it shows."""
    return _PROVIDERS.get(session.dialect_name, session.dialect_name)


def of_server(session: Session, header: Header) -> Attributes:
    """Return the model, and where its server is."""
    try:
        url = urlsplit(header.url)
        address, port = url.hostname or "", url.port or _PORTS.get(url.scheme)
    except ValueError:  # a URL of a peer may be none
        address, port = "", None
    return known(
        {
            names.REQUEST_MODEL: session.model,
            names.SERVER_ADDRESS: address,
            names.SERVER_PORT: port if address else None,
        }
    )


def of_connection(session: Session, header: Header) -> Attributes:
    """Return how a connection began."""
    status = session.handshake.get("status") if session.handshake is not None else None
    waits = {"connect_ms": metrics.connect_ms(session), "config_ms": metrics.config_ms(session)}
    return known(
        {
            names.STATUS_CODE: status if isinstance(status, int) else None,
            names.AFTER: text(header.extra.get("after")),
            **_ours(waits),
        }
    )


def of_settings(session: Session, header: Header) -> Attributes:
    """Return how a session is set up."""
    detection = session.turn_detection or {}
    told: dict[str, Value | None] = {
        "dialect": session.dialect_name,
        "via": header.via,
        "voice": text(dig(session.config, "audio.output.voice")) or text(session.config.get("voice")),
        "turn_detection": "off" if session.detection_is_off else text(detection.get("type")),
        "transcription_model": text((session.transcription or {}).get("model")),
        "tools": len(mappings(session.config.get("tools"))),
    }
    return known({**of_server(session, header), **_ours(told)})


def of_turn(session: Session, turn: Turn) -> Attributes:
    """Return the figures of a turn."""
    figures = known(
        {
            "turn": turn.number,
            "voice_to_voice_ms": metrics.voice_to_voice_ms(turn),
            "speech_stop_to_audio_ms": metrics.speech_stop_to_audio_ms(turn),
            "answer_ms": metrics.answer_ms(turn),
            "dead_air_ms": metrics.dead_air_ms(session, turn),
            "interrupted": turn.interrupted,
            "spoken": turn.spoken,
            "audio_ms": round(turn.audio_ms, 3),
            "heard_ms": turn.heard_ms,
            "responses": len(turn.responses),
            "tool_calls": len(turn.calls),
        }
    )
    return known(
        {
            names.KIND: "AGENT",
            names.OPERATION: names.INVOKE_AGENT,
            names.CONVERSATION: next((each.conversation_id for each in turn.responses if each.conversation_id), ""),
            names.ENTRY: turn.start.n,
            **_ours(figures),
        }
    )


def of_speech(session: Session, speech: Speech) -> Attributes:
    """Return what voice detection said of a stretch of speech."""
    told = {
        "speech_ms": metrics.speech_ms(speech),
        "endpointing_ms": metrics.endpointing_ms(speech),
        "barge_in_detect_ms": metrics.barge_in_detect_ms(speech),
        "server_stop_ms": metrics.server_stop_ms(session, speech),
        "client_stop_ms": metrics.client_stop_ms(session, speech),
        "ended_by": speech.ended_by,
    }
    return known({**_SPEECH, names.ENTRY: speech.started_n, **_ours(told)})


def of_commit(began: At) -> Attributes:
    """Return what is known of speech that the client cut out by itself: from the first of its audio to the commit."""
    return known({**_SPEECH, names.ENTRY: began.n, names.OUR + "ended_by": "client"})


def of_response(session: Session, response: Response) -> Attributes:
    """Return what is known of a response: its model, how it ended, how long things took, tokens, cost."""
    asked = response.request.body if response.request is not None else {}
    reason = finish_reason(session, response)
    model = session.model
    timed = {
        "time_to_first_audio_ms": metrics.time_to_first_audio_ms(response),
        "create_to_output_ms": metrics.create_to_output_ms(response),
        "generation_ms": metrics.generation_ms(response),
        "audio_ms": round(response.audio_ms, 3),
        "after_cancel_ms": round(response.after_cancel_ms, 3) or None,
        "out_of_band": response.out_of_band or None,
        "asked_by": "client" if response.request is not None else "server",
    }
    return known(
        {
            names.KIND: "LLM",
            names.OPERATION: names.REALTIME_INFERENCE,
            names.CONVERSATION: response.conversation_id,
            names.RESPONSE_ID: response.id,
            names.RESPONSE_MODEL: model,
            names.OUTPUT_TYPE: _output_type(session, asked),
            names.MAX_TOKENS: _whole(asked.get("max_output_tokens", session.config.get("max_output_tokens"))),
            names.REASONING_LEVEL: text(dig(session.config, "reasoning.effort")),
            names.FINISH_REASONS: (reason,),
            names.ENTRY: response.created.n,
            names.LLM_MODEL: model,
            names.LLM_SYSTEM: "openai" if provider(session) in ("openai", "azure.ai.openai") else None,
            names.LLM_PROVIDER: _HOSTS.get(provider(session)),
            names.LLM_FINISH: reason,
            names.COST: cost.of_response(response, model, builtin()).total if response.usage else None,
            **_usage(response),
            **_ours(timed),
        }
    )


def finish_reason(session: Session, response: Response) -> str:
    """Return why a response stopped, in the words that models have for it; the server's own where it was cut off."""
    if response.status == "completed":
        spoke = any(session.items[item].type == "message" for item in response.item_ids if item in session.items)
        return "tool_call" if session.calls_of(response.id) and not spoke else "stop"
    if response.status == "failed":
        return "error"
    return _CUT_SHORT.get(response.reason, response.reason) or _STOPPED.get(response.status, "error")


def error_of(response: Response) -> str:
    """Return the code with which a response failed; empty if it did not."""
    if response.status == "failed":
        return text(response.error.get("code")) or text(response.error.get("type")) or "failed"
    return "" if response.done is not None else "cut_off"


def of_call(turn: Turn, call: ToolCall) -> Attributes:
    """Return what is known of a function call."""
    told = {
        **_tool(call.name, call.call_id, "function"),
        names.ENTRY: call.done.n if call.done else None,
    }
    timed = {
        "tool_round_trip_ms": metrics.tool_round_trip_ms(call),
        "follow_up_ms": metrics.follow_up_ms(turn, call),
        "outputs": len(call.outputs),
        "refused_outputs": len(call.refused) or None,
    }
    return known({**told, **_ours(timed)})


def of_mcp(item: Item) -> Attributes:
    """Return what is known of a call that the server made to an MCP server."""
    told = {
        **_tool(text(item.body.get("name")), item.id, "extension"),
        names.ENTRY: item.first.n if item.first else None,
    }
    return known({**told, names.OUR + "mcp_server": text(item.body.get("server_label"))})


def _tool(name: str, call_id: str, kind: str) -> dict[str, Value]:
    return {
        names.KIND: "TOOL",
        names.OPERATION: names.EXECUTE_TOOL,
        names.TOOL_NAME: name,
        names.TOOL_TYPE: kind,
        names.CALL_ID: call_id,
        names.INFERENCE_TOOL: name,
        names.TOOL_ID: call_id,
    }


def _usage(response: Response) -> dict[str, Value | None]:
    """Return the tokens of a response in total and by modality; nothing where the server did not say."""
    if not response.usage:
        return {}
    took = metrics.tokens_of(response)
    given, made = (
        mapping(response.usage.get("input_token_details")),
        mapping(response.usage.get("output_token_details")),
    )
    cached = mapping(given.get("cached_tokens_details"))
    return {
        names.INPUT_TOKENS: took.input,
        names.OUTPUT_TOKENS: took.output,
        names.CACHED_TOKENS: took.cached,
        **{names.INPUT_TOKENS_OF.format(each): _whole(given.get(f"{each}_tokens")) for each in MODALITIES},
        **{names.OUTPUT_TOKENS_OF.format(each): _whole(made.get(f"{each}_tokens")) for each in MODALITIES},
        **{names.CACHED_TOKENS_OF.format(each): _whole(cached.get(f"{each}_tokens")) for each in MODALITIES},
        names.LLM_INPUT: took.input,
        names.LLM_OUTPUT: took.output,
        names.LLM_TOTAL: took.total,
        names.LLM_INPUT_AUDIO: took.input_audio,
        names.LLM_OUTPUT_AUDIO: took.output_audio,
        names.LLM_CACHED: took.cached,
    }


def _output_type(session: Session, asked: Mapping[str, Any]) -> str:
    for place in (asked, session.config):
        for member in ("output_modalities", "modalities"):
            wanted = place.get(member)
            if isinstance(wanted, list) and wanted:
                return "speech" if "audio" in wanted else "text"
    return ""


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _ours(values: Mapping[str, Value | None]) -> dict[str, Value | None]:
    return {names.OUR + name: value for name, value in values.items()}
