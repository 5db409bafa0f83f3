"""How libraries tell that a connection was refused or ended."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.formats.log_wire import endings_in


def told(text: str) -> list[tuple[str, str, Any]]:
    return [
        (ending.kind.value, ending.side.value, ending.members.get("code", ending.members.get("status")))
        for ending in endings_in(text, 0, len(text))
    ]


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("received 1001 (going away); then sent 1001 (going away)", ("close", "server", 1001)),
        (
            "received 4000 (private use) invalid_request_error.x; then sent 4000 (private use)",
            ("close", "server", 4000),
        ),
        ("sent 1011 (internal error) keepalive ping timeout; no close frame received", ("close", "client", 1011)),
        ("sent 1000 (OK); then received 1000 (OK)", ("close", "client", 1000)),
        ("WebSocket closed with code 1000", ("close", "server", 1000)),
        ("connection closed: code=3000, reason=invalid_api_key", ("close", "server", 3000)),
        ("CLOSE 39 B close_code=3000 reason='invalid_api_key'", ("close", "server", 3000)),
        ("Disconnected (1011)", ("close", "server", 1011)),
        ("close_status_code: 1001", ("close", "server", 1001)),
        ("closed with code 1005", ("close", "server", None)),
        ("Connection closed with code 1006", ("end", "proxy", None)),
        ("no close frame received or sent", ("end", "proxy", None)),
        ("Error: read ECONNRESET", ("end", "proxy", None)),
        ("server rejected WebSocket connection: HTTP 401", ("response", "server", 401)),
        ("Error: Unexpected server response: 403", ("response", "server", 403)),
        ("aiohttp.client_exceptions.WSServerHandshakeError: 404, message=...", ("response", "server", 404)),
        ("Handshake status 401 Unauthorized", ("response", "server", 401)),
    ],
)
def test_the_words_of_libraries_are_known(text: str, ending: tuple[str, str, Any]) -> None:
    assert told(text) == [ending]


@pytest.mark.parametrize(
    "text",
    ["I closed 2024 issues", "port 1006", "the file was closed", "HTTP 200", "handshake status 101", "code 1000"],
)
def test_other_words_are_nothing(text: str) -> None:
    assert told(text) == []


def test_a_reason_is_read() -> None:
    (ending,) = endings_in("closed: code=4000, reason='beta_api_shape_disabled'", 0, 60)
    assert ending.members == {"code": 4000, "reason": "beta_api_shape_disabled"}


def test_what_is_told_twice_is_given_once() -> None:
    assert len(told("closed with code 1001\nTraceback: received 1001 (going away); then sent 1001 (going away)")) == 1


@given(st.text(st.sampled_from("closed with code 1000 received(;) then sent HTTP status:\n")))
def test_nothing_raises(text: str) -> None:
    told(text)
