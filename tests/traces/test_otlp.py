"""Spans on the wire: what a collector gets, and what is said where it takes none."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from realtime_inspector.errors import UsageError
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.traces import names, otlp
from realtime_inspector.traces.otlp import Exporter, NotSent
from realtime_inspector.traces.span import Context, Span
from tests.traces import calls
from tests.traces.collector import Answer, Collector, collecting, nobody, values

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

SPAN = Span("turn", Context(1, 2), None, 1_000, 2_000)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take this machine's variables away."""
    for name in ("ENDPOINT", "TRACES_ENDPOINT", "HEADERS", "COMPRESSION"):
        monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{name}", raising=False)
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")  # a machine that does much else is slow
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@contextmanager
def exporter(url: str | None = None) -> Iterator[Exporter]:
    made = Exporter(url)
    try:
        yield made
    finally:
        made.close()


def not_sent(collector: Collector) -> NotSent:
    with exporter(collector.url) as made, pytest.raises(NotSent) as caught:
        made.send([SPAN])
    return caught.value


def test_a_collector_gets_the_tree_as_it_is() -> None:
    spans = calls.spans(with_content=True)
    with collecting() as collector, exporter(collector.url) as made:
        made.send(spans)
        taken = collector.wait_for(len(spans))
    assert collector.paths == ["/v1/traces"]
    assert collector.resource["service.name"] == "realtime-inspector"
    for span, got in zip(spans, taken, strict=True):
        assert (got.name, got.start_time_unix_nano, got.end_time_unix_nano) == (span.name, span.start_ns, span.end_ns)
        assert int.from_bytes(got.trace_id) == span.context.trace_id
        assert int.from_bytes(got.span_id) == span.context.span_id
        assert int.from_bytes(got.parent_span_id) == (span.parent.span_id if span.parent is not None else 0)
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in span.attributes.items()}
        assert values(got.attributes) == plain
        assert [(event.name, event.time_unix_nano) for event in got.events] == [
            (moment.name, moment.at_ns) for moment in span.moments
        ]
        assert got.status.message == span.error
    root = next(got for got in taken if got.name == "turn")
    assert [int.from_bytes(link.span_id) for link in taken[-2].links] == [int.from_bytes(root.span_id)]
    kinds = {got.name.split()[0]: got.kind for got in taken}
    assert (kinds["realtime_inference"], kinds["turn"], kinds["execute_tool"]) == (3, 1, 1)


def test_what_is_sent_twice_is_the_same() -> None:
    with collecting() as collector:
        for _ in range(2):
            with exporter(collector.url) as made:
                made.send(calls.spans())
        assert collector.bodies[0] == collector.bodies[1]


def test_many_spans_go_in_several_requests() -> None:
    spans = [Span("turn", Context(1, number + 1), None, 1, 2) for number in range(otlp.BATCH + 1)]
    with collecting() as collector, exporter(collector.url) as made:
        made.send(spans)
        assert len({got.span_id for got in collector.wait_for(otlp.BATCH + 1)}) == otlp.BATCH + 1
        assert len(collector.paths) == 2


def test_the_variables_of_opentelemetry_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "hotline")
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "openinference.project.name=voice")
        with exporter() as made:
            made.send([SPAN])
        assert (collector.headers[0]["authorization"], collector.headers[0]["content-encoding"]) == (
            "Bearer abc",
            "gzip",
        )
        assert collector.resource["service.name"] == "hotline"
        assert collector.resource["openinference.project.name"] == "voice"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collector.url}/exactly/here")
        with exporter() as made:
            made.send([SPAN])
        assert collector.paths == ["/v1/traces", "/exactly/here"]


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [("http://h:6006", "http://h:6006/v1/traces"), ("https://h/otel/", "https://h/otel/v1/traces"),
     ("http://h/v1/traces", "http://h/v1/traces"), (None, "http://localhost:4318/v1/traces")],
)  # fmt: skip
def test_a_url_gets_the_path_that_it_lacks(url: str | None, endpoint: str) -> None:
    assert otlp.endpoint_of(url) == endpoint


