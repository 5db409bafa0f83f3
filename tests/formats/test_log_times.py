"""Times as logs write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.formats.log_times import Stamp, in_fields, in_order, in_words, iso, seconds

NOON = 12 * 3600.0
DATE = 1763809803.0  # 2025-11-22T11:10:03Z


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2025-11-22T11:10:03.250Z INFO received", Stamp("date", DATE + 0.25)),
        ("2025-11-22 11:10:03,250 - app - DEBUG -", Stamp("date", DATE + 0.25)),
        ("[2025/11/22 11:10:03]", Stamp("date", DATE)),
        ("2025-11-22T12:10:03+01:00 x", Stamp("date", DATE)),
        ("2025-11-22T06:10:03.000000123-0500", Stamp("date", DATE + 1.23e-7)),
        ("[12:00:01.5] got", Stamp("clock", NOON + 1.5)),
        ("12:00:01,250 got", Stamp("clock", NOON + 1.25)),
        ("Nov 22 12:00:01 host app:", Stamp("clock", NOON + 1)),
        ("1:00:01 PM got", Stamp("clock", NOON + 3601)),
        ("1763809803.25 got", Stamp("date", DATE + 0.25)),
        ("1763809803250 got", Stamp("date", DATE + 0.25)),
        ("[1763809803250000]", Stamp("date", DATE + 0.25)),
        ("[+0.123s] <-", Stamp("offset", 0.123)),
        ("+120ms >", Stamp("offset", 0.12)),
        ("[  12.500] recv", Stamp("offset", 12.5)),
        ("[12.5ms]", Stamp("offset", 0.0125)),
        ("no time here", None),
        ("code 1011, resp_1763809803", None),
        ("99:99:99", None),
        ("2025-13-45T99:10:03", None),
        ("v1.2.3 10.0.0.1:8080 took 30 s", None),
    ],
)
def test_the_time_of_a_line_is_found(text: str, stamp: Stamp | None) -> None:
    found = in_words(text)
    assert (found and found.way) == (stamp and stamp.way)
    if stamp is not None and found is not None:
        assert found.seconds == pytest.approx(stamp.seconds, abs=1e-6)


@pytest.mark.parametrize(
    ("fields", "stamp"),
    [
        ({"ts": 1763809803.25}, Stamp("date", DATE + 0.25)),
        ({"timestamp": 1763809803250}, Stamp("date", DATE + 0.25)),
        ({"time": "2025-11-22T11:10:03.250Z"}, Stamp("date", DATE + 0.25)),
        ({"time": "1763809803250"}, Stamp("date", DATE + 0.25)),
        ({"t": 0.5, "level": "info"}, Stamp("offset", 0.5)),
        ({"elapsed_ms": 500}, Stamp("offset", 0.5)),
        ({"ts": True}, None),
        ({"ts": float("nan")}, None),
        ({"ts": -5}, None),
        ({"ts": 1e300}, None),
        ({"ts": []}, None),
        ({"time": "soon"}, None),
        ({"audio_start_ms": 500}, None),
    ],
)
def test_the_time_of_a_wrapper_is_found(fields: dict[str, Any], stamp: Stamp | None) -> None:
    assert in_fields(fields) == stamp


def offsets(*values: float | None) -> list[Stamp | None]:
    return [None if value is None else Stamp("offset", value) for value in values]


@pytest.mark.parametrize(
    ("values", "times"),
    [
        ([200.0, 244.5, 250.1, 5200.0, 9400.5], [0.0, 0.0445, 0.0501, 5.0, 9.2005]),
        ([0.2, 0.24, 0.25, 5.2, 9.4], [0.0, 0.04, 0.05, 5.0, 9.2]),
        ([0, 1200, 1201, 3600], [0.0, 1200.0, 1201.0, 3600.0]),
        ([*range(0, 2200, 200), 2201], [*(n / 5 for n in range(11)), 2.201]),
        ([n // 3 * 20 for n in range(30)], [n // 3 * 20.0 for n in range(30)]),
        ([7] * 12, [0.0] * 12),
    ],
    ids=["milliseconds", "seconds", "few of them", "a short call", "seconds that events share", "one moment"],
)
def test_numbers_are_milliseconds_where_no_session_lasts_so_many_seconds(
    values: list[float], times: list[float]
) -> None:
    assert seconds([in_fields({"time": value}) for value in values])[0] == times
    assert seconds(offsets(*values))[0] == [round(value - values[0], 6) for value in values], "the log says seconds"


def test_times_begin_at_the_first_event() -> None:
    times, first = seconds([Stamp("date", DATE), None, Stamp("date", DATE + 1.5)])
    assert times == [0, 0, 1.5]
    assert first == "2025-11-22T11:10:03.000000Z"


def test_a_clock_goes_over_midnight() -> None:
    clocks: list[Stamp | None] = [Stamp("clock", 86399), Stamp("clock", 1), Stamp("clock", 86398), Stamp("clock", 2)]
    assert seconds(clocks)[0] == [0, 2, 86399, 86403]


def test_offsets_that_rise_are_times_and_offsets_that_do_not_are_waits() -> None:
    assert seconds(offsets(1, 2, 2, 5))[0] == [0, 1, 1, 4]
    assert seconds(offsets(0.5, 0.1, None, 0.3))[0] == [0, 0.1, 0.1, 0.4]


def test_time_never_goes_back() -> None:
    assert seconds([Stamp("date", DATE), Stamp("date", DATE - 5), Stamp("date", DATE + 1)])[0] == [0, 0, 1]


def test_without_a_time_for_half_of_the_events_no_time_is_known() -> None:
    assert seconds([Stamp("date", DATE), None, None]) == ([0, 0, 0], "")
    assert seconds([None]) == ([0], "")
    assert seconds([]) == ([], "")


def test_the_way_of_most_events_counts() -> None:
    assert seconds([Stamp("date", DATE), Stamp("offset", 3), Stamp("date", DATE + 2)])[0] == [0, 0, 2]


@given(st.text())
def test_no_text_raises(text: str) -> None:
    in_words(text)
    in_fields({"ts": text})


@given(st.lists(st.none() | st.builds(Stamp, st.sampled_from(["date", "clock", "offset"]), st.floats(0, 4e9))))
def test_times_are_as_many_as_events_and_rise_from_zero(stamps: list[Stamp | None]) -> None:
    times, _ = seconds(stamps)
    assert len(times) == len(stamps)
    assert times == sorted(times)
    assert times[:1] in ([], [0])


def test_a_date_is_written_as_headers_have_it() -> None:
    assert iso(DATE + 0.25) == "2025-11-22T11:10:03.250000Z"


def test_times_of_two_sides_logged_side_by_side_go_on_where_one_is_a_little_early() -> None:
    assert seconds(offsets(1.0, 1.344, 1.604, 1.601, 1.701, 2.0))[0] == [0.0, 0.344, 0.604, 0.604, 0.701, 1.0]


def test_times_that_begin_anew_go_on_from_where_they_were() -> None:
    assert seconds(offsets(0.0, 5.0, 9.0, 0.0, 2.0))[0] == [0.0, 5.0, 9.0, 9.0, 11.0]


def dates(*values: float | None) -> list[Stamp | None]:
    return [None if value is None else Stamp("date", DATE + value) for value in values]


def test_one_side_after_the_other_is_brought_into_the_order_of_time() -> None:
    assert in_order(dates(0, 5, None, 9, 1, 6)) == [0, 4, 1, 2, 5, 3]


@pytest.mark.parametrize("stamps", [dates(0, 5, 4.5, 9), dates(5, None, None, None, 0), offsets(0, 5, 1, 2), []])
def test_a_log_that_goes_forward_stays_as_it_is(stamps: list[Stamp | None]) -> None:
    assert in_order(stamps) == list(range(len(stamps)))
