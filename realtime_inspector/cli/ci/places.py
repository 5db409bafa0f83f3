"""Where a file is, as the host of its repository counts: from the root, with `/`."""

from __future__ import annotations

import os
from pathlib import Path

_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""What GitHub and GitLab call the folder into which they checked the repository out."""


def from_root(path: str) -> str:
    """Return a path from the repository's root; the whole one if it is outside, `-` for the standard input."""
    if path == "-":
        return path
    whole = Path(os.path.normpath(Path.cwd() / path))
    root = _root(Path.cwd())
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()


def _root(folder: Path) -> Path:
    """Return the checkout that a folder is in: what the host says, else where `.git` is, else the folder itself."""
    for name in _ROOTS:
        said = os.environ.get(name, "")
        if said and folder.is_relative_to(said):
            return Path(said)
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)
