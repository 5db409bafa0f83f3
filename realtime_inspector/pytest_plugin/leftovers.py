"""Recordings that no test plays: of tests that are gone, of tests that do not ask for them, of connections never made.

Nothing is deleted and no run fails for them; they are listed at the end. Only modules whose tests were all collected
are looked at: a run of one test says nothing about the others.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.pytest_plugin.asked import FIXTURE, SUFFIXES, bare, recording_path

_MANY = 10
_SETS = ("modules", "wanted", "unplayed", "made", "partly")


@dataclass(slots=True)
class Seen:
    """What one run, or one worker of it, has seen. Paths are without a suffix, as text: they cross processes."""

    modules: set[str] = field(default_factory=set)
    """Test files of which every test was collected."""
    wanted: set[str] = field(default_factory=set)
    """Recordings of tests that use the fixture."""
    named: dict[str, str] = field(default_factory=dict)
    """Recording that a test without the fixture would have → the test."""
    unplayed: set[str] = field(default_factory=set)
    """Recordings of a test that opened fewer connections."""
    made: set[str] = field(default_factory=set)
    partly: set[str] = field(default_factory=set)
    """What tests that passed left out of their recordings, in words."""

    def collected(self, items: Iterable[pytest.Item], config: pytest.Config) -> None:
        """Note what the tests would play, before any of them is left out."""
        whole = _whole(config)
        for item in items:
            if not isinstance(item, pytest.Function):
                continue
            path = _bare(recording_path(item))
            marker = item.get_closest_marker("realtime")
            is_simulated = marker is not None and "scenario" in marker.kwargs
            if FIXTURE in item.fixturenames and not is_simulated:
                self.wanted.add(path)
            else:
                self.named[path] = item.nodeid
            if whole:
                self.modules.add(str(item.path))

    def merge(self, other: Mapping[str, Any]) -> None:
        """Take in what a worker has seen."""
        for name in _SETS:
            getattr(self, name).update(other[name])
        self.named.update(other["named"])

    def to_worker_output(self) -> dict[str, Any]:
        """Return it as what can be sent from process to process."""
        lists = {name: sorted(getattr(self, name)) for name in _SETS}
        return {**lists, "named": self.named}

    def lines(self, root: Path) -> list[str]:
        """Return what is to be told at the end of a run."""
        made = [f"recorded {_shown(Path(path), root)}" for path in sorted(self.made)]
        left = [f"{_shown(path, root)}: {why}" for path, why in sorted(self._left())]
        partly = sorted(self.partly)
        return [
            *_cut(made),
            *(["played in part (strict=True fails for that):"] if partly else []),
            *_cut(partly),
            *(["no test plays:"] if left else []),
            *_cut(left),
        ]

    def _left(self) -> Iterator[tuple[Path, str]]:
        for path in self.unplayed:
            yield Path(path), "its test opened no connection for it"
        for module in sorted(self.modules):
            yield from self._of_module(Path(module))
        for folder in sorted({Path(module).parent / "recordings" for module in self.modules}):
            yield from self._of_lost_modules(folder)

    def _of_module(self, module: Path) -> Iterator[tuple[Path, str]]:
        for path in _listed(module.parent / "recordings" / module.stem):
            bare = _bare(path)
            if bare in self.wanted:
                continue
            if bare in self.named:
                yield path, f"{self.named[bare]} does not play it"
            else:
                yield path, f"{module.name} has no such test"

    def _of_lost_modules(self, folder: Path) -> Iterator[tuple[Path, str]]:
        for path in _listed(folder):
            is_module = path.is_dir() and path.name.startswith("test_")
            played = any(wanted.startswith(f"{path}{os.sep}") for wanted in self.wanted)
            if is_module and not played and not (folder.parent / f"{path.name}.py").exists():
                yield path, f"there is no {path.name}.py"


def _whole(config: pytest.Config) -> bool:
    """Tell whether all tests of the files were collected: no single one was named, and none left out by its history."""
    named = any("::" in str(argument) for argument in config.args)
    return not named and not config.getoption("lf", False) and not config.getoption("deselect", None)


def _listed(folder: Path) -> list[Path]:
    """Return the recordings of a folder, and its folders of several."""
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir())
            if not path.name.startswith(".") and (path.is_dir() or path.name.endswith(SUFFIXES))]  # fmt: skip


def _bare(path: Path) -> str:
    """Return a path without the suffix of a recording: one is a file, several a folder."""
    return os.path.normpath(bare(str(path)))


def _shown(path: Path, root: Path) -> str:
    return os.path.relpath(path, root)


def _cut(lines: Sequence[str]) -> list[str]:
    more: Collection[str] = [f"… and {len(lines) - _MANY} more"] if len(lines) > _MANY else []
    return [*lines[:_MANY], *more]
