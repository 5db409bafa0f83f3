"""What `proxy` says of an interceptor: how clients get to it, and what they have to trust."""

from __future__ import annotations

from realtime_inspector.capture.intercept.scope import API_HOST
from realtime_inspector.capture.mitm import Interceptor

_WAYS = {
    "forward": ["  clients:           HTTPS_PROXY={url}"],
    "socks5": ["  clients:           ALL_PROXY={url}"],
    "transparent": ["  redirect to it:    TCP connections of clients, to port {port}"],
    "local": ["  clients:           {spec}, as they are"],
    "wireguard": ["  clients:           a tunnel, configured so:"],
}


def hints(interceptor: Interceptor, *, key: bool = False) -> list[str]:
    """Return what to do next, to be copied; `key` says that the interceptor has one."""
    mode = interceptor.mode
    to = f" -> {interceptor.upstream.url}{interceptor.upstream.prefix}" if interceptor.upstream is not None else ""
    values = {"url": interceptor.url, "port": interceptor.port, "spec": mode.spec or "all programs of this machine"}
    lines = [
        f"recording what is Realtime in {mode.name} mode{to} in {interceptor.recorder.folder}",
        *(way.format(**values) for way in _WAYS[mode.name]),
        *(f"    {line}" for line in interceptor.notes),
        f"  Python, and most:  SSL_CERT_FILE={interceptor.bundle}",
        f"  Node:              NODE_EXTRA_CA_CERTS={interceptor.certificate}",
    ]
    if key:
        where = interceptor.upstream.host if interceptor.upstream is not None else API_HOST
        lines.append(f"  clients need no key of their own for {where}: any will do, it is replaced")
    if interceptor.exposed:
        use = "use it, and your key" if key else "use it"
        lines.append(f"  it listens on {interceptor.host}: everybody who reaches that address can {use}")
    return [*lines, "ctrl+c ends it"]
