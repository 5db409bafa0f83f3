"""pytest plugin: recordings as servers for the tests of a Realtime client.

    @pytest.mark.realtime
    def test_greets(realtime_server):
        assert greet(base_url=realtime_server.base_url) == "hello"

The recording is `recordings/<module>/<test>.jsonl` beside the test file. Without one the test fails and says how to
make it. A client that does something else than when it was recorded fails the test, whatever it made of the error
itself.

Loading this costs nothing: all it needs is imported by the fixture.
"""

from __future__ import annotations

import re
import traceback
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from realtime_inspector.analysis.finding import Finding
    from realtime_inspector.capture.relay import Relay
    from realtime_inspector.protocol.event import Event
    from realtime_inspector.protocol.realtime.session import Session
    from realtime_inspector.recording.entry import Entry, Header
    from realtime_inspector.replay.options import Options
    from realtime_inspector.replay.server import ReplayServer

MODES = ("none", "once")
DEFAULT_UPSTREAM = "wss://api.openai.com"
MARKER_OPTIONS = ("recording", "match", "speed", "ignore", "strict")
_MARKER = (
    "realtime(recording=None, match='causal', speed='max', ignore=(), strict=False): "
    "the recording that realtime_server plays, and how exactly the client has to follow it"
)
_SETTLE_S = 2.0
_POLL_S = 0.01
_KEPT = pytest.StashKey["RealtimeServer"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of recording."""
    group = parser.getgroup("realtime-inspector", "recordings of the OpenAI Realtime API")
    group.addoption(
        "--realtime-record-mode",
        choices=MODES,
        default=None,
        help="none (default): play recordings only; once: record those that are missing, from the upstream",
    )
    group.addoption("--realtime-upstream", default=None, metavar="URL", help="where to record from")
    parser.addini("realtime_record_mode", "default of --realtime-record-mode", default="none")
    parser.addini("realtime_upstream", "default of --realtime-upstream", default=DEFAULT_UPSTREAM)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a mismatch fail the test itself, also if the client swallowed what it was told."""
    report = yield
    server = item.stash.get(_KEPT, None)
    if call.when == "call" and server is not None and not report.skipped:
        server.settle()
        server.told = server.problem()
        if server.told and report.failed:
            report.sections.append(("realtime-inspector", server.told))
        elif server.told:
            report.outcome, report.longrepr = "failed", server.told
    return report


@pytest.fixture
def realtime_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealtimeServer]:
    """Serve the test's recording: point the client at `base_url` or `ws_url`."""
    for name in ("NO_PROXY", "no_proxy"):  # some clients send even ws://127.0.0.1 through a proxy
        monkeypatch.setenv(name, "127.0.0.1,localhost", prepend=",")
    with _opened(_Asked.of(request)) as server:
        request.node.stash[_KEPT] = server
        yield server
        server.settle()
    problem = server.problem()
    if problem != server.told:  # the test itself was over when this happened
        pytest.fail(problem, pytrace=False)


