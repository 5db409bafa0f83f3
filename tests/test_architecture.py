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


def printed(code: str, cwd: Path) -> str:
    """Return the last line that some code prints in a Python of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def loaded(code: str, cwd: Path) -> set[str]:
    """Return the top-level packages that are loaded after some code ran in a Python of its own."""
    names = "print(*(name for name in sys.modules if '.' not in name))"
    return set(printed(f"{code}\nimport sys\n{names}", cwd).split())


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


def loaded_by(commands: list[list[str]], heavy: set[str], cwd: Path) -> list[list[str]]:
    """Return those of the commands after which something heavy is loaded; one Python runs them all."""
    code = "import sys\nfrom realtime_inspector.cli.main import main\nloading = []"
    for arguments in commands:
        code += f"\nmain({arguments!r})\nif {heavy!r} & sys.modules.keys(): loading.append({arguments!r})"
    return list(ast.literal_eval(printed(f"{code}\nprint(repr(loading))", cwd)))


def test_a_command_that_reads_loads_no_screen_and_no_network(tmp_path: Path) -> None:
    write_recording(tmp_path / "recordings/call.jsonl", '> {"type": "response.create"}\nx')

    commands = [["--help"], ["lint", "--help"], ["lint", "--exit-zero"], ["lint", "--format", "junit"]]
    assert loaded_by(commands, set(HEAVY), tmp_path) == []


def test_a_command_that_writes_text_loads_no_screen(tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", "x")

    commands = [[command, "call.jsonl"] for command in ("events", "stats", "tail", "ls", "show")]
    assert loaded_by(commands, {"textual", "mitmproxy", "websockets", "cryptography", "asyncio"}, tmp_path) == []


def test_the_version_is_answered_before_anything_is_loaded(tmp_path: Path) -> None:
    found = loaded("from realtime_inspector.cli.main import main; main(['--version'])", tmp_path)

    assert found & {"click", "orjson", "tomllib"} == set()


def test_no_module_is_long() -> None:
    lines = {name(path): path.read_text(encoding="utf-8").count("\n") for path in MODULES}

    assert {path: number for path, number in lines.items() if number > MOST_LINES} == {}


def test_every_module_says_what_it_is() -> None:
    shipped = [path for path in MODULES if "tests" not in path.relative_to(ROOT).parts]
    begins = re.compile(r'(#.*\n)*\s*r?"""\S')
    silent = [
        name(path) for path in shipped if (text := path.read_text(encoding="utf-8")).strip() and not begins.match(text)
    ]

    assert silent == []


def test_every_module_of_the_package_reads_annotations_late() -> None:
    without = [
        name(path)
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py" and "from __future__ import annotations" not in path.read_text(encoding="utf-8")
    ]

    assert without == []


UNPUBLISHED = {
    "/" + "work/": r"(?<![\w.])/" + r"work/\w",
    "/" + "tmp/brief": r"(?<![\w.])/" + r"tmp/brief",
    "py" + "pi.org": "",
    "python" + "hosted.org": "",
    "registry." + "npmjs": "",
    "crates" + ".io": "",
    "rubygems" + ".org": "",
    "#": r"\b[\w-]+/[\w.-]+" + r"#\d{2,}\b|\b[Ii]ssues? " + r"#\d+",
    "the " + "brief": r"\bthe " + r"brief\b",
    "another " + "helper": r"\banother " + r"helper\b",
    "sk" + "-": r"sk-" + r"(?:proj-)?[A-Za-z0-9]{40,}",
}
"""Places, people and numbers of a workplace; hosts of registries; issues of other projects; keys.

A part of each, by which most lines are passed over, and the pattern, where the part is not all.
"""


def test_nothing_is_published_that_belongs_to_a_workplace() -> None:
    found = []
    for path in TEXTS:
        text = path.read_text(encoding="utf-8", errors="replace")
        for part in (part for part in UNPUBLISHED if part in text):
            pattern = re.compile(UNPUBLISHED[part])
            found += [
                f"{name(path)}:{number}: {line.strip()[:100]}"
                for number, line in enumerate(text.splitlines(), 1)
                if part in line and pattern.search(line)
            ]

    assert found == []
