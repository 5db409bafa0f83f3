"""The State pane: the session as it was at one moment, as lines.

Pure: a session folded up to the cursor in, lines out. What can go wrong stands first, the conversation last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from realtime_inspector.protocol.realtime.conversation import At, Item, Pending, Response, ToolCall
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.tui import text
from realtime_inspector.tui.gist import item_gist, number, string
from realtime_inspector.tui.text import Line, Span

MAX_ITEMS = 200
"""Of a long conversation, the latest so many items are shown."""

_MAX_ROWS = 20


def lines(session: State, t: float, earlier: int = 0) -> list[Line]:
    """Return the state of a session at a time, in seconds; it lacks so many `earlier` items of its conversation."""
    return [
        *_session(session),
        *_section("Response", _responses(session, t)),
        *_section("Tool calls without an output", _calls(session)),
        *_section("Client events without an answer", _unanswered(session.unanswered, t)),
        *_section("Audio", _audio(session, t)),
        *_section("Errors", _errors(session)),
        *_section("Configuration in force", _config(session)),
        *_section("Rate limits", _limits(session.rate_limits)),
        *_section(
            f"Conversation ({text.count(earlier + len(session.conversation), 'item')})", _conversation(session, earlier)
        ),
    ]


def _section(title: str, found: Iterator[Line]) -> Iterator[Line]:
    first = next(found, None)
    if first is None:
        return
    yield Line()
    yield text.plain(title, "title")
    yield first
    yield from found


def _session(session: State) -> Iterator[Line]:
    if session.created is None:
        yield text.plain("no session yet", "dim")
        if session.handshake is not None and session.handshake.body.get("status") != 101:
            yield Line((Span(f"refused: {session.handshake.body.get('status')}", "error"),), session.handshake.n)
        else:
            yield text.plain("it begins with session.created; this is the state at the cursor", "dim")
        return
    dialect = f", {session.dialect_name}" if session.dialect_name else ""
    yield Line((Span(text.safe(session.model) or "no model", "title"), Span(dialect, "dim")))
    yield _row("session", text.safe(session.id), session.created)
    if session.close is not None:
        code = session.close.body.get("code")
        yield Line(
            (Span("  closed: ", "key"), Span(f"{'no code' if code is None else code}", "warning")), session.close.n
        )
    elif session.ended is not None:
        yield _row("ended", text.clock(session.ended.t), session.ended)


def _row(name: str, value: str, at: At | None = None, style: str = "") -> Line:
    link = (Span(f"  ⏎ #{at.n}", "link"),) if at is not None else ()
    return Line((Span(f"  {name}: ", "key"), Span(value, style), *link), at.n if at is not None else None, 4)


def _responses(session: State, t: float) -> Iterator[Line]:
    for response in list(session.active.values())[-_MAX_ROWS:]:
        yield _row("in progress", _response(session, response, t), response.created, "good")
    for request in session.pending_requests[-_MAX_ROWS:]:
        yield _row("asked for", f"{_since(request.at, t)} ago", request.at, "warning")
    if not session.active and session.last_response is not None:
        last = session.last_response
        reason = f" ({text.safe(last.reason)})" if last.reason else ""
        yield _row("last", f"{text.short_id(last.id)} {text.safe(last.status)}{reason}", last.done or last.created)


def _response(session: State, response: Response, t: float) -> str:
    audio_ms = sum(session.items[item].audio_ms for item in response.item_ids if item in session.items)
    first = f", first output after {_between(response.created, response.first_output)}" if response.first_output else ""
    out_of_band = ", out of band" if response.out_of_band else ""
    spoken = f", {text.ms(audio_ms)} of audio" if audio_ms else ""
    cancelled = ", cancelled by the client" if response.cancel is not None else ""
    return f"{text.short_id(response.id)} for {_since(response.created, t)}{first}{spoken}{out_of_band}{cancelled}"


def _calls(session: State) -> Iterator[Line]:
    waiting = [call for call in session.calls.values() if not call.outputs and not call.by_client]
    for call in waiting[-_MAX_ROWS:]:
        state = "" if call.done is not None else " (arguments incomplete)"
        yield _row(text.safe(call.name) or "?", f"{_call(call)}{state}", call.done or call.named)


def _call(call: ToolCall) -> str:
    return f"{text.safe(text.clip(call.arguments, 200))} {text.short_id(call.call_id)}"


def _unanswered(waiting: Sequence[Pending], t: float) -> Iterator[Line]:
    for pending in waiting[-_MAX_ROWS:]:
        yield _row(text.safe(pending.type), f"{_since(pending.at, t)} ago", pending.at)


def _audio(session: State, t: float) -> Iterator[Line]:
    heard = session.input_audio
    if heard.appends:
        speech = ", the user is speaking" if heard.active_speech is not None else ""
        yield _row("user", f"{text.ms(heard.buffered_ms)} in the buffer, {text.ms(heard.total_ms)} in all{speech}")
    playing = session.playing(t)
    if playing is not None:
        left = f"at most {text.ms(playing.played_ms(t))} of {text.ms(playing.ms)} played"
        yield _row("assistant", f"{text.short_id(playing.item_id)} {left}")


def _errors(session: State) -> Iterator[Line]:
    for error in session.errors[-_MAX_ROWS:]:
        yield _row(text.safe(error.code or error.type) or "error", text.safe(error.message), error.at, "error")


def _config(session: State) -> Iterator[Line]:
    config = session.config
    if not config:
        return
    if session.config_at is not None:
        waiting = (
            f", {text.count(len(session.pending_updates), 'update')} not answered" if session.pending_updates else ""
        )
        yield _row("since", f"{text.clock(session.config_at.t)}{waiting}", session.config_at)
    for name, value in _settings(session, config):
        if value:
            yield _row(name, text.safe(value))


def _settings(session: State, config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "voice", string(config, "audio.output.voice") or string(config, "voice")
    modalities = config.get("output_modalities") or config.get("modalities")
    yield "modalities", ", ".join(map(str, modalities)) if isinstance(modalities, list) else ""
    detection = session.turn_detection
    yield "turn detection", _detection(detection) if detection is not None else "off"
    yield "audio in", f"{session.input_audio.format.name} {session.input_audio.format.rate} Hz"
    yield "audio out", f"{session.output_format.name} {session.output_format.rate} Hz"
    transcription = string(config, "audio.input.transcription.model") or string(
        config, "input_audio_transcription.model"
    )
    yield "transcription", transcription or "off"
    tools = config.get("tools")
    yield "tools", ", ".join(_tool(tool) for tool in tools) if isinstance(tools, list) else ""
    yield "instructions", text.clip(string(config, "instructions"), 300)


def _tool(tool: Any) -> str:
    return string(tool, "name") or string(tool, "server_label") or string(tool, "type") or "?"


def _detection(detection: Mapping[str, Any]) -> str:
    told = [f"{name} {value}" for name, value in detection.items() if name != "type" and value is not None]
    return f"{string(detection, 'type')} ({', '.join(told)})" if told else string(detection, "type")


def _limits(limits: Mapping[str, Any]) -> Iterator[Line]:
    for name, limit in limits.items():
        remaining, total, reset = (number(limit, key) for key in ("remaining", "limit", "reset_seconds"))
        if remaining is not None and total is not None:
            again = f", full again in {text.ms(reset * 1000)}" if reset else ""
            yield _row(text.safe(name), f"{remaining:,.0f} of {total:,.0f} left{again}")


def _conversation(session: State, earlier: int) -> Iterator[Line]:
    items = session.conversation
    if earlier + len(items) > MAX_ITEMS:
        yield text.plain(f"  … {earlier + len(items) - MAX_ITEMS:,} earlier items", "dim")
    for item in items[-MAX_ITEMS:]:
        yield _item(item, session)


def _item(item: Item, session: State) -> Line:
    who, style = _who(item)
    said = item.transcript or item.text
    what = f"“{text.safe(text.clip(said, 400))}”" if said else text.safe(item_gist(item.body))
    notes = _notes(item, session)
    at = item.added
    return Line(
        (Span(f"  {who} ", style), Span(what), Span(f" {notes}" if notes else "", "warning")),
        at.n if at is not None else None,
        4,
    )


def _who(item: Item) -> tuple[str, str]:
    if item.role == "user":
        return "user", "client"
    if item.role == "assistant":
        return "assistant", "server"
    kinds = {"function_call": ("call", "server"), "function_call_output": ("output", "client")}
    return kinds.get(item.type, (text.safe(item.role or item.type) or "item", "proxy"))


def _notes(item: Item, session: State) -> str:
    notes = []
    if item.truncated_ms is not None:
        notes.append(f"heard {text.ms(item.truncated_ms)} of {text.ms(item.audio_ms)}")
    if item.status and item.status != "completed":
        notes.append(text.safe(item.status))
    if item.role == "user" and not (item.transcript or item.text) and item.type == "message":
        notes.append("not transcribed")
    return f"[{', '.join(notes)}]" if notes else ""


def _since(at: At, t: float) -> str:
    return text.ms(max(0.0, t - at.t) * 1000)


def _between(first: At, last: At) -> str:
    return text.ms(max(0.0, last.t - first.t) * 1000)
