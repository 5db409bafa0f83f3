"""The servers that speak the Realtime protocol or something like it, and the signs that tell them apart.

`State.dialect` says which names and which shape of a session hold, `ga` or `beta`. This says whose they are: Azure has
GA's names and other limits, xAI mixes both. Where nothing shows a server of its own, the names are OpenAI's.

Signs are looked for in this order: where the connection goes, what the upgrade says, the server's first event, the
shape of the session, the names of later events. What was seen first stays.

Sources: the servers' own documents and the clients' plugins for them (read 2026-11-22); the code of
`sgl-project/sglang`, `vllm-project/vllm`, `speaches-ai/speaches`, `mudler/LocalAI` and `huggingface/speech-to-speech`
(read 2026-11-23); docs.bigmodel.cn and platform.stepfun.com (read 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True, slots=True)
class Dialect:
    """One server's way of speaking."""

    title: str
    shape: str = ""
    """`ga` or `beta`, where it is always the one; empty where the session shows it."""
    hosts: tuple[str, ...] = ()
    """Ends of host names."""
    paths: tuple[str, ...] = ()
    """What the URL's path has in it; the first that fits in the table's order counts."""
    events: tuple[str, ...] = ()
    """Beginnings of event types that only it has."""
    headers: tuple[str, ...] = ()
    """Headers of the upgrade or of its answer that others do not have."""
    members: tuple[str, ...] = ()
    """Members of a session that only it reports."""
    models: tuple[str, ...] = ()
    """Beginnings of names of models that only it serves, as a session reports them."""
    says: str = ""
    """Words that its sessions' instructions have before anybody asked for others."""
    errors: tuple[str, ...] = ()
    """Codes, or types, of errors that only it gives."""
    input_rate: int = 0
    """Samples a second of the user's audio, where the format does not name them; 0 for 24,000."""


GA, BETA = "ga", "beta"
AZURE, AZURE_LEGACY, VOICE_LIVE = "azure", "azure-legacy", "voice-live"
XAI, QWEN = "xai", "qwen-omni"
VLLM, SGLANG, LOCALAI, SPEACHES, SPEECH_TO_SPEECH = "vllm", "sglang", "localai", "speaches", "speech-to-speech"
INWORLD, LIVE, GEMINI = "inworld", "live", "gemini-live"
GLM, STEP = "glm", "stepfun"
TRANSLATION = "translation"

DIALECTS: dict[str, Dialect] = {
    GA: Dialect("OpenAI, since general availability", shape=GA),
    BETA: Dialect("OpenAI's beta, shut down in May 2026", shape=BETA),
    VOICE_LIVE: Dialect(
        "Azure Voice Live",
        paths=("/voice-live/realtime", "/voice-agent/realtime"),
        events=("session.avatar.", "response.audio_timestamp.", "response.animation_"),
        members=("input_audio_echo_cancellation", "output_audio_timestamp_types"),
    ),
    AZURE_LEGACY: Dialect("Azure OpenAI with an api-version, retired in April 2026", shape=BETA),
    AZURE: Dialect(
        "Azure OpenAI, since general availability",
        hosts=(".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"),
        paths=("/openai/v1/realtime",),
        headers=("api-key", "apim-request-id"),
    ),
    XAI: Dialect(
        "xAI Grok Voice",
        hosts=("api.x.ai",),
        events=("conversation.item.input_audio_transcription.updated",),
        members=("enable_phonetic_spelling",),
        models=("grok-",),
    ),
    QWEN: Dialect(
        "Qwen-Omni Realtime of Alibaba Cloud",
        shape=BETA,
        hosts=(".aliyuncs.com",),
        paths=("/api-ws/v1/realtime",),
        events=("input_image_buffer.", "conversation.item.input_audio_transcription.text"),
        models=("qwen-omni", "qwen2.5-omni", "qwen3-omni", "qwen3.5-omni", "qwen3-asr"),
        input_rate=16_000,
    ),
    GLM: Dialect(
        "GLM-Realtime of Zhipu AI",
        shape=BETA,
        hosts=("open.bigmodel.cn",),
        paths=("/api/paas/v4/realtime",),
        events=("input_audio_buffer.append_video_frame", "heartbeat"),
        members=("beta_fields",),
        models=("glm-realtime",),
    ),
    STEP: Dialect(
        "StepFun's Step-Audio",
        shape=BETA,
        hosts=("api.stepfun.com",),
        models=("step-audio", "stepaudio-", "step-1o-audio"),
    ),
    INWORLD: Dialect("Inworld", hosts=("api.inworld.ai",)),
    VLLM: Dialect("vLLM, which transcribes", events=("transcription.delta", "transcription.done"), input_rate=16_000),
    SGLANG: Dialect("SGLang, which transcribes", errors=("invalid_state",), input_rate=16_000),
    LOCALAI: Dialect("LocalAI", says="spoken aloud using text-to-speech"),
    SPEACHES: Dialect("speaches", shape=BETA, members=("speech_model",)),
    SPEECH_TO_SPEECH: Dialect(
        "Hugging Face speech-to-speech",
        errors=(
            "session_limit_reached",
            "unknown_or_invalid_event",
            "invalid_session_type",
            "invalid_event_for_transport",
        ),
    ),
    TRANSLATION: Dialect(
        "OpenAI's translations, two streams without turns",
        paths=("/realtime/translations",),
        events=("session.input_audio_buffer.",),
        models=("gpt-realtime-translate",),
    ),
    LIVE: Dialect(
        "OpenAI's Live API, another protocol",
        paths=("/v1/live/",),
        events=("session.start", "session.started", "session.input_audio.append"),
    ),
    GEMINI: Dialect("Gemini Live, another protocol", paths=("BidiGenerateContent",)),
}
"""Every dialect by the name that `--dialect` takes."""

