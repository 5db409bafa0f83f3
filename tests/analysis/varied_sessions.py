"""Healthy conversations with the simulator's machine under many configurations: none of them may be blamed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.simulator import voice
from realtime_inspector.simulator.beta import BetaMachine
from realtime_inspector.simulator.machine import Machine, Opening
from realtime_inspector.simulator.scenario import parse
from tests.analysis.mutations.healthy import CHUNK_MS, TOOLS, VAD, Call

ULAW, ALAW = "audio/pcmu", "audio/pcma"
GREETING = '[[turn]]\nheard = "Hello?"\nsay = "Hello there, how can I help you today?"\n'
STORY = """
[[turn]]
heard = "Tell me."
say = "A long story."
duration_ms = 6000
[[turn]]
heard = "Stop!"
say = "Sorry."
"""
SEARCH = """
[[mcp]]
server_label = "docs"
tools = [{ name = "search" }]
[[turn]]
mcp = [{ server_label = "docs", name = "search", arguments = { q = "tides" }, output = "Twice a day." }]
then = { say = "The tides come twice a day." }
"""
DOCS = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example/mcp"}
PIXEL = b64encode(b"\x89PNG\r\n\x1a\n").decode()
SEMANTIC = {"type": "semantic_vad", "eagerness": "high"}


class Varied(Call):
    """A call whose connection is opened in another way."""

    def __init__(
        self, scenario: str = GREETING, form: str = ULAW, *, target: str = "", intent: str = "", beta: bool = False
    ) -> None:
        self._intent, self._beta = intent, beta
        super().__init__(scenario, form)
        target = target or ("/v1/realtime?intent=transcription" if intent else "")
        if target:
            self.entries[0].members["target"] = target  # type: ignore[index]  # it was made here
        if beta or intent:
            self.entries, self.events, self._seen, self.t = self.entries[:2], [], 0, self.entries[1].t
            made = BetaMachine if beta else Machine
            opening = Opening(intent=intent, model_given=not intent)
            self.machine = made(parse(scenario, "test"), opening, unix=1_700_000_000)  # type: ignore[assignment]  # used as one
            self.run()

    def talk(self, *words: str, silent_ms: float = 900) -> None:
        """Speak turn by turn, and hear each answer out."""
        for text in words:
            self.speak(text, silent_ms=silent_ms)
            self.hear_out()

    def push(self, *words: str, create: Mapping[str, Any] | None = None) -> None:
        """Speak turn by turn without voice detection, and hear each answer out."""
        for text in words:
            self.send("input_audio_buffer.clear")
            self.run(0.05)
            self.speak(text, silent_ms=40)
            self.send("input_audio_buffer.commit")
            self.wait("input_audio_buffer.committed")
            self.send("response.create", **({"response": create} if create else {}))
            self.hear_out()

    def interrupt(self, text: str) -> None:
        """Speak over the answer, truncate it to what was played, and hear the next one out."""
        self._seen = len(self.events)
        first = self.wait("response.output_audio.delta")
        began = self.t
        self.run(2.0)
        self.speak(text, silent_ms=0)
        heard_ms = int((self.t - began) * 1000)
        self.send("conversation.item.truncate", item_id=first["item_id"], content_index=0, audio_end_ms=heard_ms)
        self.speak("I would rather hear another one.", silent_ms=900)
        self.hear_out()

    def idle(self, seconds: float) -> None:
        """Let the microphone hear nothing for a while."""
        for _ in range(int(seconds * 1000 / CHUNK_MS)):
            self.append(voice.silence(CHUNK_MS))

    def dropped(self, how: str) -> list[Entry]:
        """Lose the connection, and return the recording."""
        self._put(Side.PROXY, Kind.END, members={"how": how})
        return self.entries


def _spoken(form: str = ULAW, detection: Mapping[str, Any] = VAD, **session: Any) -> list[Entry]:
    call = Varied(GREETING + GREETING, form)
    call.configure(detection, **{"tools": [], **session})
    call.talk("Hello, can anybody hear me?", "And what about now, my friend?")
    return call.close()


def _pushed(form: str = ULAW, create: Mapping[str, Any] | None = None) -> list[Entry]:
    call = Varied(GREETING + GREETING, form)
    call.configure(None, tools=[])
    call.push("Hello, can anybody hear me?", "And what about now, my friend?", create=create)
    return call.close()


def _greets_first() -> list[Entry]:
    call = Varied(GREETING * 2)
    call.configure(VAD, tools=[])
    call.send("response.create", response={"instructions": "Greet the caller."})
    call.hear_out()
    call.talk("Hello, can anybody hear me?")
    return call.close()


def _interrupted() -> list[Entry]:
    call = Varied(STORY * 3)
    call.configure(VAD, tools=[])
    for _ in range(2):
        call.write("Tell me a story.")
        call.interrupt("Stop it please now!")
    return call.close()


def _barge_in_by_cancel() -> list[Entry]:
    call = Varied(STORY)
    call.configure(None, tools=[])
    call.write("Tell me a story.")
    first = call.wait("response.output_audio.delta")
    began = call.t
    call.run(0.5)
    call.send("response.cancel")
    call.send("conversation.item.truncate", item_id=first["item_id"], content_index=0,
              audio_end_ms=int((call.t - began) * 1000))  # fmt: skip
    call.wait("response.done")
    call.run(0.3)
    call.push("I would rather hear another one.")
    return call.close()


def _image() -> list[Entry]:
    call = Varied(GREETING)
    call.configure(VAD, tools=[])
    parts = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"},
    ]
    call.send("conversation.item.create", item={"type": "message", "role": "user", "content": parts})
    call.run(0.05)
    call.send("response.create")
    call.hear_out()
    return call.close()


def _approved() -> list[Entry]:
    call = Varied(SEARCH + GREETING)
    call.configure(VAD, tools=[{**DOCS, "require_approval": "always"}])
    call.wait("mcp_list_tools.completed")
    call.write("When is the tide?")
    done = call.wait("response.done")
    (request,) = (item for item in done["response"]["output"] if item["type"] == "mcp_approval_request")
    call.run(1.5)
    answer = {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": True}
    call.send("conversation.item.create", item=answer)
    call.run(0.05)
    call.hear_out()
    return call.close()


def _tools() -> list[Entry]:
    call = Call()
    call.configure(VAD, output_modalities=["text"])
    for text in ("What is the weather in Oslo?", "And the time there?"):
        call.write(text)
        call.outputs()
        call.hear_out()
    return call.close()


def _out_of_band() -> list[Entry]:
    call = Varied('aside = "Greeting"\n' + GREETING * 2)
    call.configure(VAD, tools=[])
    call.talk("Hello, can anybody hear me?")
    for purpose in ("title", "mood"):
        request = {"conversation": "none", "metadata": {"for": purpose}, "output_modalities": ["text"]}
        call.send("response.create", response={**request, "instructions": "One word."})
        call.wait("response.done")
        call.run(0.2)
    call.talk("And what about now, my friend?")
    return call.close()


def _restored() -> list[Entry]:
    call = Varied(GREETING)
    call.configure(VAD, tools=[])
    for role, kind in (("user", "input_text"), ("assistant", "output_text"), ("system", "input_text")):
        item = {"type": "message", "role": role, "content": [{"type": kind, "text": "Earlier we spoke of tides."}]}
        call.send("conversation.item.create", item=item)
        call.run(0.02)
    call.talk("Hello, can anybody hear me?")
    return call.close()


def _transcription(detection: Mapping[str, Any] | None, form: str = ULAW) -> list[Entry]:
    call = Varied(GREETING * 2, form, intent="transcription")
    wire = {"type": form, "rate": 24000} if form == PCM else {"type": form}
    told = {"format": wire, "transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": detection}
    call.send("session.update", session={"type": "transcription", "audio": {"input": told}})
    call.wait("session.updated")
    for text in ("Hello, can anybody hear me?", "And what about now, my friend?"):
        call.speak(text, silent_ms=900)
        if detection is None:
            call.send("input_audio_buffer.commit")
        call.wait("conversation.item.input_audio_transcription.completed")
        call.run(0.4)
    return call.close()


def _beta() -> list[Entry]:
    call = Varied(GREETING * 2, beta=True, target="/v1/realtime?model=gpt-4o-realtime-preview")
    call.entries[0].members["headers"][0][1] = "realtime.example"
    detection = {"type": "server_vad", "silence_duration_ms": 500}
    settings = {"modalities": ["text", "audio"], "voice": "alloy", "turn_detection": detection, "tools": TOOLS,
                "input_audio_format": "g711_ulaw", "output_audio_format": "g711_ulaw",
                "input_audio_transcription": {"model": "whisper-1"}, "temperature": 0.8}  # fmt: skip
    call.send("session.update", session={**settings, "instructions": "Be kind."})
    call.wait("session.updated")
    for text in ("Hello, can anybody hear me?", "And what about now, my friend?"):
        call.speak(text, silent_ms=900)
        call.wait("response.done")
        call.run(4)
    return call.close()


def _idle() -> list[Entry]:
    call = Varied(GREETING * 2)
    call.configure(VAD, tools=[])
    call.talk("Hello, can anybody hear me?")
    call.idle(12)
    call.talk("And what about now, my friend?")
    return call.close()


def _changed_on_the_way() -> list[Entry]:
    call = Varied(GREETING * 3)
    call.configure(VAD, tools=[])
    call.talk("Hello, can anybody hear me?")
    call.send("session.update", session={"type": "realtime", "instructions": "Be brief.", "tools": TOOLS})
    call.wait("session.updated")
    call.talk("And what about now, my friend?")
    call.send("session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
    call.wait("session.updated")
    call.push("Now I hold the key instead.")
    return call.close()


def _lost() -> list[Entry]:
    call = Varied(GREETING)
    call.configure(VAD, tools=[])
    call.talk("Hello, can anybody hear me?")
    return call.dropped("closed")


def _moderated() -> list[Entry]:
    call = Varied(GREETING * 2)
    call.configure({**VAD, "create_response": False}, tools=[])
    for text in ("Hello, can anybody hear me?", "And what about now, my friend?"):
        call.speak(text, silent_ms=900)
        call.wait("input_audio_buffer.committed")
        call.run(0.6)
        call.send("response.create")
        call.hear_out()
    return call.close()


VARIED: Mapping[str, Callable[[], list[Entry]]] = {
    "voice, PCM": lambda: _spoken(PCM, max_output_tokens=1000, truncation="auto"),
    "voice, G.711 A-law, semantic voice detection": lambda: _spoken(ALAW, SEMANTIC),
    "voice, noise reduction, no interruption": lambda: _spoken(detection={**VAD, "interrupt_response": False}),
    "voice, answers in text": lambda: _spoken(output_modalities=["text"]),
    "key held, PCM": lambda: _pushed(PCM),
    "key held, answers in text": lambda: _pushed(create={"output_modalities": ["text"]}),
    "the assistant greets first": _greets_first,
    "interrupted twice": _interrupted,
    "interrupted by a button": _barge_in_by_cancel,
    "an image": _image,
    "tools of an MCP server, approved": _approved,
    "tools, written answers": _tools,
    "titles beside the conversation": _out_of_band,
    "an earlier conversation restored": _restored,
    "transcription, voice detection": lambda: _transcription(VAD),
    "transcription, committed by hand": lambda: _transcription(None, PCM),
    "beta, spoken": _beta,
    "a pause": _idle,
    "changed on the way": _changed_on_the_way,
    "answers asked for after a look": _moderated,
    "the line is cut after the answer": _lost,
}
"""What is varied → how the session is made."""
