"""Conversations with one lesson each, as a client's side: what the demo plays and the sample recordings hold.

The client is an ordinary program on real sockets; pointed at the API it would run the same. Where a story has a
mistake, it is planted on purpose, and its docstring says which.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.simulator.client import Client, opened
from realtime_inspector.simulator.machine import DEFAULT_MODEL

Tell = Callable[[str, str], None]
"""Told who does something, and what."""
Play = Callable[[Client, Tell], Awaitable[None]]

PATIENCE_S = 2.1
"""How long the user waits for an answer: a little more than the rules about silence do."""
_BEFORE_INTERRUPTING_MS = 400
_LONGEST_S = 30.0

TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Look up the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city"],
    },
}
WEATHER = {"Oslo": "9 degrees, light rain", "Rome": "23 degrees, clear sky"}
"""What the stories' tool knows."""
INSTRUCTIONS = "You tell people the weather. Look it up with get_weather, then answer in one sentence."


@dataclass(frozen=True, slots=True)
class Story:
    """One conversation."""

    name: str
    about: str
    """The lesson, in a few words."""
    play: Play
    scenario: str = "weather"
    """What the simulated assistant answers."""
    format: AudioFormat = field(default_factory=AudioFormat)


async def tell_story(story: Story, url: str, tell: Tell) -> None:
    """Hold a story's conversation with the server at `url`.

    Raises:
        ConnectionError: If the server ends it.
        TimeoutError: If the server does not answer.
    """
    async with asyncio.timeout(_LONGEST_S), opened(f"{url}?model={DEFAULT_MODEL}", form=story.format) as client:
        await client.wait("session.created")
        await story.play(client, tell)


# the stories


async def demo(client: Client, tell: Tell) -> None:
    """A tool call that works, an interruption handled well, and a tool call whose output lacks its `call_id`."""
    await _configure(client, tell)
    async with client.microphone():
        tell("user", '"Weather in Oslo?"')
        client.say("Weather in Oslo?")
        await _give(client, await _called(client, tell), tell)
        item_id = await _speaking(client, tell)
        await _interrupt(client, item_id, "And in Rome?", tell)
        heard_ms = await client.truncate(item_id)
        tell("client", f"stops playing, and tells the server what was heard: {heard_ms} ms")
        await client.wait("conversation.item.truncated")
        await _give_without_call_id(client, await _called(client, tell), tell)
        await _wait_in_vain(tell)


async def voice_turn(client: Client, tell: Tell) -> None:
    """The user speaks, the assistant answers, nothing is wrong."""
    await _configure(client, tell, tools=[])
    async with client.microphone():
        tell("user", '"Hello, can you hear me?"')
        client.say("Hello, can you hear me?")
        item_id = await _speaking(client, tell)
        await client.wait("response.done")
        await client.played(item_id)


async def tool_call(client: Client, tell: Tell) -> None:
    """The assistant calls a tool, gets its output, is asked to go on, and answers."""
    await _configure(client, tell)
    await _write(client, "What is the weather in Oslo?", tell)
    await _give(client, await _called(client, tell), tell)
    await _hear_out(client, tell)


async def missing_call_id(client: Client, tell: Tell) -> None:
    """The tool's output has its `call_id` beside the item instead of inside it."""
    await _configure(client, tell)
    await _write(client, "What is the weather in Oslo?", tell)
    await _give_without_call_id(client, await _called(client, tell), tell)
    await _wait_in_vain(tell)


async def output_without_response(client: Client, tell: Tell) -> None:
    """The tool's output is given, and nobody asks the assistant to go on."""
    await _configure(client, tell)
    await _write(client, "What is the weather in Oslo?", tell)
    await _output(client, await _called(client, tell))
    tell("client", "gives the tool's output, and forgets to send response.create")
    await _wait_in_vain(tell)


async def barge_in(client: Client, tell: Tell) -> None:
    """The user interrupts; the client stops playing and says where."""
    item_id = await _until_interrupted(client, tell)
    async with client.microphone():
        await _interrupt(client, item_id, "Tell me of the sea.", tell)
        heard_ms = await client.truncate(item_id)
        tell("client", f"stops playing, and tells the server what was heard: {heard_ms} ms")
        await client.wait("conversation.item.truncated")
        await _after_interruption(client, tell)


async def barge_in_without_truncate(client: Client, tell: Tell) -> None:
    """The user interrupts, and the server is never told how much was heard."""
    item_id = await _until_interrupted(client, tell)
    async with client.microphone():
        await _interrupt(client, item_id, "Tell me of the sea.", tell)
        client.stop(item_id)
        tell("client", "stops playing, and tells the server nothing")
        await _after_interruption(client, tell)


async def beta_session(client: Client, tell: Tell) -> None:
    """The session is configured as the beta wanted it: refused as a whole, so the defaults hold."""
    beta = {
        "modalities": ["audio", "text"],
        "instructions": INSTRUCTIONS,
        "voice": "alloy",
        "input_audio_format": "pcm16",
        "output_audio_format": "pcm16",
        "tools": [TOOL],
    }
    await client.send("session.update", session=beta)
    tell("client", "configures the session the way the beta wanted it")
    await client.wait("error")
    tell("server", "refuses it as a whole; the client does not look")
    await _write(client, "What is the weather?", tell)
    await _hear_out(client, tell)


