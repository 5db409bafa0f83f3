"""Checks of this machine: local CA, recordings folder, limits, versions, terminal, and the rights to intercept."""

from __future__ import annotations

import os
import platform
import shutil
import ssl
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from realtime_inspector import __version__
from realtime_inspector.cli.checks.check import Check, Verdict, ok, problem, warning

SPACE_PROBLEM_BYTES = 100 * 1000**2
SPACE_WARNING_BYTES = 1000**3
CALL_BYTES_PER_MINUTE = 2 * 64_000 * 60
"""Audio of both directions: 24 kHz PCM in base64."""
FILES_PER_CONNECTION = 3
FILES_PROBLEM = 64
FILES_WARNING = 1024

_OLDEST_PYTHON = (3, 11)
_FLOORS: Mapping[str, tuple[int, ...]] = {"websockets": (15,), "textual": (8, 2, 4), "mitmproxy": (12, 2, 3)}
"""Oldest releases that work."""
_BASE = ("websockets", "textual", "click", "orjson", "cryptography")
_CLIENTS = ("openai", "openai-agents")
_EXTRAS = {
    "intercept": "mitmproxy",
    "audio": "soundfile",
    "corpus": "pyarrow",
    "mcp": "mcp",
    "metrics": "prometheus-client",
    "otel": "opentelemetry-sdk",
    "web": "textual-serve",
    "yaml": "pyyaml",
}
"""Each extra and what tells that it is there."""
_CAP_NET_ADMIN = 12
_EBPF_KERNEL = (6, 8)
_CGROUPS = Path("/sys/fs/cgroup")
_WITH_CGROUP2 = f"unshare -m sh -c 'mount --bind {_CGROUPS}/unified {_CGROUPS} && exec realtime-inspector proxy …'"
"""The same, where version 2 is mounted beside version 1."""


def authority(folder: Path) -> Check:
    """Check the local CA in its folder; it is not made here."""
    certificate = folder / "ca.pem"
    if not certificate.exists():
        parent = _nearest(folder)
        if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
            return problem(
                "local-ca",
                f"{folder} cannot be made",
                "set REALTIME_INSPECTOR_DATA_DIR to a folder that can be written",
            )
        return ok("local-ca", f"none yet; `proxy` makes it in {folder}")
    key = folder / "ca-key.pem"
    if _readable_by_others(key):
        return problem("local-ca", f"{key} can be read by others than you", f"chmod 600 {key}")
    end = _valid_until(certificate)
    if end is None:
        return problem("local-ca", f"{certificate} is no certificate", f"delete {folder}; `proxy` makes a new one")
    if end < datetime.now(UTC):
        fix = "start `proxy`, which makes a new one, and give that to the clients"
        return warning("local-ca", f"{certificate} ended on {end:%Y-%m-%d}", fix)
    return ok("local-ca", f"{certificate}, valid until {end:%Y-%m-%d}, for localhost alone")


def _valid_until(certificate: Path) -> datetime | None:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None


def _readable_by_others(path: Path) -> bool:
    if os.name == "nt":
        return False
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except OSError:
        return False


def recordings(folder: Path, usage: Callable[[Path], Any] = shutil.disk_usage) -> Check:
    """Check that recordings can be written, and how much room there is."""
    parent = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=parent):
            pass
        free = int(usage(parent).free)
    except OSError as error:
        return problem("recordings", f"{folder} cannot be written: {error.strerror or error}", "choose a folder: --dir")
    room = f"{folder}: {free / 1000**3:,.1f} GB free, {free / CALL_BYTES_PER_MINUTE / 60:,.0f} hours of audio both ways"
    fix = "make room (`realtime-inspector prune`), or choose another folder with --dir"
    if free < SPACE_PROBLEM_BYTES:
        return problem("recordings", room, fix)
    if free < SPACE_WARNING_BYTES:
        return warning("recordings", room, fix)
    return ok("recordings", room)


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    folder = folder.absolute()
    return next((path for path in (folder, *folder.parents) if path.exists()), folder)


def descriptors(limit: int | None) -> Check:
    """Check how many files may be open; None is no limit."""
    if limit is None:
        return ok("descriptors", "no limit of open files")
    text = f"{limit} open files, enough for {max(0, limit - 32) // FILES_PER_CONNECTION} connections at once"
    fix = "raise the hard limit (`ulimit -Hn`, LimitNOFILE= of a service, --ulimit nofile of a container)"
    if limit < FILES_PROBLEM:
        return problem("descriptors", text, fix)
    if limit < FILES_WARNING:
        return warning("descriptors", text, fix)
    return ok("descriptors", text)


def descriptor_limit() -> int | None:
    """Return how many files `proxy` can have open: it raises its limit as far as the system lets it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return None
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if hard == resource.RLIM_INFINITY else hard


def version_of(name: str) -> str | None:
    """Return the version of an installed package."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def versions(
    version: Callable[[str], str | None] = version_of, python: tuple[int, ...] = sys.version_info[:3]
) -> Iterator[Check]:
    """Check this tool's Python and packages, the clients beside them, and the extras."""
    shown = ".".join(map(str, python))
    if python < _OLDEST_PYTHON:
        yield problem("python", f"{shown} is too old", "use Python 3.11 or newer")
    else:
        yield ok("python", f"{shown} ({platform.machine()}, {ssl.OPENSSL_VERSION}), realtime-inspector {__version__}")
    yield _packages("packages", {name: version(name) for name in _BASE}, needed=True)
    yield _packages("clients", {name: version(name) for name in _CLIENTS}, needed=False)
    yield _extras(version)


