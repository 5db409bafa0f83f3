"""A small voice client: a microphone that is always on, a loudspeaker, and whatever the caller sends.

Real sockets and real time, as in a program of a user's: the demo and the sample recordings are made with it. The
microphone and the loudspeaker are models: speech is made here, and playing is knowing how much can have been heard.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat
from realtime_inspector.simulator import g711, voice

CHUNK_MS = 40
"""Audio in one append."""


@dataclass(slots=True)
class Playing:
    """One item on the loudspeaker."""

    started: float
    received_ms: float = 0.0


class Client:
    """One connection. Use it inside `opened`."""

    def __init__(self, socket: ClientConnection, form: AudioFormat | None = None) -> None:
        self.events: list[Mapping[str, Any]] = []
        """All that the server has sent."""
        self._socket = socket
        self.format = form or AudioFormat()
        """Of both directions."""
        self._clock = asyncio.get_running_loop().time
        self._arrived = asyncio.Condition()
        self._seen = 0
        self._ended = False
        self._speech = bytearray()
        self._playing: dict[str, Playing] = {}

    async def send(self, event_type: str, **members: Any) -> None:
        """Send an event."""
        await self._socket.send(orjson.dumps({"type": event_type, **members}), text=True)

    async def wait(self, *event_types: str, **members: Any) -> Mapping[str, Any]:
        """Return the next event of those types, and with those members, after the last one waited for.

        Raises:
            ConnectionError: If the connection ends without it.
        """
        async with self._arrived:
            while True:
                for at in range(self._seen, len(self.events)):
                    event = self.events[at]
                    if event["type"] in event_types and all(event.get(name) == part for name, part in members.items()):
                        self._seen = at + 1
                        return event
                if self._ended:
                    raise ConnectionError(f"the connection ended without {' or '.join(event_types)}")
                await self._arrived.wait()

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close()

    # the microphone

    def say(self, text: str) -> float:
        """Begin to speak into the microphone; return how long it takes, in seconds."""
        speech = voice.speech(text, voice.USER)
        self._speech.extend(speech)
        return len(speech) / 2 / voice.RATE

    @asynccontextmanager
    async def microphone(self) -> AsyncIterator[None]:
        """Keep the microphone on: what it hears is sent in real time."""
        listening = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed):
                await listening

    async def _listen(self) -> None:
        size = CHUNK_MS * voice.RATE // 1000 * 2
        due = self._clock()
        while True:
            chunk, self._speech = self._speech[:size], self._speech[size:]
            await self._append(bytes(chunk).ljust(size, b"\0"))
            due += CHUNK_MS / 1000
            await asyncio.sleep(max(0.0, due - self._clock()))

    async def _append(self, pcm: bytes) -> None:
        data = pcm if self.format.name == PCM else g711.encode(g711.to_8k(voice.samples(pcm)), self.format.name)
        await self.send("input_audio_buffer.append", audio=b64encode(data).decode())

    # the loudspeaker

    def heard_ms(self, item_id: str) -> int:
        """Return how much of an answer can have been played so far."""
        playing = self._playing.get(item_id)
        if playing is None:
            return 0
        return int(min(playing.received_ms, (self._clock() - playing.started) * 1000))

    async def heard(self, item_id: str, duration_ms: float) -> None:
        """Wait until that much of an answer, whose first audio has come, can have been played."""
        until = self._playing[item_id].started + duration_ms / 1000
        await asyncio.sleep(max(0.0, until - self._clock()))

    def stop(self, item_id: str) -> int:
        """Stop playing an answer, and return how much of it was heard."""
        heard_ms = self.heard_ms(item_id)
        self._playing[item_id].received_ms = heard_ms
        return heard_ms

    async def played(self, item_id: str) -> None:
        """Wait until all that has come of an answer has been played."""
        await self.heard(item_id, self._playing[item_id].received_ms)

    async def truncate(self, item_id: str) -> int:
        """Stop playing an answer, tell the server where, and return where."""
        heard_ms = self.stop(item_id)
        await self.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=heard_ms)
        return heard_ms

    # reading

    async def read(self) -> None:
        """Take in what the server sends until the connection ends."""
        with suppress(ConnectionClosed):
            async for message in self._socket:
                event = orjson.loads(message)
                if event["type"] == "response.output_audio.delta":
                    self._play(event)
                async with self._arrived:
                    self.events.append(event)
                    self._arrived.notify_all()
        async with self._arrived:
            self._ended = True
            self._arrived.notify_all()

    def _play(self, event: Mapping[str, Any]) -> None:
        playing = self._playing.setdefault(event["item_id"], Playing(self._clock()))
        playing.received_ms += self.format.duration_ms(len(b64decode(event["delta"])))


@asynccontextmanager
async def opened(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: AudioFormat | None = None,
) -> AsyncIterator[Client]:
    """Connect a client that reads in the background.

    Args:
        url: Where to, with its query.
        headers: Of the upgrade; a key is always sent.
        form: The audio format of both directions, if it is not PCM.
    """
    key = {"Authorization": "Bearer demo-key", **(headers or {})}
    # A proxy of the environment must not get between two programs of this machine.
    async with connect(url, additional_headers=key, proxy=None, compression=None, max_size=None) as socket:
        client = Client(socket, form)
        reading = asyncio.create_task(client.read())
        try:
            yield client
        finally:
            await client.close()
            await reading
