"""Real clients: the same conversation through the proxy to a server, then three times from its recording."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.capture.relay import Relay
from realtime_inspector.capture.tls import DATA_DIR_VARIABLE, LocalCA
from realtime_inspector.recording.files import find, open_recording
from realtime_inspector.replay.load import load
from realtime_inspector.replay.thread import serving
from realtime_inspector.simulator.server import Simulator
from tests.clients import conversation
from tests.clients.conversation import Seen

# Only the worker that runs these tests loads the SDKs, which takes seconds.
pytestmark = pytest.mark.skipif(not (find_spec("openai") and find_spec("agents")), reason="the SDKs are not installed")

SCENARIO = str(Path(__file__).with_name("scenario.toml"))

TRAILING = {"rate_limits.updated", "conversation.item.retrieved", "conversation.item.truncated"} | {
    f"conversation.item.input_audio_transcription.{end}" for end in ("delta", "completed")
}
"""What may come before or after the client hangs up."""

Client = Callable[[str], Seen]
"""Holds the conversation with the server at `http://…/v1` or `https://…/v1`."""


def agents(base_url: str) -> Seen:
    return conversation.run_agents(base_url.replace("http", "ws", 1) + "/realtime?model=gpt-realtime")


CLIENTS: dict[str, tuple[Client, str]] = {
    "openai-sync-ws": (conversation.openai_sync, "http"),
    "openai-async-ws": (conversation.run_openai_async, "http"),
    "openai-sync-wss": (conversation.openai_sync, "https"),
    "openai-async-wss": (conversation.run_openai_async, "https"),
    "agents-ws": (agents, "http"),
    "agents-wss": (agents, "https"),
}


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The local CA, in a folder of this test's own, trusted by every client of this process."""
    folder = tmp_path_factory.mktemp("ca")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR_VARIABLE, str(folder))
        patch.setenv("SSL_CERT_FILE", str(LocalCA(folder).bundle))
        yield folder


@contextmanager
def recording_proxy(folder: Path) -> Iterator[int]:
    """Run a simulator and a relay before it in a loop of their own; gives the relay's port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start(stack: AsyncExitStack) -> int:
        simulator = await stack.enter_async_context(Simulator(SCENARIO))
        relay = await stack.enter_async_context(Relay(f"ws://127.0.0.1:{simulator.port}", folder))
        return relay.port

    stack = AsyncExitStack()
    try:
        yield asyncio.run_coroutine_threadsafe(start(stack), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_sees_the_same_from_the_server_and_from_its_recording(name: str, ca: Path, tmp_path: Path) -> None:
    client, scheme = CLIENTS[name]
    with recording_proxy(tmp_path) as port:
        live = client(f"{scheme}://127.0.0.1:{port}/v1")

    assert live.ended == ["completed", "completed", "completed", "cancelled turn_detected", "completed"]
    assert live.calls == [("get_weather", '{"city": "Paris"}')]
    assert (live.truncated, live.errors) == (1, [])

    (path,) = find(tmp_path)
    assert [f.message for f in lint(open_recording(path)) if f.severity is Severity.ERROR] == []
    for _ in range(3 if scheme == "http" else 1):  # TLS is taken off before anything that could change between two
        with serving(load(path)) as server:
            again = client(f"{scheme}://127.0.0.1:{server.port}/v1")
        assert server.report().exit_code == 0, server.report().text()
        assert again == live
        assert again.types ^ live.types <= TRAILING
