# ruff: noqa: E501 - an event of a transcript is one line
"""Whose server it is, and what shows it."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.lint import Linter
from realtime_inspector.protocol.event import read
from realtime_inspector.protocol.realtime import dialects
from realtime_inspector.protocol.realtime.dialects import DIALECTS
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Header


def session(text: str = "", url: str = "", dialect: str = "") -> Session:
    made = Session()
    if dialect:
        made.speak(dialect)
    made.begin(Header(id="1", started="", url=url))
    for entry in transcript.entries(text):
        made.apply(read(entry))
    return made


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("wss://api.openai.com/v1/realtime?model=gpt-realtime", ""),
        ("wss://a.openai.azure.com/openai/realtime?api-version=2024-10-01-preview&deployment=d", "azure-legacy"),
        ("wss://a.openai.azure.com/openai/v1/realtime?model=d", "azure"),
        ("wss://a.services.ai.azure.com/voice-live/realtime?api-version=2025-10-01&model=m", "voice-live"),
        ("wss://api.x.ai/v1/realtime", "xai"),
        ("wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime?model=q", "qwen-omni"),
        ("wss://api.inworld.ai/v1/realtime", "inworld"),
        ("wss://open.bigmodel.cn/api/paas/v4/realtime", "glm"),
        ("wss://api.stepfun.com/v1/realtime?model=step-audio-2", "stepfun"),
        ("wss://api.openai.com/v1/live/sessions", "live"),
        ("wss://generativelanguage.googleapis.com/ws/v1beta.GenerativeService.BidiGenerateContent", "gemini-live"),
        ("ws://notx.ai.example/v1/realtime", ""),
        ("ws://api.x.ai.evil.example/v1/realtime", ""),
        ("ws://[broken/v1/realtime", ""),
        ("", ""),
    ],
)
def test_host_and_path_show_whose_server_it_is(url: str, name: str) -> None:
    found = session(url=url)
    assert found.server == name
    assert bool(found.dialect_sign) is bool(name)


def test_the_upgrade_shows_it_where_the_header_does_not() -> None:
    text = '> GET /openai/v1/realtime?model=d {"Host": "127.0.0.1:8080", "Upgrade": "websocket"}'
    assert session(text).server == "azure"
    assert session('> GET /v1/realtime {"Host": "api.x.ai:443", "Upgrade": "websocket"}').server == "xai"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('< {"type": "conversation.created"}', "xai"),
        ('< {"type": "session.created"}\n< {"type": "conversation.created"}', ""),
        ('< {"type": "conversation.item.input_audio_transcription.updated"}', "xai"),
        ('> {"type": "input_image_buffer.append"}', "qwen-omni"),
        ('< {"type": "session.avatar.connecting"}', "voice-live"),
        ('< {"type": "response.animation_viseme.delta"}', "voice-live"),
        ('< {"type": "transcription.delta"}', "vllm"),
        ('> {"type": "session.start"}', "live"),
        ('< {"type": "session.started"}', "live"),
        ('< {"type": "response.created"}', ""),
    ],
)
def test_events_that_only_one_server_has_show_it(text: str, name: str) -> None:
    assert session(text).server == name


def test_what_was_seen_first_stays() -> None:
    found = session('< {"type": "transcription.delta"}', url="wss://api.x.ai/v1/realtime")
    assert (found.server, found.dialect_sign) == ("xai", "the upstream is api.x.ai")


def test_the_name_is_openai_s_where_only_the_shape_shows() -> None:
    found = session('< {"type": "session.created", "session": {"audio": {}}}')
    assert (found.dialect_name, found.dialect_sign) == ("ga", "session.created has the ga shape")


def test_a_dialect_that_is_given_goes_before_what_is_seen() -> None:
    beta = '< {"type": "session.created", "session": {"modalities": []}}'
    found = session(beta, url="wss://api.x.ai/v1/realtime", dialect="ga")
    assert (found.dialect, found.server, found.dialect_name, found.dialect_sign) == ("ga", "", "ga", "it was asked for")
    found = session(beta, dialect="xai")
    assert (found.dialect, found.server, found.dialect_name) == ("beta", "xai", "xai")


def test_a_dialect_that_is_not_there_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="no dialect 'qwen'; did you mean 'qwen-omni'"):
        Session().speak("qwen")
    with pytest.raises(ValueError, match="known are ga, beta, voice-live"):
        dialects.named("zzz")


def test_audio_is_counted_by_the_rate_of_the_server() -> None:
    asked = '{"type": "session.created", "session": {"input_audio_format": "pcm16"}}'
    assert session(f"< {asked}").input_audio.format.rate == 24_000
    assert session(f"< {asked}", dialect="qwen-omni").input_audio.format.rate == 16_000
    assert session(dialect="vllm").input_audio.format.rate == 16_000
    named = asked.replace('"pcm16"', '"g711_ulaw"')
    assert session(f"< {named}", dialect="qwen-omni").input_audio.format.rate == 8_000


SPEACHES = """
> GET /v1/realtime?model=m {"Host": "127.0.0.1:8000", "Upgrade": "websocket"}
< 101
< {"type": "session.created", "event_id": "e1", "session": {"id": "sess_1", "model": "m", "modalities": ["audio", "text"], "speech_model": "speaches-ai/Kokoro", "voice": "af_heart", "input_audio_format": "pcm16"}}
< {"type": "conversation.item.created", "item": {"id": "i1", "type": "message", "role": "user"}}
"""
VLLM = """
> GET /v1/realtime {"Host": "127.0.0.1:8000", "Upgrade": "websocket"}
< 101
< {"type": "session.created", "id": "sess-3f2a", "created": 1764000000}
> {"type": "session.update", "model": "m"}
> {"type": "input_audio_buffer.append", "audio": "<100ms>"}
> {"type": "input_audio_buffer.commit", "final": true}
< {"type": "transcription.delta", "delta": "Hi"}
< {"type": "transcription.done", "text": "Hi"}
+9s x> 1000
x
"""
LOCALAI = """
< {"type": "session.created", "session": {"id": "sess_1", "type": "realtime", "object": "realtime.session", "model": "pipeline", "instructions": "You are a helpful voice assistant. Your responses will be spoken aloud using text-to-speech, so keep them short.", "audio": {"input": {"turn_detection": {"type": "server_vad"}}, "output": {"voice": ""}}}}
"""
SGLANG = """
< {"type": "session.created", "session": {"id": "sess_1", "type": "transcription", "audio": {"input": {}}}}
> {"type": "input_audio_buffer.append", "audio": "<100ms>"}
< {"type": "error", "error": {"type": "invalid_request_error", "code": "invalid_state", "message": "Send session.update before audio frames"}}
"""
SPEECH_TO_SPEECH = """
< {"type": "session.created", "session": {"type": "realtime", "audio": {}}}
> {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 10}
< {"type": "error", "error": {"type": "unknown_or_invalid_event", "message": "Unknown or invalid event: conversation.item.truncate"}}
"""


@pytest.mark.parametrize(
    ("text", "name", "sign"),
    [
        (SPEACHES, "speaches", "the session has speech_model"),
        (VLLM, "vllm", "session.created has no session, but an id and a time"),
        (LOCALAI, "localai", "its sessions have these instructions before anybody asked for others"),
        ('< {"type": "session.created", "session": {"model": "grok-voice-latest"}}', "xai", "the session's model is grok-voice-latest"),
        ('< {"type": "session.created", "session": {"model": "qwen3-omni-flash-realtime"}}', "qwen-omni", "the session's model is qwen3-omni-flash-realtime"),
        ('< {"type": "session.created", "session": {"model": "gpt-4.1", "input_audio_echo_cancellation": null}}', "voice-live", "the session has input_audio_echo_cancellation"),
        (SGLANG, "sglang", "invalid_state is an error of its own"),
        (SPEECH_TO_SPEECH, "speech-to-speech", "unknown_or_invalid_event is an error of its own"),
        ('> GET /v1/realtime {"Host": "gateway.example", "api-key": "k", "Upgrade": "websocket"}', "azure", "there is a header api-key"),
    ],
)  # fmt: skip
def test_a_server_on_any_host_is_known_by_its_headers_sessions_and_errors(text: str, name: str, sign: str) -> None:
    found = session(text, url="ws://127.0.0.1:8000/v1/realtime")
    assert (found.server, found.dialect_name, found.dialect_sign) == (name, name, sign)
    openai = session(text, url="wss://api.openai.com/v1/realtime")
    assert openai.server == ("" if name != "vllm" else "vllm"), "only events of its own show another server there"


def test_what_the_client_asked_for_is_no_sign_of_the_server() -> None:
    asked = LOCALAI.replace("session.created", "session.updated")
    assert session(asked).server == ""


@pytest.mark.parametrize("text", [SPEACHES, VLLM, LOCALAI])
def test_a_server_that_is_known_is_not_held_to_what_it_has_not(text: str) -> None:
    linter = Linter()
    found = [finding for entry in transcript.entries(text) for finding in linter.feed(read(entry))]
    assert [finding.rule for finding in found if finding.severity != "info"] == []


def test_no_sign_belongs_to_two() -> None:
    signs = [sign for dialect in DIALECTS.values() for sign in _signs(dialect)]
    assert len(signs) == len(set(signs))
    assert all(dialect.title for dialect in DIALECTS.values())


def _signs(dialect: dialects.Dialect) -> tuple[str, ...]:
    return (
        *dialect.hosts,
        *dialect.paths,
        *dialect.events,
        *dialect.headers,
        *dialect.members,
        *dialect.models,
        *dialect.errors,
    )
