from __future__ import annotations

import pytest

from realtime_inspector.errors import UsageError
from realtime_inspector.web.gate import Gate, given_token, is_loopback, new_token

LOCAL = Gate.of("t" * 20, "127.0.0.1")
OPEN = Gate.of("t" * 20, "0.0.0.0", ["Voice.Example"])


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8768", "localhost:1", "LOCALHOST", "localhost.", "[::1]:8768", "127.1.2.3"]
)
def test_this_machine_s_own_names_are_known(host: str) -> None:
    assert LOCAL.knows(host)
    assert OPEN.knows(host)


@pytest.mark.parametrize(
    "host",
    ["", ":80", "evil.example", "localhost.evil.example", "user@localhost", "localhost:x", "localhost/", "[", "a b"],
)
def test_other_names_are_not(host: str) -> None:
    assert not LOCAL.knows(host)
    assert not OPEN.knows(host)


def test_a_server_that_others_reach_goes_by_its_addresses_and_the_names_it_was_given() -> None:
    assert OPEN.knows("192.168.1.7:8768")
    assert OPEN.knows("voice.example:8768")
    assert not LOCAL.knows("192.168.1.7:8768")
    assert Gate.of("t" * 20, "box.local").knows("box.local:8768")
    assert not Gate.of("t" * 20, "127.0.0.1", ["box.local"]).knows("192.168.1.7")


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("http://127.0.0.1:8768", True),
        ("https://127.0.0.1:8768", True),  # behind a proxy that has the certificate
        ("http://127.0.0.1:3000", False),
        ("http://localhost:8768", False),
        ("http://evil.example", False),
        ("http://127.0.0.1:8768@evil.example", False),
        ("file://127.0.0.1:8768", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_page_is_its_own_if_it_comes_from_the_same_host_and_port(origin: str, own: bool) -> None:
    assert LOCAL.is_own_page(origin, "127.0.0.1:8768") is own


def test_only_the_token_opens_and_only_the_cookie_passes() -> None:
    assert LOCAL.opens("t" * 20)
    assert LOCAL.passes(LOCAL.cookie)
    for wrong in ("", "t" * 19, "T" * 20, LOCAL.cookie, "\ud800ü"):
        assert not LOCAL.opens(wrong)
    assert not LOCAL.passes(LOCAL.token)
    assert LOCAL.cookie != OPEN.cookie


def test_a_new_token_is_long_and_another_each_time() -> None:
    assert len({new_token() for _ in range(10)}) == 10
    assert all(len(given_token(new_token())) >= 43 for _ in range(3))


@pytest.mark.parametrize("token", ["", "short", "with blanks in it, it is long", "ü" * 20, "a" * 20 + "\n"])
def test_a_token_that_could_be_guessed_or_not_written_is_told(token: str) -> None:
    with pytest.raises(UsageError, match="--token: give at least 16 ASCII characters"):
        given_token(token)


def test_what_only_this_machine_reaches_is_known() -> None:
    assert list(map(is_loopback, ("127.0.0.1", "::1", "[::1]", "localhost"))) == [True] * 4
    assert list(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "box.local"))) == [False] * 4
