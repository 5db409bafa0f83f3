"""A turn of `pipecat-ai` through the proxy: its service takes the whole URL, without a query.

pip install 'pipecat-ai[openai]'
python docs/clients/pipecat_ai.py ws://127.0.0.1:8765/v1/realtime
"""

# ruff: noqa: D102, D103, T201

import asyncio
import os
import sys

from pipecat.frames.frames import EndWorkerFrame, Frame, LLMFullResponseEndFrame, LLMRunFrame, TTSTextFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner


class Listener(FrameProcessor):
    """Prints the answer, and ends the pipeline behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, TTSTextFrame):
            self.heard.append(frame.text.strip())
        elif isinstance(frame, LLMFullResponseEndFrame):
            print(*self.heard)
            await self.push_frame(EndWorkerFrame(), FrameDirection.UPSTREAM)


async def main(url: str) -> None:
    model = OpenAIRealtimeLLMService(api_key=os.environ["OPENAI_API_KEY"], base_url=url)
    context = LLMContextAggregatorPair(LLMContext([{"role": "user", "content": "Hello, who is there?"}]))
    worker = PipelineWorker(Pipeline([context.user(), model, Listener(), context.assistant()]))
    await worker.queue_frame(LLMRunFrame())
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 60))
