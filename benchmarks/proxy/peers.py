"""The proxies that are compared: how each is started, and how what it recorded is read."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
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
      proxy_pass http://127.0.0.1:{upstream}; proxy_http_version 1.1; proxy_read_timeout 1h; tcp_nodelay on;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
      proxy_buffer_size 64k; proxy_buffers 4 64k;
    }}
  }}
}}
"""
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
  server one 127.0.0.1:{upstream}
"""


@dataclass(frozen=True)
class Peer:
    """One proxy."""

    name: str
    command: list[str]
    """With {listen}, {upstream} (ports), {folder} and {record} in it; empty if there is no proxy."""
    installed: bool = True
    config: str = ""
    """Text of {folder}/config."""
    records: bool = False


def peers(mitmdump: str | None) -> list[Peer]:
    """Return all proxies that are known here."""
    python = sys.executable
    mitmdump = mitmdump or shutil.which("mitmdump", path=str(Path(python).parent)) or shutil.which("mitmdump")
    arguments = ["proxy", "--listen", "127.0.0.1:{listen}", "--upstream", "ws://127.0.0.1:{upstream}"]
    arguments += ["--dir", "{record}"]
    options = ["-q", "--set", "confdir={folder}", "--set", "flow_detail=0", "--set", "termlog_verbosity=error"]
    options += ["--listen-host", "127.0.0.1", "-p", "{listen}", "--mode", "reverse:http://127.0.0.1:{upstream}"]
    return [
        Peer("direct", []),
        Peer("relay", [python, "-m", "realtime_inspector", *arguments], records=True),
        Peer("haproxy", ["haproxy", "-q", "-db", "-f", "{folder}/config"], _has("haproxy"), _HAPROXY),
        Peer("nginx", ["nginx", "-p", "{folder}", "-c", "{folder}/config"], _has("nginx"), _NGINX),
        Peer(
            "mitmdump",
            [mitmdump or "mitmdump", *options, "-s", str(HERE / "mitm_addon.py"), "--set", "record={record}"],
            mitmdump is not None,
            records=True,
        ),
        Peer(
            "websockets",
            [python, str(HERE / "websockets_relay.py"), "{listen}", "{upstream}", "{record}"],
            find_spec("websockets") is not None,
            records=True,
        ),
        Peer("relay-stalling", [python, str(HERE / "stalling.py"), *arguments], records=True),
    ]


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
