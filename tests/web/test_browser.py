"""The view in a real browser, where there is one: Chromium, driven by playwright; neither is asked of a developer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.test_serve import serving
from tests.tui import sample

playwright: Any = pytest.importorskip("playwright.sync_api")
pytest.importorskip("textual_serve")

CHROMIUM = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-3d-apis",
]  # fmt: skip
PATIENCE_S = 90.0
CLICK = {"delay": 20}

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here"), pytest.mark.timeout(300)]


@dataclass
class Seen:
    """A page, and what passed between it and everybody else."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    sockets: list[Any] = field(default_factory=list)
    drawn: bytearray = field(default_factory=bytearray)

    def listen(self) -> None:
        """Take down what passes."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._say)
        self.page.on("websocket", self._connect)

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        start = monotonic()
        while not holds():
            assert monotonic() - start < PATIENCE_S, (self.complaints, bytes(self.drawn[-3000:]))
            self.page.wait_for_timeout(20)  # lets events come

    def shows(self, words: str) -> None:
        """Wait until something is drawn; from then on, what was drawn before does not count."""
        self.until(lambda: words.encode() in self.drawn)
        del self.drawn[:]

    def row(self, y: int) -> dict[str, float]:
        """Return where a line of the screen is, to be clicked."""
        rows = int(parse_qs(urlsplit(self.sockets[-1].url).query)["height"][0])
        box = self.page.locator(".xterm-screen").bounding_box()
        return {"x": box["x"] + 200, "y": box["y"] + (y + 0.5) * box["height"] / rows}

    def _say(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _connect(self, socket: Any) -> None:
        self.sockets.append(socket)
        socket.on("framereceived", lambda data: self.drawn.extend(data if isinstance(data, bytes) else b""))


@contextmanager
def browsing() -> Iterator[Seen]:
    """Yield a page of a browser that knows nothing yet."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=PATIENCE_S * 1000)
        try:
            seen = Seen(browser.new_page(viewport={"width": 1300, "height": 800}))
            seen.page.set_default_timeout(PATIENCE_S * 1000)
            seen.listen()
            yield seen
        finally:
            browser.close()


def test_the_screens_are_there_with_the_token_and_take_keys_and_clicks(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    sample.write(calls / "call.jsonl")
    with serving(tmp_path, str(calls)) as (process, ready), browsing() as seen:
        page, root = seen.page, f"http://127.0.0.1:{ready['port']}"
        for address, words in (
            (f"{ready['url']}x", "This is not the token"),
            (f"{root}/inspector/", "needs its token"),
        ):
            assert page.goto(address).status == 401
            assert words in page.inner_text("h1")
        assert seen.sockets == []
        seen.complaints.clear()  # of the two refused pages

        assert page.goto(ready["url"]).status == 200
        assert page.url == f"{root}/inspector/"
        seen.shows("call.jsonl")
        page.wait_for_selector("body.-first-byte", state="attached")
        assert page.evaluate("document.cookie") == ""  # no script can read it
        assert page.evaluate("[...document.fonts].map((font) => font.status)") == ["loaded", "loaded"]
        first = page.screenshot()

        page.keyboard.press("?")
        seen.shows("What can be done here")
        page.keyboard.press("q")
        page.keyboard.press("d")
        seen.shows("read-only: 'Delete' is off")
        page.mouse.click(**seen.row(2), **CLICK)
        page.mouse.click(**seen.row(2), **CLICK)
        seen.shows("session.update")
        assert page.screenshot() != first

        page.keyboard.press("Control+q")
        seen.until(lambda: page.inner_text("#words") == "You left the view.")
        assert page.is_visible("#again")
        others = [url for url in seen.requests if not url.startswith((f"{root}/inspector/", "data:,"))]
        assert others == []
        assert seen.complaints == []
        assert all(socket.url.startswith(f"ws://127.0.0.1:{ready['port']}/inspector/ws?") for socket in seen.sockets)

        del seen.drawn[:]
        page.click("#again")
        seen.shows("call.jsonl")
        page.wait_for_selector("body.-first-byte", state="attached")
        process.kill()  # it says no goodbye: the page looks for it by itself, and stays what it is
        seen.until(lambda: page.inner_text("#words").startswith("The server does not answer"))
        assert page.url == f"{root}/inspector/"


@contextmanager
def another_server() -> Iterator[str]:
    """Serve a page of somebody else's on this machine."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<p>another</p>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        running = Thread(target=server.serve_forever)
        running.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            running.join()


OPEN = """(url) => new Promise((done) => {
    const socket = new WebSocket(url);
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
})"""
FRAME = """(url) => new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.onload = done;
    frame.src = url;
    document.body.append(frame);
})"""


def test_a_page_of_another_server_gets_nothing(tmp_path: Path) -> None:
    call = sample.write(tmp_path / "call.jsonl")
    with serving(tmp_path, str(call)) as (_, ready), another_server() as other, browsing() as seen:
        page, root = seen.page, f"127.0.0.1:{ready['port']}/inspector/"
        assert page.goto(ready["url"]).status == 200
        page.goto(other)  # of the same host and site: the browser would send the cookie along
        assert page.evaluate(OPEN, f"ws://{root}ws") == "refused"
        seen.until(lambda: any("403" in words for words in seen.complaints))
        page.evaluate(FRAME, f"http://{root}")
        assert [frame.url for frame in page.frames] == [other, "chrome-error://chromewebdata/"]
