"""The server of the view, asked by a plain client; behind it, small programs that speak like the interface."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import pytest

pytest.importorskip("textual_serve")

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from realtime_inspector.errors import UsageError
from realtime_inspector.web import viewer
from realtime_inspector.web.gate import Gate
from realtime_inspector.web.server import PREFIX, ViewServer

PATIENCE_S = 60.0
TOKEN = "a-token-for-the-tests"
SPEAK = """
import os, signal, sys
def out(kind, data): os.write(1, kind + len(data).to_bytes(4, "big") + data)
os.write(1, b"something before\\n__GANGLION__\\n")
"""
ECHO = (
    SPEAK
    + """
kept = [os.environ.get(name, "") for name in ("COLUMNS", "ROWS", "TEXTUAL_DRIVER", "REALTIME_INSPECTOR_SERVE_TOKEN")]
out(b"D", repr((sys.argv[1:], kept)).encode())
while head := sys.stdin.buffer.read(5):
    data = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
    out(b"D", head[:1] + data)
    if data == b"q":
        out(b"M", b'{"type": "exit"}')
    if data in {b"q", b"x"}:
        break
"""
)
STUBBORN = (
    SPEAK
    + """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
out(b"D", str(os.getpid()).encode())
while True: signal.pause()
"""
)
ARGUMENTS = ["a b", "$(touch here)", 'it\'s; "quoted" & so on', "-x"]

Play = Callable[[ViewServer, ClientSession], Coroutine[Any, Any, None]]


def command(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", program, *arguments]


def play(steps: Play, program: str = ECHO, *arguments: str, **options: Any) -> ViewServer:
    """Serve a program, and play the client."""

    async def run() -> ViewServer:
        server = ViewServer(command(program, *arguments), Gate.of(TOKEN, "127.0.0.1"), **options)
        async with server, ClientSession(server.url) as client:
            await steps(server, client)
        return server

    return asyncio.run(run())


def cookie(server: ViewServer, value: str = "") -> dict[str, str]:
    return {"Cookie": f"{server.cookie_name}={value or server._gate.cookie}"}


@asynccontextmanager
async def looking(server: ViewServer, client: ClientSession, query: str = "") -> AsyncIterator[ClientWebSocketResponse]:
    """Look, as a browser does."""
    headers = {**cookie(server), "Origin": server.url}
    async with client.ws_connect(f"{PREFIX}ws{query}", headers=headers) as browser:
        yield browser


async def said(browser: ClientWebSocketResponse) -> bytes:
    """Return what is drawn next."""
    message = await browser.receive(timeout=PATIENCE_S)
    assert message.type is WSMsgType.BINARY, message
    assert isinstance(message.data, bytes)
    return message.data


async def why_closed(browser: ClientWebSocketResponse) -> str:
    """Read to the end, and return what was given as the reason."""
    while (message := await browser.receive(timeout=PATIENCE_S)).type is not WSMsgType.CLOSE:
        assert message.type is WSMsgType.BINARY, message
    return str(message.extra)


async def until(holds: Callable[[], bool]) -> None:
    start = monotonic()
    while not holds():
        assert monotonic() - start < PATIENCE_S
        await asyncio.sleep(0.01)


def gone(pid: int | None) -> bool:
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_without_the_token_everything_is_refused_and_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    async def steps(server: ViewServer, client: ClientSession) -> None:
        paths = [
            PREFIX,
            f"{PREFIX}ws",
            f"{PREFIX}static/textual.js",
            f"{PREFIX}static/none",
            "/",
            "/download/1",
            "/none",
        ]
        for path in paths:
            for headers in ({}, cookie(server, TOKEN), cookie(server, "x"), {"Authorization": f"Bearer {TOKEN}"}):
                async with client.get(path, headers=headers) as answer:
                    text = await answer.text()
                assert answer.status == 401, path
                assert "needs its token" in text
                assert "realtime-inspector serve" in text
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        async with client.post(PREFIX, headers={"Origin": server.url}) as answer:
            assert answer.status == 401
        async with client.get(PREFIX, params={"token": f"{TOKEN}x"}) as answer:
            assert answer.status == 401
            assert "This is not the token" in await answer.text()
        async with client.get(f"{PREFIX}static/page.js", params={"token": TOKEN}) as answer:
            assert answer.status == 401  # it is taken at one address alone, which hides it again
        assert server.viewers == set()

    play(steps)
    assert TOKEN not in caplog.text


def test_the_token_becomes_a_cookie_that_opens_the_page_and_its_files(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    async def steps(server: ViewServer, client: ClientSession) -> None:
        assert server.address == f"{server.url}{PREFIX}?token={TOKEN}"
        async with client.get(server.address, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, PREFIX)
            given = answer.headers["Set-Cookie"]
        name, _, rest = given.partition("=")
        value, *flags = rest.split("; ")
        assert (name, sorted(flags)) == (server.cookie_name, ["HttpOnly", f"Path={PREFIX}", "SameSite=Strict"])
        assert TOKEN not in value
        async with client.get(PREFIX, headers=cookie(server, value)) as answer:
            page = await answer.text()
            sent = answer.headers
        assert (sent["Cache-Control"], sent["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert (sent["X-Content-Type-Options"], sent["X-Frame-Options"]) == ("nosniff", "DENY")
        policy = sent["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert f"connect-src 'self' ws://127.0.0.1:{server.port} " in policy
        named = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page)
        assert len(named) == 3
        for path in [*named, "static/textual.js", "static/upright.ttf", "static/italic.ttf"]:
            async with client.get(PREFIX + path, headers=cookie(server)) as answer:
                assert answer.status == 200, path
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
        for path in ("static/../server.py", "static/..%2fserver.py", "static/", "static/server.py", "download/1"):
            async with client.get(PREFIX + path, headers=cookie(server)) as answer:
                assert answer.status == 404, path
        async with client.post(PREFIX, headers=cookie(server)) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")

    play(steps)
    assert TOKEN not in caplog.text


def test_other_names_and_other_pages_are_refused_even_with_the_cookie() -> None:
    async def steps(server: ViewServer, client: ClientSession) -> None:
        for host in ("evil.example", f"evil.example:{server.port}", "192.168.1.7"):
            async with client.get(PREFIX, headers={**cookie(server), "Host": host}) as answer:
                assert answer.status == 421
                text = await answer.text()
                assert f"asked for as <code>{host}</code>" in text
                assert "--allow-host" in text
                assert host not in answer.headers["Content-Security-Policy"]
        others = ["http://evil.example", f"http://localhost:{server.port}", "http://127.0.0.1:1", "null"]
        for headers in ({}, *({"Origin": origin} for origin in others)):
            async with client.get(f"{PREFIX}ws", headers={**cookie(server), **headers}) as answer:
                assert answer.status == 403
                assert "Another page asks" in await answer.text()
        async with client.get(f"{PREFIX}ws", headers={**cookie(server), "Origin": server.url}) as answer:
            assert answer.status == 400  # no WebSocket
        assert server.viewers == set()

    play(steps)


def test_a_viewer_has_a_process_of_its_own_for_as_long_as_it_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALTIME_INSPECTOR_SERVE_TOKEN", TOKEN)

    async def steps(server: ViewServer, client: ClientSession) -> None:
        async with looking(server, client, "?width=100&height=99999") as browser:
            kept = ["100", "1000", viewer.DRIVER, ""]  # no shell read the arguments, and the token stayed here
            assert await said(browser) == repr((ARGUMENTS, kept)).encode()
            for nonsense in ("", "[", "{}", "[]", '["stdin"]', '["stdin", 1]', '["resize", {}]', '["quit"]', "null"):
                await browser.send_str(nonsense)
            await browser.send_bytes(b"nothing")
            await browser.send_json(["ping", "1" * 200])
            await browser.send_json(["stdin", "é\ud800"])
            assert await said(browser) == b"D\xc3\xa9?"
            await browser.send_json(["resize", {"width": 10**9, "height": -1}])
            assert await said(browser) == b'M{"type": "resize", "width": 1000, "height": 1}'
            await browser.send_json(["focus"])
            assert await said(browser) == b'M{"type": "focus"}'
            await browser.send_json(["ping", "12"])
            assert await browser.receive_json(timeout=PATIENCE_S) == ["pong", "12"]
            (one,) = server.viewers
            assert not gone(one.pid)
        await until(lambda: not server.viewers)
        assert gone(one.pid)

    play(steps, ECHO, *ARGUMENTS)


def test_a_process_that_ends_closes_the_view_with_the_reason() -> None:
    async def steps(server: ViewServer, client: ClientSession) -> None:
        for key, why in (("q", viewer.LEFT), ("x", viewer.BROKEN)):
            async with looking(server, client) as browser:
                await browser.send_json(["stdin", key])
                assert await why_closed(browser) == why
        await until(lambda: not server.viewers)

    play(steps)


def test_no_more_look_than_the_limit_says() -> None:
    async def steps(server: ViewServer, client: ClientSession) -> None:
        async with looking(server, client) as first:
            await said(first)
            async with looking(server, client) as second:
                assert await why_closed(second) == "No more than 1 can look at once (--max-viewers)."
            assert len(server.viewers) == 1
        await until(lambda: not server.viewers)
        async with looking(server, client) as third:
            await said(third)

    play(steps, max_viewers=1)


def test_a_server_that_stops_takes_every_process_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer, "GRACE_S", 0.1)
    pids: list[int] = []

    async def steps(server: ViewServer, client: ClientSession) -> None:
        stack = [looking(server, client) for _ in range(2)]
        for each in stack:
            browser = await each.__aenter__()
            pids.append(int(await said(browser)))
        assert not any(map(gone, pids))

    server = play(steps, STUBBORN)
    assert len(pids) == 2
    assert all(map(gone, pids))
    assert server.viewers == set()


def test_a_port_that_is_taken_is_told() -> None:
    async def steps(server: ViewServer, _: ClientSession) -> None:
        other = ViewServer(command(ECHO), Gate.of(TOKEN, "127.0.0.1"), port=server.port)
        words = rf"^127\.0\.0\.1:{server.port} is taken by another program; stop it"
        with pytest.raises(UsageError, match=words):
            await other.__aenter__()

    play(steps)
