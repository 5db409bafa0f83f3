"""The addon through which mitmproxy asks what a connection is, and tells what became of it.

HTTP/1.1 behind a known destination goes to a `TapLayer`. What stays with mitmproxy's own layers is HTTP/2 of clients
that speak nothing else, and plain HTTP asked of the proxy itself; `flows.py` hears of those.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from mitmproxy import exceptions, tls
from mitmproxy.connection import Connection, Server
from mitmproxy.proxy import events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import Layer, NextLayer
from mitmproxy.proxy.layers import ServerTLSLayer
from mitmproxy.proxy.layers.http._upstream_proxy import HttpUpstreamProxy
from mitmproxy.proxy.server import ConnectionIO
from mitmproxy.proxy.tunnel import LayerStack

from realtime_inspector.capture.http import Head
from realtime_inspector.capture.intercept.layer import TapLayer, Tapped
from realtime_inspector.capture.intercept.plan import Plan, address
from realtime_inspector.capture.intercept.rekey import Rekeyer
from realtime_inspector.capture.intercept.scope import Beginning, Opening, is_api, is_realtime
from realtime_inspector.capture.intercept.track import realtime_track
from realtime_inspector.capture.recorder import Source
from realtime_inspector.capture.rewrite import Refusal, Rewriter
from realtime_inspector.capture.tee import Tee
from realtime_inspector.capture.upstream import Upstream
from realtime_inspector.recording.entry import Side

_HTTP_1, _HTTP_2 = b"http/1.1", b"h2"
"""ALPN's names of the protocols."""
_DISTRUST = ("unknown ca", "bad certificate", "certificate unknown")


