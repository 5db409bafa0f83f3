"""What can go wrong with a configuration: shapes of other years and other APIs, values, order, what is not honoured."""

from __future__ import annotations

from typing import Any

from realtime_inspector.recording.entry import Side
from tests.analysis.mutations.draft import Body, Draft, Mutant, client, refusal, server
from tests.analysis.mutations.kinds import mutation

UPDATE = "session.update"


def updates(d: Draft) -> list[int]:
    """Where a session is configured as GA wants it."""
    return d.client(UPDATE, lambda body: body["session"].get("type") == "realtime")


def first(d: Draft) -> list[int]:
    return updates(d)[:1]


def with_tools(d: Draft) -> list[int]:
    return [at for at in updates(d) if d.get(at, "session.tools")]


def with_format(d: Draft) -> list[int]:
    return [at for at in updates(d) if d.get(at, "session.audio.input.format")]


def answered(d: Draft) -> list[int]:
    return [at for at in d.server("session.updated") if any(u < at for u in updates(d))]


def spoken(d: Draft) -> list[int]:
    """Right behind the first answer that speaks."""
    heard = d.server("response.output_audio.delta")
    ends = [at for at in d.server("response.done") if heard and at > heard[0]]
    return [ends[0] + 1] if ends else []


_WORDS = {
    "missing_required_parameter": "Missing required parameter: '{}'.",
    "unknown_parameter": "Unknown parameter: '{}'.",
    "invalid_type": "Invalid type for '{}': expected another one.",
    "invalid_value": "Invalid value for '{}'.",
    "decimal_above_max_value": "Invalid '{}': decimal above maximum value.",
}


def _refused(d: Draft, at: int, changed: Mutant, code: str, param: str) -> Mutant:
    """Let the server refuse a configuration."""
    return d.refused(at, changed, code, _WORDS[code].format(param), param)


# shapes


@mutation("SES001", places=updates)
def session_type_left_out(d: Draft, at: int) -> Mutant:
    """A configuration has no type."""
    return _refused(d, at, d.unset(at, "session.type"), "missing_required_parameter", "session.type")


@mutation("SES002", places=updates)
def beta_shaped_session(d: Draft, at: int) -> Mutant:
    """A configuration is written as the beta wanted it."""
    beta = {"modalities": ["audio", "text"], "voice": "alloy", "input_audio_format": "pcm16", "temperature": 0.8,
            "turn_detection": {"type": "server_vad"}, "instructions": "You tell people the weather."}  # fmt: skip
    return _refused(d, at, d.put(at, "session", beta), "missing_required_parameter", "session.type")


@mutation("SES002", "ENV011", places=updates)
def one_beta_member(d: Draft, at: int) -> Mutant:
    """A configuration has one member of the beta's."""
    changed = d.put(at, "session.turn_detection", {"type": "server_vad"})
    return _refused(d, at, changed, "unknown_parameter", "session.turn_detection")


@mutation("ENV011", "SES002", places=updates)
def member_of_both_dialects(d: Draft, at: int) -> Mutant:
    """A configuration has its modalities twice, in both dialects."""
    body = d.body(at)
    body["session"].update(modalities=["audio"], output_modalities=["audio"])
    return _refused(d, at, d.edit(at, body), "unknown_parameter", "session.modalities")


@mutation("ENV001", "ENV002", places=updates)
def beta_event_name(d: Draft, at: int) -> Mutant:
    """The client sends an event that only the beta had."""
    words = "Invalid value: 'transcription_session.update'. Supported values are: 'session.update'."
    return d.refused(at, d.put(at, "type", "transcription_session.update"), "invalid_value", words, "type")


@mutation("SES009", places=with_tools)
def nested_tool(d: Draft, at: int) -> Mutant:
    """A tool is nested as chat completions have it."""
    tool = d.body(at)["session"]["tools"][0]
    kind = tool.pop("type")
    changed = d.put(at, "session.tools.0", {"type": kind, "function": tool})
    return _refused(d, at, changed, "missing_required_parameter", "session.tools[0].name")


@mutation("SES009", places=with_tools)
def tool_without_a_type(d: Draft, at: int) -> Mutant:
    """A tool has no type."""
    return _refused(d, at, d.unset(at, "session.tools.0.type"), "missing_required_parameter", "session.tools[0].type")


