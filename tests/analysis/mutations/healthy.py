"""Sessions in which nobody does anything wrong: what mutations are made of.

The samples of `recordings/`, clients as they are met in the wild, and conversations held with the simulator's machine:
no socket, and a clock of their own, so that each of them is the same every time.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.recording import files, transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.simulator import g711, voice
from realtime_inspector.simulator.machine import Machine, Opening
from realtime_inspector.simulator.scenario import parse
from realtime_inspector.simulator.schedule import Close
from tests.analysis.test_healthy import CLIENTS

RECORDINGS = Path(__file__).parents[3] / "recordings"
SAMPLES = ("voice-turn", "tool-call", "barge-in")
CHUNK_MS = 40
_CONNECT_S = 0.08
_LONGEST_S = 60.0

TOOLS = [
    {
        "type": "function",
        "name": name,
        "description": "Looks something up.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    for name in ("get_weather", "get_time")
]
SCENARIO = """
[[turn]]
heard = "What is the weather in Oslo?"
call = [{ name = "get_weather", arguments = { city = "Oslo" } }]
then = { say = "It rains in Oslo, so take a coat with you." }
[[turn]]
heard = "And the time there?"
call = [
    { name = "get_weather", arguments = { city = "Rome" } },
    { name = "get_time", arguments = { city = "Oslo" } },
]
then = { say = "It is noon, and the sun shines in Rome." }
[[turn]]
heard = "Tell me a story."
say = "Once upon a time there was a lighthouse, and in it lived an old man who counted the ships."
[[turn]]
heard = "Thank you."
say = "You are welcome."
"""


class Call:
    """A client that holds a conversation with the simulator's machine, and the recording of it."""

    def __init__(self, scenario: str = SCENARIO, form: str = "audio/pcmu", model: str = "gpt-realtime-2.1") -> None:
        self.entries: list[Entry] = []
        self.events: list[dict[str, Any]] = []
        """What the server sent."""
        self.t = 0.0
        self.form = form
        self._seen = 0
        headers = [["Host", "api.openai.com"], ["Upgrade", "websocket"], ["Authorization", "[redacted:Authorization]"]]
        target = f"/v1/realtime?model={model}"
        self._put(Side.CLIENT, Kind.REQUEST, members={"method": "GET", "target": target, "headers": headers})
        self.t = _CONNECT_S
        self._put(Side.SERVER, Kind.RESPONSE, members={"status": 101, "reason": "", "headers": []})
        self.machine = Machine(parse(scenario, "test"), Opening(model=model), unix=1_700_000_000)
        self.run()

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass."""
        until = self.t + seconds
        for out in self.machine.poll(until - _CONNECT_S):
            assert not isinstance(out, Close)
            self.t = max(self.t, out.due + _CONNECT_S)
            self.events.append(out.event)
            self._put(Side.SERVER, Kind.MESSAGE, orjson.dumps(out.event))
        self.t = until

    def wait(self, event_type: str) -> dict[str, Any]:
        """Let time pass until the next event of a type, and return it."""
        end = self.t + _LONGEST_S
        while self.t < end:
            for at in range(self._seen, len(self.events)):
                if self.events[at]["type"] == event_type:
                    self._seen = at + 1
                    return self.events[at]
            due = self.machine.next_due
            assert due is not None, event_type
            self.run(max(0.0, due + _CONNECT_S - self.t) + 1e-9)
        raise AssertionError(f"no {event_type}")

    def send(self, event_type: str, **members: Any) -> None:
        """Send an event."""
        message = orjson.dumps({"type": event_type, **members})
        self._put(Side.CLIENT, Kind.MESSAGE, message)
        self.machine.receive(message, self.t - _CONNECT_S)
        self.run(0.001)

    def configure(self, detection: Mapping[str, Any] | None = None, **session: Any) -> None:
        """Configure the session; with the tools and the format of these tests."""
        wire = {"type": self.form, "rate": 24000} if self.form == PCM else {"type": self.form}
        told = {"format": wire, "transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": detection}
        audio = {"input": told, "output": {"format": wire, "voice": "cedar"}}
        own = {"type": "realtime", "instructions": "You tell people the weather.", "tools": TOOLS, "audio": audio}
        self.send("session.update", session={**own, **session})
        self.wait("session.updated")

    def speak(self, text: str, silent_ms: float = 800) -> None:
        """Speak into the microphone, in real time, and be silent for a while."""
        pcm = voice.speech(text, voice.USER) + voice.silence(silent_ms)
        size = CHUNK_MS * voice.RATE // 1000 * 2
        for start in range(0, len(pcm), size):
            self.append(pcm[start : start + size].ljust(size, b"\0"))

    def append(self, pcm: bytes) -> None:
        """Append one chunk, and let it take its time."""
        data = pcm if self.form == PCM else g711.encode(g711.to_8k(voice.samples(pcm)), self.form)
        sent = self.t
        self.send("input_audio_buffer.append", audio=b64encode(data).decode())
        self.run(sent + len(pcm) / 2 / voice.RATE - self.t)

    def write(self, text: str) -> None:
        """Write a message and ask for an answer."""
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        self.send("conversation.item.create", item=item)
        self.run(0.05)
        self.send("response.create")

    def outputs(self, *, after_s: float = 0.3) -> None:
        """Wait for the response's calls, answer each, and ask the assistant to go on."""
        done = self.wait("response.done")
        self.run(after_s)
        for item in done["response"]["output"]:
            if item["type"] == "function_call":
                output = {"type": "function_call_output", "call_id": item["call_id"], "output": '{"ok": true}'}
                self.send("conversation.item.create", item=output)
        self.run(0.02)
        self.send("response.create")

    def hear_out(self) -> None:
        """Wait for the end of the answer, and for that of its playing."""
        began = next(at for at in reversed(range(len(self.events))) if self.events[at]["type"] == "response.created")
        response_id = self.events[began]["response"]["id"]
        self.wait("response.done")
        sound = [e for e in self.events if e["type"] == "response.output_audio.delta"]
        size = sum(len(e["delta"]) * 3 / 4 for e in sound if e["response_id"] == response_id)
        self.run(size / (48 if self.form == PCM else 8) / 1000 + 0.3)

    def close(self) -> list[Entry]:
        """Hang up, and return the recording."""
        self.run(0.5)
        self._put(Side.CLIENT, Kind.CLOSE, members={"code": 1000, "reason": ""})
        self.t += 0.01
        self._put(Side.PROXY, Kind.END, members={"how": "closed"})
        return self.entries

    def _put(self, side: Side, kind: Kind, payload: bytes = b"", members: Mapping[str, Any] | None = None) -> None:
        n = len(self.entries) + 1
        t = max(round(self.t, 6), self.entries[-1].t if self.entries else 0.0)
        self.entries.append(Entry(n, t, side, kind, payload, members=members or {}, line=n + 1))


