"""The addon through which mitmproxy asks what a connection is, and tells what became of it.

HTTP/1.1 behind a known destination goes to a `TapLayer`. What stays with mitmproxy's own layers is HTTP/2, and plain
HTTP asked of the proxy itself; their Realtime requests are recorded from the flows.
"""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mitmproxy import exceptions, http, tls
from mitmproxy.connection import Connection, Server
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import Layer, NextLayer
from mitmproxy.proxy.layers import ServerTLSLayer
from mitmproxy.proxy.server import ConnectionIO

from realtime_inspector.capture.http import Head
from realtime_inspector.capture.intercept.layer import TapLayer, Tapped
from realtime_inspector.capture.intercept.scope import Opening, first_head, is_api, is_realtime
from realtime_inspector.capture.intercept.track import RealtimeTrack
from realtime_inspector.capture.recorder import Recorder, Source, Track
from realtime_inspector.capture.rewrite import Refusal, Rewriter
from realtime_inspector.capture.tap import MAX_BODY_BYTES
from realtime_inspector.capture.tee import Tee
from realtime_inspector.capture.upstream import Upstream
from realtime_inspector.recording.entry import Entry, Kind, Side

_DISTRUST = ("unknown ca", "bad certificate", "certificate unknown")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the interceptor was told to do."""

    recorder: Recorder
    upstream: Upstream | None
    """Where Realtime traffic goes instead of where it was meant for."""
    lenient: bool
    """A host whose interception a client refuses is passed through from then on."""
    authority: str
    """File of the CA that clients have to trust."""
    say: Callable[[str], None]
    opened: Callable[[Track], None]
    closed: Callable[[Track], None]
    tags: Mapping[str, str] | None = None


class Addon:
    """One for each interceptor."""

    def __init__(self, plan: Plan, tee: Tee, handlers: Mapping[Any, Any]) -> None:
        """Use a plan; `handlers` are mitmproxy's, by the id of the client's connection."""
        self.started = False
        """Every server had its chance to start."""
        self.on_start: Callable[[], None] = lambda: None
        self.connections = 0
        self.one_left = asyncio.Event()
        """A client has gone."""
        self._plan = plan
        self._tee = tee
        self._handlers = handlers
        self._layers: dict[str, TapLayer] = {}
        self._flows: dict[str, Track] = {}
        self._distrusted: set[str] = set()

    def running(self) -> None:
        """Hear that mitmproxy has started."""
        self.started = True
        self.on_start()

    def client_connected(self, client: Any) -> None:
        """Count."""
        self.connections += 1

    def next_layer(self, asked: NextLayer) -> None:
        """Take over what is HTTP/1.1; wait for more where that is not yet to be seen."""
        context = asked.context
        if asked.layer is not None or context.client.transport_protocol != "tcp" or asked.data_server():
            return
        head = first_head(asked.data_client())
        if isinstance(head, Head):
            asked.layer = self._layer(context, head)
        elif head is Opening.UNFINISHED and asked.data_client():
            raise exceptions.AddonHalt

    def client_disconnected(self, client: Any) -> None:
        """Complete the recording of a connection."""
        layer = self._layers.pop(client.id, None)
        if layer is not None:
            layer.finish()
            self._tee.put(None, 0, self._plan.closed, layer.track)
        self.one_left.set()

    def end(self) -> None:
        """Note that connections end because we do."""
        for layer in self._layers.values():
            layer.ended("closed", Side.PROXY)

    def finish(self) -> None:
        """Complete what is still open."""
        for layer in self._layers.values():
            layer.finish()
        for track in self._flows.values():
            track.end(time.monotonic(), by="proxy")
        self._layers.clear()
        self._flows.clear()

    def tls_clienthello(self, hello: tls.ClientHelloData) -> None:
        """Pass a host through whose interception was refused before."""
        name = _name(hello.context, hello.client_hello.sni)
        hello.ignore_connection = self._plan.lenient and name in self._distrusted

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """Say what a client has to trust."""
        name = _name(data.context, data.conn.sni)
        if not any(word in (data.conn.error or "") for word in _DISTRUST) or name in self._distrusted:
            return
        if self._plan.lenient:
            self._distrusted.add(name)
        then = "; from now on it is passed through unread" if self._plan.lenient else ""
        self._plan.say(
            f"{_address(data.context.client.peername)}: does not trust the interception of {name}: give it the CA in "
            f"{self._plan.authority} (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS){then}"
        )

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Send a Realtime request of mitmproxy's own layers where Realtime traffic goes."""
        request, upstream = flow.request, self._plan.upstream
        if upstream is not None and (is_api(request.pretty_host) or _is_realtime(flow)):
            request.host, request.port = upstream.host, upstream.port
            request.scheme = "https" if upstream.tls else "http"
            request.path = upstream.target(request.path)

    def request(self, flow: http.HTTPFlow) -> None:
        """Begin to record a Realtime request of mitmproxy's own layers."""
        if not _is_realtime(flow):
            return
        upstream = f"{flow.request.scheme}://{flow.request.pretty_host}:{flow.request.port}"
        source = Source(_address(flow.client_conn.peername), upstream, via="mitmproxy", tags=self._plan.tags)
        track = self._flows[flow.id] = self._plan.recorder.track(source, self._plan.opened)
        track.add(Entry(0, 0.0, Side.CLIENT, Kind.REQUEST, members=_request(flow.request)))

    def response(self, flow: http.HTTPFlow) -> None:
        """Complete it with its answer."""
        track = self._flows.pop(flow.id, None)
        if track is None or flow.response is None:
            return
        took = (flow.response.timestamp_end or 0) - flow.request.timestamp_start
        members = {**_response(flow.response), "to": f"{flow.request.method} {flow.request.path}"}
        track.add(Entry(0, max(0.0, took), Side.SERVER, Kind.RESPONSE, members=members))
        self._end(track, "")

    def error(self, flow: http.HTTPFlow) -> None:
        """Complete it without one."""
        track = self._flows.pop(flow.id, None)
        if track is not None:
            self._end(track, flow.error.msg if flow.error else "")

    def websocket_start(self, flow: http.HTTPFlow) -> None:
        """Say that a WebSocket escaped us: it was opened behind plain HTTP on a connection to the proxy itself."""
        if _is_realtime(flow):
            self._plan.say(
                f"{_address(flow.client_conn.peername)}: a WebSocket to {flow.request.pretty_host} is not recorded: "
                "its connection was used for plain HTTP before; open it on a new one, or by CONNECT"
            )

    def _end(self, track: Track, error: str) -> None:
        track.end(time.monotonic(), error=error)
        self._plan.closed(track)

    def _layer(self, context: Context, head: Head) -> Layer | None:
        known = context.server.address is not None
        asked = _asked(context, head) if known else _asked_of_proxy(head)
        if asked is None:
            return None  # plain HTTP for the proxy itself: its connection may be used for several servers
        redirected = self._plan.upstream is not None and (is_api(asked.host) or is_realtime(head.target, head.headers))
        upstream = self._plan.upstream if redirected and self._plan.upstream is not None else asked
        rewriter = Rewriter(upstream, upstream.port) if redirected or not known else None
        if rewriter is None:
            return self._tap(_same_protocol(context), upstream, None)
        return self._elsewhere(context.fork(), upstream, rewriter)

    def _elsewhere(self, context: Context, upstream: Upstream, rewriter: Rewriter) -> Layer:
        """Return the layers for a connection to a server that mitmproxy does not know of."""
        context.server = Server(address=(upstream.host, upstream.port), transport_protocol="tcp")
        if not upstream.tls:
            return self._tap(context, upstream, rewriter)
        context.server.sni = upstream.host
        context.server.alpn_offers = [b"http/1.1"]
        secured = ServerTLSLayer(context)
        secured.child_layer = self._tap(context, upstream, rewriter)
        return secured

    def _tap(self, context: Context, upstream: Upstream, rewriter: Rewriter | None) -> TapLayer:
        target = upstream.target if rewriter is not None else str
        source = Source(_address(context.client.peername), upstream.url, target, via="mitmproxy", tags=self._plan.tags)
        track = RealtimeTrack(self._plan.recorder, source, self._plan.opened)
        refuse = self._refusals(upstream, _address(context.client.peername))
        handler = self._handlers.get(context.client.id)

        def sockets(connection: Connection) -> ConnectionIO | None:
            found: ConnectionIO | None = handler.transports.get(connection) if handler is not None else None
            return found

        layer = TapLayer(context, Tapped(self._tee, track, sockets, refuse), rewriter)
        self._layers[context.client.id] = layer
        return layer

    def _refusals(self, upstream: Upstream, client: str) -> Callable[[str], Refusal]:
        def refuse(error: str) -> Refusal:
            why, what_to_do = _explained(error, upstream)
            self._plan.say(f"{client}: {why}; {what_to_do}")
            message = f"realtime-inspector: {why}; {what_to_do}"
            return Refusal(502, "Bad Gateway", "upstream_unreachable", message)

        return refuse


