"""pytest plugin: recordings as servers for the tests of a Realtime client.

    @pytest.mark.realtime
    def test_greets(realtime_server):
        assert greet(base_url=realtime_server.base_url) == "hello"
        assert realtime_server.session.turns[0].assistant.text == "hello"
        realtime_server.assert_no_findings(min="warning")

The recording is `recordings/<module>/<test>.jsonl` beside the test file. Without one the test fails and says how to
make it. A client that does something else than when it was recorded fails the test, whatever it made of the error
itself.

    asked     what a test, its marker and the configuration ask for     session    what happened, to be asserted
    modes     what none, once, new, rewrite and live make of it         leftovers  recordings that no test plays
    server    what the fixture gives

Loading this costs nothing: all it needs is imported by the fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from realtime_inspector.pytest_plugin.asked import DEFAULT_UPSTREAM, MARKER, MODES, Asked, default_path, mode_of
from realtime_inspector.pytest_plugin.leftovers import Seen
from realtime_inspector.pytest_plugin.server import RealtimeServer

__all__ = ["RealtimeServer", "default_path", "realtime_server"]

_KEPT = pytest.StashKey["RealtimeServer"]()
_SEEN = pytest.StashKey[Seen]()
_WORKER_OUTPUT = "realtime_inspector"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of recording."""
    group = parser.getgroup("realtime-inspector", "recordings of the OpenAI Realtime API")
    group.addoption(
        "--realtime-record-mode",
        choices=tuple(MODES),
        default=None,
        help="; ".join(f"{name}{' (default)' if name == 'none' else ''}: {what}" for name, what in MODES.items()),
    )
    group.addoption("--realtime-upstream", default=None, metavar="URL", help="where to record from")
    parser.addini("realtime_record_mode", "default of --realtime-record-mode", default="none")
    parser.addini("realtime_upstream", "default of --realtime-upstream", default=DEFAULT_UPSTREAM)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)
    config.stash[_SEEN] = Seen()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say that this run talks to the real API, where it does."""
    mode = mode_of(config)
    upstream = config.getoption("realtime_upstream") or config.getini("realtime_upstream")
    return None if mode == "none" else f"realtime-inspector: mode {mode}, upstream {upstream}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note which recordings there should be, before tests are left out."""
    config.stash[_SEEN].collected(items, config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Let a mismatch fail the test itself, also if the client swallowed what it was told; a skipped one is not met."""
    __tracebackhide__ = True
    try:
        yield
    except (Exception, pytest.fail.Exception, pytest.skip.Exception):
        item.add_report_section("call", "realtime-inspector", _problem(item) or _left_out(item))
        raise
    if problem := _problem(item):
        pytest.fail(problem, pytrace=False)


def _problem(item: pytest.Item) -> str:
    """Return why a test that is over has to fail, and take note that it was said; empty if it has not."""
    server = item.stash.get(_KEPT, None)
    if server is None:
        return ""
    server.settle()
    server.told = server.problem()
    return server.told


def _left_out(item: pytest.Item) -> str:
    """Return what a test that failed for another reason had not done: it may have waited for an answer to that."""
    server = item.stash.get(_KEPT, None)
    return "\n".join(f"played in part, {what}" for what in server.left_out()) if server is not None else ""


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send what a worker has seen to who waits for all of them."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_WORKER_OUTPUT] = session.config.stash[_SEEN].to_worker_output()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take in what a worker of pytest-xdist has seen."""
    seen = getattr(node, "workeroutput", {}).get(_WORKER_OUTPUT)
    if seen is not None:
        node.config.stash[_SEEN].merge(seen)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List what was recorded, and the recordings that no test plays."""
    lines = config.stash[_SEEN].lines(config.rootpath)
    if lines:
        terminalreporter.write_sep("-", "realtime-inspector")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def realtime_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealtimeServer]:
    """Serve the test's recording: point the client at `base_url` or `ws_url`, or lead it here with `forward`."""
    from realtime_inspector.pytest_plugin.modes import forwarded, opened

    for name in ("NO_PROXY", "no_proxy"):  # some clients send even ws://127.0.0.1 through a proxy
        monkeypatch.setenv(name, "127.0.0.1,localhost", prepend=",")
    seen = request.config.stash[_SEEN]
    made: list[Any] = []
    asked = Asked.of(request.node)
    with opened(asked, made) as opened_one, forwarded(asked, opened_one) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        request.node.stash[_KEPT] = server
        yield server
        server.settle()
        seen.unplayed.update(map(str, server.unplayed()))
        seen.partly.update(f"{request.node.nodeid}: {what}" for what in server.left_out())
    seen.made.update(map(str, made))
    problem = server.problem()
    if problem != server.told:  # the test itself was over when this happened
        pytest.fail(problem, pytrace=False)
