"""What a user may ask of the interceptor, and what is said without the extra."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.capture import mitm
from realtime_inspector.capture.mitm import Interceptor, Mode
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