def _asked(context: Context, head: Head) -> Upstream:
    """Return the server that a connection is for, by the name that the client has for it."""
    client, address = context.client, context.server.address
    host, port = (address[0], address[1]) if address is not None else ("", 0)
    named = client.sni or _host(head) or host
    return Upstream(named, port, bool(client.tls))


def _asked_of_proxy(head: Head) -> Upstream | None:
    """Return the server of an upgrade that the proxy itself is asked for: `GET http://host/path`."""
    if not head.asks_upgrade:
        return None
    try:
        parts = urlsplit(head.target)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "ws"} or not parts.hostname:
        return None
    return Upstream(parts.hostname, port or 80, tls=False)


def _same_protocol(context: Context) -> Context:
    """See to it that a server that is connected to later speaks the client's HTTP/1.1."""
    if not context.server.connected:
        context.server.alpn_offers = [context.client.alpn] if context.client.alpn else []
    return context


def _host(head: Head) -> str:
    named = next((value for name, value in head.headers if name.lower() == "host"), "")
    try:
        return urlsplit(f"//{named}").hostname or ""
    except ValueError:
        return ""


def _name(context: Context, sni: str | None) -> str:
    return sni or (str(context.server.address[0]) if context.server.address else "an unknown host")


def _address(peer: Any) -> str:
    return f"[{peer[0]}]:{peer[1]}" if ":" in str(peer[0]) else f"{peer[0]}:{peer[1]}"


def _explained(error: str, upstream: Upstream) -> tuple[str, str]:
    where = f"{upstream.host}:{upstream.port}"
    if "ertificate verify failed" in error:
        reason = error.partition(": ")[2] or error
        hint = "if it is a private server, give the certificate of its CA with --upstream-ca FILE"
        return f"the certificate of {where} is not trusted: {reason}", hint
    reason = "Connection refused" if "Connect call failed" in error else error
    return f"{where} cannot be reached: {reason}", "check the address and the network"


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
