"""Healthy sessions as they are met: tools side by side, answers beside the conversation, telephones, keys held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime_inspector.recording.entry import Entry, Side
from tests.analysis.wire import SEMANTIC_VAD, SERVER_VAD, ULAW, Wire

CITY = '{"city": "Oslo"}'
MCP = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example/mcp", "require_approval": "never"}
TEXT = ["text"]
Made = Callable[[], list[Entry]]


def tool(name: str) -> dict[str, Any]:
    """Return a tool's declaration."""
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {"type": "function", "name": name, "description": "Looks it up.", "parameters": parameters}


def begun(model: str = "gpt-realtime", mic: str = "silence", **session: Any) -> Wire:
    """Return a connection with a configured session, and a microphone that runs."""
    wire = Wire(f"/v1/realtime?model={model}").created(model)
    wire.configure(instructions="You are Ada.", **session)
    wire.mic = mic
    return wire


def detected(**detection: Any) -> dict[str, Any]:
    """Return the settings of voice detection."""
    return {"input": {"turn_detection": {**SERVER_VAD, **detection}}}


def called(wire: Wire, name: str, words: str = "") -> str:
    """Let the user ask and the assistant call a tool; return the call's id."""
    wire.spoken()
    response_id = wire.response()
    if words:
        wire.says(words, 1200, response_id)
    call_id = wire.calls(name, response_id, CITY, index=1 if words else 0)
    wire.done(response_id)
    return call_id


def _tools_side_by_side() -> list[Entry]:
    wire = begun(tools=[tool("weather"), tool("time"), tool("news")])
    wire.spoken()
    response_id = wire.response()
    wire.says("Let me check.", 900, response_id)
    calls = [wire.calls(name, response_id, CITY, index=n) for n, name in enumerate(("weather", "time", "news"), 1)]
    wire.done(response_id).wait(0.4)
    for call_id in reversed(calls):
        wire.output(call_id).wait(0.8)
    wire.c("response.create")
    wire.answers(ms=4000)
    return wire.close()


def _tool_beside_the_talk() -> list[Entry]:
    wire = begun("gpt-realtime-2", tools=[tool("book")], reasoning={"effort": "low"})
    call_id = called(wire, "book", "One moment, I am booking that.")
    wire.wait(2).spoken(1.5)
    wire.answers("Still working on it, thank you for your patience.", 2500)
    wire.wait(4).output(call_id).c("response.create")
    wire.answers("It is booked.", 1800)
    return wire.close()


def _user_speaks_before_the_output() -> list[Entry]:
    wire = begun(tools=[tool("weather")])
    call_id = called(wire, "weather")
    wire.wait(0.5)
    item_id = wire.spoken(0.4, stopped=False)
    wire.mic = "speech"
    wire.output(call_id).wait(1)
    wire.mic = "silence"
    wire.wait(0.5).stopped(item_id)
    wire.answers()
    return wire.close()


def _placeholder_first() -> list[Entry]:
    wire = begun(tools=[tool("search")])
    wire.output(called(wire, "search"), '{"status": "pending"}').c("response.create")
    wire.answers("I am looking it up.", 1800)
    wire.wait(6).create({"type": "message", "role": "system", "content": [{"type": "input_text", "text": "It is 42."}]})
    wire.c("response.create")
    wire.answers("It is 42.", 1500)
    return wire.close()


def _handed_over() -> list[Entry]:
    wire = begun(tools=[tool("transfer_to_billing")])
    call_id = called(wire, "transfer_to_billing")
    wire.configure(instructions="You are billing.", tools=[tool("refund")]).output(call_id, "ok").c("response.create")
    wire.answers("Billing here.", 1500)
    wire.spoken()
    wire.answers()
    return wire.close()


def _hangs_up_after_goodbye() -> list[Entry]:
    wire = begun(tools=[tool("end_call")])
    called(wire, "end_call", "Goodbye then!")
    return wire.wait(1.8).close()