@mutation("SES009", "ENV005", places=with_tools)
def tool_without_a_name(d: Draft, at: int) -> Mutant:
    """A tool has no name."""
    return _refused(d, at, d.unset(at, "session.tools.0.name"), "missing_required_parameter", "session.tools[0].name")


@mutation("SES010", places=with_tools)
def parameters_of_no_object(d: Draft, at: int) -> Mutant:
    """A tool's parameters are no object."""
    return d.put(at, "session.tools.0.parameters.type", "string")


@mutation("SES010", places=with_tools)
def required_parameter_unknown(d: Draft, at: int) -> Mutant:
    """A tool requires a parameter that it does not have."""
    return d.put(at, "session.tools.0.parameters.required", ["town"])


@mutation("SES010", places=with_tools)
def two_tools_of_one_name(d: Draft, at: int) -> Mutant:
    """Two tools have one name."""
    tools = d.body(at)["session"]["tools"]
    return d.put(at, "session.tools", [*tools, tools[0]])


@mutation("SES011", places=with_tools)
def nested_tool_choice(d: Draft, at: int) -> Mutant:
    """The choice of a tool is nested as chat completions have it."""
    choice = {"type": "function", "function": {"name": d.get(at, "session.tools")[0]["name"]}}
    changed = d.put(at, "session.tool_choice", choice)
    return _refused(d, at, changed, "unknown_parameter", "session.tool_choice.function")


@mutation("SES011", places=with_tools)
def choice_of_an_unknown_tool(d: Draft, at: int) -> Mutant:
    """The chosen tool is none of the tools."""
    return d.put(at, "session.tool_choice", {"type": "function", "name": "launch_rocket"})


@mutation("ENV006", places=updates)
def unknown_member(d: Draft, at: int) -> Mutant:
    """A configuration has a member whose name nobody knows."""
    return _refused(d, at, d.put(at, "session.instruction", "Be brief."), "unknown_parameter", "session.instruction")


# values


@mutation("SES017", places=lambda d: d.client(UPDATE, lambda body: "rate" in str(body["session"].get("audio"))))
def rate_changed(d: Draft, at: int) -> Mutant:
    """The rate of PCM is one that the API does not have."""
    changed = d.put(at, "session.audio.input.format", {"type": "audio/pcm", "rate": 16000})
    return _refused(d, at, changed, "invalid_value", "session.audio.input.format.rate")


@mutation("SES017", places=with_format)
def rate_left_out(d: Draft, at: int) -> Mutant:
    """PCM is asked for without its rate."""
    changed = d.put(at, "session.audio.output.format", {"type": "audio/pcm"})
    return _refused(d, at, changed, "missing_required_parameter", "session.audio.output.format.rate")


@mutation("ENV012", places=with_format)
def format_by_its_beta_name(d: Draft, at: int) -> Mutant:
    """A format is a word, as in the beta."""
    changed = d.put(at, "session.audio.input.format", "g711_ulaw")
    return _refused(d, at, changed, "invalid_type", "session.audio.input.format")


@mutation("SES015", "ENV012", places=updates)
def both_modalities(d: Draft, at: int) -> Mutant:
    """Text and audio are asked for together."""
    changed = d.put(at, "session.output_modalities", ["audio", "text"])
    return _refused(d, at, changed, "invalid_value", "session.output_modalities")


@mutation("SES016", "ENV012", places=updates)
def threshold_out_of_range(d: Draft, at: int) -> Mutant:
    """The threshold of voice detection is no number from 0 to 1."""
    changed = d.put(at, "session.audio.input.turn_detection", {"type": "server_vad", "threshold": 50})
    return _refused(d, at, changed, "decimal_above_max_value", "session.audio.input.turn_detection.threshold")


@mutation("SES016", "ENV012", places=updates)
def idle_timeout_of_semantic_detection(d: Draft, at: int) -> Mutant:
    """Semantic voice detection is given a silence, which only the server's has."""
    changed = d.put(at, "session.audio.input.turn_detection", {"type": "semantic_vad", "idle_timeout_ms": 6000})
    return _refused(d, at, changed, "unknown_parameter", "session.audio.input.turn_detection.idle_timeout_ms")


@mutation("SES016", "ENV012", places=updates)
def speed_out_of_range(d: Draft, at: int) -> Mutant:
    """The assistant is to speak four times as fast."""
    changed = d.put(at, "session.audio.output.speed", 4)
    return _refused(d, at, changed, "decimal_above_max_value", "session.audio.output.speed")


