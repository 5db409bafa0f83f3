"""Spans for a collector: OTLP over HTTP, or a file of it. The only module that needs OpenTelemetry.

The exporter is OpenTelemetry's own, so the variables `OTEL_EXPORTER_OTLP_*`, `OTEL_SERVICE_NAME` and
`OTEL_RESOURCE_ATTRIBUTES` mean what they mean everywhere. It logs what goes wrong and tells only that something
did; the session beneath it is looked at to tell what.
"""

from __future__ import annotations

import logging
import os
import socket
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson

from realtime_inspector import __version__
from realtime_inspector.errors import UpstreamError, UsageError
from realtime_inspector.traces.span import Attributes, Context, Kind, Moment, Span, Value

INSTALL = "pip install 'realtime-inspector[otel]'"
DEFAULT = "http://localhost:4318"
PATH = "/v1/traces"
SERVICE = "realtime-inspector"
BATCH = 200
"""So many spans go in one request: with content, far below what collectors take."""

_IDS = frozenset({"traceId", "spanId", "parentSpanId"})
_INSTANCE = "service.instance.id"
"""Another one in each process; a file of the same recording is to have the same bytes."""
_INT64 = 2**63
_GRPC_PORT = 4317
_ANSWER_BYTES = 64 * 1024


class NotSent(UpstreamError):  # noqa: N818 - the name says what happened
    """Spans that a collector did not take."""

    def __init__(self, message: str, *, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused
        """The collector will never take them; otherwise it may later."""


def require(option: str) -> None:
    """Check that the extra is there; `option` is what needs it.

    Raises:
        UsageError: If it is not, with how to get it.
    """
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter.otlp.proto.http") is None:
        raise UsageError(f"{option} needs OpenTelemetry; install it with `{INSTALL}`")


def endpoint_of(url: str | None) -> str:
    """Return the URL that traces are sent to: the one given, with `/v1/traces` where it lacks it, or as variables say.

    Raises:
        UsageError: If it is none.
    """
    whole = url or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    base = whole or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or DEFAULT
    try:
        parts = urlsplit(base)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"{shown(base)!r} is no URL of a collector, such as {DEFAULT}")
    if (whole is not None and url is None) or parts.path.rstrip("/").endswith(PATH):
        return base
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + PATH))


def shown(url: str) -> str:
    """Return a URL without what may be a secret in it."""
    try:
        parts = urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, netloc, parts.path, "", ""))
    except ValueError:
        return url.partition("?")[0].rpartition("@")[2]


