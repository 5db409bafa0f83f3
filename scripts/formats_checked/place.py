"""Where formats are tried: a folder with what was written, and environments for those that read it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

ROOT = Path(__file__).parent.parent.parent
LONGEST_S = 600


class Objection(Exception):  # noqa: N818
    """A validator does not take what was written."""


class Missing(Exception):  # noqa: N818
    """A validator, or what it would look at, is not here."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a validator said, that took it."""

    version: str
    said: str


@dataclass(slots=True)
class Place:
    """A temporary folder: the recordings, what was written of them (`out`), and the environments."""

    folder: Path
    environments: dict[tuple[str, ...], Path] = field(default_factory=dict)

    @property
    def out(self) -> Path:
        """Where everything is written to."""
        return self.folder / "out"

    def made(self, *patterns: str) -> list[Path]:
        """Return what was written, by the ends of names.

        Raises:
            Missing: If nothing was, for want of an extra.
        """
        found = sorted(path for pattern in patterns for path in self.out.glob(pattern))
        if not found:
            raise Missing(f"nothing was written as {' or '.join(patterns)}: is an extra not installed?")
        return found

    def python(self, *packages: str) -> Path:
        """Return the folder of programs of an environment with packages of PyPI."""
        if packages not in self.environments:
            there = self.folder / f"py{len(self.environments)}"
            said("uv", "venv", "--quiet", "--python", sys.executable, str(there))
            installed("uv", "pip", "install", "--quiet", "--python", str(there), *packages)
            self.environments[packages] = there
        return self.environments[packages] / ("Scripts" if os.name == "nt" else "bin")

    def node(self, *packages: str) -> Path:
        """Return the `node_modules` of an environment with packages of npm."""
        tool("node", "npm")
        if packages not in self.environments:
            there = self.folder / f"js{len(self.environments)}"
            there.mkdir()
            installed("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(there), *packages)
            self.environments[packages] = there
        return self.environments[packages] / "node_modules"

    def run_python(self, packages: Iterable[str], script: str, *arguments: object) -> str:
        """Run a script in an environment with packages of PyPI; it fails where it objects."""
        return said(str(self.python(*packages) / "python"), "-c", script, *map(str, arguments))

    def run_node(self, packages: Iterable[str], script: str, *arguments: object) -> str:
        """Run a module in an environment with packages of npm; it fails where it objects."""
        file = self.node(*packages).parent / "check.mjs"
        file.write_text(script)
        return said("node", str(file), *map(str, arguments))


def tool(*names: str) -> str:
    """Return where a program of the system is, the first of them.

    Raises:
        Missing: If one is not there.
    """
    for name in names:
        if which(name) is None:
            raise Missing(f"no {name} on the path")
    return str(which(names[0]))


def said(*command: str) -> str:
    """Run a validator and return what it said, on both outputs.

    Raises:
        Objection: With its last words, if its exit code is not 0.
    """
    code, words = ran(*command)
    if code:
        raise Objection(last(words))
    return words


def ran(*command: str) -> tuple[int, str]:
    """Run a program without what this environment says to Python.

    Returns:
        Its exit code, and what it said, on the standard output first.
    """
    kept = {name: value for name, value in os.environ.items() if not re.match("PYTHON|VIRTUAL_ENV|UV_PROJECT", name)}
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=kept | {"NO_COLOR": "1"},
        timeout=LONGEST_S,
    )
    return done.returncode, f"{done.stdout}\n{done.stderr}".strip()


def installed(*command: str) -> None:
    """Run a command that installs something.

    Raises:
        Missing: If it cannot be had.
    """
    code, words = ran(*command)
    if code:
        raise Missing(f"{command[-1]} cannot be installed: {last(words, 1)}")


def last(text: str, lines: int = 4) -> str:
    """Return the last words of a text."""
    return " / ".join(text.splitlines()[-lines:])[-600:] or "it failed without a word"


def version(programs: Path, package: str) -> str:
    """Return the version of a package of PyPI."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return said(str(programs / "python"), "-c", code)


def node_version(modules: Path, package: str) -> str:
    """Return the version of a package of npm."""
    return str(json.loads((modules / package / "package.json").read_text())["version"])
