"""Modes that get connections from the system: `local` by eBPF, `transparent` by iptables, `wireguard` by a tunnel.

They need root and load a program into the kernel, so they are run by hand: `TRY_SYSTEM_MODES=1 pytest FILE`.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from shutil import which

import pytest

from realtime_inspector.capture import mitm
from tests.pages import ROOT

pytest.importorskip("mitmproxy")

NEEDS = {
    "local": ["unshare", "ip", "sudo"],
    "transparent": ["unshare", "ip", "iptables"],
    "wireguard": ["unshare", "ip", "wireguard-go", "wg"],
}
RECORDED = ["client request GET /v1/realtime?model=m", "server response 101", "proxy end closed by client"]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str] | str]]:
    """Try all modes that this machine has the programs for, in namespaces of their own."""
    modes = [mode for mode, programs in NEEDS.items() if all(map(which, programs))]
    if "TRY_SYSTEM_MODES" not in os.environ:
        pytest.skip("run by hand, with TRY_SYSTEM_MODES=1: it loads a program into the kernel")
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or not modes:
        pytest.skip("needs Linux, root, and unshare, ip and iptables, sudo or wireguard-go")
    folder = tmp_path_factory.mktemp("namespace")
    inside = [sys.executable, "-m", "tests.capture.namespace", str(folder), *modes]
    ran = subprocess.run(
        ["unshare", "--net", "--mount", *inside], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ran.returncode and not ran.stdout and ("no namespace" in ran.stderr or "unshare" in ran.stderr):
        pytest.skip(ran.stderr.strip().rpartition("\n")[2])
    results: dict[str, dict[str, list[str] | str]] = {}
    for line in ran.stdout.splitlines():
        results.update(json.loads(line))
    assert ran.returncode == 0, ran.stderr
    return results


@pytest.mark.parametrize("mode", NEEDS)
def test_a_program_that_knows_nothing_of_it_is_recorded_behind_its_tls(
    mode: str, tried: dict[str, dict[str, list[str] | str]]
) -> None:
    if mode not in tried:
        pytest.skip(f"needs {', '.join(NEEDS[mode])}")
    if "impossible" in tried[mode]:
        pytest.skip(str(tried[mode]["impossible"]))
    assert tried[mode]["recorded"] == RECORDED


def test_why_the_helper_of_local_ended_is_one_line() -> None:
    with mitm._importing():
        from realtime_inspector.capture.intercept.engine import _Complaints
    said: list[str] = []
    complaints = _Complaints(said.append)
    helper = "mitmproxy.packet_sources.linux"
    for level, text in [
        (logging.WARNING, "Error: eBPF initialization failed"),
        (logging.WARNING, "Caused by:"),
        (logging.WARNING, "    0: failed to attach cgroup_sock_create program"),
        (logging.WARNING, "    1: Bad file descriptor (os error 9)"),
        (logging.WARNING, "Stack backtrace:"),
        (logging.WARNING, "   8: start_thread"),
        (logging.ERROR, "[linux-redirector] exited: Ok(ExitStatus(unix_wait_status(256)))"),
    ]:
        complaints.handle(logging.makeLogRecord({"name": helper, "levelno": level, "msg": text}))
    complaints.handle(logging.makeLogRecord({"name": "mitmproxy", "levelno": logging.WARNING, "msg": "not told"}))
    (line,) = said
    reasons = (
        "eBPF initialization failed: failed to attach cgroup_sock_create program: Bad file descriptor (os error 9)"
    )
    assert line.startswith(f"--mode local: its helper ended, nothing is recorded any more: {reasons}; ")