@mutation("ENV012", places=updates)
def instructions_as_an_object(d: Draft, at: int) -> Mutant:
    """The instructions are an object."""
    changed = d.put(at, "session.instructions", {"text": "Be brief."})
    return _refused(d, at, changed, "invalid_type", "session.instructions")


def _of_openai(d: Draft) -> list[int]:
    return updates(d) if d.entries[0].header("Host") == "api.openai.com" else []


@mutation("TRN006", places=_of_openai)
def option_of_another_transcription(d: Draft, at: int) -> Mutant:
    """The transcription is given a prompt that its model does not take."""
    changed = d.put(at, "session.audio.input.transcription", {"model": "gpt-realtime-whisper", "prompt": "Names: Oslo"})
    return _refused(d, at, changed, "invalid_value", "session.audio.input.transcription.prompt")


@mutation("SES013", places=updates)
def detection_for_a_streaming_transcription(d: Draft, at: int) -> Mutant:
    """Voice detection is asked of a transcription model that has none."""
    body = d.body(at)
    body["session"]["type"] = "transcription"
    given = body["session"].setdefault("audio", {}).setdefault("input", {})
    given.update(transcription={"model": "gpt-realtime-whisper"}, turn_detection={"type": "server_vad"})
    words = "Turn detection is not supported for this transcription model."
    return d.refused(at, body, "invalid_value", words, "session.audio.input.turn_detection")


@mutation("SES023", places=updates)
def reasoning_of_a_model_that_does_not(d: Draft, at: int) -> Mutant:
    """A setting of reasoning models is asked of another model."""
    changed: dict[int, Any] = {}
    for place, body in enumerate(d.bodies):
        if "model" in body.get("session", {}):
            changed[place] = {**body, "session": {**body["session"], "model": "gpt-realtime"}}
    body = d.body(at)
    body["session"]["reasoning"] = {"effort": "high"}
    other = Draft(d.name, d.edit_all(changed, []).entries)
    return _refused(other, at, other.edit(at, body), "unknown_parameter", "session.reasoning")


# in the middle of a session


@mutation("SES006", places=spoken)
def voice_changed_after_audio(d: Draft, at: int) -> Mutant:
    """The client asks for another voice after the assistant has spoken."""
    session = {"type": "realtime", "audio": {"output": {"voice": "ash"}}}
    return d.insert(at, client(UPDATE, session=session))


@mutation("SES007", places=lambda d: answered(d)[:1])
def model_changed(d: Draft, at: int) -> Mutant:
    """The client asks a running session for another model."""
    return d.insert(at + 1, client(UPDATE, session={"type": "realtime", "model": "gpt-realtime-mini"}))


@mutation("SES008", places=spoken)
def format_changed_while_audio_flows(d: Draft, at: int) -> Mutant | None:
    """An update in the middle of a call changes the format of the user's audio."""
    if not any(place < at for place in d.client("input_audio_buffer.append")):
        return None
    mu = '"audio/pcmu"' in d.entries[d.server("session.updated")[0]].payload.decode()
    form: Body = {"type": "audio/pcm", "rate": 24000} if mu else {"type": "audio/pcmu"}
    session = {"type": "realtime", "audio": {"input": {"format": form}}}
    return d.insert(at, client(UPDATE, session=session))


# the server's answer


@mutation("SES003", places=first)
def update_unanswered(d: Draft, at: int) -> Mutant | None:
    """The server answers no configuration."""
    late = d.entries[d.ends_at].t - d.entries[at].t
    return d.drop(d.server("session.updated"), at=[at]) if late > 3.2 else None


@mutation("SES003", places=first, why="configuration-unanswered")
def update_waited_for_in_vain(d: Draft, at: int) -> Mutant | None:
    """The client waits for the answer to its configuration."""
    return None if d.server("session.created")[0] > at else d.end(at + 1, named=[at])


def _reports(path: str, value: Any) -> Any:
    """Return a mutation of what the server says is in force, at a place that was asked for."""

    def apply(d: Draft, at: int) -> Mutant | None:
        asked = d.before(at, updates(d))
        return d.put(at, path, value) if asked is not None and d.get(asked, path) not in (None, value) else None

    return apply


@mutation("SES004", places=answered)
def format_not_taken(d: Draft, at: int) -> Mutant | None:
    """The server keeps another format than was asked."""
    asked = d.before(at, with_format(d))
    mu = asked is not None and d.get(asked, "session.audio.input.format.type") == "audio/pcmu"
    form = {"type": "audio/pcm", "rate": 24000} if mu else {"type": "audio/pcma"}
    mutant: Mutant | None = _reports("session.audio.input.format", form)(d, at)
    return mutant


