"""Run the tests of interception on the lowest and the newest mitmproxy that the extra `intercept` takes.

    python scripts/try_mitmproxy.py [VERSION ...]

Each has an environment of its own in a temporary folder, made by `uv` with this Python (some two minutes each). Prints
a table; the exit code is 1 if a test failed somewhere. With versions named, those are tried instead.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = (
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/capture").glob("test_mitm*.py")),
    "tests/capture/test_clock.py",
    "tests/capture/test_realtime_track.py",
    "tests/capture/test_transparency.py",
    "tests/cli/test_capturing.py",
)
"""What goes through mitmproxy, and what is the same without it: nothing here may be skipped for want of it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one of them."""

    asked: str
    version: str
    outcome: str
    """The closing line of the tests."""
    seconds: float
    well: bool


def specifier() -> str:
    """Return the versions that the extra takes, `>=1.2,<2`."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (requirement,) = extras["intercept"]
    found = re.fullmatch(r"mitmproxy(>=[\d.]+,<[\d.]+)(?:;.*)?", requirement)
    if found is None:
        raise SystemExit(f"{requirement!r} has not the form mitmproxy>=LOWEST,<FIRST THAT IS TOO NEW")
    return found[1]


def ends(versions: str) -> dict[str, str]:
    """Return the lowest and the newest of these versions, as a name and what is asked for."""
    return {"lowest": "==" + versions.partition(",")[0].removeprefix(">="), "newest": versions}


def attempt(name: str, wanted: str, folder: Path) -> Tried:
    """Make an environment, and run the tests in it."""
    python = folder / "bin/python"
    run("uv", "venv", "--quiet", "--python", sys.executable, str(folder))
    tools = ("hypothesis", "pytest", "pytest-timeout", "pytest-xdist", "prometheus-client", "uvloop")
    run(
        "uv",
        "pip",
        "install",
        "--quiet",
        "--python",
        str(python),
        "--editable",
        str(ROOT),
        *tools,
        f"mitmproxy{wanted}",
    )
    code = "from importlib.metadata import version; print(version('mitmproxy'))"
    version = subprocess.check_output([python, "-c", code], text=True).strip()
    begun = time.monotonic()
    ran = subprocess.run(
        [python, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", *TESTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = ran.stdout.strip().splitlines() or [ran.stderr.strip()[-200:] or "nothing was said"]
    if ran.returncode:
        print(ran.stdout[-8000:], file=sys.stderr)
    return Tried(f"{name} ({wanted})", version, lines[-1], time.monotonic() - begun, ran.returncode == 0)


def run(*command: str) -> None:
    """Run a command that has to work, where `uv` does not find what this project pins for its development."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tempfile.gettempdir())
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)}: {ran.stderr.strip()}")


def table(tried: list[Tried]) -> str:
    """Return what came of all, a line each."""
    rows = [("asked for", "mitmproxy", "s", "tests")]
    rows += [(each.asked, each.version, f"{each.seconds:.0f}", each.outcome) for each in tried]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([*(f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    )


def main(named: list[str]) -> int:
    """Try them, one after the other."""
    wanted = {version: f"=={version}" for version in named} or ends(specifier())
    tried: list[Tried] = []
    for name, versions in wanted.items():
        with tempfile.TemporaryDirectory(prefix="try-mitmproxy-") as folder:
            tried.append(attempt(name, versions, Path(folder)))
    print(table(tried))
    return 0 if all(each.well for each in tried) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
