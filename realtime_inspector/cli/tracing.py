"""`export --to otlp`: a recording's spans, sent to a collector. It needs the extra `otel`, which is OpenTelemetry."""

from __future__ import annotations

import os

from realtime_inspector.cli import diagnostics, linting
from realtime_inspector.errors import UsageError
from realtime_inspector.formats import Readable
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.traces import otlp, tracer
from realtime_inspector.traces.span import Span

NAME = "otlp"
ABOUT = "spans, sent to a collector (OpenTelemetry)"


def send(recording: Readable, url: str | None, *, with_findings: bool = True, with_content: bool = False) -> None:
    """Send the spans of a recording, and tell how many.

    Raises:
        UsageError: If the extra is not there, the URL is none, or there is nothing to send.
        UpstreamError: If the collector does not take them.
    """
    exporter = otlp.Exporter(url, clean=Redactor.from_environment(os.environ).text)
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
    try:
        exporter.send(spans)
    finally:
        exporter.close()
    diagnostics.say(f"{recording.path}: {counted(spans)} sent to {exporter.shown}")


def counted(spans: list[Span]) -> str:
    """Return how many spans there are, and in how many traces."""
    traces = len({span.context.trace_id for span in spans})
    return f"{len(spans)} span{'s' * (len(spans) != 1)} in {traces} trace{'s' * (traces != 1)}"
