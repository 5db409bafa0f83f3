"""The command that adds an extra here: it depends on where this was installed from, and by what."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from realtime_inspector.recording.printable import shell_word

_ADVICE = re.compile(r"pip install 'realtime-inspector\[(\w+)\]'")


def as_installed(text: str) -> str:
    """Return a message with the command that works here where it has pip's, which needs us in a package index."""
    if _ADVICE.search(text) is None:
        return text
    try:
        said = metadata.distribution("realtime-inspector").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return text
    return _ADVICE.sub(lambda found: command(found[1], said or "", Path(sys.prefix)), text)


def command(extra: str, direct_url: str, prefix: Path) -> str:
    """Return what installs us again with an extra, and with those that were asked for before.

    Args:
        extra: Its name.
        direct_url: What the installer wrote of our origin (PEP 610); empty if we came from a package index.
        prefix: The environment; uv, `uv tool` and pipx leave their marks in theirs.
    """
    told = json.loads(direct_url) if direct_url else {}
    url, repository = str(told.get("url", "")), told.get("vcs_info")
    installer, before = _installer(prefix)
    extras = ",".join(sorted({extra, *before}))
    wanted = f"realtime-inspector[{extras}]"
    if repository:
        wanted += f" @ {repository['vcs']}+{url}@{repository['commit_id']}"
    elif url.startswith("file:"):
        wanted = f"{url2pathname(urlsplit(url).path)}[{extras}]"
        if told.get("dir_info", {}).get("editable"):
            installer += " --editable"
    return f"{installer} {shell_word(wanted)}"


def _installer(prefix: Path) -> tuple[str, list[str]]:
    """Return what installs into an environment, and the extras that it says we have."""
    if (prefix / "uv-receipt.toml").exists():
        return "uv tool install", _of_uv(_text(prefix / "uv-receipt.toml"))
    if (prefix / "pipx_metadata.json").exists():
        found = re.search(r'"package_or_url": "[^"]*?\[([\w,-]+)\]', _text(prefix / "pipx_metadata.json"))
        return "pipx install --force", found[1].split(",") if found is not None else []
    made_by_uv = re.search(r"^uv = ", _text(prefix / "pyvenv.cfg"), re.MULTILINE)  # such a one has no pip
    return "uv pip install" if made_by_uv else "pip install", []


def _of_uv(receipt: str) -> list[str]:
    """Return the extras in what `uv tool` noted of an installation."""
    try:
        requirements = tomllib.loads(receipt)["tool"]["requirements"]
        return [name for each in requirements if each["name"] == "realtime-inspector" for name in each["extras"]]
    except (tomllib.TOMLDecodeError, LookupError, TypeError):
        return []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
