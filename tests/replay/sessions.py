"""Sessions of every kind, made by programs against the simulated server: what the properties of a replay draw from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.recording.entry import Entry
from realtime_inspector.replay.causes import build
from realtime_inspector.replay.script import Script
from realtime_inspector.simulator.beta import BetaMachine
from realtime_inspector.simulator.machine import Machine, Opening
from realtime_inspector.simulator.scenario import parse
from realtime_inspector.simulator.voice import silence
from tests.replay.programs import Program

SCENARIO = parse(
    """
    [pace]
    delay_ms = 60
    chunk_ms = 400
    [[mcp]]
    server_label = "docs"
    tools = [{ name = "search" }]
    [[turn]]
    when = ["weather"]
    say = "Let me see."
    call = [{ name = "sky", arguments = { city = "Oslo", days = [1, 2] } }, { name = "sea", arguments = {} }]
    then = { say = "It rains." }
    [[turn]]
    when = ["look up"]
    mcp = [{ server_label = "docs", name = "search", arguments = { q = "tides" }, output = "Twice a day." }]
    then = { say = "Twice a day." }
    [[turn]]
    when = ["story"]
    say = "Once upon a time there was a king."
    duration_ms = 3000
    [[turn]]
    heard = "Good morning"
    say = "Good morning to you."
    duration_ms = 3000
    [[turn]]
    heard = "Are you there?"
    say = "Yes, I am."
    duration_ms = 3000
    [[turn]]
    heard = "What is it like?"
    call = [{ name = "sky", arguments = { city = "Rome" } }]
    then = { say = "Clear." }
    """,
    "sessions",
)
PICTURE = "data:image/png;base64,iVBORw0KGgo="
TOOLS = [{"type": "function", "name": name, "parameters": {"type": "object"}} for name in ("sky", "sea")]


class Talker(Program):
    """A client that speaks, writes, shows and asks, in the API's own dialect."""

    def image(self) -> None:
        """Show a picture and ask about it."""
        content = [
            {"type": "input_text", "text": "What is this?"},
            {"type": "input_image", "image_url": PICTURE, "detail": "low"},
        ]
        self._made += 1
        self.send(
            "conversation.item.create",
            item={"id": f"picture_{self._made}", "type": "message", "role": "user", "content": content},
        )
        self.send("response.create", response={"output_modalities": ["text"]})
        self.until("response.done")
        self.wait(0.1)

    def own_context(self) -> None:
        """Ask beside the conversation about items of it, and about some that are in no conversation."""
        self.write("Keep this in mind", own_id=True)
        said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Sum it up"}]}
        items = [{"type": "item_reference", "id": f"mine_{self._made}"}, {"id": "aside_item_1", **said}]
        self.send(
            "response.create",
            event_id="event_of_mine_7",
            response={
                "conversation": "none",
                "input": items,
                "output_modalities": ["text"],
                "metadata": {"topic": "sum", "client_event_id": "rc_00aa11bb22cc"},
            },
        )
        self.until("response.done")

    def two_asides(self) -> None:
        """Ask two things beside the conversation at the same time."""
        for topic in ("one", "two"):
            asked = {"conversation": "none", "input": [], "output_modalities": ["text"], "metadata": {"topic": topic}}
            self.send("response.create", response=asked)
        self.until("response.done")
        self.until("response.done")

    def history(self) -> None:
        """Put what was said before into the conversation, in another order than it is sent."""
        self._made += 2
        one, other = f"old_item_{self._made - 1}", f"old_item_{self._made}"
        said = [{"type": "output_text", "text": "I said that."}]
        asked = [{"type": "input_text", "text": "You asked that?"}]
        self.send(
            "conversation.item.create",
            event_id=f"event_old_{one}",
            item={"id": one, "type": "message", "role": "assistant", "content": said},
        )
        self.send(
            "conversation.item.create",
            previous_item_id="root",
            item={"id": other, "type": "message", "role": "system", "content": asked},
        )
        self.send("conversation.item.delete", item_id=one)
        self.wait(0.05)

    def ask_again(self) -> None:
        """Ask the same as before, word for word."""
        self.ask("And now?")
        self.ask("And now?")

    def reconfigure(self) -> None:
        """Change the settings on the way."""
        self._made += 1
        self.update(instructions=f"Be brief, {self._made}.", tool_choice="auto")

    def look_up(self) -> None:
        """Ask for what a tool of an MCP server knows, and approve of the call."""
        self.write("Please look up the tides")
        self.send("response.create")
        done = self.until("response.done")
        for item in done["response"]["output"]:
            if item["type"] == "mcp_approval_request":
                answer = {"type": "mcp_approval_response", "approval_request_id": item["id"], "approve": True}
                self.send("conversation.item.create", item=answer)
                self.until("response.done")
        self.wait(0.2)

    def press_twice(self) -> None:
        """Begin to speak, think better of it, and speak anew."""
        self._speak(300)
        self.send("input_audio_buffer.clear")
        self.wait(0.05)
        self.press_and_talk()

    def press_and_call(self) -> None:
        """Speak, then write, then ask for the answer to both."""
        self._speak(400)
        self.send("input_audio_buffer.commit")
        self.write("and what is the weather?")
        self.send("response.create")
        done = self.until("response.done")
        self.give_outputs(done)

    def give_outputs(self, done: Mapping[str, Any]) -> None:
        """Give what the tools say, and ask for more."""
        calls = [item for item in done["response"]["output"] if item["type"] == "function_call"]
        for item in calls:
            output = {
                "type": "function_call_output",
                "call_id": item["call_id"],
                "output": f'{{"of": "{item["name"]}", "warm": 21}}',
            }
            self.send("conversation.item.create", item=output)
        if calls:
            self.send("response.create")
            self.until("response.done")
        self.wait(0.2)

    def talk_and_call(self) -> None:
        """Speak; give what a tool says, if one is called."""
        self._speak(600)
        self._append(silence(900))
        self.give_outputs(self.until("response.done"))

    def barge_in(self) -> None:
        """Speak into an answer, and tell how much of it was heard."""
        self._speak(500)
        self._append(silence(900))
        delta = self.until_audio()
        if delta is None:
            return
        self._speak(500)
        self.send("conversation.item.truncate", item_id=delta["item_id"], content_index=0, audio_end_ms=320)
        self._append(silence(900))
        self.until("response.done")
        self.wait(0.5)

    def talk_only(self) -> None:
        """Speak where nobody answers by himself, and ask for an answer."""
        self._speak(500)
        self._append(silence(900))
        self.until("conversation.item.input_audio_transcription.completed")
        self.send("response.create")
        self.until("response.done")

    def dictate(self) -> None:
        """Speak, for the transcript alone."""
        self._speak(700)
        self._append(silence(700))
        self.until("conversation.item.input_audio_transcription.completed")

    def dictate_by_hand(self) -> None:
        """Speak and commit, for the transcript alone."""
        self._speak(400)
        self.send("input_audio_buffer.commit")
        self.until("conversation.item.input_audio_transcription.completed")

    def talk_and_idle(self) -> None:
        """Speak, hear the answer out with the microphone on, and say nothing until the server asks by itself."""
        self.talk_and_call()
        self._append(silence(8200))
        self.until("response.done")
        self.wait(0.2)

    def ask_and_idle(self) -> None:
        """Write, hear the answer out with the microphone off, and say nothing until the server asks by itself."""
        self.ask()
        self.until("input_audio_buffer.timeout_triggered")
        self.until("response.done")
        self.wait(0.2)

    def hush(self) -> None:
        """Say nothing for a while, with the microphone on."""
        self._append(silence(300))

    def until_audio(self) -> dict[str, Any] | None:
        """Return the next piece of an answer's audio; None where the answer has none."""
        while True:
            found = [e for e in self.got[self._seen :] if e["type"] in {self.audio, "response.done"}]
            if found:
                self._seen = self.got.index(found[0]) + 1
                return found[0] if found[0]["type"] == self.audio else None
            due = self.machine.next_due
            assert due is not None, "nothing more comes"
            self.wait(max(0.001, due - self.now))

    def update(self, **session: Any) -> None:
        """Ask for settings."""
        self.send("session.update", session={"type": "realtime", **session})
        self.wait(0.05)


