"""`export --to otlp`, and `--otlp`: spans of a recording, or of calls that go on, sent to a collector.

It needs the extra `otel`, which is OpenTelemetry. Calls that go on are followed by a process of its own, which meets
the proxy in the recordings alone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from realtime_inspector.cli import diagnostics, linting
from realtime_inspector.errors import InspectorError, UsageError
from realtime_inspector.formats import Readable
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.traces import live, otlp, tracer
from realtime_inspector.traces.span import Span
from realtime_inspector.tui import text

NAME = "otlp"
ABOUT = "spans, sent to a collector or written (OpenTelemetry)"
ENVIRONMENT = "env"
"""As the URL of `--otlp`: what the variables OTEL_EXPORTER_OTLP_* say."""
FLUSH_S = 5.0
"""How long a proxy that ends waits for a collector to take what is left."""

_POLL_S = 0.2
_GRACE_S = 10.0
"""How much longer the process may take to read what is left."""
_NICE = 10
"""A call that passes goes before its trace."""


def send(recording: Readable, url: str | None, *, with_findings: bool = True, with_content: bool = False) -> None:
    """Send the spans of a recording, and tell how many.

    Raises:
        UsageError: If the extra is not there, the URL is none, or there is nothing to send.
        UpstreamError: If the collector does not take them.
    """
    exporter = otlp.Exporter(url, clean=Redactor.from_environment(os.environ).text)
    spans = _spans(recording, with_findings=with_findings, with_content=with_content)
    try:
        exporter.send(spans)
    finally:
        exporter.close()
    diagnostics.say(f"{recording.path}: {counted(spans)} sent to {exporter.shown}")


def written(recording: Readable, *, with_findings: bool, with_content: bool) -> Iterator[bytes]:
    """Return the spans of a recording as a file of OTLP in JSON, a request a line.

    Raises:
        UsageError: If the extra is not there, or there is nothing to write.
    """
    otlp.require(NAME)
    spans = _spans(recording, with_findings=with_findings, with_content=with_content)
    return otlp.lines(spans, clean=Redactor.from_environment(os.environ).text)


def _spans(recording: Readable, *, with_findings: bool, with_content: bool) -> list[Span]:
    """Return the spans of a recording.

    Raises:
        UsageError: If there is none.
    """
    linter = None
    if with_findings:
        linter = linting.project().linter(recording.path, recording.header)
    try:
        spans = tracer.spans(recording, recording.header, linter, with_content=with_content)
    except UsageError as error:
        raise UsageError(f"{recording.path}: {error}") from None
    for line in linter.troubles if linter is not None else ():
        diagnostics.warn(line)
    if not spans:
        raise UsageError(f"{recording.path}: no session in it, hence no span")
    return spans


def counted(spans: list[Span]) -> str:
    """Return how many spans there are, and in how many traces."""
    return f"{text.count(len(spans), 'span')} in {text.count(len({span.context.trace_id for span in spans}), 'trace')}"


@contextmanager
def sent(url: str, folder: Path, *, with_content: bool = False) -> Iterator[None]:
    """Send the spans of the calls that are recorded in a folder meanwhile.

    Args:
        url: Of the collector, or `env`.
        folder: Of the recordings.
        with_content: Tell what was said too.

    Raises:
        UsageError: If the extra is not there, or the URL is none.
    """
    otlp.require("--otlp")
    given = None if url == ENVIRONMENT else url
    otlp.endpoint_of(given)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    arguments = (given, folder, sorted(live.stems(folder)), with_content, theirs)
    process = context.Process(target=follow, args=arguments, name="traces", daemon=True)
    process.start()
    theirs.close()
    what = "what was said" if with_content else "times, figures and findings, nothing that was said"
    diagnostics.say(f"traces go to {otlp.shown(otlp.endpoint_of(given))}: {what}")
    try:
        yield
    finally:
        ours.close()
        process.join(FLUSH_S + _GRACE_S)
        if process.is_alive():
            process.kill()
            diagnostics.warn(f"what was left of the traces was not sent; {_AGAIN}")


_AGAIN = "`realtime-inspector export FILE --to otlp` sends them from the recordings"


def follow(url: str | None, folder: Path, known: Iterable[str], with_content: bool, end: Connection) -> None:
    """Be the process that follows calls, until the other end of the connection is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):  # they are the proxy's, and go to all of a terminal's processes
        signal.signal(number, signal.SIG_IGN)
    with suppress(AttributeError, OSError):  # no such thing on Windows
        os.nice(_NICE)
    try:
        _follow(url, folder, known, with_content, end)
    except InspectorError as error:
        diagnostics.warn(f"no traces: {error}")
    except Exception as error:  # broad: a bug here ends the traces, and is told in a line
        diagnostics.warn(f"no more traces: {diagnostics.explain(error)[0]}")


def _follow(url: str | None, folder: Path, known: Iterable[str], with_content: bool, end: Connection) -> None:
    exporter = otlp.Exporter(url, clean=Redactor.from_environment(os.environ).text)
    policy = linting.project()
    watch = live.Watch(folder, policy.linter, known=known, with_content=with_content)
    courier = live.Courier(exporter, diagnostics.warn)
    while not end.poll(_POLL_S):
        courier.put(watch.poll(time.monotonic()))
    courier.put(watch.finish(time.monotonic()))
    left = courier.close(FLUSH_S)
    if left:
        diagnostics.warn(f"{text.count(left, 'span')} not sent; {_AGAIN}")
