"""Interception that takes a program's connections by itself, tried inside network and mount namespaces of its own.

    unshare --net --mount python -m tests.capture.namespace FOLDER MODE...

Prints what was recorded of a program in each mode, as JSON. Nothing can leave: the way out of the namespace leads to an
interface without an end. `local` is told by the program's name; `transparent` gets its connections from iptables;
`wireguard` from `wireguard-go` and `wg`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread

from realtime_inspector.capture.mitm import Interceptor, interceptor_in_thread
from realtime_inspector.errors import UsageError
from tests.capture.wire import REQUEST, SWITCH, TIMEOUT_S, Upstream, finished, outline, upstream, wait_for

SERVER = "198.51.100.7"
"""An address that nobody has; what goes there is sent to a server of ours."""
AGENT = "rti-test-agent"
PROGRAM = f"""
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
with context.wrap_socket(socket.create_connection(({SERVER!r}, 443), 5), server_hostname="api.openai.com") as client:
    client.sendall({REQUEST!r})
    assert client.recv(12) == {SWITCH[:12]!r}
"""
CGROUPS = Path("/sys/fs/cgroup")
WIREGUARD = f"wg{os.getpid()}"


def run(*command: str) -> None:
    """Run a command that has to work."""
    subprocess.run(command, check=True, capture_output=True)


def works(*command: str) -> bool:
    """Run a command, and tell whether it worked."""
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def prepare() -> None:
    """Make a way out that leads nowhere, and cgroups as newer systems have them."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "out0", "type", "veth", "peer", "name", "out1")
    for name in ("out0", "out1"):
        run("ip", "link", "set", name, "up")
    run("ip", "address", "add", "198.51.100.1/24", "dev", "out0")
    if not (CGROUPS / "cgroup.controllers").exists():
        run("mount", "--bind", str(CGROUPS / "unified"), str(CGROUPS))


@contextmanager
def background(*command: str) -> Iterator[None]:
    """Run a program meanwhile."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def led(mode: str, interceptor: Interceptor, folder: Path, stack: ExitStack) -> Iterator[None]:
    """Lead a program's connections to an interceptor, where it does not take them itself."""
    rule = ["-p", "tcp", "-d", SERVER, "--dport", "443", "-j", "REDIRECT", "--to-ports", str(interceptor.port)]
    if mode == "transparent":
        run("iptables", "-t", "nat", "-A", "OUTPUT", *rule)
    if mode == "wireguard":
        (folder / "wg.conf").write_text(tunnel(interceptor.notes))
        stack.enter_context(background("wireguard-go", "-f", WIREGUARD))
        wait_for(lambda: works("wg", "setconf", WIREGUARD, str(folder / "wg.conf")))
        run("ip", "address", "add", "10.0.0.1/32", "dev", WIREGUARD)
        run("ip", "link", "set", WIREGUARD, "up")
        run("ip", "route", "add", f"{SERVER}/32", "dev", WIREGUARD)
    yield
    if mode == "transparent":
        run("iptables", "-t", "nat", "-D", "OUTPUT", *rule)


def tunnel(notes: list[str]) -> str:
    """Return a configuration as `wg` takes it, which is a part of what is shown."""
    return "\n".join(line for line in notes if not line.startswith(("Address", "DNS"))) + "\n"


def serve(server: Upstream) -> None:
    """Accept upgrades until the listening socket is closed."""
    while True:
        try:
            peer = server.accept()
        except OSError:
            return
        with suppress(OSError):
            peer.read_head()
            peer.send(SWITCH)
            peer.read_all()
        peer.close()


def attempt(mode: str, folder: Path) -> dict[str, list[str] | str]:
    """Run the program until it gets through, and return what was recorded of it, or why it cannot be here."""
    said: list[str] = []
    name = f"local:{AGENT}" if mode == "local" else mode
    agent = folder / AGENT
    agent.symlink_to(Path(sys.executable).resolve())
    with ExitStack() as stack:
        server = stack.enter_context(upstream())
        Thread(target=serve, args=(server,), daemon=True).start()
        options = {"upstream": server.url, "host": "127.0.0.1", "say": said.append}
        try:
            interceptor = stack.enter_context(interceptor_in_thread(name, folder / "recordings", **options))
            stack.enter_context(led(mode, interceptor, folder, stack))
        except (UsageError, subprocess.CalledProcessError) as error:
            return {"impossible": str(error)}
        command = [str(agent), "-I", "-c", PROGRAM, str(interceptor.certificate)]
        until = time.monotonic() + TIMEOUT_S
        while (ran := subprocess.run(command, capture_output=True, text=True, check=False)).returncode:
            ended = [line for line in said if "its helper ended" in line]
            if ended:
                return {"impossible": ended[0]}
            if time.monotonic() > until:
                return {"recorded": [*said, ran.stderr.strip().rpartition("\n")[2]]}
        return {"recorded": outline(finished(folder / "recordings")[0])}


if __name__ == "__main__":
    place = Path(sys.argv[1])
    os.environ["REALTIME_INSPECTOR_DATA_DIR"] = str(place / "data")
    try:
        prepare()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"no namespace to try it in: {error}")
    for each in sys.argv[2:]:
        (place / each).mkdir()
        sys.stdout.write(json.dumps({each: attempt(each, place / each)}) + "\n")