class RealtimeServer:
    """What the fixture gives: where to connect, and what happened."""

    def __init__(self, url: str) -> None:
        self.url = url
        """`http://127.0.0.1:PORT`."""
        self.told = ""
        """The problem for which the test has already failed."""

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as `base_url`."""
        return f"{self.url}/v1"

    @property
    def ws_url(self) -> str:
        """Where a WebSocket client connects to."""
        return f"{self.base_url.replace('http', 'ws', 1)}/realtime"

    @property
    def sessions(self) -> list[Session]:
        """What happened on each connection so far, as sessions with the live ids."""
        from realtime_inspector.protocol.event import read
        from realtime_inspector.protocol.realtime.session import Session

        found = []
        for _, entries in self._happened():
            session = Session()
            for entry in entries:
                session.apply(read(entry))
            found.append(session)
        return found

    @property
    def session(self) -> Session:
        """What happened on the first connection; an empty session before there is one."""
        from realtime_inspector.protocol.realtime.session import Session

        return next(iter(self.sessions), Session())

    @property
    def findings(self) -> list[Finding]:
        """What the linter says of all connections so far."""
        from realtime_inspector.analysis.lint import Linter
        from realtime_inspector.protocol.event import read

        found = []
        for header, entries in self._happened():
            linter = Linter(header=header)
            found += [finding for entry in entries for finding in linter.feed(read(entry))]
        return found

    def settle(self) -> None:
        """Wait until what the client has sent is taken in."""

    def problem(self) -> str:
        """Return why the test has to fail; empty if it has not."""
        return ""

    def _happened(self) -> list[tuple[Header | None, list[Entry]]]:
        """Return what happened on each connection that was opened."""
        raise NotImplementedError


class _Playing(RealtimeServer):
    """A recording is the server."""

    def __init__(self, server: ReplayServer, connections: list[list[Event]]) -> None:
        super().__init__(server.base_url.removesuffix("/v1"))
        self._server = server
        self._connections = connections

    def settle(self) -> None:
        """See `RealtimeServer`."""
        from realtime_inspector.replay.thread import drain

        drain(self._server)

    def problem(self) -> str:
        """See `RealtimeServer`."""
        if self._server.failed is not None:
            return "".join(traceback.format_exception(self._server.failed))
        report = self._server.report()
        if report.met:
            return ""
        told = [mismatch.text(accept=_marker(mismatch.ignorable)) for mismatch in report.mismatches]
        return "\n".join([*told, report.leftovers_text()])

    def _happened(self) -> list[tuple[Header | None, list[Entry]]]:
        self.settle()
        headers = [player.script.header for player in self._server.players]
        return [
            (header, [event.entry for event in events])
            for header, events in zip(headers, self._connections, strict=False)
        ]


class _Recording(RealtimeServer):
    """The upstream is the server, and what passes is recorded."""

    def __init__(self, relay: Relay, folder: Path) -> None:
        super().__init__(relay.url)
        self._relay = relay
        self._folder = folder

    def settle(self) -> None:
        """Wait until every connection that the client has closed is on the disk; one that is open is not waited for."""
        from time import monotonic, sleep

        from realtime_inspector.recording.entry import Kind

        deadline = monotonic() + _SETTLE_S
        while monotonic() < deadline:
            ended = [entries for _, entries in self._read() if entries and entries[-1].kind is Kind.END]
            if len(ended) >= self._relay.connections:
                return
            sleep(_POLL_S)

    def _happened(self) -> list[tuple[Header | None, list[Entry]]]:
        self.settle()
        return self._read()

    def _read(self) -> list[tuple[Header | None, list[Entry]]]:
        from realtime_inspector.recording import files

        paths = files.find(self._folder) if self._folder.is_dir() else []
        opened = [files.open_recording(path) for path in paths if files.is_recording(path)]
        return [(recording.header, list(recording)) for recording in opened]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a test, its marker and the configuration ask for."""

    test: str
    """Its node id."""
    path: Path
    match: Any
    speed: str
    ignore: tuple[str, ...]
    strict: bool
    mode: str
    upstream: str

    @classmethod
    def of(cls, request: pytest.FixtureRequest) -> _Asked:
        """Read a test's marker and the configuration.

        Raises:
            pytest.UsageError: If one of them says what it must not.
        """
        marker = request.node.get_closest_marker("realtime")
        chosen = dict(marker.kwargs) if marker is not None else {}
        strange = [name for name in chosen if name not in MARKER_OPTIONS]
        if strange or (marker is not None and marker.args):
            what = strange[0] if strange else "an argument without a name"
            raise pytest.UsageError(f"{request.node.nodeid}: the marker realtime takes no {what}; it takes {_MARKER}")
        named = chosen.get("recording")
        folder = request.path.parent
        return cls(
            test=request.node.nodeid,
            path=folder / named if named else folder / default_path(request.path, request.node),
            match=chosen.get("match", "causal"),
            speed=str(chosen.get("speed", "max")),
            ignore=_strings(chosen.get("ignore", ())),
            strict=bool(chosen.get("strict", False)),
            mode=_mode(request.config),
            upstream=request.config.getoption("realtime_upstream") or request.config.getini("realtime_upstream"),
        )

    def options(self) -> Options:
        """Return how to play.

        Raises:
            pytest.UsageError: If a policy or speed is none.
        """
        from realtime_inspector.errors import UsageError
        from realtime_inspector.replay.matching import Policy
        from realtime_inspector.replay.options import Options, speed

        matcher = self.match if callable(self.match) else None
        try:
            policy = Policy.CAUSAL if matcher is not None else Policy(self.match)
            return Options(policy, speed(self.speed), self.ignore, matcher)
        except (ValueError, UsageError) as error:
            raise pytest.UsageError(f"{self.test}: {error}") from None


