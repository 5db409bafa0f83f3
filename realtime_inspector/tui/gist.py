"""What an event says, in a few words: the last column of the event list.

One small function an event type, by its GA name. The body is whatever a peer sent: every field is asked for its type
before it is used, and nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.tui import text

_CLIP = 400


def gist(event: Event) -> str:
    """Return what an event says in a few words, safe to show; empty where its type says it all."""
    teller = _TELLERS.get(event.type) or _TELLERS.get(ga_name(event.type)) or _by_ending(event.type)
    said = teller(event.body) if teller is not None else _ids(event.body)
    return text.safe(said[:_CLIP])


def quote(words: str) -> str:
    """Return words in quotation marks; nothing for nothing."""
    return f"“{words}”" if words else ""


def item_gist(item: Any) -> str:
    """Return what an item of a conversation says."""
    kind = string(item, "type")
    if kind == "function_call":
        return f"{string(item, 'name')}({string(item, 'arguments')})"
    if kind == "function_call_output":
        return f"output of {text.short_id(string(item, 'call_id')) or 'no call'}: {string(item, 'output')}"
    said = quote(
        " ".join(words for part in parts(item) if (words := string(part, "transcript") or string(part, "text")))
    )
    what = said or " ".join(string(part, "type") for part in parts(item))
    return _join(string(item, "role") or kind, what, _unless(string(item, "status"), "completed"))


def parts(item: Any) -> list[Mapping[str, Any]]:
    """Return the content parts of an item that are objects."""
    content = dig(item, "content")
    return [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []


def string(body: Any, path: str) -> str:
    """Return the string at a path; empty if there is none."""
    found = dig(body, path)
    return found if isinstance(found, str) else ""


def number(body: Any, path: str) -> float | None:
    """Return the number at a path; None if there is none."""
    found = dig(body, path)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


_Teller = Callable[[Mapping[str, Any]], str]


def _join(*words: str) -> str:
    return " ".join(word for word in words if word)


def _unless(word: str, usual: str) -> str:
    return "" if word == usual else word


def _ids(body: Mapping[str, Any]) -> str:
    return _join(*(text.short_id(string(body, name)) for name in ("call_id", "item_id", "response_id")))


def _by_ending(event_type: str) -> _Teller | None:
    if event_type.endswith(".delta"):
        return _delta
    return None


def _session(body: Mapping[str, Any]) -> str:
    session = dig(body, "session", {})
    if not isinstance(session, Mapping):
        return ""
    voice = string(session, "audio.output.voice") or string(session, "voice")
    tools = session.get("tools")
    return _join(
        string(session, "model"),
        voice and f"voice {voice}",
        text.count(len(tools), "tool") if isinstance(tools, list) and tools else "",
        _detection(session),
        quote(string(session, "instructions")),
    )


def _detection(session: Mapping[str, Any]) -> str:
    for holder, name in ((dig(session, "audio.input", {}), "turn_detection"), (session, "turn_detection")):
        if isinstance(holder, Mapping) and name in holder:
            return string(holder, f"{name}.type") or "no turn detection"
    return ""


def _delta(body: Mapping[str, Any]) -> str:
    return quote(string(body, "delta"))


def _item(body: Mapping[str, Any]) -> str:
    return item_gist(body.get("item"))


def _error(body: Mapping[str, Any]) -> str:
    return _join(string(body, "error.code") or string(body, "error.type"), string(body, "error.message"))


def _response(body: Mapping[str, Any]) -> str:
    response = body.get("response")
    status, details = string(response, "status"), dig(response, "status_details")
    reason = details if isinstance(details, str) else string(details, "reason") or string(details, "error.code")
    total = number(response, "usage.total_tokens")
    tokens = "" if total is None else f"{total:,.0f} tokens"
    return _join(text.short_id(string(response, "id")), _unless(status, "in_progress"), reason, tokens)


def _response_create(body: Mapping[str, Any]) -> str:
    response = body.get("response")
    modalities = dig(response, "output_modalities") or dig(response, "modalities")
    return _join(
        "out of band" if string(response, "conversation") == "none" else "",
        ", ".join(word for word in modalities if isinstance(word, str)) if isinstance(modalities, list) else "",
        quote(string(response, "instructions")),
    )


def _part(body: Mapping[str, Any]) -> str:
    part = body.get("part")
    return _join(string(part, "type"), quote(string(part, "transcript") or string(part, "text")))


def _truncate(body: Mapping[str, Any]) -> str:
    return _join(text.short_id(string(body, "item_id")), _at(body, "audio_end_ms"))


def _at(body: Mapping[str, Any], name: str) -> str:
    offset = number(body, name)
    return "" if offset is None else f"at {text.ms(offset)}"


def _rate_limits(body: Mapping[str, Any]) -> str:
    limits = body.get("rate_limits")
    told = []
    for limit in limits if isinstance(limits, list) else []:
        remaining, total = number(limit, "remaining"), number(limit, "limit")
        if remaining is not None and total:
            told.append(f"{string(limit, 'name')} {remaining / total:.0%} left")
    return ", ".join(told)


def _status(body: Mapping[str, Any]) -> str:
    return _join(str(body.get("status", "")), string(body, "reason"), string(body, "body"))


def _close(body: Mapping[str, Any]) -> str:
    code = body.get("code")
    return _join("no code" if code is None else str(code), string(body, "reason"))


_TELLERS: Mapping[str, _Teller] = {
    "wire.request": lambda body: _join(string(body, "method"), string(body, "target")),
    "wire.response": _status,
    "wire.close": _close,
    "wire.end": lambda body: _join(string(body, "how"), string(body, "error")),
    "wire.gap": lambda body: _join(
        text.count(int(number(body, "lost") or 0), "message") + " lost:", string(body, "why")
    ),
    "wire.note": lambda body: string(body, "text"),
    "wire.malformed": lambda body: string(body, "problem"),
    "error": _error,
    "session.created": _session,
    "session.updated": _session,
    "session.update": _session,
    "input_audio_buffer.speech_started": lambda body: _at(body, "audio_start_ms"),
    "input_audio_buffer.speech_stopped": lambda body: _at(body, "audio_end_ms"),
    "conversation.item.create": _item,
    "conversation.item.added": _item,
    "conversation.item.created": _item,
    "conversation.item.done": _item,
    "conversation.item.retrieved": _item,
    "conversation.item.truncate": _truncate,
    "conversation.item.truncated": _truncate,
    "conversation.item.input_audio_transcription.completed": lambda body: quote(string(body, "transcript")),
    "conversation.item.input_audio_transcription.failed": _error,
    "response.create": _response_create,
    "response.created": _response,
    "response.done": _response,
    "response.output_item.added": _item,
    "response.output_item.done": _item,
    "response.content_part.added": _part,
    "response.content_part.done": _part,
    "response.output_text.done": lambda body: quote(string(body, "text")),
    "response.output_audio_transcript.done": lambda body: quote(string(body, "transcript")),
    "response.function_call_arguments.delta": lambda body: string(body, "delta"),
    "response.function_call_arguments.done": lambda body: _join(string(body, "name"), string(body, "arguments")),
    "rate_limits.updated": _rate_limits,
}
