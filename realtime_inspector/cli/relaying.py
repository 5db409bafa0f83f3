"""The relay as `proxy` runs it: made from the command line's options, served until a signal comes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from realtime_inspector.capture.audio import Audio, AudioPolicy
from realtime_inspector.capture.keys import UpstreamKey
from realtime_inspector.capture.launch import API
from realtime_inspector.capture.mitm import Interceptor
from realtime_inspector.capture.policy import Policy
from realtime_inspector.capture.relay import Relay, settle
from realtime_inspector.capture.sink import Rotation
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.capture.upstream import ClientCertificate, Upstream
from realtime_inspector.capture.via import Via, chosen
from realtime_inspector.cli import diagnostics
from realtime_inspector.errors import InspectorError
from realtime_inspector.recording.redact import Redactor

_FILES = 65536
"""So many open files are asked for: a connection takes three."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says of a relay. No key is among it: a worker finds it in its own environment."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 0
    upstream: str = API
    upstream_ca: Path | None = None
    tags: dict[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    only_model: tuple[str, ...] = ()
    sample: float = 1.0
    audio_in: Audio = Audio.KEEP
    audio_out: Audio = Audio.KEEP
    key_env: str | None = None
    drain_s: float = 0.0
    rotation: Rotation | None = None
    via: str | None = field(default=None, repr=False)
    """URL of the proxy by which the upstream is reached, maybe with a password; or `env`."""
    certificate: ClientCertificate | None = None

    def relay(self, *, share_port: bool = False) -> Relay:
        """Return the relay.

        Raises:
            UsageError: If something of it cannot be.
        """
        return Relay(
            self.upstream,
            self.folder,
            host=self.host,
            port=self.port,
            upstream_ca=self.upstream_ca,
            say=diagnostics.say,
            redactor=self._redactor(),
            tags=self.tags,
            policy=self._policy(),
            key=self._key(),
            share_port=share_port,
            rotation=self.rotation,
            via=self._via(),
            certificate=self.certificate,
        )

    def interceptor(self, mode: str, upstream: str | None) -> Interceptor:
        """Return the interceptor of a mode, with the server that gets Realtime traffic, if not that it is meant for.

        Raises:
            UsageError: If something of it cannot be.
        """
        return Interceptor(
            mode,
            self.folder,
            host=self.host,
            port=self.port,
            upstream=upstream,
            upstream_ca=self.upstream_ca,
            say=diagnostics.say,
            redactor=self._redactor(),
            tags=self.tags,
            policy=self._policy(),
            key=self._key(),
            rotation=self.rotation,
            through=self._via(),
            certificate=self.certificate,
        )

    def _via(self) -> Via | None:
        return chosen(self.via, Upstream.parse(self.upstream))

    def _policy(self) -> Policy:
        return Policy(self.only, self.only_model, self.sample, AudioPolicy(self.audio_in, self.audio_out))

    def _key(self) -> UpstreamKey | None:
        if self.key_env is None:
            return None
        return UpstreamKey.from_environment(self.key_env, os.environ, Upstream.parse(self.upstream).host)

    def _redactor(self) -> Redactor:
        """Return one that knows the key, whatever its variable is called."""
        named = {f"{self.key_env}_KEY": os.environ.get(self.key_env, "")} if self.key_env is not None else {}
        return Redactor.from_environment({**named, **os.environ})


async def serve(
    proxy: Relay | Interceptor, ready: Callable[[], None], hints: Callable[[], list[str]], drain_s: float = 0.0
) -> int:
    """Run until a signal comes; return which.

    Args:
        proxy: What runs.
        ready: Called once it listens.
        hints: Gives lines to be said then; in a thread.
        drain_s: How long calls may go on after a SIGTERM. Ctrl+c ends them at once.
    """
    loop = asyncio.get_running_loop()
    came: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: ctrl+c is a KeyboardInterrupt there
            loop.add_signal_handler(number, came.put_nowait, int(number))
    async with proxy:
        ready()
        for line in await asyncio.to_thread(hints):
            diagnostics.say(line)
        settle()
        ended_by = await came.get()
        if ended_by == signal.SIGTERM and drain_s > 0 and isinstance(proxy, Relay):
            ended_by = await _drain(proxy, drain_s, came)
    return ended_by


async def _drain(relay: Relay, timeout_s: float, came: asyncio.Queue[int]) -> int:
    """Let calls end; return the signal that ends the relay."""
    draining = asyncio.create_task(relay.drain(timeout_s))
    diagnostics.say(f"no new connections; open calls have {timeout_s:g} s to end, ctrl+c ends them at once")
    interrupted = asyncio.create_task(_interrupt(came))
    await asyncio.wait({draining, interrupted}, return_when=asyncio.FIRST_COMPLETED)
    ended_by = signal.SIGTERM if draining.done() else signal.SIGINT
    for task in (draining, interrupted):
        task.cancel()
    await asyncio.gather(draining, interrupted, return_exceptions=True)
    return ended_by


async def _interrupt(came: asyncio.Queue[int]) -> None:
    """Wait for ctrl+c. A second SIGTERM changes nothing: a group of processes often gets it twice."""
    while await came.get() != signal.SIGINT:
        pass


def hints(relay: Relay, *, key: bool = False) -> list[str]:
    """Return what to do next, to be copied; `key` says that the relay has one."""
    path = relay.upstream.prefix or "/v1"
    secure = f"https://localhost:{relay.port}{path}"
    lines = [
        f"recording {relay.url} -> {relay.upstream.url}{relay.upstream.prefix} in {relay.recorder.folder}",
        f"  Python, and most:  OPENAI_BASE_URL={relay.url}{path}",
        f"  a whole URL:       {relay.ws_url}{path}/realtime?model=MODEL",
    ]
    try:
        authority = LocalCA().certificate
    except InspectorError as error:
        lines.append(f"  no TLS for clients: {error}")
    else:
        lines.append(f"  Node (TLS only):   OPENAI_BASE_URL={secure} NODE_EXTRA_CA_CERTS={authority}")
    if relay.via is not None:
        lines.append(f"  the server is reached by the proxy {relay.via.url}")
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY")):
        lines.append("  a proxy is set in this environment; for the client set NO_PROXY=127.0.0.1,localhost")
    if key:
        lines.append("  clients need no key of their own: any will do, it is replaced")
    if relay.exposed:
        use = "use it, and your key" if key else "use it"
        lines.append(f"  it listens on {relay.host}: everybody who reaches that address can {use}")
    return [*lines, "ctrl+c ends it"]


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us: a low limit would refuse calls."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
