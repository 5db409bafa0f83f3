"""What a user may ask of the interceptor, and what is said without the extra."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.capture import mitm
from realtime_inspector.capture.intercept.mode import Mode
from realtime_inspector.capture.mitm import Interceptor
from realtime_inspector.capture.via import Via
from realtime_inspector.errors import UsageError


@pytest.mark.parametrize(
    ("text", "mitmproxy"),
    [
        ("forward", "regular"),
        ("local", "local"),
        ("local:python,!curl", "local:python,!curl"),
        ("wireguard:keys.json", "wireguard:keys.json"),
        ("socks5", "socks5"),
    ],
)
def test_a_mode_has_its_word_in_mitmproxy(text: str, mitmproxy: str) -> None:
    assert (Mode.parse(text).text, Mode.parse(text).mitmproxy) == (text, mitmproxy)


@pytest.mark.parametrize(
    ("url", "through"),
    [
        ("http://proxy:3128", Via("proxy", 3128)),
        ("proxy:3128/", Via("proxy", 3128)),
        ("https://me:p%40ss@proxy", Via("proxy", 443, True, "me:p@ss")),
        ("http://[::1]:1", Via("::1", 1)),
    ],
)
def test_a_proxy_on_the_way_is_read_as_programs_read_it(url: str, through: Via) -> None:
    assert Via.parse(url) == through


@pytest.mark.parametrize("url", ["socks5://proxy:1080", "http://:80", "http://proxy:port"])
def test_a_proxy_that_is_none_of_http_is_said_without_its_password(url: str) -> None:
    with pytest.raises(UsageError, match="--via is no proxy's URL; write http://HOST:PORT"):
        Via.parse(url)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("proxy", "--mode 'proxy' is none; known are reverse, forward, local[:SPEC], transparent, wireguard[:SPEC]"),
        ("forward:x", "--mode 'forward:x': what is behind 'forward' has no meaning there"),
        ("local:python@1234", "what is behind 'local' has no meaning there"),
    ],
)
def test_a_mode_that_is_none_is_said_with_those_that_are(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        Mode.parse(text)
    assert said in str(raised.value)


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mitm, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'realtime-inspector\[intercept\]'"):
        Interceptor("forward", tmp_path)