@mutation("SES004", places=answered)
def instructions_not_taken(d: Draft, at: int) -> Mutant | None:
    """The server keeps its own instructions."""
    mutant: Mutant | None = _reports("session.instructions", "You are a helpful assistant.")(d, at)
    return mutant


@mutation("SES004", places=answered)
def voice_not_taken(d: Draft, at: int) -> Mutant | None:
    """The server keeps its own voice."""
    mutant: Mutant | None = _reports("session.audio.output.voice", "alloy")(d, at)
    return mutant


@mutation("SES004", places=answered)
def tools_not_taken(d: Draft, at: int) -> Mutant | None:
    """The server has none of the tools."""
    asked = d.before(at, updates(d))
    return d.put(at, "session.tools", []) if asked is not None and d.get(asked, "session.tools") else None


_REFUSED = refusal("missing_required_parameter", "Missing required parameter: 'session.type'.", "session.type")


def _refusable(d: Draft) -> list[int]:
    """Where the first configuration is, if the client gives only one and a response follows."""
    return first(d) if len(updates(d)) == 1 and d.server("response.created") and d.get(0, "type") is None else []


@mutation("SES005", places=_refusable)
def configuration_refused_and_nobody_looks(d: Draft, at: int) -> Mutant | None:
    """The configuration is refused as a whole, and the conversation goes on with the defaults."""
    answer = d.after(at, d.server("session.updated"))
    if answer is None or not d.get(at, "session.instructions"):
        return None
    body = d.body(at)
    del body["session"]["type"]
    return d.edit_all({at: body, answer: _REFUSED[1]}, [at, answer, *d.server("response.created")[:1]])


@mutation("SES001", places=_refusable, why="configuration-refused")
def configuration_refused_and_nothing_follows(d: Draft, at: int) -> Mutant:
    """The configuration is refused, and the client waits for a session it does not have."""
    body = d.body(at)
    del body["session"]["type"]
    return d.end(at, (Side.CLIENT, body), _REFUSED, named=[at])


@mutation("SES018", places=lambda d: answered(d)[:1])
def response_before_the_configuration(d: Draft, at: int) -> Mutant | None:
    """The first response begins before the configuration is in force."""
    begun = d.server("response.created")
    asked = d.before(at, updates(d))
    if not begun or begun[0] < at or asked is None or len(updates(d)) > 1:
        return None
    return Mutant(d.move(at, begun[0] + 1).entries, frozenset({asked + 1, begun[0]}))


@mutation("SES020", places=answered)
def defaults_in_the_first_response(d: Draft, at: int) -> Mutant | None:
    """The instructions in force are the server's own when the first response begins."""
    default = d.server("session.created")
    asked = d.before(at, updates(d))
    own = d.get(default[0], "session.instructions") if default else None
    if not own or asked is None or not d.get(asked, "session.instructions") or len(updates(d)) > 1:
        return None
    mutant = d.put(at, "session.instructions", own)
    return Mutant(mutant.entries)


@mutation("SES019", places=lambda d: [at for at in d.server("input_audio_buffer.committed") if _by_server(d)],
          why="create-response-off")  # fmt: skip
def automatic_response_off(d: Draft, at: int) -> Mutant:
    """Voice detection is told to begin no response, and nobody else does."""
    shown = d.before(at, d.server("session.updated")) or d.server("session.created")[0]
    body = d.body(shown)
    body["session"]["audio"]["input"]["turn_detection"]["create_response"] = False
    changed = Draft(d.name, d.edit(shown, body).entries)
    return changed.end(at + 1, named=[at])


def _by_server(d: Draft) -> bool:
    return bool(d.server("input_audio_buffer.speech_stopped"))


@mutation("ERR001", "ERR003", places=lambda d: d.server("session.updated")[-1:])
def error_without_its_event(d: Draft, at: int) -> Mutant:
    """The client truncates an item that never was, and the error does not say which event it is about."""
    bad = client("conversation.item.truncate", item_id="item_no", content_index=0, audio_end_ms=700)
    error = refusal("item_truncate_invalid_item_id", "Item with item_id not found: item_no", "item_id")
    mutant = d.insert(at + 1, bad, server("rate_limits.updated", rate_limits=[]), error)
    return Mutant(mutant.entries, frozenset({at + 2}))
