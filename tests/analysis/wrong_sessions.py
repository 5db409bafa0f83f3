"""Clients and servers that are wrong as their users report it, most of them without an error that says so."""

from __future__ import annotations

import math
import struct
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from realtime_inspector.recording.entry import Entry, Kind, Side
from tests.analysis.other_servers import Beta
from tests.analysis.usual_sessions import CITY, begun, called, detected, interrupted, tool
from tests.analysis.wire import PCM24, ULAW, Wire

WAV = b"RIFF$\x10\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(4800)
_ACTIVE = "Conversation already has an active response in progress: {}."
_LOST = "conversation_already_has_active_response"
MISSING = "missing_required_parameter"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A session, and what is to be said of it."""

    made: Callable[[], list[Entry]]
    label: str
    """By which `why` tells it."""
    words: str
    """In its first sentence."""
    rule: str = ""
    """Which rule `why` shows with it, or besides."""


def _one_request_for_each_tool() -> list[Entry]:
    wire = begun(tools=[tool("a"), tool("b")])
    wire.spoken()
    first = wire.response()
    one, other = wire.calls("a", first, CITY), wire.calls("b", first, CITY, index=1)
    wire.done(first).output(one).c("response.create")
    second = wire.response()
    wire.output(other).c("response.create").error(_LOST, _ACTIVE.format(second))
    return wire.done(second, output=[]).wait(10).close()


def _asked_before_done() -> list[Entry]:
    wire = begun(tools=[tool("a")])
    wire.spoken()
    response_id = wire.response()
    wire.output(wire.calls("a", response_id, CITY)).c("response.create").error(_LOST, _ACTIVE.format(response_id))
    return wire.done(response_id).wait(12).close()


def _flat_settings() -> list[Entry]:
    wire = Wire().created()
    flat = {"modalities": ["text", "audio"], "instructions": "You are Bob.", "input_audio_format": "g711_ulaw"}
    wire.c("session.update", session=flat).error(MISSING, "Missing required parameter: 'session.type'.", "session.type")
    wire.bytes_per_ms, wire.mic = 8, "speech-mu-law"
    return wire.wait(12).close()


def _heard_as_another_rate(bytes_per_ms: int, mic: str = "speech") -> list[Entry]:
    wire = begun(mic="")
    wire.bytes_per_ms, wire.mic = bytes_per_ms, mic
    return wire.wait(12).close()


def _floats() -> list[Entry]:
    wire = begun(mic="")
    wave = [0.3 * math.sin(n / 17) for n in range(2400)]
    piece = b64encode(struct.pack("<2400f", *wave)).decode()
    for _ in range(110):
        wire.wait(0.099).c("input_audio_buffer.append", audio=piece)
    return wire.wait(3).close()


def _sends_only_what_is_loud() -> list[Entry]:
    wire = begun(mic="speech")
    wire.wait(0.3).s("input_audio_buffer.speech_started", item_id="item_u", audio_start_ms=0).wait(2)
    wire.mic = ""
    return wire.wait(15).close()


def _committed_and_not_asked(detection: dict[str, Any] | None) -> list[Entry]:
    wire = begun(mic="speech", audio={"input": {"turn_detection": detection}})
    wire.wait(3)
    wire.mic = ""
    wire.c("input_audio_buffer.commit").committed()
    return wire.wait(15).close()


def _failed(error: dict[str, Any]) -> list[Entry]:
    wire = begun()
    wire.spoken()
    response_id = wire.response()
    wire.done(response_id, "failed", output=[], status_details={"type": "failed", "error": error})
    return wire.wait(9).close()


def _hears_itself() -> list[Entry]:
    wire = begun()
    wire.spoken(transcript="What is the weather?")
    interrupted(wire, "The weather in Oslo is sunny with a light breeze.", "The weather in Oslo is sunny")
    wire.answers("Yes, exactly!", 1200)
    return wire.close()


def _never_answers() -> list[Entry]:
    wire = begun(audio=detected(create_response=False))
    wire.spoken(transcript="Hello?")
    wire.wait(4).spoken(transcript="Anybody there?")
    return wire.wait(11).close()


def _refused_output(item: Callable[[str], dict[str, Any]], code: str, message: str, param: str = "") -> list[Entry]:
    wire = begun(tools=[tool("weather")])
    call_id = called(wire, "weather")
    wire.c("conversation.item.create", item=item(call_id)).error(code, message, param or None).c("response.create")
    wire.answers("I have no data.", 1500)
    return wire.close()


def _output_in_the_request() -> list[Entry]:
    wire = begun(tools=[tool("weather")])
    call_id = called(wire, "weather")
    given = {"type": "function_call_output", "call_id": call_id, "output": "sunny"}
    wire.c("response.create", response={"input": [given]})
    wire.error("invalid_tool_call_id", f"Tool call ID '{call_id}' not found in conversation.")
    return wire.wait(10).close()


def _settings_beside_the_response() -> list[Entry]:
    wire = begun(mic="").written("Hi").c("response.create", modalities=["audio"], instructions="Say hi.")
    return wire.error("unknown_parameter", "Unknown parameter: 'modalities'.", "modalities").wait(10).close()


def _another_voice() -> list[Entry]:
    wire = begun()
    wire.spoken()
    wire.answers()
    wire.c("session.update", session={"type": "realtime", "audio": {"output": {"voice": "cedar"}}})
    wire.error("cannot_update_voice", "Cannot update a conversation's voice if assistant audio is present.")
    wire.spoken()
    wire.answers()
    return wire.close()


def _tools_of_chat_completions() -> list[Entry]:
    wire = Wire().created()
    nested = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    wire.c("session.update", session={"type": "realtime", "tools": [nested]})
    wire.error(MISSING, "Missing required parameter: 'session.tools[0].name'.", "session.tools[0].name")
    wire.mic = "silence"
    wire.spoken()
    wire.answers("I cannot look that up.", 1500)
    return wire.close()


def _other_format_on_the_way() -> list[Entry]:
    wire = begun(mic="speech-mu-law", audio={"input": {"format": ULAW}, "output": {"format": ULAW}})
    wire.spoken()
    wire.answers()
    wire.configure(instructions="You are billing.", audio={"input": {"format": PCM24}, "output": {"format": PCM24}})
    wire.bytes_per_ms = 8
    return wire.wait(12).close()


def _file_in_the_middle() -> list[Entry]:
    wire = begun()
    wire.spoken()
    wire.answers()
    wire.c("input_audio_buffer.append", audio=b64encode(WAV).decode())
    return wire.wait(4).close()


def _spoken_over_without_interrupting() -> list[Entry]:
    wire = begun(audio=detected(interrupt_response=False))
    wire.spoken()
    response_id = wire.response()
    wire.says("One moment.", 600, response_id, done=False)
    wire.spoken(1.2, "No, wait.")
    return wire.done(response_id).wait(12).close()


def _messages_of_twilio() -> list[Entry]:
    wire = begun(mic="")
    for _ in range(3):
        wire.c("media", streamSid="MZ1", media={"payload": "//8="}).error(
            "invalid_value", "Invalid value: 'media'.", "type"
        )
    return wire.wait(10).close()


def _retired_path() -> list[Entry]:
    wire = Wire("/openai/realtime?api-version=2024-10-01-preview&deployment=d", "res.openai.azure.com")
    wire.entries.pop()
    wire.put(Side.SERVER, Kind.RESPONSE, status=404, reason="Not Found", headers=[], body="")
    return wire.lost("closed")


def _blocked_loop() -> list[Entry]:
    wire = begun(tools=[tool("weather")])
    called(wire, "weather")
    wire.mic = ""
    return wire.wait(38).close(1011, "keepalive ping timeout")


def _hangs_up_on_the_goodbye() -> list[Entry]:
    wire = begun(tools=[tool("end_call")])
    wire.spoken()
    response_id = wire.response()
    wire.says("Thank you for calling, and have a great day.", 4000, response_id)
    return wire.done(response_id).close()


def _greeting_that_nobody_asked_for() -> list[Entry]:
    wire = begun()
    wire.create({"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Greet the caller."}]})
    return wire.wait(15).close()


def _written_answers_in_the_history() -> list[Entry]:
    wire = begun()
    for role, kind in (("user", "input_text"), ("assistant", "output_text")):
        wire.create({"type": "message", "role": role, "content": [{"type": kind, "text": "Earlier."}]})
    wire.spoken()
    response_id = wire.response()
    wire.writes("Sure thing.", response_id)
    return wire.done(response_id).wait(9).close()


def _tool_that_failed() -> list[Entry]:
    wire = begun(tools=[tool("weather")])
    called(wire, "weather", "Let me check.")
    wire.wait(8).spoken(1, "Hello?")
    wire.answers("Sorry, what was it?", 1500)
    return wire.wait(3).close()


def _another_s_rate() -> list[Entry]:
    wire = Beta("/api-ws/v1/realtime?model=qwen3-omni-flash-realtime", "dashscope.aliyuncs.com")
    wire.begun("qwen3-omni-flash-realtime", voice="Cherry").mic = "speech"
    return wire.wait(12).close()


def _result_as_a_message() -> list[Entry]:
    wire = begun(tools=[tool("weather")])
    called(wire, "weather")
    return wire.written('{"sky": "sunny"}').wait(15).close()


def _too_strict() -> list[Entry]:
    return begun(mic="speech", audio=detected(threshold=0.95)).wait(15).close()


def _binary_audio() -> list[Entry]:
    wire = begun(mic="")
    for _ in range(20):
        wire.wait(0.1).put(Side.CLIENT, Kind.MESSAGE, bytes(4800))
        wire.entries[-1] = replace(wire.entries[-1], binary=True)
    return wire.wait(5).close()


def _unanswered_upgrade() -> list[Entry]:
    wire = Wire()
    wire.entries.pop()
    return wire.wait(9).lost("reset")


def _picture_by_address() -> list[Entry]:
    wire = begun(mic="")
    content = [
        {"type": "input_text", "text": "What is it?"},
        {"type": "input_image", "image_url": "https://a.example/b.png"},
    ]
    wire.c("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    wire.error("invalid_value", "Invalid 'item.content[1].image_url'.", "item.content[1].image_url").c(
        "response.create"
    )
    wire.answers("What do you mean?", 1200)
    return wire.close()


def _asked_to_transcribe_and_to_answer() -> list[Entry]:
    wire = Wire("/v1/realtime?intent=transcription").wait(0.1)
    told = {"format": PCM24, "transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": {"type": "server_vad"}}
    wire.s("session.created", session={"type": "transcription", "id": "sess_1", "audio": {"input": told}})
    wire.mic = "silence"
    wire.spoken(transcript="Hello?")
    return wire.c("response.create").wait(9).close()


def _answered_beside_the_conversation() -> list[Entry]:
    wire = begun(tools=[tool("weather")])
    label = {"for": "answer"}
    wire.output(called(wire, "weather")).c("response.create", response={"conversation": "none", "metadata": label})
    response_id = wire.response(conversation=None, metadata=label)
    wire.says("It is sunny.", 900, response_id)
    return wire.done(response_id, conversation_id=None, metadata=label).wait(8).close()


def _streams_without_detection() -> list[Entry]:
    return begun(mic="speech", audio={"input": {"turn_detection": None}}).wait(20).close()


def _limit_of_the_client() -> list[Entry]:
    wire = begun()
    wire.spoken()
    wire.says("Hello.", 900)
    return wire.close(1009, "message too big")


def _no_transcript() -> list[Entry]:
    wire = Wire("/v1/realtime?intent=transcription").wait(0.1)
    told = {"format": PCM24, "transcription": {"model": "whisper-9"}, "turn_detection": {"type": "server_vad"}}
    wire.s("session.created", session={"type": "transcription", "id": "sess_1", "audio": {"input": told}})
    wire.mic = "silence"
    wire.spoken()
    return wire.wait(32).close()


def _not_a_string(call_id: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": {"degrees": 3}}


def _of_an_item(call_id: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": "item_0009", "output": "sunny"}


_UNKNOWN = "Tool call ID 'item_0009' not found in conversation."
_NO_STRING = "Invalid type for 'item.output': expected a string, but got an object instead."
_QUOTA = {"type": "insufficient_quota", "code": "insufficient_quota", "message": "You exceeded your current quota."}
_SORRY = {"type": "server_error", "code": None, "message": "The server had an error while processing your request."}

WRONG: dict[str, Wrong] = {
    "a request for each of two tools": Wrong(_one_request_for_each_tool, "create-refused", "active response", "RSP002"),
    "asked before response.done": Wrong(_asked_before_done, "create-refused", "not asked for again", "TOOL013"),
    "the beta's settings": Wrong(_flat_settings, "configuration-refused", "session.type", "SES002"),
    "mu-law as PCM": Wrong(lambda: _heard_as_another_rate(8, "speech-mu-law"), "no-speech-heard", "G.711", "AUD003"),
    "16 kHz as 24 kHz": Wrong(lambda: _heard_as_another_rate(32), "no-speech-heard", "PCM of 16 kHz", "AUD003"),
    "24 kHz for Qwen": Wrong(_another_s_rate, "no-speech-heard", "PCM of 24 kHz", "AUD003"),
    "floats": Wrong(_floats, "no-speech-heard", "32-bit floats of 24 kHz", "AUD003"),
    "a microphone without permission": Wrong(lambda: begun().wait(20).close(), "no-speech-heard", "every sample"),
    "only loud audio is sent": Wrong(_sends_only_what_is_loud, "audio-stopped", "stopped sending audio", "AUD017"),
    "a key is held and nobody asks": Wrong(
        lambda: _committed_and_not_asked(None), "commit-without-create", "a commit alone", "SES019"
    ),
    "create_response is off": Wrong(_never_answers, "create-response-off", "create_response is false", "SES019"),
    "no credit": Wrong(lambda: _failed(_QUOTA), "account", "You exceeded your current quota", "RSP005"),
    "the server's own error": Wrong(lambda: _failed(_SORRY), "response-failed", "had an error", "RSP005"),
    "the assistant hears itself": Wrong(_hears_itself, "answered", "it did answer", "INT006"),
    "an item's id as call_id": Wrong(
        lambda: _refused_output(_of_an_item, "invalid_tool_call_id", _UNKNOWN), "answered", "it did answer", "TOOL004"
    ),
    "an output that is an object": Wrong(
        lambda: _refused_output(_not_a_string, "invalid_type", _NO_STRING, "item.output"),
        "answered",
        "it did answer",
        "TOOL007",
    ),
    "an output in the request": Wrong(_output_in_the_request, "create-refused", "Tool call ID", "RSP016"),
    "settings beside the response": Wrong(_settings_beside_the_response, "create-refused", "'modalities'", "ENV006"),
    "another voice": Wrong(_another_voice, "answered", "it did answer", "SES006"),
    "tools as chat completions have them": Wrong(_tools_of_chat_completions, "answered", "it did answer", "SES009"),
    "another format on the way": Wrong(_other_format_on_the_way, "answered", "it did answer", "AUD003"),
    "a file in the middle": Wrong(_file_in_the_middle, "answered", "it did answer", "AUD005"),
    "spoken over, without interrupting": Wrong(
        _spoken_over_without_interrupting, "commit-while-responding", "interrupt_response is false", "VAD002"
    ),
    "messages of Twilio": Wrong(_messages_of_twilio, "event-unknown", "does not know the events", "ENV001"),
    "Azure's retired path": Wrong(_retired_path, "handshake-refused", "status 404", "CON003"),
    "a blocked event loop": Wrong(_blocked_loop, "tool-unanswered", "gave no output", "TOOL002"),
    "hung up on the goodbye": Wrong(_hangs_up_on_the_goodbye, "closed-before-played", "the client closed", "OUT005"),
    "a greeting that nobody asked for": Wrong(
        _greeting_that_nobody_asked_for, "no-speech-heard", "no response was ever asked for"
    ),
    "written answers in the history": Wrong(
        _written_answers_in_the_history, "text-instead-of-audio", "answered in text", "RSP011"
    ),
    "a tool that failed": Wrong(_tool_that_failed, "tool-unanswered", "before the user spoke again", "TOOL002"),
    "a tool's result as a message": Wrong(
        _result_as_a_message, "tool-unanswered", "it sent a message of the role user instead", "TOOL002"
    ),
    "a threshold that is too high": Wrong(_too_strict, "no-speech-heard", "(threshold 0.95) heard no speech"),
    "audio in binary messages": Wrong(_binary_audio, "message-unreadable", "binary messages", "CON013"),
    "an upgrade that nobody answers": Wrong(
        _unanswered_upgrade, "handshake-unanswered", "had not answered it", "CON003"
    ),
    "a picture by its address": Wrong(_picture_by_address, "answered", "it did answer", "ITM010"),
    "a transcription session that is to answer": Wrong(
        _asked_to_transcribe_and_to_answer, "wrong-session-kind", "this is a transcription session", "SES014"
    ),
    "a tool's answer beside the conversation": Wrong(
        _answered_beside_the_conversation, "asked-out-of-band", "outside of the conversation", "TOOL001"
    ),
    "audio without end, and no detection": Wrong(
        _streams_without_detection, "audio-not-committed", "voice detection is off", "AUD015"
    ),
    "a message that the client does not take": Wrong(_limit_of_the_client, "client-closed", "with 1009", "CON002"),
    "a transcript that never came": Wrong(
        _no_transcript, "transcript-missing", "its transcript did not come", "TRN001"
    ),
}
"""What is wrong → how it is made, and what is to be said of it."""
