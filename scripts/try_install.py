"""Install the wheel as users do, on every Python found here and with every extra, and see whether it works.

    python scripts/try_install.py [EXTRA ...]

Pythons are looked for on the path and where pyenv keeps them. Each environment is made by `uv` in a temporary folder,
with nothing but what the wheel asks for. In each: the version, a recording linted, and a command that needs the extra.
Prints a table; the exit code is 1 if something failed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from shutil import which

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
ALONE = "mitmproxy needs 3.13 here"
USES = {
    "": ["demo", "--no-tui", "--dir", "{folder}/demo"],
    "audio": ["export", "{spoken}", "--to", "flac", "-o", "{folder}/call.flac"],
    "corpus": ["export", "{call}", "--to", "parquet", "-o", "{folder}/parquet"],
    "intercept": ["export", "{call}", "--to", "mitm", "-o", "{folder}/call.flow"],
    "mcp": ["mcp", "--help"],
    "metrics": ["proxy", "--help"],
    "otel": ["export", "--help"],
    "web": ["serve", "--help"],
    "yaml": ["import", "{yaml}", "-o", "{folder}/import.jsonl"],
}
"""An extra → a command that needs it, where there is one that ends by itself."""
YAML = "interactions:\n- {kind: message, direction: sent, data: {type: response.create}}\n"


def main(chosen: list[str]) -> int:
    """Try all, or the extras named."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = chosen or ["", *project["optional-dependencies"]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run("uv", "build", "--quiet", "--python", sys.executable, "--wheel", "--out-dir", name, str(ROOT))
        (wheel,) = folder.glob("*.whl")
        (folder / "talk.yaml").write_text(YAML)
        print("| Python | extra | packages | outcome |\n|---|---|---:|---|")
        good = True
        for python in PYTHONS:
            if which(f"python{python}", path=_paths(python)) is None:
                print(f"| {python} | | | no such Python here |")
                continue
            for extra in extras:
                well, packages, outcome = _tried(python, extra, wheel, folder)
                print(f"| {python} | {extra or '(base)'} | {packages} | {outcome} |", flush=True)
                good = good and well
    return 0 if good else 1


def _tried(python: str, extra: str, wheel: Path, folder: Path) -> tuple[bool, str, str]:
    there = folder / f"{python}-{extra or 'base'}"
    found = which(f"python{python}", path=_paths(python))
    _run("uv", "venv", "--quiet", "--python", str(found), str(there))
    asked = f"{wheel}[{extra}]" if extra else str(wheel)
    put = _run("uv", "pip", "install", "--quiet", "--python", str(there), asked, check=False)
    if put.returncode:
        return False, "", f"not installed: {put.stderr.strip().splitlines()[-1]}"
    packages = len(_run("uv", "pip", "list", "--quiet", "--python", str(there)).stdout.splitlines()) - 2
    call = str(ROOT / "recordings/missing-call-id.jsonl")
    spoken = call.replace("missing-call-id", "voice-turn")
    places = {"folder": str(there), "call": call, "spoken": spoken, "yaml": str(folder / "talk.yaml")}
    for arguments, wanted in (
        (["--version"], 0),
        (["lint", call], 1),
        *([(USES[extra], 0)] if extra in USES else []),
    ):
        words = [word.format(**places) for word in arguments]
        ran = _run(str(there / "bin/realtime-inspector"), *words, check=False)
        if ran.returncode != wanted:
            if extra in {"intercept", "all"} and python < "3.13":
                return True, str(packages), ALONE
            return False, str(packages), f"{' '.join(arguments)}: exit {ran.returncode}: {_last(ran.stderr)}"
    return True, str(packages), "works"


def _paths(python: str) -> str:
    """Return where a Python may be: pyenv's first, whose shims on the path answer for versions that are not chosen."""
    own = sorted(Path.home().glob(f".pyenv/versions/{python}.*/bin"))
    return os.pathsep.join([*map(str, own), os.environ["PATH"]])


def _run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not re.match("PYTHON|VIRTUAL_ENV|UV_PROJECT", name)}
    return subprocess.run(
        command, capture_output=True, text=True, check=check, env=kept, cwd=tempfile.gettempdir(), timeout=600
    )


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["nothing said"])[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
