"""A story played through the real proxy: simulator, relay and client on sockets of this machine."""

from __future__ import annotations

from pathlib import Path

from realtime_inspector.capture.relay import Relay
from realtime_inspector.errors import InspectorError
from realtime_inspector.recording import files
from realtime_inspector.simulator.server import Simulator
from realtime_inspector.simulator.stories import Story, Tell, tell_story


async def record(story: Story, folder: Path, tell: Tell) -> Path:
    """Play a story and return its recording.

    Raises:
        InspectorError: If the parts did not work together, which is this program's fault.
        UsageError: If the folder cannot be written.
    """
    before = _recordings(folder)
    async with Simulator(story.scenario) as simulator:
        upstream, _, path = simulator.url.partition("/v1")
        async with Relay(upstream, folder, tags={"story": story.name}) as relay:
            try:
                await tell_story(story, f"{relay.ws_url}/v1{path}", tell)
            except (OSError, TimeoutError) as error:
                raise InspectorError(f"the conversation broke off: {str(error) or 'no answer came'}") from error
    made = _recordings(folder) - before
    if len(made) != 1:
        raise InspectorError(f"{folder}: {len(made)} recordings were made of one conversation")
    return made.pop()


def _recordings(folder: Path) -> set[Path]:
    return set(files.find(folder)) if folder.is_dir() else set()