@pytest.mark.parametrize("url", ["localhost:4318", "ftp://h/", "http://", "http://h:x", "grpc://h:4317"])
def test_what_is_no_url_is_refused_in_a_line(url: str) -> None:
    with pytest.raises(UsageError, match=r"is no URL of a collector, such as http://localhost:4318$"):
        otlp.endpoint_of(url)


@pytest.mark.parametrize(
    ("answer", "said", "refused"),
    [
        (Answer(401), "answers 401 Unauthorized: set OTEL_EXPORTER_OTLP_HEADERS", True),
        (Answer(404), "answers 404 Not Found: is it a receiver of OTLP over HTTP?", True),
        (Answer(500), "answers 500 Internal Server Error", False),
        (Answer(302, headers={"location": "/login"}), "answers with a redirect", True),
        (Answer(200, b"<html>", "text/html; charset=utf-8"), "answers with a web page", True),
        (
            Answer(200, b"\n\x09\x08\x02\x12\x05enoug", kind="application/x-protobuf"),
            "took all but 2 of them: enoug",
            True,
        ),
    ],
)
def test_what_a_collector_does_not_take_is_told_in_a_line(
    answer: Answer, said: str, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if answer.status == 500:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "5")  # older exporters try it again
    with collecting(*[answer] * 8) as collector:
        error = not_sent(collector)
    assert said in str(error)
    assert str(error).startswith(f"http://127.0.0.1:{collector.port}/v1/traces ")
    assert "\n" not in str(error)
    assert (error.refused, error.exit_code) == (refused, 3)


def test_a_collector_that_is_busy_is_asked_again() -> None:
    with collecting(Answer(503, headers={"retry-after": "0"})) as collector, exporter(collector.url) as made:
        made.send([SPAN])
        assert len(collector.paths) == 2


def test_one_that_is_not_there_is_told_at_once_and_nothing_is_logged() -> None:
    with (
        nobody() as url,
        exporter(url) as made,
        pytest.raises(NotSent, match="cannot be reached: connection refused"),
    ):
        made.send([SPAN])
    assert not logging.getLogger("opentelemetry").propagate


def test_one_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    with collecting() as collector:
        collector.gate.clear()
        error = not_sent(collector)
    assert "no answer in time" in str(error)
    assert not error.refused


def test_the_port_of_grpc_is_named() -> None:
    made = Exporter("http://127.0.0.1:4317")
    with pytest.raises(NotSent, match="that port is most likely for gRPC"):
        made.send([SPAN])


def test_no_secret_of_a_url_or_a_header_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20canary1")
    with collecting(Answer(403)) as collector:
        error = not_sent_at(f"http://me:canary2@127.0.0.1:{collector.port}/x?key=canary3")
    assert "canary" not in str(error)
    assert f"http://127.0.0.1:{collector.port}/x/v1/traces answers 403" in str(error)


def not_sent_at(url: str) -> NotSent:
    with exporter(url) as made, pytest.raises(NotSent) as caught:
        made.send([SPAN])
    return caught.value


def test_each_text_goes_through_what_takes_secrets_out() -> None:
    secret = "sk-canary0123456789abcdefghijklmn"
    spans = calls.spans(calls.CALL.replace("What is said here?", secret).replace("Bergen", secret), with_content=True)
    assert secret in repr(spans)
    with collecting() as collector:
        made = Exporter(collector.url, clean=Redactor({}).text)
        made.send(spans)
        made.close()
        assert secret.encode() not in b"".join(collector.bodies)
        assert b"[redacted" in b"".join(collector.bodies)


def test_values_that_the_protocol_cannot_hold_do_not_cost_the_span() -> None:
    odd = Span("turn\ud800", Context(1, 2), None, 1, 2, attributes={"big": 2**70, "half": "\udc00", names.TAGS: ("a",)})
    with collecting() as collector, exporter(collector.url) as made:
        made.send([odd])
        (got,) = collector.wait_for(1)
    assert values(got.attributes) == {"big": float(2**70), "half": "?", names.TAGS: ["a"]}


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "find_spec", lambda name: None)
    said = r"^--otlp needs OpenTelemetry; install it with `pip install 'realtime-inspector\[otel\]'`$"
    with pytest.raises(UsageError, match=said):
        otlp.require("--otlp")


def test_making_spans_loads_no_opentelemetry() -> None:
    code = "import sys, realtime_inspector.traces.live; print('opentelemetry' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