def default_path(module: Path, item: pytest.Item) -> Path:
    """Return where a test's recording is, beside its file: `recordings/<module>/<test>.jsonl`."""
    names = [part.name for part in item.listchain() if isinstance(part, pytest.Class)]
    name = ".".join([*names, item.name])
    plain = re.sub(r"[^\w.,=+\[\]-]", "_", name)
    if plain != name:  # two parameters may differ in nothing but what was replaced
        plain = f"{plain}-{zlib.crc32(name.encode()):08x}"
    return Path("recordings") / module.stem / f"{plain}.jsonl"


def _mode(config: pytest.Config) -> str:
    mode = config.getoption("realtime_record_mode") or config.getini("realtime_record_mode")
    if mode not in MODES:
        raise pytest.UsageError(f"realtime_record_mode {mode!r} is none of {', '.join(MODES)}")
    return str(mode)


def _strings(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _marker(paths: list[str]) -> str:
    listed = ", ".join(f'"{path}"' for path in paths)
    return f"@pytest.mark.realtime(ignore=[{listed}])" if paths else ""


def _opened(asked: _Asked) -> AbstractContextManager[RealtimeServer]:
    found = asked.path if asked.path.exists() else asked.path.with_suffix("")  # a folder, if it has several sockets
    if found.exists():
        return _playing(asked, found)
    if asked.mode == "once":
        return _recording(asked)
    pytest.fail(
        f"no recording {asked.path}; make it: pytest --realtime-record-mode=once '{asked.test}' "
        f"(records from {asked.upstream}, with your OPENAI_API_KEY)",
        pytrace=False,
    )


@contextmanager
def _playing(asked: _Asked, path: Path) -> Iterator[RealtimeServer]:
    from realtime_inspector.errors import InspectorError
    from realtime_inspector.replay.load import load
    from realtime_inspector.replay.thread import serving

    options = asked.options()
    try:
        scripts = load(path)
    except InspectorError as error:
        pytest.fail(str(error), pytrace=False)
    connections: list[list[Event]] = []

    def observer() -> Callable[[Event], object]:
        connections.append([])
        return connections[-1].append

    with serving(scripts, options, strict=asked.strict, observers=observer) as server:
        yield _Playing(server, connections)


@contextmanager
def _recording(asked: _Asked) -> Iterator[RealtimeServer]:
    """Record under a temporary name; what was recorded gets its own, also if the test failed."""
    from realtime_inspector.capture.relay import relay_in_thread
    from realtime_inspector.errors import InspectorError

    asked.path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{asked.path.stem}.", dir=asked.path.parent) as name:
        folder = Path(name)
        try:
            with relay_in_thread(asked.upstream, folder) as relay:
                yield _Recording(relay, folder)
        except InspectorError as error:
            pytest.fail(str(error), pytrace=False)
        finally:
            _keep(folder, asked.path)


def _keep(folder: Path, path: Path) -> None:
    """Give recordings their name: one is a file, several are a folder in the order in which they began."""
    from realtime_inspector.recording import files

    made = [path for path in files.find(folder) if _was_answered(path)]
    if len(made) == 1:
        made[0].replace(path)
    elif made:
        several = path.with_suffix("")
        several.mkdir()
        for number, each in enumerate(made, 1):
            each.replace(several / f"{number:02}.jsonl")


def _was_answered(path: Path) -> bool:
    """Tell whether a server said anything: what only this tool answered, for want of an upstream, is no recording."""
    from realtime_inspector.recording import files
    from realtime_inspector.recording.entry import Side

    return any(entry.side is Side.SERVER for entry in files.open_recording(path))