async def second_response(client: Client, tell: Tell) -> None:
    """A response is asked for while one is in progress."""
    await _configure(client, tell, tools=[])
    await _write(client, "Hello?", tell)
    await client.wait("response.output_audio.delta")
    await client.send("response.create")
    tell("client", "asks for another response while the assistant speaks")
    while (await client.wait("error", "response.created"))["type"] != "error":
        await client.send("response.create")  # the first was over before the server, on a busy machine, read that
    await _hear_out(client, tell)


# what they have in common


async def _configure(client: Client, tell: Tell, tools: list[Any] | None = None) -> None:
    form = client.format.name
    wire = {"type": form} if form != "audio/pcm" else {"type": form, "rate": 24000}
    session = {
        "type": "realtime",
        "instructions": INSTRUCTIONS,
        "audio": {
            "input": {"format": wire, "transcription": {"model": "gpt-4o-transcribe"}},
            "output": {"format": wire, "voice": "cedar"},
        },
        "tools": [TOOL] if tools is None else tools,
    }
    await client.send("session.update", session=session)
    await client.wait("session.updated")
    tell("client", "connects, and gives its instructions and tools")


async def _write(client: Client, text: str, tell: Tell) -> None:
    tell("user", f'types "{text}"')
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    await client.send("conversation.item.create", item=item)
    await client.wait("conversation.item.done")
    await client.send("response.create")
    await client.wait("response.created")


async def _called(client: Client, tell: Tell) -> Mapping[str, Any]:
    call = await client.wait("response.function_call_arguments.done")
    await client.wait("response.done")
    tell("assistant", f"calls {call['name']}({call['arguments']})")
    return call


async def _output(client: Client, call: Mapping[str, Any]) -> None:
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": _look_up(call)}
    await client.send("conversation.item.create", item=output)
    await client.wait("conversation.item.done")


async def _give(client: Client, call: Mapping[str, Any], tell: Tell) -> None:
    """Give a tool's output and ask for the answer, as it should be."""
    await _output(client, call)
    await client.send("response.create")
    tell("client", "gives the tool's output, and asks the assistant to go on")


async def _give_without_call_id(client: Client, call: Mapping[str, Any], tell: Tell) -> None:
    """Make the mistake: the id stands beside the item, so the API refuses it, and nobody reads the error."""
    output = {"type": "function_call_output", "output": _look_up(call)}
    await client.send("conversation.item.create", call_id=call["call_id"], item=output)
    tell("client", "gives the tool's output, with a mistake in it")
    await client.wait("error")


async def _wait_in_vain(tell: Tell) -> None:
    tell("user", "waits; no crash, no message: the assistant has just gone silent")
    await asyncio.sleep(PATIENCE_S)
    tell("user", "gives up and hangs up")


async def _speaking(client: Client, tell: Tell) -> str:
    delta = await client.wait("response.output_audio.delta")
    tell("assistant", "answers, and speaks")
    return str(delta["item_id"])


async def _hear_out(client: Client, tell: Tell) -> None:
    item_id = await _speaking(client, tell)
    await client.wait("response.done")
    await client.played(item_id)
    tell("user", "has heard all of it, and hangs up")


async def _until_interrupted(client: Client, tell: Tell) -> str:
    await _configure(client, tell, tools=[])
    await _write(client, "Hello?", tell)
    return await _speaking(client, tell)


async def _interrupt(client: Client, item_id: str, words: str, tell: Tell) -> None:
    await client.heard(item_id, _BEFORE_INTERRUPTING_MS)
    tell("user", f'interrupts: "{words}"')
    client.say(words)
    await client.wait("input_audio_buffer.speech_started")


async def _after_interruption(client: Client, tell: Tell) -> None:
    await client.wait("input_audio_buffer.speech_stopped")
    await client.wait("response.created")
    await _hear_out(client, tell)


def _look_up(call: Mapping[str, Any]) -> str:
    city = orjson.loads(call["arguments"])["city"]
    return orjson.dumps({"city": city, "weather": WEATHER.get(city, "unknown")}).decode()


_ULAW = AudioFormat("audio/pcmu", 8000)
STORIES: Mapping[str, Story] = {
    story.name: story
    for story in (
        Story("weather", "a tool call, an interruption, and a tool output without call_id", demo),
        Story("voice-turn", "the user speaks and is answered: nothing is wrong", voice_turn, "chat"),
        Story(
            "tool-call",
            "a tool call from its arguments to the spoken answer: nothing is wrong",
            tool_call,
            format=_ULAW,
        ),
        Story("missing-call-id", "a tool output without call_id inside the item", missing_call_id, format=_ULAW),
        Story(
            "output-without-response",
            "a tool output after which nobody sends response.create",
            output_without_response,
            format=_ULAW,
        ),
        Story("barge-in", "an interruption handled well: nothing is wrong", barge_in, "chat", _ULAW),
        Story(
            "barge-in-without-truncate",
            "an interruption the server is not told of",
            barge_in_without_truncate,
            "chat",
            _ULAW,
        ),
        Story("beta-session", "a session configured the way the beta wanted it", beta_session, "chat"),
        Story("second-response", "a response asked for while one is in progress", second_response, "chat", _ULAW),
    )
}
"""Every story by its name; the first is the demo's."""