def _two_messages_in_an_answer() -> list[Entry]:
    wire = begun("gpt-realtime-2", tools=[tool("weather")])
    wire.output(called(wire, "weather", "Let me look.")).c("response.create")
    response_id = wire.response()
    wire.says("I see.", 700, response_id)
    wire.says("It is sunny.", 1500, response_id, index=1)
    return wire.done(response_id).wait(3).close()


def _mcp(*, asks: bool) -> list[Entry]:
    """The call ends behind its response and the server goes on; or within it, and the client asks."""
    wire = begun(tools=[MCP])
    listed, call = wire.new("item"), wire.new("item")
    wire.s("mcp_list_tools.in_progress", item_id=listed).wait(0.5).s("mcp_list_tools.completed", item_id=listed)
    wire.item({"id": listed, "type": "mcp_list_tools", "server_label": "docs", "tools": [{"name": "search"}]})
    wire.spoken()
    response_id = wire.response()
    item = {"id": call, "type": "mcp_call", "server_label": "docs", "name": "search", "arguments": "{}"}
    at = {"item_id": call, "output_index": 0}
    wire.s("response.output_item.added", response_id=response_id, output_index=0, item=item)
    wire.s("response.mcp_call_arguments.delta", response_id=response_id, **at, delta="{}", obfuscation="x")
    wire.s("response.mcp_call_arguments.done", response_id=response_id, **at, arguments="{}")
    wire.s("response.mcp_call.in_progress", **at)
    if not asks:
        wire.done(response_id)
    wire.wait(1.5).s("response.mcp_call.completed", **at)
    item |= {"status": "completed", "output": "Twice."}
    wire.s("response.output_item.done", response_id=response_id, output_index=0, item=item)
    if asks:
        wire.done(response_id).c("response.create")
    wire.answers("Twice a day.", 1700)
    return wire.close()


def _pictures_and_voice() -> list[Entry]:
    wire = begun("gpt-realtime-2")
    picture = {"type": "input_image", "image_url": "data:image/jpeg;base64,/9j/4AAQ", "detail": "low"}
    for _ in range(3):
        wire.create({"type": "message", "role": "user", "content": [picture]}).wait(1)
    wire.spoken()
    wire.answers("That is a cat.", 1500)
    return wire.close()


def _voice_of_another() -> list[Entry]:
    """The answers are text, for another voice speaks them; the user interrupts one."""
    wire = begun(output_modalities=TEXT, audio={"input": {"turn_detection": SEMANTIC_VAD}})
    for _ in range(2):
        wire.spoken(transcript="Hi.")
        response_id = wire.response(output_modalities=TEXT)
        wire.writes("Sure, here it is.", response_id)
        wire.done(response_id).wait(3)
    return wire.close()


def _beside_the_conversation() -> list[Entry]:
    wire = begun()
    for n in range(3):
        item_id = wire.spoken()
        label, reference = {"for": f"turn {n}"}, {"type": "item_reference", "id": item_id}
        beside = {"conversation": "none", "metadata": label, "output_modalities": TEXT, "input": [reference]}
        wire.c("response.create", response={**beside, "instructions": "Write down what was said."})
        answer_id = wire.response()
        beside_id = wire.response(conversation=None, metadata=label, output_modalities=TEXT)
        wire.says("Hello!", 1200, answer_id)
        wire.done(answer_id)
        wire.writes("hello", beside_id)
        wire.done(beside_id, conversation_id=None, metadata=label).wait(2)
    return wire.close()


def _classified_beside() -> list[Entry]:
    """After each turn a tool is forced outside of the conversation: its arguments are the label, and need no output."""
    wire = begun()
    label = {"for": "label"}
    choice = {"tool_choice": {"type": "function", "name": "classify"}, "tools": [tool("classify")]}
    for _ in range(3):
        wire.spoken()
        wire.answers()
        wire.c("response.create", response={"conversation": "none", "metadata": label, "input": [], **choice})
        response_id = wire.response(conversation=None, metadata=label)
        wire.calls("classify", response_id, CITY)
        wire.done(response_id, conversation_id=None, metadata=label).wait(3)
    return wire.wait(9).close()