STREAMED = frozenset({TRANSLATION, LIVE})
"""Those that know no turns: both sides speak in one stream each."""

ASKED_FOR = "it was asked for"
"""The sign of a dialect that the user named."""
_FIRST_EVENTS = {"conversation.created": XAI, "session.started": LIVE}
"""Server events by which no other server begins."""


def named(name: str) -> Dialect:
    """Return a dialect by its name.

    Raises:
        ValueError: If there is none of that name, with the nearest.
    """
    if name not in DIALECTS:
        near = get_close_matches(name.lower(), DIALECTS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(DIALECTS)}"
        raise ValueError(f"no dialect {name!r}; {hint}")
    return DIALECTS[name]


def of_url(host: str, target: str) -> tuple[str, str]:
    """Return whose server a connection goes to, and the sign of it; nothing where neither host nor path shows it."""
    path, _, query = target.partition("?")
    if "/openai/realtime" in path and "api-version=" in query:
        return AZURE_LEGACY, "the path is /openai/realtime, with an api-version"
    for name, dialect in DIALECTS.items():
        for sign in dialect.paths:
            if sign in path:
                return name, f"the path has {sign}"
    for name, dialect in DIALECTS.items():
        if host and any(host == sign.lstrip(".") or host.endswith(f".{sign.lstrip('.')}") for sign in dialect.hosts):
            return name, f"the upstream is {host}"
    return "", ""


def of_event(event_type: str, *, first: bool) -> tuple[str, str]:
    """Return whose server is spoken to, as the type of an event shows it; nothing where it may be anybody's."""
    if first and event_type in _FIRST_EVENTS:
        return _FIRST_EVENTS[event_type], f"the server began with {event_type}"
    name = _OF_EVENTS.get(event_type) or next(
        (_OF_EVENTS[sign] for sign in _BEGINNINGS if event_type.startswith(sign)), ""
    )
    return (name, f"{event_type} is an event of its own") if name else ("", "")


def of_headers(names: Iterable[str]) -> tuple[str, str]:
    """Return whose server it is, as the headers' names show it; nothing where they may be anybody's."""
    given = {name.lower() for name in names}
    for name, dialect in DIALECTS.items():
        for sign in dialect.headers:
            if sign in given:
                return name, f"there is a header {sign}"
    return "", ""


def of_session(body: Mapping[str, Any], *, first: bool) -> tuple[str, str]:
    """Return whose server it is, as a `session.created` or `session.updated` shows it.

    Args:
        body: The event.
        first: It says what holds before anybody asked for anything.
    """
    session = body.get("session")
    if not isinstance(session, Mapping):
        own = first and str(body.get("id", "")).startswith("sess-") and "created" in body
        return (VLLM, "session.created has no session, but an id and a time") if own else ("", "")
    instructions, model = session.get("instructions"), session.get("model")
    for name, dialect in DIALECTS.items():
        for member in dialect.members:
            if member in session:
                return name, f"the session has {member}"
        if isinstance(model, str) and model.startswith(dialect.models):
            return name, f"the session's model is {model}"
        if first and dialect.says and isinstance(instructions, str) and dialect.says in instructions:
            return name, "its sessions have these instructions before anybody asked for others"
    return "", ""


def of_error(error: Mapping[str, Any]) -> tuple[str, str]:
    """Return whose server it is, as an `error` object shows it."""
    given = (error.get("code"), error.get("type"))
    for name, dialect in DIALECTS.items():
        found = next((sign for sign in dialect.errors if sign in given), "")
        if found:
            return name, f"{found} is an error of its own"
    return "", ""


_OF_EVENTS = {sign: name for name, dialect in DIALECTS.items() for sign in dialect.events}
_BEGINNINGS = tuple(sign for sign in _OF_EVENTS if sign.endswith((".", "_")))
