"""What the fixture gives: where to connect, and what happened. The heavy parts are imported when they are asked for."""

from __future__ import annotations

import os
import traceback
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_inspector.capture.relay import Relay
    from realtime_inspector.protocol.event import Event
    from realtime_inspector.pytest_plugin.session import Findings, Session
    from realtime_inspector.recording.entry import Entry, Header
    from realtime_inspector.replay.forward import Door
    from realtime_inspector.replay.server import ReplayServer

_SETTLE_S = 2.0
"""So long a connection may take to be closed that its client has left."""
_WRITE_S = 30.0
"""So long a recording may take to reach the disk, on the slowest of machines."""
_POLL_S = 0.01
_POINT_IT = (
    "give the client realtime_server.base_url or .ws_url; one that takes no address is led here by "
    "@pytest.mark.realtime(forward=True)"
)


class RealtimeServer:
    """Where to connect, and what happened."""

    def __init__(self, url: str) -> None:
        self.url = url
        """`http://127.0.0.1:PORT`."""
        self.told = ""
        """The problem for which the test has already failed."""
        self.environment: Mapping[str, str] = {}
        """With `forward`: the variables that lead a client here, for a program that the test starts elsewhere."""
        self._door: Door | None = None

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
        from realtime_inspector.pytest_plugin.session import Session

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
        from realtime_inspector.pytest_plugin.session import Session

        return next(iter(self.sessions), Session())

    @property
    def findings(self) -> Findings:
        """What the linter says of all connections so far, with the rules as the project wants them."""
        from realtime_inspector.analysis import policy, project
        from realtime_inspector.protocol.event import read
        from realtime_inspector.pytest_plugin.session import Findings

        found, wanted = Findings(), policy.of(project.find(Path.cwd()))
        for header, entries in self._happened():
            linter = wanted.linter(header=header)
            found += [finding for entry in entries for finding in linter.feed(read(entry))]
            for line in linter.troubles:
                warnings.warn(line, stacklevel=2)
        return found

    def assert_no_findings(self, min: str = "warning", *, ignore: Collection[str] = ()) -> None:  # noqa: A002 - reads well
        """Fail if the linter has something to say that is that bad; see `Findings.assert_none`."""
        __tracebackhide__ = True
        self.findings.assert_none(min, ignore=ignore)

    def lead(self, door: Door) -> None:
        """Stand behind a door from now on."""
        self._door = door
        self.environment = {name: value for name, value in door.environment.items() if os.environ.get(name) != value}

    def settle(self) -> None:
        """Wait until what the client has sent is taken in."""
        if self._door is not None:
            self._door.drain()

    def problem(self) -> str:
        """Return why the test has to fail; empty if it has not."""
        return ""

    def unplayed(self) -> list[Path]:
        """Return the recordings of this test that no connection was opened for."""
        return []

    def left_out(self) -> list[str]:
        """Return, for each recording that was played in part, the first event that its client left out."""
        return []

    def _happened(self) -> list[tuple[Header | None, list[Entry]]]:
        """Return what happened on each connection that was opened."""
        raise NotImplementedError


class Playing(RealtimeServer):
    """A recording is the server."""

    def __init__(self, server: ReplayServer, connections: list[list[Event]], advice: str) -> None:
        super().__init__(server.base_url.removesuffix("/v1"))
        self._server = server
        self._connections = connections
        self._advice = advice
        """What to do where the recording is old."""

    def settle(self) -> None:
        """See `RealtimeServer`."""
        super().settle()
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
        advice = self._advice if report.connections else _POINT_IT
        return "\n".join([*told, report.leftovers_text(), advice])

    def unplayed(self) -> list[Path]:
        """See `RealtimeServer`."""
        report = self._server.report() if self._server.failed is None else None
        return [Path(name) for name in report.unserved] if report is not None and report.connections else []

    def left_out(self) -> list[str]:
        """See `RealtimeServer`."""
        report = self._server.report() if self._server.failed is None else None
        connections = report.connections if report is not None and report.met else ()
        return [f"without {played.lacks}" for played in connections if played.lacks]

    def _happened(self) -> list[tuple[Header | None, list[Entry]]]:
        self.settle()
        headers = [player.script.header for player in self._server.players]
        return [
            (header, [event.entry for event in events])
            for header, events in zip(headers, self._connections, strict=False)
        ]


class Recording(RealtimeServer):
    """The upstream is the server, and what passes is recorded."""

    def __init__(self, relay: Relay, folder: Path) -> None:
        super().__init__(relay.url)
        self._relay = relay
        self._folder = folder

    def settle(self) -> None:
        """Wait until every connection that the client has closed is on the disk; one that is open is not waited for."""
        super().settle()
        from time import monotonic, sleep

        from realtime_inspector.recording.entry import Kind

        began = monotonic()
        while (waited := monotonic() - began) < _WRITE_S:
            figures = self._relay.figures()
            ended = [entries for _, entries in self._happened_so_far() if entries and entries[-1].kind is Kind.END]
            if len(ended) >= figures.connections:
                return
            if waited > _SETTLE_S and len(ended) >= figures.connections - figures.open:
                return
            sleep(_POLL_S)

    def _happened(self) -> list[tuple[Header | None, list[Entry]]]:
        self.settle()
        return [(header, entries) for header, entries in self._happened_so_far() if _asks_for_socket(entries)]

    def _happened_so_far(self) -> list[tuple[Header | None, list[Entry]]]:
        from realtime_inspector.recording import files

        paths = files.find(self._folder) if self._folder.is_dir() else []
        opened = [files.open_recording(path) for path in paths if files.is_recording(path)]
        return [(recording.header, list(recording)) for recording in opened]


class Extending(RealtimeServer):
    """Recordings are the server, and the upstream is for what goes beyond them."""

    def __init__(self, playing: Playing, recording: Recording) -> None:
        super().__init__(playing.url)
        self._playing, self._recording = playing, recording

    def settle(self) -> None:
        """See `RealtimeServer`."""
        super().settle()
        self._playing.settle()
        self._recording.settle()

    def problem(self) -> str:
        """See `RealtimeServer`."""
        return self._playing.problem()

    def unplayed(self) -> list[Path]:
        """See `RealtimeServer`."""
        return self._playing.unplayed()

    def left_out(self) -> list[str]:
        """See `RealtimeServer`."""
        return self._playing.left_out()

    def _happened(self) -> list[tuple[Header | None, list[Entry]]]:
        return [*self._playing._happened(), *self._recording._happened()]


def _asks_for_socket(entries: list[Entry]) -> bool:
    """Tell whether a connection is a session, and not only a plain request, such as for an ephemeral key."""
    return any(
        (entry.header("upgrade") or "").lower() == "websocket" for entry in entries if "headers" in entry.members
    )


def _marker(paths: list[str]) -> str:
    listed = ", ".join(f'"{path}"' for path in paths)
    return f"@pytest.mark.realtime(ignore=[{listed}])" if paths else ""
