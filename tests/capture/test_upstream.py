from __future__ import annotations

import re
import socket
import ssl
from pathlib import Path

import pytest

from realtime_inspector.capture.upstream import Upstream, client_context, explain
from realtime_inspector.errors import UsageError


@pytest.mark.parametrize(
    ("url", "authority", "shown"),
    [
        ("wss://api.openai.com", "api.openai.com", "wss://api.openai.com"),
        ("https://h:443/x/", "h", "wss://h"),
        ("ws://h", "h", "ws://h"),
        ("http://h:443", "h:443", "ws://h:443"),
        ("ws://[::1]:81", "[::1]:81", "ws://[::1]:81"),
        ("wss://m\xfcnchen.example", "xn--mnchen-3ya.example", "wss://xn--mnchen-3ya.example"),
    ],
)
def test_an_upstream_is_read_from_its_url(url: str, authority: str, shown: str) -> None:
    upstream = Upstream.parse(url)
    assert (upstream.authority, upstream.url) == (authority, shown)


@pytest.mark.parametrize(
    "url",
    [
        *("", "h", "h:80", "ftp://h", "ws://", "ws://h:x", "ws://h?a=b", "ws://h#a", "ws://u:p@h", "ws://:p@h"),
        *("ws://h:0", "ws://a..b", "wss://.b", f"ws://{'a' * 64}.b", "ws://h/\xe9", "ws://h/a b"),
    ],
)
def test_what_is_no_upstream_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--upstream"):
        Upstream.parse(url)


@pytest.mark.parametrize("url", ["wss://user:canary@h", "ftp://canary@h", "//u:canary@h:x", "h?key=canary"])
def test_a_password_in_the_url_is_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Upstream.parse(url)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "h:1 cannot be reached: connection refused"),
        (OSError(111, "Connect call failed ('127.0.0.1', 1)"), "h:1 cannot be reached: connection refused"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), "h:1 cannot be reached: connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "the name 'h' is not known: name or service not known"),
        (TimeoutError(), "h:1 does not answer"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), "h:1 does not speak TLS as expected"),
    ],
)
def test_a_failure_is_said_in_plain_words(error: OSError, why: str) -> None:
    said, what_to_do = explain(error, Upstream.parse("ws://h:1"))
    assert said.startswith(why)
    assert what_to_do


def test_a_tls_handshake_that_is_broken_off_may_be_meant_for_a_plain_server() -> None:
    error = ConnectionResetError()
    assert explain(error, Upstream.parse("wss://h:1")) == (
        "h:1 broke the TLS handshake off",
        "is it ws:// instead of wss://?",
    )
    assert explain(error, Upstream.parse("ws://h:1"))[0] == "h:1 cannot be reached: ConnectionResetError"


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("api.openai.com", "write wss://api.openai.com, or ws://api.openai.com if it speaks no TLS"),
        ("127.0.0.1:8766/v1", "write wss://127.0.0.1:8766/v1, or ws://127.0.0.1:8766/v1 if it speaks no TLS"),
        ("ftp://host", "write wss://host, or ws://host if it speaks no TLS"),
        ("two words", "write wss://HOST, ws://HOST:PORT or the like"),
        ("", "write wss://HOST, ws://HOST:PORT or the like"),
    ],
)
def test_what_is_no_url_is_answered_with_the_one_that_is_meant(url: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"{re.escape(meant)}$"):
        Upstream.parse(url)


def test_certificates_are_verified_and_only_http_1_is_asked_for() -> None:
    context = client_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_ca_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(UsageError, match=r"--upstream-ca .*ca\.pem: no certificates in PEM there"):
        client_context(tmp_path / "ca.pem")
