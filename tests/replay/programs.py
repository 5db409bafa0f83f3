"""Client programs against the simulated server, without a socket or a clock, and what a recording has of them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson

from realtime_inspector.protocol.realtime.audio import BYTES_PER_MS, PCM
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.simulator import g711, schedule
from realtime_inspector.simulator.beta import BetaMachine
from realtime_inspector.simulator.machine import Machine
from realtime_inspector.simulator.scenario import parse
from realtime_inspector.simulator.voice import USER, samples, silence, speech_lasting
from tests.replay.driving import REQUEST, RESPONSE

SCENARIO = parse(
    """
    [pace]
    delay_ms = 100
    [[turn]]
    when = ["weather"]
    say = "Let me see."
    call = [{ name = "sky", arguments = { city = "Oslo" } }, { name = "sea", arguments = {} }]
    then = { say = "It rains, and the sea is rough." }
    [[turn]]
    when = ["story"]
    say = "Once upon a time there was a king who had three daughters, and each of them had a horse."
    duration_ms = 6000
    [[turn]]
    heard = "Good morning"
    say = "Good morning to you too, and a good day."
    duration_ms = 6000
    [[turn]]
    heard = "Are you there?"
    say = "Yes, I am still here, and I listen."
    duration_ms = 6000
    """,
    "programs",
)
"""What the assistant answers to these programs."""


class Program:
    """A client that does as it is told; `entries` is its recording."""

    audio, added = "response.output_audio.delta", "conversation.item.added"
    """What these events are called here."""
    form = PCM
    """The format in which it speaks."""

    def __init__(self, seed: str = "0", machine: Machine | BetaMachine | None = None) -> None:
        self.machine = machine or Machine(SCENARIO, seed=seed)
        self.entries = [REQUEST, RESPONSE]
        self.now = 0.05
        self.got: list[dict[str, Any]] = []
        self._made = self._seen = 0
        self.wait(0.0)

    def send(self, kind: str, **members: Any) -> None:
        """Send an event."""
        payload = orjson.dumps({"type": kind, **members})
        self._note(Side.CLIENT, payload)
        self.machine.receive(payload, self.now)
        self.wait(0.001)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while (due := self.machine.next_due) is not None and due <= end:
            self.now = max(self.now, due)
            self._take()
        self.now = end
        self._take()

    def until(self, kind: str) -> dict[str, Any]:
        """Return the next event of a type since the last one that was waited for."""
        while (
            at := next((at for at in range(self._seen, len(self.got)) if self.got[at]["type"] == kind), None)
        ) is None:
            due = self.machine.next_due
            assert due is not None, f"nothing more comes, and no {kind}"
            self.wait(max(0.001, due - self.now))
        self._seen = at + 1
        return self.got[at]

    def end(self) -> list[Entry]:
        """Hang up and return the recording."""
        self.wait(3.0)
        for side, kind, members in (
            (Side.CLIENT, Kind.CLOSE, {"code": 1000, "reason": ""}),
            (Side.PROXY, Kind.END, {"how": "closed", "by": "client"}),
        ):
            self.entries.append(Entry(len(self.entries) + 1, round(self.now, 6), side, kind, members=members))
        return self.entries

    # what programs do

    def configure(self, *, listens: bool) -> None:
        """Ask for the settings."""
        detection = {"type": "server_vad", "silence_duration_ms": 400} if listens else None
        tools = [{"type": "function", "name": name, "parameters": {"type": "object"}} for name in ("sky", "sea")]
        audio = {"input": {"turn_detection": detection}}
        self.send("session.update", session={"type": "realtime", "tools": tools, "audio": audio})
        self.wait(0.05)

    def write(self, text: str, *, own_id: bool = False) -> None:
        """Write something."""
        self._made += 1
        named = {"id": f"mine_{self._made}"} if own_id else {}
        content = [{"type": "input_text", "text": text}]
        self.send("conversation.item.create", item={**named, "type": "message", "role": "user", "content": content})

    def ask(self, text: str = "Hello", *, own_id: bool = False) -> None:
        """Write something and hear the answer out."""
        self.write(text, own_id=own_id)
        self.send("response.create")
        self.until("response.done")
        self.wait(0.3)

    def use_tools(self) -> None:
        """Ask for the weather, and give what the tools say."""
        self.write("What is the weather?")
        self.send("response.create")
        done = self.until("response.done")
        for item in [item for item in done["response"]["output"] if item["type"] == "function_call"]:
            output = {
                "type": "function_call_output",
                "call_id": item["call_id"],
                "output": f'{{"of": "{item["name"]}"}}',
            }
            self.send("conversation.item.create", item=output)
        self.send("response.create")
        self.until("response.done")

    def cancel(self) -> None:
        """Stop an answer in its middle and say where."""
        self.write("Tell me a story")
        self.send("response.create")
        delta = self.until(self.audio)
        self.wait(0.2)
        self.send("response.cancel")
        self.until("response.done")
        self.send("conversation.item.truncate", item_id=delta["item_id"], content_index=0, audio_end_ms=150)
        self.wait(0.1)

    def aside(self) -> None:
        """Ask beside the conversation."""
        self.send("response.create", response={"conversation": "none", "input": [], "metadata": {"topic": "x"}})
        self.until("response.done")

    def forget(self) -> None:
        """Look at the last item again, then delete it."""
        if not any(event["type"] == self.added for event in self.got):
            self.ask()
        last = next(e["item"]["id"] for e in reversed(self.got) if e["type"] == self.added)
        self.send("conversation.item.retrieve", item_id=last)
        self.wait(0.01)
        self.send("conversation.item.delete", item_id=last)
        self.wait(0.05)

    def mistake(self) -> None:
        """Send what the server refuses."""
        self.send("conversation.item.delete", item_id="nothing_of_that_name")
        self.wait(0.05)

    def press_and_talk(self) -> None:
        """Speak, commit, ask for the answer: without voice detection."""
        self._speak(600)
        self.send("input_audio_buffer.commit")
        self.send("response.create")
        self.until("response.done")
        self.wait(0.2)

    def talk(self, ms: int = 700) -> None:
        """Speak, and let voice detection do the rest."""
        self._speak(ms)
        self._append(silence(800))
        self.until("response.done")
        self.wait(0.3)

    def interrupt(self) -> None:
        """Speak into an answer to what was said before."""
        self._speak(500)
        self._append(silence(500))
        self.until(self.audio)
        self.talk()
        self.until("response.done")

    def _speak(self, ms: int) -> None:
        self._append(speech_lasting("Are you there", ms, USER))

    def _append(self, audio: bytes) -> None:
        if self.form != PCM:
            audio = g711.encode(g711.to_8k(samples(audio)), self.form)
        size = 40 * int(BYTES_PER_MS[self.form])
        for start in range(0, len(audio), size):
            self.send("input_audio_buffer.append", audio=b64encode(audio[start : start + size]).decode())
            self.wait(0.039)

    def _take(self) -> None:
        for out in self.machine.poll(self.now):
            if not isinstance(out, schedule.Close):
                self.got.append(out.event)
                self._note(Side.SERVER, orjson.dumps(out.event))

    def _note(self, side: Side, payload: bytes) -> None:
        self.entries.append(Entry(len(self.entries) + 1, round(self.now, 6), side, Kind.MESSAGE, payload))


WRITTEN = ("ask", "use_tools", "cancel", "aside", "forget", "mistake", "press_and_talk")
SPOKEN = ("talk", "interrupt", "use_tools", "ask", "aside")


def recorded(steps: list[str], *, listens: bool) -> list[Entry]:
    """Return the recording of a program."""
    program = Program()
    program.configure(listens=listens)
    for step in steps:
        getattr(program, step)()
    return program.end()
