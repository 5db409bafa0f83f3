"""Make the sample recordings anew: every story of the simulator, through the real proxy, on sockets of this machine.

    python scripts/make_recordings.py [NAME ...]

Takes about 25 s. Ids are the same each time; times, ports and the handshake's key are those of the run. The demo's own
story is left out: `realtime-inspector demo` makes it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from realtime_inspector.simulator.demo import record
from realtime_inspector.simulator.stories import STORIES, Story

FOLDER = Path(__file__).parent.parent / "recordings"
SAMPLES = [story for story in STORIES.values() if story.name != "weather"]


async def make(story: Story) -> Path:
    """Play one story and put its recording where the samples are."""
    with tempfile.TemporaryDirectory() as folder:
        made = await record(story, Path(folder), lambda who, what: None)
        path = FOLDER / f"{story.name}.jsonl"
        path.write_bytes(made.read_bytes())
    return path


async def main(names: list[str]) -> None:
    """Make the named samples, or all of them."""
    FOLDER.mkdir(exist_ok=True)
    for story in SAMPLES:
        if not names or story.name in names:
            path = await make(story)
            print(f"{path.name}: {path.stat().st_size // 1000} KB")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
