"""A collector of traces on this machine: it takes OTLP over HTTP and reads it with OpenTelemetry's own messages."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/x-protobuf"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Collector:
    """What came, and what is answered."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    """The first ones; after them each request is taken."""
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    taken: list[Any] = field(default_factory=list)
    """Spans, as protobuf has them."""
    resource: dict[str, Any] = field(default_factory=dict)
    came: threading.Condition = field(default_factory=threading.Condition)
    gate: threading.Event = field(default_factory=threading.Event)
    """Requests wait until it is set, as it is at first."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_for(self, count: int) -> list[Any]:
        """Return the spans once there are so many."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.taken) >= count, WAIT_S), f"{len(self.taken)} of {count} came"
            return list(self.taken)

    def wait_for_requests(self, count: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.paths) >= count, WAIT_S), f"{len(self.paths)} of {count} came"

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        with self.came:
            self.paths.append(path)
            self.headers.append(headers)
            self.bodies.append(gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body)
            answer = self.answers.pop(0) if self.answers else Answer()
            if answer.status == 200 and answer.kind == "application/x-protobuf":
                for part in ExportTraceServiceRequest.FromString(self.bodies[-1]).resource_spans:
                    self.resource = values(part.resource.attributes)
                    self.taken += [span for scope in part.scope_spans for span in scope.spans]
            self.came.notify_all()
        return answer


def values(attributes: Any) -> dict[str, Any]:
    """Return attributes as they are in protobuf as a plain mapping."""
    return {each.key: _plain(each.value) for each in attributes}


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_plain(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)


@contextmanager
def collecting(*answers: Answer) -> Iterator[Collector]:
    """Run a collector."""
    import opentelemetry.proto.collector.trace.v1.trace_service_pb2  # noqa: F401 - now: its first answer is as fast

    collector = Collector(answers=list(answers))
    collector.gate.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = collector.take(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            collector.gate.wait(WAIT_S)
            try:
                self.send_response(answer.status)
                for name, value in {"content-type": answer.kind, **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except ConnectionError:  # who asked is gone
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    collector.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def nobody() -> Iterator[str]:
    """Yield a URL where nobody listens, and nobody else can meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