def _extras(version: Callable[[str], str | None]) -> Check:
    found = {package: extra for extra, package in _EXTRAS.items() if version(package) is not None}
    there = _packages("extras", {package: version(package) for package in found}, needed=False)
    missing = [extra for extra in _EXTRAS if extra not in found.values()]
    if not missing or there.verdict is not Verdict.OK:
        return there
    said = f"{there.text}; " if found else ""
    how = "one is added by `pip install 'realtime-inspector[NAME]'`"
    return ok("extras", f"{said}not installed: {', '.join(missing)}; {how}")


def _packages(name: str, found: Mapping[str, str | None], *, needed: bool) -> Check:
    text = ", ".join(f"{package} {version or 'not installed'}" for package, version in found.items())
    missing = [package for package, version in found.items() if version is None]
    old = [package for package, version in found.items() if version and _release(version) < _FLOORS.get(package, ())]
    if needed and missing:
        return problem(name, text, "install realtime-inspector again")
    if old:
        floors = " ".join(f"'{package}>={'.'.join(map(str, _FLOORS[package]))}'" for package in old)
        return problem(name, f"{text}: too old", f"pip install {floors}")
    return ok(name, text)


def _release(version: str) -> tuple[int, ...]:
    numbers = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)


def terminal(environment: Mapping[str, str], *, is_terminal: bool, encoding: str, size: tuple[int, int]) -> Check:
    """Check what the full screen needs: a terminal with room, colours and UTF-8."""
    if not is_terminal:
        return ok("terminal", "the output is no terminal: `open` needs one, the other commands do not")
    columns, lines = size
    term = environment.get("TERM", "")
    text = f"{term or 'no TERM'}, {columns}x{lines}, {encoding}, {_colours(environment)}"
    if term in {"", "dumb"} and os.name != "nt":
        return problem("terminal", f"{text}: it cannot show a full screen", "set TERM, such as TERM=xterm-256color")
    if encoding.lower().replace("-", "") != "utf8":
        return warning("terminal", f"{text}: signs outside ASCII are shown escaped", "set LANG=C.UTF-8")
    if columns < 80 or lines < 24:
        return warning("terminal", f"{text}: smaller than 80x24", "make the window larger")
    return ok("terminal", text)


def _colours(environment: Mapping[str, str]) -> str:
    if environment.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    return "all colours" if environment.get("COLORTERM") in {"truecolor", "24bit"} else "few colours"


def interception(
    mode: str | None,
    *,
    installed: bool,
    admin: bool,
    system: str = sys.platform,
    kernel: str = platform.release(),
    sudo: bool = True,
    cgroup2: bool = True,
) -> Check:
    """Check the rights for interception; only of a mode that is asked for they are a problem.

    Args:
        mode: The mode asked for, without what follows its colon.
        installed: mitmproxy is there.
        admin: This process may change the system's network.
        system: As `sys.platform`.
        kernel: Its release.
        sudo: The program of that name is there; on Linux the mode `local` calls it.
        cgroup2: Control groups are of version 2; on Linux the mode `local` hangs its own program into them.
    """
    bad = problem if mode is not None else warning
    if not installed:
        if mode is None:
            text = "the extra is not installed; without it only clients that can be pointed at a URL are recorded"
            return ok("interception", text)
        fix = "install it with `pip install 'realtime-inspector[intercept]'`"
        return problem("interception", "mitmproxy is not installed", fix)
    if mode not in {None, "local", "transparent"}:
        return ok("interception", f"{mode} needs no rights")
    if mode != "transparent" and system.startswith("linux") and _release(kernel.partition("-")[0]) < _EBPF_KERNEL:
        return bad("interception", f"local needs Linux 6.8 or newer, this is {kernel}", "use --mode forward")
    if system == "darwin" and mode != "transparent":
        return ok("interception", "local asks for the approval of a network extension, once: System Settings, General")
    linux = system.startswith("linux")
    if linux and mode == "transparent":
        needs = "" if admin else "; that needs CAP_NET_ADMIN, which this user has not"
        return ok("interception", f"transparent needs no rights, but a redirection of ports to it (iptables){needs}")
    if linux and not sudo:
        fix = "install sudo, or use --mode forward"
        return bad("interception", "local starts its helper by sudo, also for root, and there is none", fix)
    if linux and not cgroup2:
        fix = f"use --mode forward, boot with systemd.unified_cgroup_hierarchy=1, or start it by {_WITH_CGROUP2}"
        return bad("interception", f"local needs control groups of version 2 in {_CGROUPS}", fix)
    if not admin:
        fix = "start the inspector as an administrator, or use `--mode forward`"
        if linux:
            fix = "start it with sudo, or use --mode forward"
        return bad("interception", "local needs rights that this user has not", fix)
    return ok("interception", "this user may use local and transparent; transparent also needs a redirection of ports")


def has_cgroup2() -> bool:
    """Tell whether control groups are of version 2, in the place where programs look for them."""
    return (_CGROUPS / "cgroup.controllers").exists()


def may_change_network() -> bool:
    """Tell whether this process may redirect the connections of others."""
    if os.name == "nt":
        import ctypes

        shell: Any = getattr(ctypes, "windll").shell32  # noqa: B009 - only Windows has it, and mypy looks elsewhere
        return bool(shell.IsUserAnAdmin())
    if os.geteuid() == 0 and not sys.platform.startswith("linux"):
        return True
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return os.geteuid() == 0
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> _CAP_NET_ADMIN & 1)