class Exporter:
    """Sends spans to one collector. Close it."""

    def __init__(self, url: str | None = None, *, clean: Callable[[str], str] = str) -> None:
        """Set it up; nothing is sent yet.

        Args:
            url: Of the collector; None for what the variables say.
            clean: Takes secrets out of each text.

        Raises:
            UsageError: If OpenTelemetry is not there, or the URL is none.
        """
        self.endpoint = endpoint_of(url)
        require("otlp")
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        self._clean = clean
        self._log = _quiet()
        self._wire = _session()
        self._resource = _resource()
        try:
            self._exporter = OTLPSpanExporter(endpoint=self.endpoint, session=self._wire)
        except (OSError, ValueError, RuntimeError, ImportError) as error:  # a variable that names what is not there
            raise UsageError(f"the variables OTEL_EXPORTER_OTLP_… cannot be followed: {_words(error)}") from error

    @property
    def shown(self) -> str:
        """Where it sends to, to be told."""
        return shown(self.endpoint)

    def send(self, spans: Sequence[Span]) -> None:
        """Send spans; those of one trace may go in several requests.

        Raises:
            NotSent: If the collector does not take them.
        """
        from opentelemetry.sdk.trace.export import SpanExportResult

        for start in range(0, len(spans), BATCH):
            self._wire.problem, self._wire.refused = "", False
            made = [_readable(span, self._resource, self._clean) for span in spans[start : start + BATCH]]
            try:
                done = self._exporter.export(made) is SpanExportResult.SUCCESS
            except Exception:  # broad: whatever the network's library raises, the collector has nothing
                done = False
            if self._wire.problem or not done:
                raise NotSent(f"{self.shown} {self._problem()}", refused=self._wire.refused)

    def close(self) -> None:
        """Send no more, and give up what is being tried again."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # OpenTelemetry types most of it

    def _problem(self) -> str:
        told = self._wire.problem or f"did not take them: {self._log.last or 'nothing says why'}"
        parts = urlsplit(self.endpoint)
        hint = "; that port is most likely for gRPC, OTLP over HTTP has 4318" if parts.port == _GRPC_PORT else ""
        return told + hint


def lines(spans: Sequence[Span], *, clean: Callable[[str], str] = str) -> Iterator[bytes]:
    """Yield spans as a file of OTLP in JSON has them: a request a line, as collectors read them from files.

    Args:
        spans: What is written.
        clean: Takes secrets out of each text.

    Raises:
        UsageError: If OpenTelemetry is not there.
    """
    require("otlp")
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]  # it ships no types
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
    from opentelemetry.sdk.resources import Resource

    resource = Resource({name: value for name, value in _resource().attributes.items() if name != _INSTANCE})
    for start in range(0, len(spans), BATCH):
        request = encode_spans([_readable(span, resource, clean) for span in spans[start : start + BATCH]])
        body = MessageToDict(request, use_integers_for_enums=True)
        _spell_ids(body)
        yield orjson.dumps(body) + b"\n"


def _spell_ids(part: Any) -> None:
    """Write ids as OTLP has them in JSON, in hexadecimal digits; protobuf's own JSON has base64."""
    if isinstance(part, list):
        for inner in part:
            _spell_ids(inner)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name in _IDS:
                part[name] = b64decode(value).hex()
            else:
                _spell_ids(value)


def _resource() -> Any:
    """Return what the spans are of, as the variables say."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    resource = Resource.create({})
    if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        return resource.merge(Resource({SERVICE_NAME: SERVICE}))
    return resource


class _Last(logging.Handler):
    """Keeps what was logged last, and prints nothing."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        self.last = " ".join(record.getMessage().split())[:200]


def _quiet() -> _Last:
    """Keep the exporter's own lines from the standard error: what is to be told is told once, in one line."""
    logger = logging.getLogger("opentelemetry")
    logger.propagate = False
    for handler in logger.handlers:
        if isinstance(handler, _Last):
            return handler
    handler = _Last()
    logger.addHandler(handler)
    return handler


_NO_NAME = "its name is not known"
_NOBODY = frozenset({"connection refused", _NO_NAME})
"""To try again at once is of no use then."""


class _NobodyError(Exception):
    """Nobody listens there. The exporter takes it for something that does not pass."""


def _session() -> Any:
    """Return an HTTP session that remembers what went wrong."""
    import requests

    class Wire(requests.Session):
        """Notes what became of each request."""

        problem = ""
        """What the collector answered, as the rest of a sentence; empty if it took them."""
        refused = False

        def __init__(self) -> None:
            super().__init__()
            self.max_redirects = 0  # a POST that is redirected becomes a GET, whose 200 says nothing

        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            """Send one request."""
            try:
                answer = super().send(request, **options)
            except requests.TooManyRedirects:
                self.problem, self.refused = "answers with a redirect: give the URL it leads to", True
                raise
            except requests.RequestException as error:
                self.problem, self.refused = f"cannot be reached: {_words(error)}", False
                if _words(error) in _NOBODY:
                    raise _NobodyError from error
                raise
            self.problem, self.refused = _verdict(answer)
            return answer

    return Wire()


