"""The command that adds an extra here: it depends on where this was installed from, and by what."""

from __future__ import annotations

import json
import re
import shlex
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

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
    """Return what installs us again with an extra.

    Args:
        extra: Its name.
        direct_url: What the installer wrote of our origin (PEP 610); empty if we came from a package index.
        prefix: The environment; `uv tool` leaves a receipt in its own.
    """
    told = json.loads(direct_url) if direct_url else {}
    url, repository = str(told.get("url", "")), told.get("vcs_info")
    wanted = f"realtime-inspector[{extra}]"
    if repository:
        wanted += f" @ {repository['vcs']}+{url}@{repository['commit_id']}"
    elif url.startswith("file:") and not told.get("dir_info", {}).get("editable"):
        wanted = f"{url2pathname(urlsplit(url).path)}[{extra}]"
    tool = "uv tool install" if (prefix / "uv-receipt.toml").exists() else "pip install"
    return f"{tool} {shlex.quote(wanted)}"