class Addon:
    """One for each interceptor."""

    def __init__(self, plan: Plan, tee: Tee, handlers: Mapping[Any, Any]) -> None:
        """Use a plan; `handlers` are mitmproxy's, by the id of the client's connection."""
        self.started = False
        """Every server had its chance to start."""
        self.on_start: Callable[[], None] = lambda: None
        self.connections = 0
        self.failures: Counter[str] = Counter()
        """Reason → how often a server could not be reached for it."""
        self.one_left = asyncio.Event()
        """A client has gone."""
        self._plan = plan
        self._tee = tee
        self._handlers = handlers
        self._layers: dict[str, TapLayer] = {}
        self._beginnings: WeakKeyDictionary[NextLayer, _First] = WeakKeyDictionary()
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
        if asked.layer is not None or context.client.transport_protocol != "tcp":
            return
        first = self._beginnings.setdefault(asked, _First()).of(asked)
        if isinstance(first, Head):
            asked.layer = self._layer(context, first)
        elif first is Opening.UNFINISHED:
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
        self._layers.clear()

    def tls_clienthello(self, hello: tls.ClientHelloData) -> None:
        """Pass a host through whose interception was refused before; of any other, leave HTTP/2 out.

        A WebSocket is asked for by HTTP/1.1, and before TLS is open nothing tells whether it will be. A client that
        speaks HTTP/2 alone keeps it: it will ask for none.
        """
        name = _name(hello.context, hello.client_hello.sni)
        hello.ignore_connection = self._plan.lenient and name in self._distrusted
        client = hello.context.client
        if _HTTP_1 in client.alpn_offers:
            client.alpn_offers = [offer for offer in client.alpn_offers if offer != _HTTP_2]

    def tls_start_client(self, start: tls.TlsData) -> None:
        """Choose HTTP/1.1 where no server has chosen yet."""
        client, server = start.context.client, start.context.server
        if server.alpn is None and _HTTP_1 in client.alpn_offers:
            client.alpn = _HTTP_1

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """Say what a client has to trust."""
        name = _name(data.context, data.conn.sni)
        if not any(word in (data.conn.error or "") for word in _DISTRUST) or name in self._distrusted:
            return
        if self._plan.lenient:
            self._distrusted.add(name)
        then = "; from now on it is passed through unread" if self._plan.lenient else ""
        self._plan.say(
            f"{address(data.context.client.peername)}: does not trust the interception of {name}: give it the CA in "
            f"{self._plan.authority} (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS){then}"
        )

    def _layer(self, context: Context, head: Head) -> Layer | None:
        known = context.server.address is not None
        asked = _asked(context, head) if known else _asked_of_proxy(head)
        if asked is None:
            return None  # plain HTTP for the proxy itself: its connection may be used for several servers
        redirected = self._plan.upstream is not None and (is_api(asked.host) or is_realtime(head.target, head.headers))
        upstream = self._plan.upstream if redirected and self._plan.upstream is not None else asked
        key = self._plan.key_for(upstream)
        if not redirected and known:
            rekeyer = Rekeyer(upstream, key.put_for_program) if key is not None else None
            return self._tap(_same_protocol(context), upstream, rekeyer)
        rewriter = Rewriter(upstream, upstream.port, change=key.put_for_program if key is not None else bytes)
        return self._elsewhere(context.fork(), upstream, rewriter)

    def _elsewhere(self, context: Context, upstream: Upstream, rewriter: Rewriter) -> Layer:
        """Return the layers for a connection to a server that mitmproxy does not know of."""
        context.server = Server(address=(upstream.host, upstream.port), transport_protocol="tcp")
        stack = LayerStack()
        through = self._plan.through
        if through is not None:
            context.server.via = ("https" if through.tls else "http", (through.host, through.port))
            stack /= HttpUpstreamProxy.make(context, send_connect=True)
        if upstream.tls:
            context.server.sni = upstream.host
            context.server.alpn_offers = [_HTTP_1]
            stack /= ServerTLSLayer(context)
        stack /= self._tap(context, upstream, rewriter)
        return stack[0]

    def _tap(self, context: Context, upstream: Upstream, rewriter: Rewriter | None) -> TapLayer:
        target = upstream.target if upstream == self._plan.upstream else str
        source = Source(address(context.client.peername), upstream.url, target, via="mitmproxy", tags=self._plan.tags)
        track = realtime_track(self._plan.policy, self._plan.recorder, source, self._plan.opened)
        refuse = self._refusals(upstream, address(context.client.peername))
        handler = self._handlers.get(context.client.id)

        def transports(connection: Connection) -> ConnectionIO | None:
            found: ConnectionIO | None = handler.transports.get(connection) if handler is not None else None
            return found

        layer = TapLayer(context, Tapped(self._tee, track, transports, refuse), rewriter)
        self._layers[context.client.id] = layer
        return layer

    def _refusals(self, upstream: Upstream, client: str) -> Callable[[str], Refusal]:
        def refuse(error: str) -> Refusal:
            why, what_to_do = _explained(error, upstream)
            self.failures["certificate" if "ertificate verify failed" in error else "other"] += 1
            self._plan.say(f"{client}: {why}; {what_to_do}")
            message = f"realtime-inspector: {why}; {what_to_do}"
            return Refusal(502, "Bad Gateway", "upstream_unreachable", message)

        return refuse


class _First:
    """What a connection begins with; mitmproxy asks again with all that came, for every piece that comes."""

    def __init__(self) -> None:
        self._seen = 0
        self._beginning: Beginning | None = None

    def of(self, asked: NextLayer) -> Head | Opening | None:
        """Return it; None before anybody has said anything."""
        new, self._seen = asked.events[self._seen :], len(asked.events)
        for event in new:
            if isinstance(event, events.DataReceived):
                self._beginning = self._beginning or Beginning()
                if event.connection == asked.context.client:
                    self._beginning.feed(event.data)
                else:
                    self._beginning.server_speaks()
        return self._beginning.found if self._beginning is not None else None


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


def _explained(error: str, upstream: Upstream) -> tuple[str, str]:
    where = f"{upstream.host}:{upstream.port}"
    if "ertificate verify failed" in error:
        reason = error.partition(": ")[2] or error
        hint = "if it is a private server, give the certificate of its CA with --upstream-ca FILE"
        return f"the certificate of {where} is not trusted: {reason}", hint
    reason = "connection refused" if "Connect call failed" in error else error
    return f"{where} cannot be reached: {reason}", "check the address and the network"
