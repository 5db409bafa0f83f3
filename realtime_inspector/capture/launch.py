"""One program, started with what points it at us, and followed to its end.

The variables are for the child alone: our own environment, and that of any other program, stays as it is.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from realtime_inspector.capture.tls import system_certificates, write_whole
from realtime_inspector.capture.upstream import Upstream
from realtime_inspector.errors import UsageError

BASE_URL = "OPENAI_BASE_URL"
WS_URL = "REALTIME_INSPECTOR_URL"
"""The WebSocket of the relay, for programs that take a whole URL."""
API = "wss://api.openai.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")

_NO_PROXY = ("NO_PROXY", "no_proxy")
_PROXY = (
    "HTTPS_PROXY",
    "https_proxy",
    "WSS_PROXY",  # aiohttp with `trust_env=True`; where one is set, `websockets` reads it first
    "wss_proxy",
)
_BUNDLES = (
    "SSL_CERT_FILE",  # OpenSSL: Python's ssl, Ruby, Go on Linux
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "AWS_CA_BUNDLE",
    "WEBSOCKET_CLIENT_CA_BUNDLE",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
)
"""Variables that name a file of CAs which replaces the system's."""
_BUNDLES_IF_SET = ("PIP_CERT", "HTTPLIB2_CA_CERTS", "NIX_SSL_CERT_FILE", "GIT_SSL_CAINFO")
"""The same, for programs that would do without them; whoever has set one goes before SSL_CERT_FILE."""
_ADDED = ("NODE_EXTRA_CA_CERTS", "DENO_CERT")
"""Variables that name a file of CAs which is added to the system's."""
_NODE_PROXY = "NODE_USE_ENV_PROXY"
"""Makes Node (22.21, 24 and newer) read HTTPS_PROXY for `fetch` and its own WebSocket."""

_FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_KILLED = 128


@dataclass(frozen=True, slots=True)
class Origin:
    """The server that a program would have talked to, and its base URL there."""

    upstream: str
    """Scheme, host and path, as a relay takes them."""
    path: str
    """What follows the relay's URL in the child's base URL: path, and query if there is one."""

    @classmethod
    def of(cls, environment: Mapping[str, str], upstream: str | None = None) -> Origin:
        """Return the server a user names, else that of the environment, else OpenAI's.

        Raises:
            UsageError: If it is no URL.
        """
        if upstream is not None:
            return cls(upstream, Upstream.parse(upstream).prefix or "/v1")
        own = environment.get(BASE_URL, "").strip()
        if not own:
            return cls(API, "/v1")
        parts = urlsplit(own)
        server = parts._replace(query="", fragment="").geturl()
        try:
            Upstream.parse(server)
        except UsageError as error:
            raise UsageError(f"{BASE_URL} is where the program goes, and {error}") from None
        return cls(server, parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else ""))


@dataclass(frozen=True, slots=True)
class Pointers:
    """What a child is pointed at; empty where there is none."""

    base_url: str = ""
    """The relay's, with the path."""
    proxy_url: str = ""
    """The interceptor's."""
    bundle: Path | None = None
    """CAs of the system and ours, in one file."""
    added: Path | None = None
    """Our CAs alone."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    returncode: int
    """Its exit code; the negative number of the signal that ended it, if one did."""
    stopped_by: int | None = None
    """The first signal that told us to stop, if one did."""

    @property
    def code(self) -> int:
        """The exit code as shells have it: 128 and the signal's number, if one ended it."""
        return self.returncode if self.returncode >= 0 else _KILLED - self.returncode


def environment(parent: Mapping[str, str], to: Pointers) -> dict[str, str]:
    """Return the child's environment: its parent's, with what points it at us."""
    child = dict(parent)
    if to.base_url:
        child[BASE_URL] = to.base_url
        child[WS_URL] = _websocket(to.base_url)
        child.update(without_proxy(parent))
    if to.proxy_url:
        child.update(dict.fromkeys(_PROXY, to.proxy_url))
        child[_NODE_PROXY] = "1"
    if to.bundle is not None:
        child.update(dict.fromkeys(_BUNDLES, str(to.bundle)))
        child.update({name: str(to.bundle) for name in _BUNDLES_IF_SET if child.get(name)})
    if to.added is not None:
        child.update(dict.fromkeys(_ADDED, str(to.added)))
    return child


