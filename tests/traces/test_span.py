"""Times, ids and contexts of spans."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.traces.span import Clock, Context, parent, span_id, trace_id

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_time_is_the_recording_s_beginning_and_its_seconds_to_the_nanosecond() -> None:
    clock = Clock.of("2026-11-22T11:10:03.123456Z")
    assert clock is not None
    assert clock.ns(0.0) == 1_795_345_803_123_456_000
    assert clock.ns(3600.000001) - clock.ns(0.0) == 3_600_000_001_000


@pytest.mark.parametrize("started", ["", "yesterday", "1969-12-31T00:00:00Z"])
def test_what_is_no_time_has_no_clock(started: str) -> None:
    assert Clock.of(started) is None


def test_ids_are_the_same_each_time_and_others_for_others() -> None:
    assert trace_id("01CALL", 1) == trace_id("01CALL", 1) < 2**128
    assert span_id("01CALL", "call", 1) == span_id("01CALL", "call", 1) < 2**64
    assert len({span_id("01CALL", n) for n in range(1000)} | {span_id("02CALL", n) for n in range(1000)}) == 2000
    assert span_id("a", "bc") != span_id("ab", "c")


def test_a_traceparent_is_the_span_it_names() -> None:
    context = parent(HEADER)
    assert context == Context(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, remote=True, sampled=True)
    assert parent(HEADER[:-2] + "00") == Context(context.trace_id, context.span_id, remote=True, sampled=False)
    assert parent(f"cc{HEADER[2:]}-more") == context


NONE = [
    None, "", "00-0-0-01", HEADER.upper(), f"ff{HEADER[2:]}", f"{HEADER}-more", "[redacted:traceparent]",
    HEADER.replace("b7ad6b7169203331", "0" * 16), HEADER.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
]  # fmt: skip


@pytest.mark.parametrize("header", NONE)
def test_what_is_no_traceparent_names_nothing(header: str | None) -> None:
    assert parent(header) is None


@settings(max_examples=50)
@given(st.text())
def test_no_header_of_a_client_raises(header: str) -> None:
    assert parent(header) is None or len(header.strip()) >= 55
