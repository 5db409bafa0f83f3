"""The interceptor: for programs that cannot be pointed anywhere. It needs the extra `intercept`, which is mitmproxy.

    async with Interceptor("forward", Path("recordings")) as interceptor:
        print(interceptor.url)  # for HTTPS_PROXY

mitmproxy takes the connections and opens TLS; the bytes behind it go the same way as in the relay: forwarded first,
then looked at by the same tap and recorder. Importing this module imports nothing of mitmproxy; starting does.
"""

from __future__ import annotations

import asyncio
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any

from realtime_inspector.capture.deferring import deferred
from realtime_inspector.capture.figures import Figures
from realtime_inspector.capture.intercept.mode import FORWARD, REVERSE, Mode
from realtime_inspector.capture.keys import UpstreamKey
from realtime_inspector.capture.looping import looping
from realtime_inspector.capture.policy import Policy
from realtime_inspector.capture.recorder import Recorder, Track
from realtime_inspector.capture.sink import Rotation
from realtime_inspector.capture.telling import safely
from realtime_inspector.capture.tls import write_whole
from realtime_inspector.capture.upstream import ClientCertificate, Upstream, client_context
from realtime_inspector.capture.via import Via
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.redact import Redactor

if TYPE_CHECKING:
    from realtime_inspector.capture.intercept.engine import Engine

__all__ = ["INSTALL", "REVERSE", "Interceptor", "Mode", "installed", "interceptor_in_thread", "require"]

INSTALL = "pip install 'realtime-inspector[intercept]'"


def installed() -> bool:
    """Tell whether the extra is there."""
    return find_spec("mitmproxy") is not None


def require() -> None:
    """Check that the extra is there.

    Raises:
        UsageError: If it is not, with how to get it.
    """
    if not installed():
        raise UsageError(f"interception needs mitmproxy; install it with `{INSTALL}` (Python 3.13 or newer)")


