"""The server of the view: a page, its static files, and a WebSocket with a process behind it for each viewer.

Every request passes the gate before it is looked at. The terminal in the page, its style and its fonts come from
textual-serve's files, by name; nothing else of the disk can be asked for.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from types import TracebackType

from aiohttp import WSCloseCode, WSMsgType, hdrs, web
from aiohttp.typedefs import Handler

from realtime_inspector.capture.door import cannot_listen
from realtime_inspector.errors import UsageError
from realtime_inspector.web import pages
from realtime_inspector.web.gate import Gate
from realtime_inspector.web.viewer import Viewer

PREFIX = "/inspector/"
"""Where everything is: a browser sends a cookie to every server of a host, but not to other paths."""
HEARTBEAT_S = 30.0
"""A viewer who does not answer for so long has left."""
_MESSAGE_BYTES = 1 << 20
_CLOSE_S = 3.0
_SHUTDOWN_S = 15.0
_DIGITS = 5
_OURS = Path(__file__).parent / "page"
_FILES: dict[str, tuple[str | Path, str]] = {
    "page.css": (_OURS / "page.css", "text/css"),
    "page.js": (_OURS / "page.js", "text/javascript"),
    "textual.js": ("js/textual.js", "text/javascript"),
    "xterm.css": ("css/xterm.css", "text/css"),
    "upright.ttf": ("fonts/RobotoMono-VariableFont_wght.ttf", "font/ttf"),
    "italic.ttf": ("fonts/RobotoMono-Italic-VariableFont_wght.ttf", "font/ttf"),
}
"""Name → where it is (ours, or textual-serve's), and what it is."""

_NO_TOKEN = (
    "This view needs its token",
    "Open the address that `realtime-inspector serve` printed where it was started: it ends in `?token=…`. "
    "If you came from there just now, load this page again.",
)
_WRONG_TOKEN = (
    "This is not the token",
    "Each start of `realtime-inspector serve` makes a new one: open the address that it printed last.",
)
_OTHER_PAGE = ("Another page asks", "The view is shown to pages of this server alone.")


class ViewServer:
    """Serves a command that draws; an async context."""

    def __init__(
        self, command: Sequence[str], gate: Gate, *, host: str = "127.0.0.1", port: int = 0, max_viewers: int = 4
    ) -> None:
        self.host, self.port = host, port
        self.max_viewers = max_viewers
        self.viewers: set[Viewer] = set()
        """Who looks now."""
        self._command, self._gate = command, gate
        self._sockets: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it is, as a browser of this machine reaches it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def address(self) -> str:
        """The address to open, with the token."""
        return f"{self.url}{PREFIX}?token={self._gate.token}"

    @property
    def cookie_name(self) -> str:
        """The name of the cookie; servers of one host and several ports share their cookies."""
        return f"realtime-inspector-{self.port}"

    async def __aenter__(self) -> ViewServer:
        """Begin to listen.

        Raises:
            UsageError: If it cannot listen there.
        """
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            await web.TCPSite(runner, str(found[0][4][0]), self.port).start()
        except (OSError, UnicodeError) as error:
            await runner.cleanup()
            raise UsageError(cannot_listen(self.host, self.port, error)) from error
        self._runner = runner
        self.port = runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, and end every viewer's process."""
        if self._runner is not None:
            await self._runner.cleanup()
        await asyncio.gather(*(viewer.stop() for viewer in list(self.viewers)))

    def _app(self) -> web.Application:
        @web.middleware
        async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._pass(request, handler)

        app = web.Application(middlewares=[gate])
        app.add_routes(
            [
                web.get(PREFIX, self._page),
                web.get(f"{PREFIX}ws", self._view, allow_head=False),
                web.get(f"{PREFIX}static/{{name}}", self._static),
            ]
        )
        app.on_response_prepare.append(self._add_headers)
        app.on_shutdown.append(self._say_goodbye)
        return app

    # the gate

    async def _pass(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request through that shows what it has to."""
        hosts = request.headers.getall(hdrs.HOST, [])
        if len(hosts) != 1 or not self._gate.knows(hosts[0]):
            return _refused(web.HTTPMisdirectedRequest, *_unknown(", ".join(hosts)))
        if not self._gate.passes(request.cookies.get(self.cookie_name, "")):
            return self._exchange(request)
        if request.path == PREFIX and "token" in request.query:
            return self._exchange(request)
        try:
            return await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
            return _refused(type(error), "There is nothing here", f"The view is at `{PREFIX}`.", error)

    def _exchange(self, request: web.Request) -> web.StreamResponse:
        """Take a token out of the address, and give the browser a cookie for it; refuse if there is none."""
        token = request.query.get("token")
        if request.path != PREFIX or token is None:
            return _refused(web.HTTPUnauthorized, *_NO_TOKEN)
        if not self._gate.opens(token):
            return _refused(web.HTTPUnauthorized, *_WRONG_TOKEN)
        answer = web.Response(status=303, headers={hdrs.LOCATION: PREFIX})
        answer.set_cookie(self.cookie_name, self._gate.cookie, path=PREFIX, httponly=True, samesite="Strict")
        return answer

    # what is behind it

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return _file(_OURS / "index.html", "text/html", charset="utf-8")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["name"] not in _FILES:
            raise web.HTTPNotFound
        path, kind = _FILES[request.match_info["name"]]
        return _file(Path(str(files("textual_serve")), "static", path), kind)

    async def _view(self, request: web.Request) -> web.StreamResponse:
        """Show the interface to one viewer."""
        if not self._gate.is_own_page(request.headers.get(hdrs.ORIGIN, ""), request.headers[hdrs.HOST]):
            return _refused(web.HTTPForbidden, *_OTHER_PAGE)
        browser = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=_MESSAGE_BYTES, timeout=_CLOSE_S)
        if not browser.can_prepare(request):
            return _refused(web.HTTPBadRequest, "There is nothing here", f"The view is at `{PREFIX}`.")
        await browser.prepare(request)
        if sum(not viewer.leaving for viewer in self.viewers) >= self.max_viewers:
            words = f"No more than {self.max_viewers} can look at once (--max-viewers)."
            await browser.close(code=WSCloseCode.TRY_AGAIN_LATER, message=words.encode())
            return browser
        await self._show(request, browser)
        return browser

    async def _show(self, request: web.Request, browser: web.WebSocketResponse) -> None:
        async def end(why: str) -> None:
            await browser.close(message=why.encode())

        viewer = Viewer(self._command, write_bytes=browser.send_bytes, write_str=browser.send_str, end=end)
        self.viewers.add(viewer)
        self._sockets.add(browser)
        try:
            await viewer.start(_number(request.query.get("width"), 80), _number(request.query.get("height"), 24))
            async for message in browser:
                if message.type is WSMsgType.TEXT:
                    await viewer.take(message.data)
        except ConnectionError:
            pass  # left while something was on its way
        finally:
            self._sockets.discard(browser)
            try:
                await viewer.stop()
            finally:
                self.viewers.discard(viewer)

    async def _add_headers(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        host = request.headers.get(hdrs.HOST, "")
        response.headers.update(pages.HEADERS)
        response.headers["Content-Security-Policy"] = pages.policy(host if self._gate.knows(host) else "")

    async def _say_goodbye(self, _: web.Application) -> None:
        ending = [each.close(code=WSCloseCode.GOING_AWAY, message=b"The server was stopped.") for each in self._sockets]
        await asyncio.gather(*ending, return_exceptions=True)


def _unknown(host: str) -> tuple[str, str]:
    named = f"It was asked for as `{host.replace('`', '')}`. " if host else ""
    return "This server does not go by that name", f"{named}`serve --allow-host NAME` makes a name known."


def _refused(
    kind: type[web.HTTPException], title: str, advice: str, error: web.HTTPException | None = None
) -> web.Response:
    more = {hdrs.ALLOW: error.headers[hdrs.ALLOW]} if error is not None and hdrs.ALLOW in error.headers else None
    return web.Response(
        status=kind.status_code, text=pages.refusal(title, advice), content_type="text/html", headers=more
    )


def _file(path: Path, kind: str, charset: str | None = None) -> web.StreamResponse:
    with_charset = f"{kind}; charset={charset}" if charset else kind
    return web.FileResponse(path, headers={hdrs.CONTENT_TYPE: with_charset})


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= _DIGITS else default
