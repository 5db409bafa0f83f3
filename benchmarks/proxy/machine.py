"""Where the figures come from: the machine, the day, and the versions of what was compared."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("realtime-inspector", "uvloop", "websockets", "picows")
_NODE_WS = "process.stdout.write('node '+process.versions.node+', ws '+require('ws/package.json').version)"


def described(mitmdump: str) -> str:
    """Return a line of text."""
    cores = os.cpu_count() or 1
    machine = f"{_processor()}, {cores} core{'s'[: cores > 1]}, Linux {platform.release()}"
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    programs = [
        f"Python {platform.python_version()}",
        *(f"{name} {number}" for name in _PACKAGES if (number := _version(name))),
        _said("haproxy", ["haproxy", "-v"], r"version (\d[\d.]*)"),
        _said("nginx", ["nginx", "-v"], r"nginx/([\d.]+)"),
        _said("mitmproxy", [mitmdump, "--version"], r"Mitmproxy: ([\d.]+)"),
        _said("", ["node", "-e", _NODE_WS], r"(node .*)"),
    ]
    return f"{machine}; {day}; " + ", ".join(filter(None, programs))


def _processor() -> str:
    model = re.search(r"(?m)^model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return model[1].strip() if model else platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _said(name: str, command: list[str], pattern: str) -> str:
    """Return a program's name and what it says of itself; nothing if it is not there."""
    if shutil.which(command[0]) is None:
        return ""
    answer = subprocess.run(command, check=False, capture_output=True, text=True)
    found = re.search(pattern, answer.stdout + answer.stderr)
    return f"{name} {found[1]}".strip() if found else ""