def _read_out(*, spoken_over: bool) -> list[Entry]:
    """Lines are read outside of the conversation; who speaks over one has nothing to truncate."""
    wire = begun(mic="silence" if spoken_over else "")
    for n in range(2):
        wire.c("response.create", response={"conversation": "none", "metadata": {"n": str(n)}, "input": []})
        response_id = wire.response(conversation=None, metadata={"n": str(n)})
        wire.says("This call is recorded.", 6000, response_id)
        wire.done(response_id, conversation_id=None, metadata={"n": str(n)}).wait(6 - 4 * spoken_over)
    if spoken_over:
        wire.spoken()
        wire.answers()
    return wire.close()


def _extracts() -> list[Entry]:
    """The session's tool_choice names a tool: its arguments are all that is wanted; one call gets an output."""
    named = {"type": "function", "name": "extract"}
    wire = begun(mic="", tools=[tool("extract")], output_modalities=TEXT, tool_choice=named)
    for answered in (False, True):
        wire.written("Oslo").c("response.create")
        response_id = wire.response(output_modalities=TEXT)
        call_id = wire.calls("extract", response_id, CITY)
        wire.done(response_id)
        if answered:
            wire.output(call_id, "")
        wire.wait(12)
    return wire.close()


def _key_held(*, always_on: bool) -> list[Entry]:
    """The microphone is on while a key is held, or always; once the key is touched by mistake."""
    idle = "silence" if always_on else ""
    wire = begun(mic=idle, audio={"input": {"turn_detection": None}})
    for _ in range(2):
        wire.wait(2).c("input_audio_buffer.clear").s("input_audio_buffer.cleared")
        wire.mic = "speech"
        wire.wait(2).c("input_audio_buffer.commit")
        wire.committed()
        wire.c("response.create")
        wire.mic = idle
        wire.answers()
    wire.mic = "silence"
    wire.wait(0.2).c("input_audio_buffer.clear").s("input_audio_buffer.cleared")
    wire.mic = idle
    return wire.wait(2).close()


def _thoughtful_user() -> list[Entry]:
    wire = begun(audio={"input": {"turn_detection": {**SEMANTIC_VAD, "eagerness": "low"}}})
    for pause in (7.5, 1.5):
        item_id = wire.spoken(4, stopped=False)
        wire.wait(pause).stopped(item_id)
        wire.answers()
    return wire.close()


def _asked_whether_he_is_there() -> list[Entry]:
    wire = begun(audio=detected(idle_timeout_ms=6000))
    wire.spoken()
    wire.answers()
    for _ in range(2):
        item_id = wire.wait(6).new("item")
        span = {"audio_start_ms": wire.sent_ms - 6000, "audio_end_ms": wire.sent_ms}
        wire.s("input_audio_buffer.timeout_triggered", item_id=item_id, **span).committed(item_id)
        wire.answers("Are you still there?", 1300)
    return wire.close()


def _written_down(*, streamed: bool) -> list[Entry]:
    """Words come while they are spoken and the client commits; or voice detection does, and they come in no order."""
    wire = Wire("/v1/realtime?intent=transcription").wait(0.1)
    model: dict[str, Any] = (
        {"model": "gpt-realtime-whisper", "delay": "low"} if streamed else {"model": "gpt-transcribe"}
    )
    told = {"transcription": model, "turn_detection": None if streamed else SERVER_VAD}
    session = {"type": "transcription", "object": "realtime.transcription_session", "id": "sess_1"}
    form = {"format": {"type": "audio/pcm", "rate": 24000}}
    wire.s("session.created", session={**session, "audio": {"input": {**form, "turn_detection": SERVER_VAD}}})
    wire.c("session.update", session={"type": "transcription", "audio": {"input": {**form, **told}}}).wait(0.05)
    wire.s("session.updated", session={**session, "audio": {"input": {**form, **told}}})
    wire.mic = "speech" if streamed else "silence"
    if not streamed:
        first, second = wire.spoken(), wire.spoken(1)
        wire.transcribed(second, "second").transcribed(first, "first").wait(8)
        return wire.close()
    for _ in range(3):
        item_id = wire.wait(2).new("item")
        kind = "conversation.item.input_audio_transcription"
        wire.s(f"{kind}.delta", item_id=item_id, content_index=0, delta="words").wait(0.4)
        wire.c("input_audio_buffer.commit").wait(0.05).committed(item_id)
        wire.wait(0.3).s(f"{kind}.completed", item_id=item_id, content_index=0, transcript="words")
    return wire.close()