VAD = {"type": "server_vad", "silence_duration_ms": 500}


def _tools() -> list[Entry]:
    """Written turns, one call and then two at once."""
    call = Call()
    call.configure(VAD)
    for text in ("What is the weather in Oslo?", "And the time there?"):
        call.write(text)
        call.outputs()
        call.hear_out()
    return call.close()


def _voice() -> list[Entry]:
    """Spoken turns, the first with a call; the client names its events."""
    call = Call()
    call.configure(VAD)
    call.speak("What is the weather in Oslo?")
    call.outputs()
    call.hear_out()
    call.speak("And the time there?")
    call.outputs()
    call.hear_out()
    return call.close()


def _pcm() -> list[Entry]:
    """One spoken turn in PCM."""
    call = _greeted()
    call.hear_out()
    return call.close()


def _long() -> list[Entry]:
    """One spoken turn in PCM, after which the microphone stays on."""
    call = _greeted()
    for _ in range(280):
        call.append(voice.silence(CHUNK_MS))
    return call.close()


def _greeted() -> Call:
    call = Call('[[turn]]\nheard = "Hello?"\nsay = "Hello there."', PCM)
    call.configure(VAD, tools=[])
    call.speak("Hello, can anybody hear me over there?", silent_ms=1600)
    return call


def _manual() -> list[Entry]:
    """The user holds a key while speaking: no voice detection."""
    call = Call()
    call.configure(None)
    for text in ("What is the weather in Oslo?", "And the time there?"):
        call.send("input_audio_buffer.clear")
        call.run(0.05)
        call.speak(text, silent_ms=40)
        call.send("input_audio_buffer.commit")
        call.wait("input_audio_buffer.committed")
        call.send("response.create")
        call.outputs()
        call.hear_out()
    return call.close()


def _interrupted() -> list[Entry]:
    """The user interrupts an answer, and the client tells the server where."""
    call = Call('[[turn]]\nsay = "A long story."\nduration_ms = 6000\n[[turn]]\nheard = "Stop!"\nsay = "Sorry."')
    call.configure(VAD, tools=[])
    call.write("Tell me a story.")
    first = call.wait("response.output_audio.delta")
    began = call.t
    call.run(2.2)
    call.speak("Stop it please now!", silent_ms=0)
    assert any(event["type"] == "input_audio_buffer.speech_started" for event in call.events)
    heard_ms = int((call.t - began) * 1000)
    call.send("conversation.item.truncate", item_id=first["item_id"], content_index=0, audio_end_ms=heard_ms)
    call.speak("I would rather hear another one.", silent_ms=0)
    call.append(voice.silence(800))
    call.hear_out()
    return call.close()


def _text() -> list[Entry]:
    """A session that writes, with a title made beside the conversation."""
    call = Call('aside = "Weather"\n[[turn]]\nsay = "Hello."\n[[turn]]\nsay = "Fine, and how are you today?"')
    call.configure(VAD, output_modalities=["text"], tools=[])
    for text in ("Hi", "How are you?"):
        call.write(text)
        call.wait("response.done")
        call.run(0.5)
    call.send("response.create", response={"conversation": "none", "metadata": {"for": "title"}})
    call.wait("response.done")
    return call.close()


SIMULATED: Mapping[str, Callable[[], list[Entry]]] = {
    "sim-tools": _tools,
    "sim-voice": _voice,
    "sim-pcm": _pcm,
    "sim-manual": _manual,
    "sim-interrupted": _interrupted,
    "sim-text": _text,
    "sim-long": _long,
}
NAMES = (*SAMPLES, *SIMULATED, *CLIENTS)
LARGE = frozenset({"sim-long"})
"""What takes long to look at: only for mutations that name it."""


@cache
def healthy(name: str) -> tuple[Entry, ...]:
    """Return the entries of a healthy session."""
    if name in SAMPLES:
        return tuple(files.open_recording(RECORDINGS / f"{name}.jsonl"))
    if name in SIMULATED:
        return tuple(SIMULATED[name]())
    return tuple(transcript.entries(CLIENTS[name]))
