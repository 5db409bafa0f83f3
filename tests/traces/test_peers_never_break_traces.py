"""Whatever two peers send each other, it becomes spans that OTLP can hold, the same live and from the file."""

from __future__ import annotations

from importlib.util import find_spec

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.lint import Linter
from realtime_inspector.protocol.event import Event
from realtime_inspector.traces.span import Span
from realtime_inspector.traces.tracer import IDLE_S, Tracer
from tests.protocol import anything
from tests.traces import calls


def spans_of(events: list[Event], every: int) -> list[Span]:
    """Return the spans of events, asked for after every so many of them, after a long silence, and at the end."""
    tracer = Tracer(calls.HEADER, Linter([], header=calls.HEADER), with_content=True)
    found: list[Span] = []
    for number, event in enumerate(events, 1):
        tracer.feed(event)
        if number % every == 0:
            found += tracer.take(tracer.session.now + IDLE_S)
    return found + tracer.finish()


@settings(max_examples=12, deadline=None)
@given(anything.SESSIONS.map(anything.events), st.integers(1, 5))
def test_no_session_breaks_them_and_each_can_be_encoded(events: list[Event], every: int) -> None:
    for found in (spans_of(events, every), spans_of(events, len(events) + 1)):
        ids = [span.context.span_id for span in found]
        assert len(set(ids)) == len(ids)
        assert all(0 < span.start_ns <= span.end_ns for span in found)
        values = [value for span in found for value in span.attributes.values()]
        assert all(isinstance(value, str | bool | int | float | tuple) for value in values)
    check_encoded(found)


def check_encoded(found: list[Span]) -> None:
    """Check that OTLP holds spans with all of their attributes, where its encoder is there."""
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter") is None:
        return
    from opentelemetry.exporter.otlp.proto.common import trace_encoder
    from opentelemetry.sdk.resources import Resource

    from realtime_inspector.traces import otlp

    readable = [otlp._readable(span, Resource({}), str) for span in found]
    encoded = trace_encoder.encode_spans(readable).resource_spans
    assert sum(len(scope.spans) for part in encoded for scope in part.scope_spans) == len(found)
    names = {name for part in encoded for scope in part.scope_spans for span in scope.spans
             for name in (each.key for each in span.attributes)}  # fmt: skip
    assert {name for span in found for name in span.attributes} == names