def _beside_a_telephone_call() -> list[Entry]:
    wire = Wire("/v1/realtime?call_id=rtc_1").created().configure(instructions="A clerk.", tools=[tool("lookup")])
    wire.c("response.create")
    _plays(wire, "Hello, how can I help?")
    for _ in range(2):
        item_id = wire.wait(2).new("item")
        wire.s("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=5000).wait(2)
        wire.stopped(item_id)
        response_id = wire.response()
        call_id = wire.calls("lookup", response_id, CITY)
        wire.done(response_id).output(call_id).c("response.create")
        _plays(wire, "Found it.")
        wire.s("input_audio_buffer.dtmf_event_received", event="5", received_at=1_763_900_000)
    return wire.close(by=Side.SERVER)


def _plays(wire: Wire, words: str) -> None:
    """Let the assistant say something on another connection."""
    response_id = wire.response()
    item_id = wire.new("item")
    ids = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
    item: dict[str, Any] = {
        "id": item_id,
        "type": "message",
        "role": "assistant",
        "status": "in_progress",
        "content": [],
    }
    wire.s("response.output_item.added", response_id=response_id, output_index=0, item=item)
    wire.s("output_audio_buffer.started", response_id=response_id)
    wire.s("response.output_audio_transcript.delta", **ids, delta=words)
    wire.s("response.output_audio_transcript.done", **ids, transcript=words)
    item |= {"status": "completed", "content": [{"type": "output_audio", "transcript": words}]}
    wire.s("response.output_item.done", response_id=response_id, output_index=0, item=item)
    wire.done(response_id).wait(2).s("output_audio_buffer.stopped", response_id=response_id)


def _server_s_events_of_webrtc() -> list[Entry]:
    wire = Wire("").created()
    for n in range(2):
        item_id = wire.wait(2).new("item")
        wire.s("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=2000 + n * 9000).wait(2)
        wire.stopped(item_id)
        _plays(wire, "Hi.")
    return wire.entries


def _history_again() -> list[Entry]:
    wire = begun(mic="", tools=[tool("weather")])
    said = [("user", "input_text", "Hi"), ("assistant", "output_text", "Hello"), ("user", "input_text", "Weather?")]
    items: list[dict[str, Any]] = [
        {"type": "message", "role": role, "content": [{"type": kind, "text": text}]} for role, kind, text in said
    ]
    items.append({"type": "function_call", "name": "weather", "arguments": CITY, "call_id": "call_old"})
    items.append({"type": "function_call_output", "call_id": "call_old", "output": "sunny"})
    items.append({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Sunny."}]})
    named = [{"id": f"old_{n}", **item} for n, item in enumerate(items)]
    for item in named:
        wire.c("conversation.item.create", item=item)
    for item in named:
        wire.item({**item, "status": "completed"})
    wire.mic = "silence"
    wire.wait(8).spoken()
    wire.answers()
    return wire.close()


def _looked_at_and_deleted() -> list[Entry]:
    wire = begun()
    for _ in range(3):
        item_id = wire.spoken()
        wire.answers()
        wire.c("conversation.item.retrieve", item_id=item_id).wait(0.05)
        part = {"type": "input_audio", "audio": "AAAA", "transcript": None}
        item = {"id": item_id, "type": "message", "role": "user", "content": [part]}
        wire.s("conversation.item.retrieved", item=item)
        wire.c("conversation.item.delete", item_id=item_id).wait(0.05).s("conversation.item.deleted", item_id=item_id)
    return wire.close()


def interrupted(wire: Wire, words: str, transcript: str, *, truncates: bool = True) -> None:
    """Let the assistant speak for six seconds and the user speak over it after two."""
    response_id = wire.response()
    item_id = wire.says(words, 6000, response_id, done=False)
    wire.wait(0.5)
    user_id = wire.new("item")
    wire.s("input_audio_buffer.speech_started", item_id=user_id, audio_start_ms=wire.sent_ms - 300)
    part = {"type": "output_audio", "transcript": words}
    item = {"id": item_id, "type": "message", "role": "assistant", "status": "incomplete", "content": [part]}
    wire.s("response.output_item.done", response_id=response_id, output_index=0, item=item)
    wire.done(response_id, "cancelled", status_details={"type": "cancelled", "reason": "turn_detected"})
    if truncates:
        cut = {"item_id": item_id, "content_index": 0, "audio_end_ms": 1400}
        wire.c("conversation.item.truncate", **cut).wait(0.03).s("conversation.item.truncated", **cut)
    wire.mic = "speech"
    wire.wait(1.5)
    wire.mic = "silence"
    wire.wait(0.5).stopped(user_id, transcript)


def _impatient_user() -> list[Entry]:
    wire = begun()
    wire.spoken(transcript="Tell me a story.")
    for n in range(6):
        interrupted(wire, "Once upon a time there was a lighthouse.", f"No, rather the one with number {n}, please.")
    wire.answers()
    return wire.close()


def _many_settings() -> list[Entry]:
    prompt = {"id": "pmpt_1", "version": "2", "variables": {"name": "Ada"}}
    kept = {"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": {"post_instructions": 8000}}
    tracing = {"workflow_name": "support", "group_id": "g", "metadata": {"user": "1"}}
    audio = {"input": {"noise_reduction": {"type": "far_field"}}}
    wire = begun(prompt=prompt, tracing=tracing, truncation=kept, audio=audio)
    wire.spoken()
    wire.answers()
    return wire.close()


def _telephone() -> list[Entry]:
    wire = begun(mic="speech-mu-law", audio={"input": {"format": ULAW}, "output": {"format": ULAW, "voice": "alloy"}})
    wire.written("Greet the caller.").c("response.create")
    wire.answers("Hello there!", 1800)
    wire.spoken()
    wire.answers()
    return wire.close()


def _chooses_what_to_answer() -> list[Entry]:
    wire = begun(audio=detected(create_response=False))
    for _ in range(2):
        wire.spoken()
        wire.wait(0.3).c("response.create")
        wire.answers()
    return wire.close()


def _on_hold() -> list[Entry]:
    wire = begun()
    for pause in (30, 1):
        wire.spoken()
        wire.answers()
        wire.wait(pause)
    return wire.close()


USUAL: dict[str, Made] = {
    "tools side by side": _tools_side_by_side,
    "a tool that runs beside the talk": _tool_beside_the_talk,
    "the user speaks before a tool's output": _user_speaks_before_the_output,
    "a placeholder for a slow tool": _placeholder_first,
    "handed over to another agent": _handed_over,
    "hung up after the goodbye": _hangs_up_after_goodbye,
    "an answer in two messages": _two_messages_in_an_answer,
    "an MCP call, the server goes on": lambda: _mcp(asks=False),
    "an MCP call, the client asks": lambda: _mcp(asks=True),
    "pictures and voice": _pictures_and_voice,
    "text for another voice": _voice_of_another,
    "beside the conversation": _beside_the_conversation,
    "classified beside the conversation": _classified_beside,
    "read out": lambda: _read_out(spoken_over=False),
    "read out, and spoken over": lambda: _read_out(spoken_over=True),
    "a tool that extracts": _extracts,
    "a key is held": lambda: _key_held(always_on=False),
    "a key is held, the microphone always on": lambda: _key_held(always_on=True),
    "a thoughtful user": _thoughtful_user,
    "an idle timer": _asked_whether_he_is_there,
    "transcription, streamed": lambda: _written_down(streamed=True),
    "transcription, in no order": lambda: _written_down(streamed=False),
    "beside a telephone call": _beside_a_telephone_call,
    "the server's events of WebRTC": _server_s_events_of_webrtc,
    "history put in again": _history_again,
    "items looked at and deleted": _looked_at_and_deleted,
    "an impatient user": _impatient_user,
    "many settings": _many_settings,
    "a telephone": _telephone,
    "the client asks": _chooses_what_to_answer,
    "on hold": _on_hold,
}
"""What it is → how it is made."""