def proxy_of(parent: Mapping[str, str]) -> str:
    """Return the proxy that a program would have used for TLS; empty if none."""
    return next((parent[name] for name in ("https_proxy", "HTTPS_PROXY") if parent.get(name)), "")


def without_proxy(parent: Mapping[str, str], hosts: Sequence[str] = LOOPBACK) -> dict[str, str]:
    """Return the variables that keep hosts from being reached by a proxy.

    Some clients send even `ws://127.0.0.1` there.
    """
    before = {name: [host.strip() for host in parent.get(name, "").split(",") if host.strip()] for name in _NO_PROXY}
    named = list(dict.fromkeys(host for name in _NO_PROXY for host in before[name]))
    return dict.fromkeys(_NO_PROXY, ",".join([*named, *(host for host in hosts if host not in named)]))


def certificates(folder: Path, parent: Mapping[str, str], ours: Sequence[Path]) -> tuple[Path, Path]:
    """Write what a child is to trust into a folder of its own.

    Returns:
        A file of all: the system's, those that the parent's variables name, and ours; and a file of ours, and of those
        that its variables add.
    """
    added = [*_named(parent, _ADDED), *(path.read_text(encoding="utf-8") for path in ours)]
    everything = [*system_certificates(), *_named(parent, (*_BUNDLES, *_BUNDLES_IF_SET)), *added]
    files = folder / "bundle.pem", folder / "added.pem"
    for path, parts in zip(files, (everything, added), strict=True):
        text = "\n".join(dict.fromkeys(part.strip() for part in parts if part.strip())) + "\n"
        write_whole(path, text.encode(), 0o600)
    return files


def run(cmd: Sequence[str], environment: Mapping[str, str]) -> Ended:
    """Run a program to its end, with our standard streams; signals are passed on to it.

    Raises:
        OSError: If it cannot be run.
    """
    sys.stdout.flush()
    with _forwarding() as signals:
        with subprocess.Popen(runnable(cmd, environment), env=dict(environment)) as child:  # noqa: S603 - the user asked for it
            signals.to(child)
            returncode = child.wait()
        return Ended(returncode, signals.stopped_by)


def runnable(cmd: Sequence[str], environment: Mapping[str, str], system: str = os.name) -> list[str]:
    """Return a command that can be started: Windows looks for programs alone, and `npm` is a script there (npm.cmd)."""
    if system != "nt":
        return list(cmd)
    return [shutil.which(cmd[0], path=environment.get("PATH")) or cmd[0], *cmd[1:]]


class _Signals:
    """The signals that came, and the child that gets them."""

    def __init__(self) -> None:
        self.stopped_by: int | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []

    def to(self, child: subprocess.Popen[bytes]) -> None:
        """Pass on what came before there was a child, and what will come."""
        self._child = child
        while self._waiting:
            child.send_signal(self._waiting.pop(0))

    def __call__(self, number: int, _: FrameType | None) -> None:
        if number in {signal.SIGINT, signal.SIGTERM}:
            self.stopped_by = self.stopped_by or number
        if number == signal.SIGINT and _from_terminal():
            return
        if self._child is None:
            self._waiting.append(number)
        else:
            self._child.send_signal(number)


@contextmanager
def _forwarding() -> Iterator[_Signals]:
    signals = _Signals()
    known = [getattr(signal, name) for name in _FORWARDED if hasattr(signal, name)]
    before = {number: signal.signal(number, signals) for number in known}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _from_terminal() -> bool:
    """Tell whether ctrl+c reaches the child by itself: the terminal signals every process in the foreground."""
    if os.name == "nt":
        return True  # so does a console, and nobody else can send it
    try:
        return os.getpgrp() == os.tcgetpgrp(sys.stdin.fileno())
    except (AttributeError, OSError, ValueError):  # no terminal, or no such thing on this system
        return False


def _named(parent: Mapping[str, str], variables: Sequence[str]) -> Iterator[str]:
    """Yield the files of CAs that variables name; what is not there was no help before either."""
    for path in dict.fromkeys(Path(parent[name]) for name in variables if parent.get(name)):
        if path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")


def _websocket(base_url: str) -> str:
    path, mark, query = base_url.replace("http", "ws", 1).partition("?")
    return f"{path}/realtime{mark}{query}"