class BetaTalker(Talker):
    """The same in the dialect of the beta."""

    audio, added = "response.audio.delta", "conversation.item.created"

    def update(self, **session: Any) -> None:
        """Ask for settings."""
        self.send("session.update", session=session)
        self.wait(0.05)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a client can do in one kind of session."""

    begin: Callable[[], Talker]
    steps: tuple[str, ...]
    most: int = 3


def _realtime(turn_detection: Mapping[str, Any] | None, **session: Any) -> Callable[[], Talker]:
    def begin() -> Talker:
        talker = Talker(machine=Machine(SCENARIO))
        heard = {"turn_detection": turn_detection, "transcription": {"model": "whisper-1"}}
        talker.update(tools=TOOLS, instructions="Be kind.", audio={"input": heard}, **session)
        return talker

    return begin


def _phone(turn_detection: Mapping[str, Any] | None, form: str) -> Callable[[], Talker]:
    def begin() -> Talker:
        talker = Talker(machine=Machine(SCENARIO))
        talker.form = form
        heard = {"format": {"type": form}, "turn_detection": turn_detection, "transcription": {"model": "whisper-1"}}
        audio = {"input": heard, "output": {"format": {"type": form}, "voice": "marin"}}
        talker.update(tools=TOOLS, instructions="Be kind.", audio=audio)
        return talker

    return begin


def _mcp() -> Talker:
    talker = Talker(machine=Machine(SCENARIO))
    tool = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.invalid/mcp"}
    talker.update(tools=[tool], output_modalities=["text"])
    talker.wait(0.2)
    return talker


def _transcription(turn_detection: Mapping[str, Any] | None) -> Callable[[], Talker]:
    def begin() -> Talker:
        talker = Talker(machine=Machine(SCENARIO, Opening(intent="transcription", model_given=False)))
        heard = {"turn_detection": turn_detection, "transcription": {"model": "gpt-4o-transcribe", "language": "en"}}
        talker.send("session.update", session={"type": "transcription", "audio": {"input": heard}})
        talker.wait(0.05)
        return talker

    return begin


def _beta(turn_detection: Mapping[str, Any] | None, form: str = PCM, name: str = "pcm16") -> Callable[[], Talker]:
    def begin() -> Talker:
        talker = BetaTalker(machine=BetaMachine(SCENARIO, Opening(beta=True)))
        talker.form = form
        talker.update(
            instructions="Be kind.",
            voice="ash",
            tools=TOOLS,
            turn_detection=turn_detection,
            input_audio_format=name,
            output_audio_format=name,
            input_audio_transcription={"model": "whisper-1"},
        )
        return talker

    return begin


_VAD = {"type": "server_vad", "silence_duration_ms": 400}
_IDLE = {**_VAD, "idle_timeout_ms": 5000}
_WRITTEN = ("ask", "ask_again", "use_tools", "cancel", "aside", "two_asides", "forget", "mistake", "history")
_HEARD = ("talk_and_call", "barge_in", "use_tools", "ask", "aside", "hush", "reconfigure")

KINDS: Mapping[str, Kind] = {
    "written": Kind(_realtime(None), (*_WRITTEN, "image", "own_context", "reconfigure")),
    "manual": Kind(_realtime(None), ("press_and_talk", "press_twice", "press_and_call", "ask", "mistake")),
    "server vad": Kind(_realtime(_VAD), _HEARD),
    "semantic vad": Kind(_realtime({"type": "semantic_vad", "eagerness": "high"}), _HEARD),
    "vad without answers": Kind(
        _realtime({**_VAD, "create_response": False, "interrupt_response": False}), ("talk_only", "ask", "hush")
    ),
    "idle vad": Kind(_realtime(_IDLE), ("ask_and_idle", "talk_and_idle", "talk_and_call", "ask", "hush"), most=2),
    "phone vad": Kind(_phone(_VAD, "audio/pcmu"), ("talk_and_call", "barge_in", "use_tools", "ask", "hush")),
    "phone": Kind(_phone(None, "audio/pcma"), ("press_and_talk", "press_twice", "press_and_call", "ask")),
    "transcription": Kind(_transcription(_VAD), ("dictate", "hush")),
    "transcription by hand": Kind(_transcription(None), ("dictate_by_hand", "hush")),
    "mcp": Kind(_mcp, ("look_up", "ask", "reconfigure")),
    "beta": Kind(_beta(None), ("ask", "use_tools", "press_and_talk", "forget", "mistake", "cancel", "press_twice")),
    "beta phone vad": Kind(_beta(_VAD, "audio/pcmu", "g711_ulaw"), ("talk_and_call", "barge_in", "ask", "hush")),
    "beta vad": Kind(_beta(_VAD), ("talk_and_call", "barge_in", "use_tools", "ask", "hush")),
}
"""Name → what is done in such a session."""


@lru_cache(maxsize=256)
def recorded(kind: str, steps: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return the recording of a session."""
    talker = KINDS[kind].begin()
    for step in steps:
        getattr(talker, step)()
    return tuple(replace(entry, line=entry.n) for entry in talker.end())


@lru_cache(maxsize=256)
def scripted(kind: str, steps: tuple[str, ...]) -> Script:
    """Return the same as a script."""
    return build(recorded(kind, steps), name="call.jsonl")


@st.composite
def sessions(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(KINDS)) -> tuple[str, tuple[str, ...]]:
    """Draw a kind of session and what is done in it."""
    kind = draw(st.sampled_from(kinds))
    known = KINDS[kind]
    return kind, tuple(draw(st.lists(st.sampled_from(known.steps), min_size=1, max_size=known.most)))
