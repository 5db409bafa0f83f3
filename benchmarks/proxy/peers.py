"""The proxies that are compared: how each is started, and how what it recorded is read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.proxy.load import Security

RELAYS = Path(__file__).resolve().parent / "relays"
_EVENT = b'"event":'

_NGINX = """
daemon off; master_process off; worker_processes 1; error_log {folder}/error.log; pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{
    listen 127.0.0.1:{listen};
    location / {{
      proxy_pass SCHEME://127.0.0.1:{upstream}; proxy_http_version 1.1; proxy_read_timeout 1h; tcp_nodelay on;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
      proxy_buffer_size 64k; proxy_buffers 4 64k;
      TLS
    }}
  }}
}}
"""
_NGINX_TLS = (
    "proxy_ssl_verify on; proxy_ssl_trusted_certificate {ca}; proxy_ssl_name localhost; proxy_ssl_server_name on;"
)
_HAPROXY = """
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option http-no-delay
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
frontend clients
  bind 127.0.0.1:{listen}
  default_backend upstream
backend upstream
  server one 127.0.0.1:{upstream} TLS
"""
_HAPROXY_TLS = "ssl verify required ca-file {ca} sni str(localhost) verifyhost localhost"


@dataclass(frozen=True)
class Peer:
    """One proxy."""

    name: str
    command: list[str]
    """With {listen}, {upstream} (ports), {folder}, {record} and {ca} in it; empty if there is no proxy."""
    installed: bool = True
    config: str = ""
    """Text of {folder}/config."""
    records: bool = False


def peers(security: str, mitmdump: str) -> list[Peer]:
    """Return all proxies that are known here, for one kind of security."""
    python, tls = sys.executable, security == Security.TLS
    ca = ["{ca}"] if tls else []
    ports = ["{listen}", "{upstream}", "{record}", *ca]
    return [
        Peer("direct", []),
        Peer("relay", [python, "-m", "realtime_inspector", *_arguments(security)], records=True),
        Peer("haproxy", ["haproxy", "-q", "-db", "-f", "{folder}/config"], _has("haproxy"), _haproxy(tls=tls)),
        Peer("nginx", ["nginx", "-p", "{folder}", "-c", "{folder}/config"], _has("nginx"), _nginx(tls=tls)),
        Peer(
            "picows", [python, str(RELAYS / "picows_relay.py"), *ports], find_spec("picows") is not None, records=True
        ),
        Peer("node ws", ["node", str(RELAYS / "node_relay.js"), *ports], _has_node_ws(), records=True),
        Peer("websockets", [python, str(RELAYS / "websockets_relay.py"), *ports], records=True),
        Peer("mitmdump", _mitmdump(security, mitmdump), shutil.which(mitmdump) is not None, records=True),
        Peer("relay, stalling", [python, str(RELAYS / "stalling.py"), *_arguments(security)], records=True),
    ]


def _arguments(security: str) -> list[str]:
    """Return the relay's arguments."""
    arguments = ["proxy", "--listen", "127.0.0.1:{listen}", "--dir", "{record}"]
    if security == Security.PLAIN:
        return [*arguments, "--upstream", "ws://127.0.0.1:{upstream}"]
    arguments += ["--upstream-ca", "{ca}"]
    if security == Security.TLS:
        return [*arguments, "--upstream", "wss://localhost:{upstream}"]
    return [*arguments, "--mode", "forward"]


def _mitmdump(security: str, program: str) -> list[str]:
    mode = {Security.PLAIN: "reverse:http://127.0.0.1:{upstream}", Security.TLS: "reverse:https://localhost:{upstream}"}
    settings = ["confdir={folder}", "flow_detail=0", "termlog_verbosity=error", "record={record}"]
    if security != Security.PLAIN:
        settings.append("ssl_verify_upstream_trusted_ca={ca}")
    command = [program, "-q", "--listen-host", "127.0.0.1", "-p", "{listen}", "-s", str(RELAYS / "mitmdump_addon.py")]
    command += [word for setting in settings for word in ("--set", setting)]
    return [*command, "--mode", mode.get(Security(security), "regular")]


def _nginx(*, tls: bool) -> str:
    return _NGINX.replace("SCHEME", "https" if tls else "http").replace("TLS", _NGINX_TLS if tls else "")


def _haproxy(*, tls: bool) -> str:
    return _HAPROXY.replace("TLS", _HAPROXY_TLS if tls else "")


def recorded(folder: Path) -> tuple[int, Callable[[list[list[bytes]]], int]]:
    """Return how many messages were recorded, and a function that tells how many of them are not as they were sent."""
    files = sorted(folder.glob("*.jsonl"))
    count = sum(_EVENT in line for file in files for line in _lines(file))

    def differ(sent: list[list[bytes]]) -> int:
        return sum(_differ(file, sent) for file in files)

    return count, differ


def _differ(file: Path, sent: list[list[bytes]]) -> int:
    """Compare a connection's messages with what each side sends over and over, in its order."""
    at = [0, 0]
    wrong = 0
    for line in _lines(file):
        place = line.find(_EVENT)
        if place < 0:
            continue
        side = int(b'"server"' in line[:place])
        payload = line[place + len(_EVENT) : -2]
        wrong += payload != sent[side][at[side] % len(sent[side])]
        at[side] += 1
    return wrong


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb", buffering=1 << 20) as stream:
        yield from stream


def _has(program: str) -> bool:
    return shutil.which(program) is not None


def _has_module(name: str) -> bool:
    return find_spec(name) is not None


def _has_node_ws() -> bool:
    """Tell whether node finds `ws`: in `NODE_PATH`, say."""
    if not _has("node"):
        return False
    return subprocess.run(["node", "-e", "require('ws')"], check=False, capture_output=True).returncode == 0
