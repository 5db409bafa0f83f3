"""The entry's own few questions."""

from __future__ import annotations

from realtime_inspector.recording.entry import Entry, Kind, Side

REQUEST = Entry(
    1, 0.0, Side.CLIENT, Kind.REQUEST, members={"headers": [["Host", "a"], ["X-Twice", "1"], ["x-twice", "2"]]}
)


def test_headers_keep_their_order_and_case() -> None:
    assert REQUEST.headers == [("Host", "a"), ("X-Twice", "1"), ("x-twice", "2")]


def test_a_header_is_found_whatever_its_case() -> None:
    assert REQUEST.header("HOST") == "a"
    assert REQUEST.header("x-TWICE") == "1"
    assert REQUEST.header("absent") is None


def test_a_message_has_no_headers() -> None:
    assert Entry(1, 0.0, Side.CLIENT, Kind.MESSAGE).headers == []