class Interceptor:
    """mitmproxy with our recorder. Use it as an asynchronous context manager, in a loop of its own."""

    def __init__(
        self,
        mode: str,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        upstream: str | None = None,
        upstream_ca: Path | None = None,
        say: Callable[[str], None] = lambda text: None,
        redactor: Redactor | None = None,
        tags: Mapping[str, str] | None = None,
        opened: Callable[[Track], None] | None = None,
        lenient: bool = False,
        through: Via | None = None,
        certificate: ClientCertificate | None = None,
        rotation: Rotation | None = None,
        policy: Policy | None = None,
        key: UpstreamKey | None = None,
    ) -> None:
        """Prepare an interceptor.

        Args:
            mode: `forward`, `local[:SPEC]`, `transparent`, `wireguard[:FILE]` or `socks5`.
            folder: Where recordings go.
            host: Address to listen on.
            port: Port to listen on; 0 takes a free one.
            upstream: Server that gets what is meant for OpenAI's API, and Realtime traffic for any other; by default
                all goes where it was meant for.
            upstream_ca: File with the certificates of a private CA.
            say: Told what people should know, a line at a time; from any thread.
            redactor: What takes secrets out; by default one that knows this process's environment.
            tags: What every recording's header carries.
            opened: Told when a recording begins; `say` then tells of problems alone.
            lenient: Pass a host through, unread, once a client has refused its interception.
            through: The HTTP proxy by which servers are reached, in `forward` mode.
            certificate: Shown to `upstream`, and to no other server, if it asks for one.
            rotation: When a recording goes on in another file; by default never.
            policy: What is recorded of Realtime traffic; by default everything.
            key: Stands in requests to the API, or to `upstream`, in place of the client's key.

        Raises:
            UsageError: If the mode, the upstream or the proxy is none, or the extra is not installed.
        """
        self.mode = replace(Mode.parse(mode), through=through)
        if through is not None and self.mode.name != FORWARD:
            raise UsageError(f"--via works in reverse and forward mode, not in --mode {mode}; leave one of them out")
        if certificate is not None and upstream is None:
            raise UsageError(f"--client-cert in --mode {mode} needs --upstream URL: no other server is shown it")
        self.upstream = Upstream.parse(upstream) if upstream is not None else None
        require()
        self.recorder = Recorder(folder, redactor=redactor, warn=say, rotation=rotation)
        self.host = host
        self.port = port
        self._upstream_ca = upstream_ca
        self._say = safely(say)
        self._tags = tags
        self._told_opened = safely(opened) if opened is not None else None
        self._lenient = lenient
        self._policy = policy if policy is not None else Policy()
        self._key = key
        self._certificate = certificate
        self._engine: Engine | None = None
        self._secrets: TemporaryDirectory[str] | None = None

    @property
    def url(self) -> str:
        """The proxy as a URL, `http://127.0.0.1:8765`; empty in a mode that clients know nothing of."""
        scheme = self.mode.scheme
        if not scheme:
            return ""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections were accepted."""
        return self._engine.addon.connections if self._engine is not None else 0

    def figures(self) -> Figures:
        """Return what it has counted so far; from any thread."""
        engine = self._engine
        if engine is None:
            return self.recorder.figures(0, 0, {})
        return self.recorder.figures(engine.addon.connections, engine.open, engine.addon.failures)

    @property
    def notes(self) -> list[str]:
        """What the mode needs of its user, such as the configuration of a tunnel."""
        return self._engine.notes if self._engine is not None else []

    @property
    def exposed(self) -> bool:
        """Whether others than this machine can reach it."""
        return (
            self.mode.listens and self.host != "localhost" and not self.host.startswith("127.") and self.host != "::1"
        )

    @property
    def certificate(self) -> Path:
        """The certificate of the CA that clients have to trust."""
        from realtime_inspector.capture.intercept.authority import InterceptionCA

        return InterceptionCA().certificate

    @property
    def bundle(self) -> Path:
        """The system's CAs and that one in one file."""
        from realtime_inspector.capture.intercept.authority import InterceptionCA

        return InterceptionCA().bundle

    async def __aenter__(self) -> Interceptor:
        """Start.

        Raises:
            UsageError: If the address is taken, the folder cannot be written, or the system refuses the mode.
        """
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Start; see `__aenter__`."""
        with _importing():
            from realtime_inspector.capture.intercept.authority import InterceptionCA
            from realtime_inspector.capture.intercept.engine import Engine, Trust
            from realtime_inspector.capture.intercept.plan import Plan

        try:
            self.recorder.check()
            authority = InterceptionCA()
            plan = Plan(
                recorder=self.recorder,
                upstream=self.upstream,
                lenient=self._lenient,
                authority=str(authority.certificate),
                say=self._say,
                opened=self._opened,
                closed=self._closed,
                tags=self._tags,
                policy=self._policy,
                key=self._key,
                through=self.mode.through,
            )
            trust = Trust(authority.folder, authority.trusted(self._upstream_ca), self._shown())
            engine = Engine(plan, self.mode, self.host, self.port, trust)
            await engine.start()
        except BaseException:
            self._forget()
            self.recorder.close(0)
            raise
        self._engine = engine
        self.port = engine.port

    async def close(self) -> None:
        """Stop accepting, end the connections, finish the recordings."""
        if self._engine is not None:
            await self._engine.close()
        self._forget()
        await asyncio.to_thread(self.recorder.close)

    def _shown(self) -> Path | None:
        """Return a folder with our own certificate, named by the server that is shown it."""
        if self._certificate is None or self.upstream is None:
            return None
        client_context(None, self._certificate)  # tells what is wrong with it
        self._secrets = TemporaryDirectory(prefix="realtime-inspector-")
        paths = [path for path in (self._certificate.path, self._certificate.key) if path is not None]
        target = Path(self._secrets.name) / f"{self.upstream.host}.pem"
        write_whole(target, b"\n".join(path.read_bytes() for path in paths), 0o600)
        return target.parent

    def _forget(self) -> None:
        if self._secrets is not None:
            self._secrets.cleanup()
            self._secrets = None

    def _opened(self, track: Track) -> None:
        if self._told_opened is not None:
            self._told_opened(track)
        else:
            self._say(f"{track.source.client}: recording to {track.path}")

    def _closed(self, track: Track) -> None:
        if track.path is not None and (self._told_opened is None or track.lost):
            lost = f", {track.lost} lost" if track.lost else ""
            self._say(f"{track.source.client}: ended, {track.entries} entries{lost}: {track.path}")


@contextmanager
def _importing() -> Iterator[None]:
    """Import of mitmproxy what is needed, quietly.

    Its package of addons imports all of them, with a web server and LDAP, which takes longer than everything else. It
    also calls outdated names of its dependencies; a program that makes errors of warnings may go on.
    """
    package = "mitmproxy.addons"
    known = package in sys.modules
    found = find_spec("mitmproxy")
    bare = ModuleType(package)
    bare.__path__ = [f"{place}/addons" for place in (found and found.submodule_search_locations) or ()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.modules.setdefault(package, bare)
        try:
            yield
        finally:
            if not known:
                del sys.modules[package]


@contextmanager
def interceptor_in_thread(mode: str, folder: Path, **options: Any) -> Iterator[Interceptor]:
    """Run an interceptor in a thread of its own, for callers without a loop.

    Args:
        mode: As for `Interceptor`.
        folder: As for `Interceptor`.
        options: Further arguments of `Interceptor`.

    Raises:
        UsageError: If it cannot start; see `Interceptor`.
    """
    interceptor = Interceptor(mode, folder, **options)
    with looping("interceptor") as run:
        run(interceptor.start())
        try:
            yield interceptor
        finally:
            with deferred():
                run(interceptor.close())