def _verdict(answer: Any) -> tuple[str, bool]:
    """Return what is wrong with an answer, and whether the same would be answered again."""
    status, reason = answer.status_code, answer.reason or ""
    if status >= 400:
        said = f"answers {status} {reason}".rstrip()
        hints = {401: ": set OTEL_EXPORTER_OTLP_HEADERS, such as authorization=Bearer%20KEY",
                 403: ": the key in OTEL_EXPORTER_OTLP_HEADERS may not write there",
                 404: f": is it a receiver of OTLP over HTTP? Its path usually ends in {PATH}",
                 405: ": is it a receiver of OTLP over HTTP?",
                 413: ": that is too much at once for it", 415: ": it takes no protobuf"}  # fmt: skip
        return said + hints.get(status, ""), status not in {408, 429} and status < 500
    if "html" in answer.headers.get("content-type", ""):
        return "answers with a web page: it is no receiver of OTLP", True
    return _rejected(answer.content[:_ANSWER_BYTES])


def _rejected(content: bytes) -> tuple[str, bool]:
    """Return what a collector says that it did not take, though it answers with success."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    try:
        partial = ExportTraceServiceResponse.FromString(content).partial_success
    except Exception:  # broad: protobuf's own kind; it is JSON, or nothing that is meant to be read
        return "", False
    if not partial.rejected_spans:
        return "", False
    why = " ".join(partial.error_message.split())[:200]
    return f"took all but {partial.rejected_spans} of them" + (f": {why}" if why else ""), True


def _readable(span: Span, resource: Any, clean: Callable[[str], str]) -> Any:
    """Return a span as the exporter takes it."""
    from opentelemetry import trace
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    kinds = {Kind.INTERNAL: trace.SpanKind.INTERNAL, Kind.CLIENT: trace.SpanKind.CLIENT}
    failed = trace.Status(trace.StatusCode.ERROR, _text(span.error, clean))
    return ReadableSpan(
        name=_text(span.name, clean),
        context=_context(span.context),
        parent=_context(span.parent) if span.parent is not None else None,
        resource=resource,
        attributes=_attributes(span.attributes, clean),
        events=[_event(moment, clean) for moment in span.moments],
        links=[trace.Link(_context(link.to), {"realtime_inspector.link": link.why}) for link in span.links],
        kind=kinds[span.kind],
        status=failed if span.error else trace.Status(trace.StatusCode.UNSET),
        start_time=span.start_ns,
        end_time=span.end_ns,
        instrumentation_scope=InstrumentationScope("realtime_inspector", __version__),
    )


def _context(context: Context) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags

    flags = TraceFlags(TraceFlags.SAMPLED if context.sampled else TraceFlags.DEFAULT)
    return SpanContext(context.trace_id, context.span_id, is_remote=context.remote, trace_flags=flags)


def _event(moment: Moment, clean: Callable[[str], str]) -> Any:
    from opentelemetry.sdk.trace import Event

    return Event(_text(moment.name, clean), _attributes(moment.attributes, clean), moment.at_ns)


def _attributes(attributes: Attributes, clean: Callable[[str], str]) -> dict[str, Any]:
    return {_text(name, clean): _value(value, clean) for name, value in attributes.items()}


def _value(value: Value, clean: Callable[[str], str]) -> Any:
    """Return a value as OTLP has it: no number has more than 64 bits."""
    if isinstance(value, str):
        return _text(value, clean)
    if isinstance(value, tuple):
        return tuple(_value(each, clean) for each in value)
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return float(value)
    return value


def _text(text: str, clean: Callable[[str], str]) -> str:
    """Return text without secrets, and without halves of characters, for which UTF-8 has nothing."""
    return clean(text).encode("utf-8", "replace").decode()


def _words(error: BaseException) -> str:
    """Return why something failed, without the layers of the network's library around it, nor a URL's secrets."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return _NO_NAME
        if isinstance(cause, OSError) and cause.strerror and cause.errno:
            return cause.strerror.lower()
        inner = getattr(cause, "reason", None) or (cause.args[0] if cause.args else None)
        following = inner if isinstance(inner, BaseException) else cause.__cause__ or cause.__context__
        cause = following if following is not error else None
    told = {"ConnectTimeout": "no answer in time", "ReadTimeout": "no answer in time", "Timeout": "no answer in time",
            "SSLError": "its certificate is not trusted"}  # fmt: skip
    return next((said for name, said in told.items() if name in type(error).__name__), type(error).__name__)
