"""mitmproxy, embedded: only the addons that proxying needs, in the event loop it is started in.

It keeps one master for a process and sets a task factory on its loop, so it gets a loop of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitmproxy import exceptions
from mitmproxy.addons.core import Core
from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.addons.upstream_auth import UpstreamAuth
from mitmproxy.master import Master
from mitmproxy.net.free_port import get_free_port
from mitmproxy.options import Options

from realtime_inspector.capture.door import cannot_listen
from realtime_inspector.capture.intercept.addon import Addon
from realtime_inspector.capture.intercept.flows import Flows
from realtime_inspector.capture.intercept.mode import Mode
from realtime_inspector.capture.intercept.plan import Plan
from realtime_inspector.capture.tap import MAX_BODY_BYTES
from realtime_inspector.capture.tee import Tee
from realtime_inspector.errors import UsageError

CLOSE_TIMEOUT_S = 1.0
"""How long open connections have to close in good order."""
_NEVER_S = 10 * 365 * 24 * 3600
_HELPER = "packet_sources.linux"
"""The logger of what the helper of `local` says, a line at a time."""
_REASON = re.compile(r"^(?:Error| +\d+): +(\S.*)")
_ENDED = "[linux-redirector] exited: "
_ASK_DOCTOR = "`realtime-inspector doctor --mode local` says what it needs"


@dataclass(frozen=True, slots=True)
class Trust:
    """Where certificates are."""

    folder: Path
    """mitmproxy's CA."""
    servers: Path
    """File of the CAs that servers may be signed by."""
    shown: Path | None = None
    """Folder of certificates that servers are shown, `HOST.pem`."""


class Engine:
    """One running mitmproxy."""

    def __init__(self, plan: Plan, mode: Mode, host: str, port: int, trust: Trust) -> None:
        """Prepare one.

        Args:
            plan: What becomes of connections.
            mode: Where they come from.
            host: Address to listen on, in modes that listen.
            port: Port to listen on; 0 takes a free one.
            trust: Certificates of all sides.
        """
        self._plan = plan
        self._mode = mode
        self._settings: dict[str, Any] = {
            "mode": [mode.mitmproxy],
            "listen_host": host,
            # The configuration of a tunnel has to name the port.
            "listen_port": get_free_port() if mode.name == "wireguard" and port == 0 else port,
            "confdir": str(trust.folder),
            "ssl_verify_upstream_trusted_ca": str(trust.servers),
            "client_certs": str(trust.shown) if trust.shown is not None else None,
            "tcp_timeout": _NEVER_S,
        }
        if mode.through is not None and mode.through.user:
            self._settings["upstream_auth"] = mode.through.user
        self._complaints = _Complaints(plan.say)
        self._run: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start, and return when it listens.

        Raises:
            UsageError: If it cannot, with the reason.
        """
        self._tee = Tee(asyncio.get_running_loop(), behind=self._plan.recorder.pressure)
        self._servers = Proxyserver()
        self.addon = Addon(self._plan, self._tee, self._servers.connections)
        self._flows = Flows(self._plan)
        started = asyncio.Event()
        self.addon.on_start = started.set
        try:
            self._master = self._assembled()
        except exceptions.OptionsError as error:
            raise UsageError(f"--mode {self._mode.text}: {_one_line(str(error))}") from None
        self._run = asyncio.create_task(self._master.run())
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait([self._run, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        problem = next((server.last_exception for server in self._servers.servers if server.last_exception), None)
        if problem is not None or self._run.done():
            await self._stop()
            raise UsageError(self._cannot_start(problem)) from problem
        logging.getLogger("mitmproxy").addHandler(self._complaints)

    @property
    def port(self) -> int:
        """Where it listens; 0 in a mode that does not."""
        return next((int(address[1]) for address in self._servers.listen_addrs()), 0)

    @property
    def open(self) -> int:
        """How many clients are connected."""
        return len(self._servers.connections)

    @property
    def notes(self) -> list[str]:
        """What the user needs to know of the mode."""
        texts = (server.to_json().get("wireguard_conf") for server in self._servers.servers)
        return [line for text in texts if text for line in str(text).splitlines()]

    async def close(self) -> None:
        """Stop listening, end the connections, and let go of everything."""
        logging.getLogger("mitmproxy").removeHandler(self._complaints)
        await self._servers.servers.update([])
        self.addon.end()
        self._each_socket(lambda io: io.handler.cancel() if io.handler is not None else None)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._until_idle(), CLOSE_TIMEOUT_S)
        self._each_socket(lambda io: io.writer.transport.abort() if hasattr(io.writer, "transport") else None)
        self.addon.finish()
        self._flows.finish()
        self._tee.drain()
        await self._stop()

    def _assembled(self) -> Master:
        options = Options()
        master = Master(options)
        master.addons.add(Core(), self._servers, self.addon, self._flows, NextLayer(), TlsConfig(), UpstreamAuth())
        # A server that is connected to at once has its TLS mirrored to the client. Where traffic is sent elsewhere, the
        # server it was meant for must not even be connected to.
        strategy = "eager" if self._plan.upstream is None else "lazy"
        options.update(connection_strategy=strategy, stream_large_bodies=str(MAX_BODY_BYTES), **self._settings)
        return master

    def _cannot_start(self, problem: Exception | None) -> str:
        cause = problem if isinstance(problem, UnicodeError) else getattr(problem, "__cause__", None)
        if isinstance(cause, OSError | UnicodeError):
            return cannot_listen(self._settings["listen_host"], self._settings["listen_port"], cause)
        said = _one_line(str(problem)).partition(" Stack backtrace")[0] if problem is not None else "no reason given"
        hint = "; it needs the rights of an administrator" if not self._mode.listens else ""
        return f"--mode {self._mode.text} cannot start: {said.rstrip('.')}{hint}"

    def _each_socket(self, do: Callable[[Any], object]) -> None:
        for handler in list(self._servers.connections.values()):
            for io in list(handler.transports.values()):
                do(io)

    async def _until_idle(self) -> None:
        while self._servers.connections:
            self.addon.one_left.clear()
            await self.addon.one_left.wait()
            await asyncio.sleep(0)

    async def _stop(self) -> None:
        if self._run is not None:
            self._master.shutdown()
            await asyncio.gather(self._run, return_exceptions=True)


class _Complaints(logging.Handler):
    """Tells what mitmproxy takes for an error of its own, and why the helper of `local` ended."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say
        self._listening = False
        """The helper gives reasons now."""
        self._last_words: list[str] = []
        """What the helper gave as reasons, from the outer to the inner."""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.name.endswith(_HELPER) and record.levelno < logging.ERROR:
            self._listening = (self._listening or text.startswith("Error")) and not text.startswith("Stack backtrace")
            self._last_words += _REASON.findall(text) if self._listening else []
        elif _ENDED in text:
            why = ": ".join(self._last_words) or _one_line(text.partition(_ENDED)[2])
            self._say(f"--mode local: its helper ended, nothing is recorded any more: {why}; {_ASK_DOCTOR}")
        elif record.levelno >= logging.ERROR:
            self._say(f"mitmproxy: {_one_line(text)}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
