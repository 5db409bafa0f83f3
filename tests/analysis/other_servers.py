"""Healthy sessions with servers that are not OpenAI's, or were it before general availability."""

from __future__ import annotations

from typing import Any

from realtime_inspector.recording.entry import Entry
from tests.analysis.usual_sessions import CITY, Made, called, tool
from tests.analysis.wire import Wire

KEY = "[redacted:api-key]"
VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500}
AZURE = "res.openai.azure.com"
_PREVIEW = "/openai/realtime?api-version=2025-04-01-preview&deployment=gpt-4o-realtime"


class Beta(Wire):
    """A connection that has the beta's names."""

    def begun(self, model: str, **session: Any) -> Beta:
        """Begin a session, and configure it with what differs from its defaults."""
        before = {"id": "sess_1", "object": "realtime.session", "model": model, "modalities": ["audio", "text"],
                  "instructions": "You are a helpful AI.", "voice": "alloy", "turn_detection": VAD, "tools": [],
                  "input_audio_format": "pcm16", "output_audio_format": "pcm16", "temperature": 0.8}  # fmt: skip
        self.wait(0.1).s("session.created", session=before)
        self.c("session.update", event_id="event_1", session=session).wait(0.1)
        self.s("session.updated", session={**before, **session})
        self.mic = "silence"
        return self

    def created_item(self, item: dict[str, Any]) -> None:
        """Let an item stand in the conversation."""
        self.s("conversation.item.created", previous_item_id=None, item={"object": "realtime.item", **item})

    def turn(self, transcript: str, words: str) -> Beta:
        """Let the user speak, and the assistant answer."""
        item_id = self.new("item")
        self.mic = "speech"
        self.wait(0.3).s("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=self.sent_ms - 300)
        self.wait(2)
        self.mic = "silence"
        self.wait(0.5).s("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=self.sent_ms)
        self.s("input_audio_buffer.committed", item_id=item_id, previous_item_id=None)
        part = {"type": "input_audio", "transcript": None}
        self.created_item({"id": item_id, "type": "message", "status": "completed", "role": "user", "content": [part]})
        self.answered(words)
        kind = "conversation.item.input_audio_transcription.completed"
        self.s(kind, item_id=item_id, content_index=0, transcript=transcript)
        return self

    def answered(self, words: str) -> Beta:
        """Let the assistant answer for two seconds."""
        response_id, item_id = self.new("resp"), self.new("item")
        self.s("response.created", response={"id": response_id, "status": "in_progress", "output": []})
        ids = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        item: dict[str, Any] = {
            "id": item_id,
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        self.wait(0.3).s("response.output_item.added", response_id=response_id, output_index=0, item=item)
        self.created_item(item)
        self.s("response.content_part.added", **ids, part={"type": "audio", "transcript": ""})
        self.s("response.audio_transcript.delta", **ids, delta=words)
        for _ in range(5):
            self.sounds("response.audio.delta", 400, **ids).wait(0.08)
        self.s("response.audio.done", **ids).s("response.audio_transcript.done", **ids, transcript=words)
        item |= {"status": "completed", "content": [{"type": "audio", "transcript": words}]}
        self.s("response.output_item.done", response_id=response_id, output_index=0, item=item)
        self.s("response.done", response={"id": response_id, "status": "completed", "output": [item], "usage": None})
        self.wait(2)
        return self


def _azure() -> list[Entry]:
    wire = Wire("/openai/v1/realtime?model=my-deployment", AZURE, api_key=KEY).created("gpt-realtime-2025-08-28")
    wire.configure(instructions="You are Ada.", tools=[tool("weather")])
    wire.mic = "silence"
    wire.spoken()
    wire.answers()
    wire.output(called(wire, "weather"), CITY).c("response.create")
    wire.answers()
    return wire.close()


def _azure_preview() -> list[Entry]:
    wire = Beta(_PREVIEW, AZURE, api_key=KEY)
    wire.begun("gpt-4o-realtime-preview", voice="shimmer", input_audio_transcription={"model": "whisper-1"})
    return wire.turn("Hi.", "Hello.").turn("What else?", "Nothing.").close()


def _beta_of_2024() -> list[Entry]:
    wire = Beta("/v1/realtime?model=gpt-4o-realtime-preview-2024-10-01", "relay.example", OpenAI_Beta="realtime=v1")
    wire.begun("gpt-4o-realtime-preview-2024-10-01", turn_detection=None, tool_choice="auto", temperature=0.8)
    wire.mic = ""
    hello: dict[str, Any] = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello!"}]}
    wire.c("conversation.item.create", event_id="event_2", item=hello).c("response.create", event_id="event_3")
    wire.created_item({"id": "item_u", "status": "completed", **hello})
    wire.answered("Hi.").mic = "speech"
    wire.wait(2).mic = ""
    wire.c("input_audio_buffer.commit", event_id="event_4").c("response.create", event_id="event_5")
    wire.s("input_audio_buffer.committed", item_id="item_v", previous_item_id=None)
    part = {"type": "input_audio", "transcript": None}
    wire.created_item({"id": "item_v", "type": "message", "status": "completed", "role": "user", "content": [part]})
    return wire.answered("Good.").close()


def _qwen() -> list[Entry]:
    wire = Beta("/api-ws/v1/realtime?model=qwen3-omni-flash-realtime", "dashscope.aliyuncs.com")
    wire.bytes_per_ms = 32
    transcribed = {"input_audio_transcription": {"model": "gummy-realtime-v1"}, "output_audio_format": "pcm24"}
    wire.begun("qwen3-omni-flash-realtime", voice="Cherry", **transcribed)
    wire.turn("你好", "你好").c("input_image_buffer.append", image="/9j/4AAQ")
    return wire.turn("真的吗", "是的").close()


def _qwen_writes() -> list[Entry]:
    wire = Beta("/api-ws/v1/realtime?model=qwen3-asr-flash-realtime", "dashscope.aliyuncs.com")
    wire.bytes_per_ms = 32
    wire.begun("qwen3-asr-flash-realtime", modalities=["text"], sample_rate=16000)
    kind = "conversation.item.input_audio_transcription"
    for _ in range(3):
        item_id = wire.new("item")
        wire.mic = "speech"
        wire.wait(0.5).s("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=wire.sent_ms - 300)
        wire.s(f"{kind}.text", item_id=item_id, content_index=0, text="", stash="今天", language="zh").wait(1)
        wire.mic = "silence"
        wire.wait(0.5).s("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=wire.sent_ms)
        wire.s("input_audio_buffer.committed", item_id=item_id, previous_item_id=None)
        wire.s(f"{kind}.completed", item_id=item_id, content_index=0, transcript="今天天气").wait(2)
    return wire.c("session.finish", event_id="event_9").wait(0.3).s("session.finished").close()


def _grok() -> list[Entry]:
    wire = Wire("/v1/realtime?model=grok-voice", "api.x.ai").wait(0.1)
    wire.s("conversation.created", conversation={"id": "conv_1"})
    form = {"format": {"type": "audio/pcm", "rate": 16000}}
    own: dict[str, Any] = {
        "voice": "Ara",
        "turn_detection": {"type": "server_vad"},
        "audio": {"input": form, "output": form},
    }
    wire.s("session.created", session={"id": "sess_1", "model": "grok-voice", **own})
    own["tools"] = [{"type": "web_search"}, {"type": "x_search"}]
    wire.c("session.update", session=own).wait(0.1).s("session.updated", session={"id": "sess_1", **own})
    wire.bytes_per_ms = wire.out_per_ms = 32
    wire.mic = "silence"
    wire.written("Say hello.").c("response.create").s("ping", timestamp=1)
    wire.answers()
    item_id = wire.spoken()
    kind = "conversation.item.input_audio_transcription"
    wire.s(f"{kind}.updated", item_id=item_id, transcript="Hi th")
    wire.s(f"{kind}.completed", item_id=item_id, content_index=0, transcript="Hi", status="in_progress")
    wire.answers()
    wire.s(f"{kind}.completed", item_id=item_id, content_index=0, transcript="Hi there", status="completed")
    return wire.close()


def _voice_live() -> list[Entry]:
    target = "/voice-live/realtime?api-version=2025-10-01&model=gpt-4o-mini"
    wire = Beta(target, "res.cognitiveservices.azure.com", api_key=KEY)
    heard = {"input_audio_noise_reduction": {"type": "azure_deep_noise_suppression"},
             "input_audio_echo_cancellation": {"type": "server_echo_cancellation"}}  # fmt: skip
    detection = {"type": "azure_semantic_vad", "silence_duration_ms": 200, "remove_filler_words": False}
    voice = {"type": "azure-standard", "name": "en-US-Ava:DragonHDLatestNeural"}
    wire.begun("gpt-4o-mini", turn_detection=detection, voice=voice, **heard)
    return wire.turn("Hi.", "Hello.").turn("What else?", "Nothing.").close()


def _speaches() -> list[Entry]:
    wire = Beta("/v1/realtime?model=gpt-4o", "localhost:8000")
    wire.begun("gpt-4o", speech_model="kokoro", input_audio_transcription={"model": "Systran/faster-whisper-small"})
    return wire.turn("Hi.", "Hello.").turn("What else?", "Nothing.").close()


def _glm() -> list[Entry]:
    wire = Beta("/api/paas/v4/realtime", "open.bigmodel.cn")
    wire.bytes_per_ms = 32
    own = {
        "beta_fields": {"chat_mode": "video_passive", "tts_source": "e2e", "auto_search": False},
        "voice": "tongtong",
    }
    wire.begun("glm-realtime", input_audio_format="wav", output_audio_format="pcm", **own)
    wire.s("heartbeat", client_timestamp=1)
    wire.turn("你好", "你好")
    wire.c("input_audio_buffer.append_video_frame", client_timestamp=2, video_frame="/9j/4AAQ")
    return wire.turn("真的吗", "是的").close()


def _step() -> list[Entry]:
    wire = Beta("/v1/realtime?model=step-audio-2", "api.stepfun.com")
    detection = {**VAD, "energy_awakeness_threshold": 2500}
    search = {"type": "web_search", "function": {"description": "Searches."}}
    wire.begun("step-audio-2", turn_detection=detection, voice="linjiajiejie", tools=[search])
    return wire.turn("你好", "你好").turn("真的吗", "是的").close()


OTHERS: dict[str, Made] = {
    "Azure": _azure,
    "Azure, with an api-version": _azure_preview,
    "the beta of 2024": _beta_of_2024,
    "Qwen-Omni": _qwen,
    "Qwen's transcription": _qwen_writes,
    "Grok": _grok,
    "Azure Voice Live": _voice_live,
    "speaches": _speaches,
    "GLM-Realtime": _glm,
    "Step-Audio": _step,
}
"""Whose server it is → how the session is made."""
