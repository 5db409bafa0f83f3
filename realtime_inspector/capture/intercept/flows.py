"""Realtime requests that stay with mitmproxy's own layers: HTTP/2, and plain HTTP asked of the proxy itself.

Each request with its answer is a recording; headers and bodies are mitmproxy's reading of them, not bytes of the wire.
"""

from __future__ import annotations

import time
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from mitmproxy import http

from realtime_inspector.capture.intercept.plan import Plan, address
from realtime_inspector.capture.intercept.scope import is_api, is_realtime
from realtime_inspector.capture.recorder import Source, Track
from realtime_inspector.capture.tap import MAX_BODY_BYTES
from realtime_inspector.capture.upstream import Upstream
from realtime_inspector.recording.entry import Entry, Kind, Side


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that has no answer yet."""

    track: Track
    at: float
    """When it was made, by `time.monotonic`."""


class Flows:
    """The addon that hears of them."""

    def __init__(self, plan: Plan) -> None:
        """Use a plan."""
        self._plan = plan
        self._flows: dict[str, _Asked] = {}
        self._headers: dict[str, list[tuple[str, str]]] = {}
        """What clients sent, of requests that are not complete."""

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Send a Realtime request of mitmproxy's own layers where Realtime traffic goes."""
        request, upstream = flow.request, self._plan.upstream
        self._headers[flow.id] = _headers(request)
        if upstream is not None and (is_api(request.pretty_host) or _is_realtime(flow)):
            request.host, request.port = upstream.host, upstream.port
            request.scheme = "https" if upstream.tls else "http"
            request.path = upstream.target(request.path)
        self._put_key(request)

    def request(self, flow: http.HTTPFlow) -> None:
        """Begin to record a Realtime request of mitmproxy's own layers."""
        headers = self._headers.pop(flow.id, None)
        policy = self._plan.policy
        if not _is_realtime(flow) or policy.passes_over():
            return
        upstream = f"{flow.request.scheme}://{flow.request.pretty_host}:{flow.request.port}"
        source = Source(address(flow.client_conn.peername), upstream, via="mitmproxy", tags=self._plan.tags)
        members = _request(flow.request)
        entry = Entry(0, 0.0, Side.CLIENT, Kind.REQUEST, members={**members, "headers": headers or members["headers"]})
        if policy.fits(entry):
            track = self._plan.recorder.track(source, self._plan.opened, shape=policy.shape)
            self._flows[flow.id] = _Asked(track, time.monotonic())
            track.add(entry)

    def response(self, flow: http.HTTPFlow) -> None:
        """Complete it with its answer."""
        asked = self._flows.pop(flow.id, None)
        if asked is None or flow.response is None:
            return
        took = time.monotonic() - asked.at  # mitmproxy's own times are the wall clock's, which may be set meanwhile
        members = {**_response(flow.response), "to": f"{flow.request.method} {flow.request.path}"}
        asked.track.add(Entry(0, took, Side.SERVER, Kind.RESPONSE, members=members))
        self._end(asked.track, "")

    def error(self, flow: http.HTTPFlow) -> None:
        """Complete it without one."""
        self._headers.pop(flow.id, None)
        asked = self._flows.pop(flow.id, None)
        if asked is not None:
            self._end(asked.track, flow.error.msg if flow.error else "")

    def websocket_start(self, flow: http.HTTPFlow) -> None:
        """Say that a WebSocket escaped us: it was opened behind plain HTTP on a connection to the proxy itself."""
        if _is_realtime(flow):
            self._plan.say(
                f"{address(flow.client_conn.peername)}: a WebSocket to {flow.request.pretty_host} is not recorded: "
                "its connection was used for plain HTTP before; open it on a new one, or by CONNECT"
            )

    def finish(self) -> None:
        """Complete what is still open."""
        for asked in self._flows.values():
            asked.track.end(time.monotonic(), by="proxy")
        self._flows.clear()

    def _put_key(self, request: http.Request) -> None:
        key = self._plan.key_for(Upstream(request.host, request.port, request.scheme == "https", self._prefix(request)))
        if key is not None:
            lines = (b"%b: %b" % field for field in request.headers.fields)
            head = key.put_for_program(b"\r\n".join((b"GET / HTTP/1.1", *lines, b"", b"")))
            fields = (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)
            request.headers = http.Headers([(name, value.strip()) for name, _, value in fields])

    def _prefix(self, request: http.Request) -> str:
        """Return the prefix of the upstream, if it is where the request goes."""
        upstream = self._plan.upstream
        goes = upstream is not None and (request.host, request.port) == (upstream.host, upstream.port)
        return upstream.prefix if upstream is not None and goes else ""

    def _end(self, track: Track, error: str) -> None:
        track.end(time.monotonic(), error=error)
        self._plan.closed(track)


def _is_realtime(flow: http.HTTPFlow) -> bool:
    return is_realtime(flow.request.path, _headers(flow.request))


def _headers(message: http.Message) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.headers.fields]


def _request(request: http.Request) -> dict[str, Any]:
    return {"method": request.method, "target": request.path, "headers": _headers(request), **_body(request)}


def _response(response: http.Response) -> dict[str, Any]:
    named = {"status": response.status_code, "reason": response.reason, "headers": _headers(response)}
    return {**named, **_body(response)}


def _body(message: http.Message) -> dict[str, Any]:
    data = message.get_content(strict=False)
    if data is None:
        return {"body_omitted": f"longer than {MAX_BODY_BYTES} bytes"}
    if not data:
        return {}
    try:
        return {"body": data.decode()}
    except UnicodeDecodeError:
        return {"body_base64": b64encode(data).decode()}
