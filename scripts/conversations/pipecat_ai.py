"""The conversation of tests/clients/conversation.py with `pipecat-ai`: python pipecat_ai.py ws://HOST:PORT/v1/realtime.

Prints what it saw as one line of JSON.
"""

# ruff: noqa: D102, D103

import asyncio
import json
import os
import sys

from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    EndWorkerFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMMessagesAppendFrame,
    LLMRunFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.realtime.events import AudioConfiguration, AudioInput, SessionProperties, TurnDetection
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService

from tests.clients.conversation import CHUNK_MS, GREETING, QUESTION, STORY, TOOL, WEATHER, speech


class Talker(FrameProcessor):
    """Says the next thing when an answer has ended, and talks into the third."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.calls: list[object] = []
        self.errors: list[str] = []
        self.interrupted = 0
        self.running: PipelineWorker
        self.model: OpenAIRealtimeLLMService
        self._heard: list[str] = []
        self._questions = [QUESTION, STORY]
        self._interrupting = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, ErrorFrame):
            self.errors.append(frame.error)
        elif isinstance(frame, InterruptionFrame):
            self.interrupted += self._interrupting
            self._heard.clear()
        elif isinstance(frame, TTSTextFrame):
            self._heard.append(frame.text.strip())
        elif isinstance(frame, TTSAudioRawFrame) and len(self.said) == 2 and not self._interrupting:
            self._interrupting = True
            audio = [InputAudioRawFrame(audio=chunk, sample_rate=24000, num_channels=1) for chunk in speech()]
            await self.running.queue_frames(audio)
        elif isinstance(frame, LLMFullResponseEndFrame):
            await self._ended()

    async def _ended(self) -> None:
        text, self._heard = " ".join(self._heard), []
        if not text or (self._interrupting and text.startswith("Once")):  # a call, or what was talked into
            return
        self.said.append(text)
        if self._questions:
            question = {"role": "user", "content": self._questions.pop(0)}
            await self.model.queue_frame(LLMMessagesAppendFrame([question], run_llm=True))  # past the user's aggregator
        elif self._interrupting:
            await self.push_frame(EndWorkerFrame(), FrameDirection.UPSTREAM)


async def main(url: str) -> None:
    talker = Talker()
    detection = TurnDetection(silence_duration_ms=300)
    session = SessionProperties(
        instructions="Be brief.", audio=AudioConfiguration(input=AudioInput(turn_detection=detection))
    )
    model = OpenAIRealtimeLLMService(
        api_key=os.environ["OPENAI_API_KEY"],
        base_url=url,
        settings=OpenAIRealtimeLLMService.Settings(session_properties=session),
    )

    talker.model = model

    async def get_weather(params: FunctionCallParams) -> None:
        talker.calls.append([params.function_name, dict(params.arguments)])
        await params.result_callback(WEATHER)

    model.register_function("get_weather", get_weather)
    parameters = TOOL["parameters"]
    tool = FunctionSchema(TOOL["name"], TOOL["description"], parameters["properties"], parameters["required"])
    context = LLMContext([{"role": "user", "content": GREETING}], tools=ToolsSchema(standard_tools=[tool]))
    pair = LLMContextAggregatorPair(context)
    pipeline = Pipeline([pair.user(), model, talker, pair.assistant()])
    talker.running = PipelineWorker(pipeline, params=PipelineParams(audio_in_sample_rate=24000))
    await talker.running.queue_frame(LLMRunFrame())
    from pipecat.workers.runner import WorkerRunner

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(talker.running)
    try:
        await asyncio.wait_for(runner.run(), 60)
    finally:
        seen = {
            "said": talker.said,
            "calls": talker.calls,
            "interrupted": talker.interrupted > 0,
            "errors": talker.errors,
        }
        print(json.dumps(seen), flush=True)


assert CHUNK_MS == 100
asyncio.run(main(*sys.argv[1:]))
