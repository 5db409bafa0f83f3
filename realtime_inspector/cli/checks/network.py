"""Checks of the network: the port, the upstream with its certificate, and the clock against the upstream's."""

from __future__ import annotations

import errno
import json
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from realtime_inspector.capture.rewrite import READY_PATH
from realtime_inspector.capture.upstream import Upstream, client_context, explain
from realtime_inspector.cli.checks.check import Check, ok, problem, skipped, warning
from realtime_inspector.errors import words_of

TIMEOUT_S = 10.0
CLOCK_WARNING_S = 5.0
CLOCK_PROBLEM_S = 300.0
"""So far off, certificates and short-lived keys stop being valid."""
_OURS_TIMEOUT_S = 2.0


def port(host: str, number: int) -> Check:
    """Check that the address can be listened on."""
    where = f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
    try:
        family, _, _, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            if os.name == "posix":  # on Windows it would call a taken port free
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _taken(host, number, where)
        return problem("port", f"{where} cannot be listened on: {words_of(error)}", "choose --listen HOST:PORT")
    except UnicodeError:
        return problem("port", f"{host!r} is no host", "choose --listen HOST:PORT")
    return ok("port", f"{where} is free")


def _taken(host: str, number: int, where: str) -> Check:
    pid = _our_pid(host, number)
    other = f"choose another with --listen {host}:0 (0 takes a free one)"
    if pid is not None:
        return warning("port", f"{where} is taken by an inspector that is running (pid {pid})", f"use it, or {other}")
    return problem("port", f"{where} is taken by another program", f"stop that, or {other}")


def _our_pid(host: str, number: int) -> int | None:
    """Return the process that listens there, if it is a proxy of ours."""
    try:
        with socket.create_connection((host, number), _OURS_TIMEOUT_S) as sock:
            sock.sendall(f"GET {READY_PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = HTTPResponse(sock, method="GET")
            answer.begin()
            body = json.loads(answer.read(65536))
    except (OSError, HTTPException, ValueError):
        return None
    pid = body.get("pid") if isinstance(body, dict) and "realtime_inspector" in body else None
    return pid if isinstance(pid, int) else None


def upstream(
    server: Upstream, upstream_ca: Path | None, clock: Callable[[], float] = time.time, timeout_s: float = TIMEOUT_S
) -> Iterator[Check]:
    """Check that the upstream answers, with a certificate that is trusted; no key is sent. Then the clock.

    Raises:
        UsageError: If `upstream_ca` is no file of certificates.
    """
    context = client_context(upstream_ca) if server.tls else None
    try:
        answer = _ask(server, context, timeout_s)
    except (OSError, HTTPException) as error:
        yield _unreachable(error, server)
        yield skipped("clock", "the upstream gave no time")
        return
    yield _judge(answer, server)
    yield _clock(answer.headers.get("Date", ""), clock())


def _ask(server: Upstream, context: ssl.SSLContext | None, timeout_s: float) -> HTTPResponse:
    """Return the head of the answer to a request without a key."""
    with socket.create_connection((server.host, server.port), timeout_s) as plain:
        sock = context.wrap_socket(plain, server_hostname=server.host) if context is not None else plain
        request = (
            f"GET {server.prefix or '/v1'}/models HTTP/1.1\r\nHost: {server.authority}\r\n"
            "User-Agent: realtime-inspector-doctor\r\nConnection: close\r\n\r\n"
        )
        with sock:
            sock.sendall(request.encode())
            answer = HTTPResponse(sock, method="GET")
            answer.begin()
            return answer


def _unreachable(error: Exception, server: Upstream) -> Check:
    if isinstance(error, HTTPException):
        where = f"{server.host}:{server.port}"
        return problem("upstream", f"{where} does not answer in HTTP", "check host, port and scheme of --upstream")
    why, fix = explain(error, server)
    return problem("upstream", why, fix)


def _judge(answer: HTTPResponse, server: Upstream) -> Check:
    secure = "its certificate is trusted" if server.tls else "without TLS"
    said = f"{server.url} answers {answer.status}, {secure}"
    if answer.status == 401:
        return ok("upstream", f"{said}; it wants a key, as it should")
    if answer.status == 407 or "proxy-authenticate" in answer.headers:
        return problem("upstream", f"{said}: a proxy is between", "let the inspector reach the server directly")
    if answer.status == 403:
        return warning("upstream", f"{said}: this network or country may be refused", "try from another network")
    if answer.status >= 500:
        return warning("upstream", f"{said}: it has trouble of its own", "look at the server's status page, or its log")
    return ok("upstream", said)


def _clock(date: str, now: float) -> Check:
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return skipped("clock", "the upstream gave no time")
    off = now - theirs
    said = f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the upstream's"
    fix = "let the system set its clock (`timedatectl set-ntp true`, or the settings of date and time)"
    if abs(off) > CLOCK_PROBLEM_S:
        return problem("clock", f"{said}: certificates and client secrets seem expired, or not valid yet", fix)
    if abs(off) > CLOCK_WARNING_S:
        return warning("clock", f"{said}: the start times of recordings are off by as much", fix)
    return ok("clock", "agrees with the upstream's")
