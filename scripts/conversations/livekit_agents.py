"""The conversation of tests/clients/conversation.py with `livekit-agents`: its model finds OPENAI_BASE_URL.

Prints what it saw as one line of JSON. It has no room: the microphone and the loudspeaker are the two classes here.
"""

# ruff: noqa: D102, D103

import asyncio
import json
import time

from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool, utils
from livekit.agents.voice import io
from livekit.plugins import openai
from openai.types.beta.realtime.session import TurnDetection

from tests.clients.conversation import CHUNK_MS, GREETING, QUESTION, STORY, WEATHER, speech


class Microphone(io.AudioInput):
    """Gives what is put into it, twice as fast as it was said."""

    def __init__(self) -> None:
        super().__init__(label="microphone")
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()

    async def __anext__(self) -> rtc.AudioFrame:
        data = await self.frames.get()
        await asyncio.sleep(CHUNK_MS / 2000)
        return rtc.AudioFrame(data, 24000, 1, len(data) // 2)


class Loudspeaker(io.AudioOutput):
    """Plays into the air: what it got is heard, as fast as it came, but for the last answer."""

    def __init__(self) -> None:
        super().__init__(label="loudspeaker", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=24000)
        self.began = asyncio.Event()
        self.slow = False
        self._played_s = 0.0
        self._waiting: asyncio.TimerHandle | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._played_s:
            self.on_playback_started(created_at=time.time())
        self._played_s += frame.duration
        self.began.set()

    def flush(self) -> None:
        super().flush()
        if not self._played_s:
            return
        if self.slow:
            self._waiting = asyncio.get_running_loop().call_later(self._played_s, self._finished, False)
        else:
            self._finished(False)

    def clear_buffer(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        if self._played_s:
            self._finished(True)

    def _finished(self, interrupted: bool) -> None:
        played, self._played_s = self._played_s, 0.0
        self.on_playback_finished(playback_position=0.04 if interrupted else played, interrupted=interrupted)


class Weather(Agent):
    """Knows the weather."""

    def __init__(self, calls: list[object]) -> None:
        super().__init__(instructions="Be brief.")
        self._made = calls

    @function_tool
    async def get_weather(self, city: str) -> str:
        """Tell the weather of a city, now."""
        self._made.append(["get_weather", {"city": city}])
        return json.dumps({**WEATHER, "city": city})


async def main() -> None:
    calls: list[object] = []
    said: list[str] = []
    errors: list[str] = []
    interrupted = asyncio.Event()
    stopped = asyncio.Event()
    detection = TurnDetection(type="server_vad", silence_duration_ms=300, create_response=True, interrupt_response=True)
    model = openai.realtime.RealtimeModel(turn_detection=detection)
    async with utils.http_context.open(), AgentSession(llm=model, aec_warmup_duration=None) as session:
        microphone, loudspeaker = Microphone(), Loudspeaker()
        session.input.audio, session.output.audio = microphone, loudspeaker

        def added(event: object) -> None:
            item = event.item
            if getattr(item, "role", "") != "assistant":
                return
            if item.interrupted:
                interrupted.set()
                return
            said.append(item.text_content)
            if len(said) == 3:
                stopped.set()

        session.on("conversation_item_added", added)
        session.on("error", lambda event: errors.append(str(event.error)))
        await session.start(Weather(calls))
        await session.run(user_input=GREETING)
        await session.run(user_input=QUESTION)
        loudspeaker.slow = True
        loudspeaker.began.clear()
        session.generate_reply(user_input=STORY)
        await loudspeaker.began.wait()
        for chunk in speech():
            microphone.frames.put_nowait(chunk)
        await interrupted.wait()
        loudspeaker.slow = False
        await stopped.wait()
        await asyncio.sleep(0.3)
    print(json.dumps({"said": said, "calls": calls, "interrupted": interrupted.is_set(), "errors": errors}))


asyncio.run(asyncio.wait_for(main(), 60))
