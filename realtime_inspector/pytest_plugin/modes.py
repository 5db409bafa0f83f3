"""What serves a test: its recording, in the way its mode wants, or the simulator."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from realtime_inspector.pytest_plugin.asked import Asked, command
from realtime_inspector.pytest_plugin.server import Extending, Playing, RealtimeServer, Recording

if TYPE_CHECKING:
    from realtime_inspector.capture.relay import Relay
    from realtime_inspector.protocol.event import Event


def opened(asked: Asked, made: list[Path]) -> AbstractContextManager[RealtimeServer]:
    """Return the server that a test's mode wants; what is recorded is added to `made` at its end."""
    if asked.scenario is not None:
        return _simulating(asked)
    if asked.mode == "live":
        return _live(asked)
    found = asked.found
    if asked.mode == "rewrite" or (found is None and asked.mode != "none"):
        return _recording(asked, made)
    if found is None:
        pytest.fail(
            f"no recording {asked.path}; make it: {command(asked, 'once')} "
            f"(records from {asked.upstream}, with your OPENAI_API_KEY)",
            pytrace=False,
        )
    return _extending(asked, found, made) if asked.mode == "new" else _playing(asked, found)


@contextmanager
def forwarded(asked: Asked, server: RealtimeServer) -> Iterator[RealtimeServer]:
    """Lead clients to a server that know the address of the real one alone, where the test asks for that."""
    if not asked.forward:
        yield server
        return
    from realtime_inspector.errors import InspectorError
    from realtime_inspector.replay.forward import forwarding

    hosts = asked.forward if isinstance(asked.forward, tuple) else _hosts(asked)
    try:
        with forwarding(urlsplit(server.url).port or 0, hosts, os.environ) as door:
            server.lead(door)
            yield server
    except InspectorError as error:
        pytest.fail(str(error), pytrace=False)


def _hosts(asked: Asked) -> tuple[str, ...]:
    """Return where the client would go: OpenAI, the upstream, and where the recordings come from."""
    from realtime_inspector.capture.launch import API, LOOPBACK
    from realtime_inspector.recording import files

    found = asked.found
    paths = [] if found is None else [found] if found.is_file() else files.find(found)
    headers = [files.open_recording(path).header for path in paths if files.is_recording(path)]
    urls = [API, asked.upstream, *(header.url or "" for header in headers if header is not None)]
    hosts = dict.fromkeys(host for url in urls if (host := urlsplit(url).hostname))
    return tuple(host for host in hosts if host not in LOOPBACK)


@contextmanager
def _playing(asked: Asked, path: Path, beyond: str = "") -> Iterator[Playing]:
    from realtime_inspector.errors import InspectorError
    from realtime_inspector.replay.load import load
    from realtime_inspector.replay.thread import serving

    more: dict[str, Any] = {"strict": asked.strict, "faults": asked.between(), "beyond": beyond}
    more["again"] = more["faults"] is not None  # a client that comes back after a fault is what is tested
    options = asked.options()
    try:
        scripts = load(path)
    except InspectorError as error:
        pytest.fail(str(error), pytrace=False)
    connections: list[list[Event]] = []

    def observer() -> Callable[[Event], object]:
        connections.append([])
        return connections[-1].append

    advice = f"to record it anew: {command(asked, 'rewrite')}"
    with serving(scripts, options, observers=observer, **more) as server:
        yield Playing(server, connections, advice)


@contextmanager
def _simulating(asked: Asked) -> Iterator[Recording]:
    from realtime_inspector.simulator.thread import simulating

    with (
        TemporaryDirectory(prefix="realtime-inspector-") as name,
        simulating(asked.simulated(), between=asked.between()) as simulator,
        _relay(simulator.url.partition("/v1")[0], Path(name)) as relay,
    ):
        yield Recording(relay, Path(name))


@contextmanager
def _live(asked: Asked) -> Iterator[Recording]:
    with TemporaryDirectory(prefix="realtime-inspector-") as name, _relay(asked.upstream, Path(name)) as relay:
        yield Recording(relay, Path(name))


@contextmanager
def _recording(asked: Asked, made: list[Path]) -> Iterator[Recording]:
    """Record under a temporary name; what was recorded gets its own, also if the test failed."""
    with _aside(asked) as folder:
        try:
            with _relay(asked.upstream, folder) as relay:
                yield Recording(relay, folder)
        finally:
            _keep(_answered(folder), asked, made)


@contextmanager
def _extending(asked: Asked, found: Path, made: list[Path]) -> Iterator[Extending]:
    """Play what is recorded, and record what goes beyond it."""
    with _aside(asked) as folder:
        try:
            with _relay(asked.upstream, folder) as relay, _playing(asked, found, relay.ws_url) as playing:
                yield Extending(playing, Recording(relay, folder))
        finally:
            _add(_answered(folder), asked, found, made)


@contextmanager
def _aside(asked: Asked) -> Iterator[Path]:
    asked.path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{asked.path.stem}.", dir=asked.path.parent) as name:
        yield Path(name)


@contextmanager
def _relay(upstream: str, folder: Path) -> Iterator[Relay]:
    from realtime_inspector.capture.relay import relay_in_thread
    from realtime_inspector.errors import InspectorError

    try:
        with relay_in_thread(upstream, folder) as relay:
            yield relay
    except InspectorError as error:
        pytest.fail(str(error), pytrace=False)


def _keep(recordings: Sequence[Path], asked: Asked, made: list[Path]) -> None:
    """Give recordings their name: one is a file, several are a folder in the order in which they began.

    What stood there before is gone, but only if there is something to stand there now.
    """
    several = asked.folder_of_several
    if not recordings:
        return
    if several.is_dir():
        shutil.rmtree(several)
    asked.path.unlink(missing_ok=True)
    if len(recordings) == 1 and several != asked.path:
        _move(recordings[0], asked.path)
        made.append(asked.path)
    else:
        several.mkdir()
        _number(recordings, several, made, first=1)


def _add(recordings: Sequence[Path], asked: Asked, found: Path, made: list[Path]) -> None:
    """Put recordings behind those that there are."""
    from realtime_inspector.recording import files

    if not recordings:
        return
    several = asked.folder_of_several
    if found.is_file():
        several.mkdir()
        found.replace(several / f"01{found.name.removeprefix(several.name)}")
    _number(recordings, several, made, first=len(files.find(several)) + 1)


def _move(recording: Path, target: Path) -> None:
    """Give a recording its name; compressed, if the name says so."""
    if target.suffix != ".zst":
        recording.replace(target)
        return
    from realtime_inspector.recording import zst

    unfinished = target.with_name(f".{target.name}")
    with unfinished.open("wb") as file, zst.compress(file) as stream:
        stream.write(recording.read_bytes())
    unfinished.replace(target)


def _number(recordings: Sequence[Path], folder: Path, made: list[Path], *, first: int) -> None:
    for number, each in enumerate(recordings, first):
        target = folder / f"{number:02}.jsonl"
        while target.exists():
            number += 1
            target = folder / f"{number:02}.jsonl"
        each.replace(target)
        made.append(target)


def _answered(folder: Path) -> list[Path]:
    """Return those in which a server said something: without an upstream, this tool alone did."""
    from realtime_inspector.recording import files
    from realtime_inspector.recording.entry import Side

    return [
        path for path in files.find(folder) if any(entry.side is Side.SERVER for entry in files.open_recording(path))
    ]
