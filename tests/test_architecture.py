"""What holds for the whole tree: the stages, what is loaded when, how modules look, what is not published."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import write_recording

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "realtime_inspector"
MODULES = sorted(
    path for folder in ("realtime_inspector", "tests", "scripts") for path in (ROOT / folder).rglob("*.py")
)
TEXTS = sorted(
    path
    for path in [
        *MODULES,
        *ROOT.glob("*.md"),
        *ROOT.glob("*.toml"),
        *ROOT.glob(".ci/*"),
        *(
            path
            for folder in ("docs", "recordings", "scripts", "realtime_inspector")
            for path in (ROOT / folder).rglob("*")
        ),
    ]
    if path.is_file()
    and path.suffix in {".py", ".md", ".toml", ".mjs", ".json", ".tcss", ""}
    and "__pycache__" not in path.parts
)
MOST_LINES = 500
"""Tests are tables: they may be longer."""
HEAVY = ("textual", "rich", "mitmproxy", "websockets", "cryptography", "uvloop", "asyncio", "ssl")
"""What reading recordings never loads."""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def loaded(code: str, cwd: Path) -> set[str]:
    """Return the top-level packages that are loaded after some code ran in a Python of its own."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*(name for name in sys.modules if '.' not in name))"],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_import_contracts_are_kept() -> None:
    pytest.importorskip("importlinter")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize(
    "arguments", [["lint", "--exit-zero"], ["lint", "--format", "junit"], ["--version"], ["--help"], ["lint", "--help"]]
)
def test_a_command_that_reads_loads_no_screen_and_no_network(arguments: list[str], tmp_path: Path) -> None:
    write_recording(tmp_path / "recordings/call.jsonl", '> {"type": "response.create"}\nx')

    found = loaded(f"from realtime_inspector.cli.main import main; main({arguments!r})", tmp_path)
    assert found & set(HEAVY) == set()


@pytest.mark.parametrize("command", ["ls", "show", "events", "tail", "stats"])
def test_a_command_that_writes_text_loads_no_screen(command: str, tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", "x")

    found = loaded(f"from realtime_inspector.cli.main import main; main([{command!r}, 'call.jsonl'])", tmp_path)
    assert found & {"textual", "mitmproxy", "websockets", "cryptography", "asyncio"} == set()


def test_the_version_is_answered_before_anything_is_loaded(tmp_path: Path) -> None:
    found = loaded("from realtime_inspector.cli.main import main; main(['--version'])", tmp_path)

    assert found & {"click", "orjson", "tomllib"} == set()


def test_no_module_is_long() -> None:
    lines = {name(path): path.read_text(encoding="utf-8").count("\n") for path in MODULES}

    assert {path: number for path, number in lines.items() if number > MOST_LINES} == {}


def test_every_module_says_what_it_is() -> None:
    shipped = [path for path in MODULES if "tests" not in path.relative_to(ROOT).parts]
    silent = [
        name(path)
        for path in shipped
        if (text := path.read_text(encoding="utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]

    assert silent == []


def test_every_module_of_the_package_reads_annotations_late() -> None:
    without = [
        name(path)
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py" and "from __future__ import annotations" not in path.read_text(encoding="utf-8")
    ]

    assert without == []


UNPUBLISHED = re.compile(
    "|".join(
        [
            r"(?<![\w.])/" + r"work/\w",
            r"(?<![\w.])/" + r"tmp/brief",
            "py" + r"pi\.org|python" + r"hosted\.org|registry\." + r"npmjs|crates" + r"\.io|rubygems" + r"\.org",
            r"\b[\w-]+/[\w.-]+" + r"#\d{2,}\b",
            r"\b[Ii]ssues? " + r"#\d+",
            r"\bthe " + r"brief\b",
            r"\banother " + r"helper\b",
            r"sk-" + r"(?:proj-)?[A-Za-z0-9]{40,}",
        ]
    )
)
"""Places, people and numbers of a workplace; hosts of registries; issues of other projects; keys."""


def test_nothing_is_published_that_belongs_to_a_workplace() -> None:
    found = [
        f"{name(path)}:{number}: {line.strip()[:100]}"
        for path in TEXTS
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if UNPUBLISHED.search(line)
    ]

    assert found == []
